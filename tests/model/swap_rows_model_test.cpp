// What blocks do to the swap rows, as a view over them answers, against the naive index: chains of a busy market, in
// steps of one to many blocks, with branches left and taken again. Nothing of the pipeline is in it: the blocks are
// read by the oracle's reader, and only the offers are parsed by the product.
//
// A failure prints the seed; SLUICE_TEST_SEED replays it alone.
#include <gtest/gtest.h>
#include <rocksdb/write_batch.h>

#include "byte_text.h"
#include "store/swap_view.h"
#include "support/devnet_chain.h"
#include "support/map_rows.h"
#include "support/seeds.h"
#include "support/temp_dir.h"
#include "swap_answers.h"
#include "swap_feed.h"
#include "swap_walk.h"

namespace sluice::model {
namespace {

/// Rows go into the database, and stay in a map to be read from.
class StoredRows final : public write::RowSink {
 public:
  StoredRows(store::Database& database, test::MapRows& rows) : database_(database), rows_(rows) {}
  void put(Bytes key, Bytes value) override {
    rows_.put(key, value);
    (void)batch_.Put(database_.handle(store::Table::swaps), test::MapRows::text(key), test::MapRows::text(value));
  }
  void remove(Bytes key) override {
    rows_.remove(key);
    (void)batch_.Delete(database_.handle(store::Table::swaps), test::MapRows::text(key));
  }
  void write() { ASSERT_TRUE(database_.rocks().Write({}, &batch_).ok()); }

 private:
  store::Database& database_;
  test::MapRows& rows_;
  rocksdb::WriteBatch batch_;
};

class RowsUnderTest {
 public:
  RowsUnderTest(std::uint64_t seed, Random& random) : random_(random), walk_(seed, random, 60) {
    constexpr std::uint32_t history[] = {0, 1, 4, 10'000};
    constexpr std::uint32_t limits[] = {1, 6, 30, 100};
    rules_.history_blocks = history[random_.below(4)];
    rules_.reorg_limit = limits[random_.below(4)];
    rules_.op_number_index = random_.below(4) == 0;
    walk_.use({rules_.op_number_index, rules_.history_blocks});
    auto database = store::Database::open((directory_.path() / "db").string(), store::OpenMode::read_write, {});
    SLUICE_CHECK(database.ok());
    database_ = std::move(database).value();
  }

  /// Returns how often a branch was left.
  std::uint32_t run() {
    std::uint32_t reorgs = 0;
    for (int step = 0; step < 14 && !testing::Test::HasFailure(); ++step) {
      const std::uint32_t undo_max = state_.block_count - state_.undo_first_height;
      const std::uint32_t down = random_.below(3) == 0 ? walk_.go_down(std::min(undo_max, 30U)) : 0;
      reorgs += down > 0;
      move(down, walk_.go_up());
    }
    return reorgs;
  }

 private:
  void move(std::uint32_t down, const std::vector<std::string>& blocks) {
    auto over = swap::OrderChanges::over(rows_, rules_);
    ASSERT_TRUE(over.ok()) << over.error().message;
    swap::OrderChanges changes = std::move(over).value();
    for (std::uint32_t i = 0; i < down; ++i) ASSERT_TRUE(changes.undo_block().ok());
    for (const std::string& block : blocks) {
      const std::uint32_t height = changes.state().block_count;
      const std::uint64_t first_tx = height == 0 ? 0 : walk_.first_tx(height);
      const Status fed = feed_block(changes, block, first_tx, rules_.op_number_index);
      ASSERT_TRUE(fed.ok()) << fed.error().message;
    }
    write(changes);
    auto again = swap::OrderChanges::over(rows_, rules_);
    ASSERT_TRUE(again.ok()) << again.error().message;
    const Status settled = settle_by(again.value(), walk_.naive());
    ASSERT_TRUE(settled.ok()) << settled.error().message;
    write(again.value());
    state_ = again.value().state();
    auto view = store::SwapTableView::open(*database_, database_->snapshot(), walk_.naive().tip());
    ASSERT_TRUE(view.ok()) << view.error().message;
    ASSERT_NE(view.value(), nullptr);
    ASSERT_EQ(swap_difference(walk_.naive(), *view.value(), random_), "")
        << "height " << walk_.naive().tip() << ", " << down << " blocks taken off and " << blocks.size() << " put on";
  }

  void write(const swap::OrderChanges& changes) {
    StoredRows sink(*database_, rows_);
    changes.write_to(sink);
    sink.write();
  }

  test::TempDir directory_{test::fast_temp_base()};
  Random& random_;
  BranchWalk walk_;
  swap::ChangeRules rules_;
  swap::SwapState state_;
  std::unique_ptr<store::Database> database_;
  test::MapRows rows_;
};

TEST(SwapRowsModel, AViewOverTheRowsAnswersAsTheNaiveIndex) {
  std::uint32_t seeds = 0, reorgs = 0;
  test::for_each_seed(1, 60, [&](std::uint64_t seed) {
    SCOPED_TRACE("SLUICE_TEST_SEED=" + std::to_string(seed));
    Random random(seed * 7919 + 3);
    ++seeds;
    reorgs += RowsUnderTest(seed, random).run();
  });
  if (seeds > 1) {
    EXPECT_GT(reorgs, seeds) << "branches must be left";
  }
}

}  // namespace
}  // namespace sluice::model
