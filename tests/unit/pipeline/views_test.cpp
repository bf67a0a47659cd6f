// Views of an index that grows and is taken back beside them: each answers from the height it was opened at for as
// long as it is kept, while other threads read it and one thread writes.
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "classify/scripthash.h"
#include "pipeline/index_blocks.h"
#include "source/block_reader.h"
#include "store/chain_view.h"
#include "store/rollback.h"
#include "store/stored_tx.h"
#include "sync_bench.h"

namespace sluice::pipeline::test {
namespace {

using store::ChainView;

/// Everything a view says about a chain, as text.
std::string answers_of(const ChainView& view, const std::set<ScriptHash>& scripthashes) {
  std::string text;
  const auto add = [&text](std::uint64_t number) { text += std::to_string(number) + ' '; };
  const auto add_bytes = [&text](Bytes bytes) {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  add(view.tip_height());
  const auto headers = view.headers(0, view.tip_height() + 1);
  if (!headers) return headers.error().message;
  add_bytes(headers.value());
  for (std::uint32_t height = 0; height <= view.tip_height(); ++height) {
    const auto txids = view.block_txids(height);
    if (!txids) return txids.error().message;
    for (const Txid& txid : txids.value()) {
      add_bytes(txid.span());
      const auto place = view.find_tx(txid);
      if (!place || !place.value()) return place ? "a transaction of the chain is not found" : place.error().message;
      add(place.value()->tx_number);
    }
  }
  for (const ScriptHash& scripthash : scripthashes) {
    const auto history = view.history(scripthash, ~std::size_t{0} - 1);
    const auto unspent = view.unspent(scripthash);
    if (!history || !unspent) return history ? unspent.error().message : history.error().message;
    for (const auto& item : history.value()) add(item.tx_number), add(item.height);
    for (const auto& item : unspent.value()) add(item.tx_number), add(item.output_index), add(item.value);
    text += '\n';
  }
  return text;
}

class Views : public testing::Test {
 protected:
  void SetUp() override {
    losing_ = raw_chain(small_chain(20, 10, 31));
    winning_ = raw_chain(small_chain(24, 10, 32));
    winning_.erase(winning_.begin());  // the genesis block that both have
    bench_.append(0, losing_);
    auto opened = store::Database::open(bench_.db_dir("db"), store::OpenMode::read_write, {});
    ASSERT_TRUE(opened.ok());
    database_ = std::move(opened).value();
    reader_ = std::make_unique<source::RangeReader>(bench_.blocks_dir());
  }

  void index_until(std::uint32_t height_count) {
    auto choice = source::choose_io("threads", 4);
    ASSERT_TRUE(choice.ok());
    source::BlockReader blocks(bench_.blocks_dir(), std::move(choice.value().io));
    auto map = source::scan_blocks(bench_.network(), blocks);
    ASSERT_TRUE(map.ok());
    SyncOptions options = bench_.options("db");
    options.way = ResolveWay::lookup;
    options.form = CommitForm::rows;
    SyncReport report;
    std::unique_ptr<Counters> counters;
    const std::uint32_t first = database_->state() ? database_->state()->block_count : 0;
    const Status status =
        index_blocks(*database_, map.value(), blocks, nullptr, options, {first, height_count}, report, counters, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  /// What a view of an index that nobody writes says at this height.
  std::string expected(std::uint32_t height_count, const std::string& name) {
    SyncOptions options = bench_.options(name);
    options.stop_height = height_count - 1;
    SyncBench::expect_done(options);
    auto database = store::Database::open(options.db_directory, store::OpenMode::read_only, {});
    SLUICE_CHECK(database.ok());
    const auto view = ChainView::open(*database.value(), *reader_);
    SLUICE_CHECK(view.ok());
    collect_scripthashes(*view.value());
    return answers_of(*view.value(), scripthashes_);
  }
  void collect_scripthashes(const ChainView& view) {
    for (std::uint32_t height = 1; height <= view.tip_height(); ++height) {
      for (std::uint32_t i = 0; i < view.block_tx_count(height); ++i) {
        auto tx = store::parse_stored_tx(view.raw_tx(view.block_first_tx(height) + i), chain::Coin::radiant);
        SLUICE_CHECK(tx.ok());
        for (std::uint32_t output = 0; output < tx.value().batch.output_count(); ++output)
          scripthashes_.insert(classify::script_hash(tx.value().script(output), chain::Coin::radiant, false));
      }
    }
  }

  SyncBench bench_;
  std::vector<std::vector<std::byte>> losing_, winning_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<source::RangeReader> reader_;
  std::set<ScriptHash> scripthashes_;
};

TEST_F(Views, EachKeepsItsHeightThroughBlocksAndAReorg) {
  // All scripts of both branches are asked for at every height.
  (void)expected(21, "losing");
  const std::string at_12 = expected(12, "losing_12");
  const std::string at_21 = expected(21, "losing_21");

  index_until(12);
  auto opened = ChainView::open(*database_, *reader_);
  ASSERT_TRUE(opened.ok());
  std::unique_ptr<const ChainView> view_12 = std::move(opened).value();
  EXPECT_EQ(answers_of(*view_12, scripthashes_), at_12);

  // From here on, views are read all the time.
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> wrong{0}, rounds{0};
  const auto read_all_the_time = [&](const ChainView& view, const std::string& wanted) {
    while (!stop.load()) {
      wrong += answers_of(view, scripthashes_) == wanted ? 0 : 1;
      ++rounds;
    }
  };
  std::thread reader_12([&] { read_all_the_time(*view_12, at_12); });

  for (std::uint32_t until = 13; until <= 21; ++until) index_until(until);
  auto reopened = view_12->reopen(12);
  ASSERT_TRUE(reopened.ok());
  std::unique_ptr<const ChainView> view_21 = std::move(reopened).value();
  EXPECT_EQ(answers_of(*view_21, scripthashes_), at_21);
  std::thread reader_21([&] { read_all_the_time(*view_21, at_21); });

  EXPECT_FALSE(database_->has_older_views());
  ASSERT_TRUE(store::disconnect_blocks(*database_, 1, *reader_).ok());
  EXPECT_TRUE(database_->has_older_views());
  auto at_fork = view_21->reopen(1);
  ASSERT_TRUE(at_fork.ok());
  EXPECT_EQ(at_fork.value()->tip_height(), 0U);
  EXPECT_EQ(answers_of(*view_12, scripthashes_), at_12) << "blocks that are taken back stay for who began before";
  EXPECT_EQ(answers_of(*view_21, scripthashes_), at_21);
  while (rounds.load() < 20) std::this_thread::yield();
  stop.store(true);
  reader_12.join();
  reader_21.join();
  EXPECT_EQ(wrong.load(), 0U);

  view_12.reset();
  EXPECT_TRUE(database_->has_older_views());
  view_21.reset();
  EXPECT_FALSE(database_->has_older_views()) << "the one at the fork is of the newest rows";
  bench_.append(0, winning_);
  const std::string at_25 = expected(25, "winning");
  index_until(25);
  auto last = at_fork.value()->reopen(1);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(answers_of(*last.value(), scripthashes_), at_25);
}

}  // namespace
}  // namespace sluice::pipeline::test
