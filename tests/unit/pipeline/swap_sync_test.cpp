// Swap rows as a sync keeps them: made with the index, brought to its height afterwards on any number of threads, made
// anew when the rules change, or the only thing that there is.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "block_builder.h"
#include "store/swap_rows.h"
#include "support/offer_script.h"
#include "swap/order_rows.h"
#include "sync_bench.h"

namespace sluice::pipeline::test {
namespace {

devnet::DevnetOptions market_chain(std::uint32_t blocks, std::uint64_t seed) {
  devnet::DevnetOptions options = small_chain(blocks, 30, seed);
  options.swap_percent = 70;
  return options;
}

SyncOptions with_swaps(SyncOptions options, SwapFigures* figures = nullptr) {
  options.swaps = swap::ChangeRules{.history_blocks = 20, .reorg_limit = options.reorg_limit};
  options.swap_figures = figures;
  return options;
}

/// Digests of parts of an index by their names.
std::map<std::string, std::string> parts_of(const SyncOptions& options) {
  auto database = store::Database::open(options.db_directory, store::OpenMode::read_only, {});
  EXPECT_TRUE(database.ok()) << database.error().message;
  if (!database) return {};
  const auto digests = store::digest_index(*database.value());
  EXPECT_TRUE(digests.ok()) << digests.error().message;
  if (!digests) return {};
  return {digests.value().parts.begin(), digests.value().parts.end()};
}

/// Output numbers of the open orders.
std::vector<std::uint32_t> open_outputs(const SyncOptions& options) {
  auto database = store::Database::open(options.db_directory, store::OpenMode::read_only, {});
  const swap::RowKey first = swap::type_key(swap::RowType::open);
  std::vector<std::uint32_t> outputs;
  const Status walked =
      store::SwapRows(*database.value()).walk(first.span(), swap::behind_all(first).span(), [&](Bytes key, Bytes) {
        outputs.push_back(swap::decode_order_key(key).value().offered.index);
        return true;
      });
  EXPECT_TRUE(walked.ok());
  return outputs;
}

TEST(SwapSync, RowsMadeAfterwardsAreThoseMadeWithTheIndex) {
  SyncBench bench;
  // Two files, so that chunks begin in one and end in the other.
  const auto raws = raw_chain(market_chain(60, 3));
  bench.append(0, std::span(raws).first(33));
  bench.append(1, std::span(raws).subspan(33));
  const SyncOptions with_index = with_swaps(bench.options("with_index"));
  SyncBench::expect_done(with_index);
  SwapFigures figures;
  for (const std::uint32_t threads : {1U, 3U}) {
    SCOPED_TRACE(threads);
    SyncOptions afterwards = bench.options("afterwards" + std::to_string(threads));
    afterwards.threads = threads;
    SyncBench::expect_done(afterwards);
    afterwards = with_swaps(afterwards, &figures);
    const Outcome outcome = SyncBench::run(afterwards);
    ASSERT_TRUE(outcome.status.ok()) << outcome.line();
    EXPECT_EQ(outcome.report.swap_blocks_caught_up, 61U);
    EXPECT_EQ(parts_of(afterwards), parts_of(with_index));
    EXPECT_EQ(SyncBench::run(afterwards).report.swap_blocks_caught_up, 0U);
  }
  EXPECT_GT(figures.open.load(), 0U);
  EXPECT_GT(figures.history.load(), 0U);
  EXPECT_EQ(figures.blocks_behind.load(), 0U);
}

TEST(SwapSync, StoppedOnTheWayItGoesOn) {
  SyncBench bench;
  bench.append(0, raw_chain(market_chain(60, 4)));
  SyncOptions options = bench.options("db");
  SyncBench::expect_done(options);
  options = with_swaps(options);
  std::atomic<bool> stop{true};
  options.stop = &stop;
  const Outcome stopped = SyncBench::run(options);
  ASSERT_FALSE(stopped.status.ok());
  EXPECT_EQ(stopped.status.error().kind, ErrorKind::stopped) << stopped.line();
  stop = false;
  SyncBench::expect_done(options);
  const SyncOptions fresh = with_swaps(bench.options("fresh"));
  SyncBench::expect_done(fresh);
  EXPECT_EQ(parts_of(options), parts_of(fresh));
}

TEST(SwapSync, ABlockThatIsNotTheIndexsIsNamed) {
  SyncBench bench;
  const auto raws = raw_chain(market_chain(12, 5));
  bench.append(0, raws);
  SyncOptions options = bench.options("db");
  SyncBench::expect_done(options);
  std::uint64_t offset = 8;
  for (std::size_t height = 0; height < 7; ++height) offset += raws[height].size() + 8;
  auto database = store::Database::open(options.db_directory, store::OpenMode::read_write, {});
  ASSERT_TRUE(database.ok());
  const auto swapped = with_swaps(options);
  source::RangeReader blocks(bench.blocks_dir());
  auto swaps = SwapIndex::open(*database.value(), blocks, bench.network(), *swapped.swaps);
  ASSERT_TRUE(swaps.ok());
  {
    std::fstream file(bench.block_file(0), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(offset + 70));
    file.put('x').put('y');
  }
  const Status status = catch_up_swaps(*swaps.value(), *database.value(), blocks, bench.network(), nullptr, {}, 2);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::corrupt);
  EXPECT_NE(status.error().message.find("blk00000.dat, offset " + std::to_string(offset) +
                                        ": not the block of height 7 that the index was made from"),
            std::string::npos)
      << status.error().message;
}

/// A transaction that offers output 9 of a transaction to come, or one that is named by this opcode.
Buffer offer_tx(std::optional<std::uint8_t> number_opcode) {
  sluice::test::OfferText offer;
  offer.token = sluice::test::id_of(0xa1, 1);
  offer.offered = {Txid{sluice::test::id_of(0xc3, 1)}, 9};
  offer.signature = sluice::test::script_of_bytes({0xdd});
  offer.terms = sluice::test::script_of_bytes({0xaa});
  const sluice::test::Script script =
      number_opcode ? sluice::test::offer_script_with_opcode(offer, *number_opcode) : sluice::test::offer_script(offer);
  Buffer tx = BlockBuilder::coinbase(1);
  tx.resize(tx.size() - 4 - 8 - 1 - 25 - 1);  // lock time, the output, and the count of outputs
  devnet::put_compact(tx, 1);
  devnet::put_le(tx, std::uint64_t{0});
  devnet::put_compact(tx, script.size());
  devnet::put_bytes(tx, script);
  devnet::put_le(tx, std::uint32_t{0});
  return tx;
}

TEST(SwapSync, ChangedRulesMakeTheRowsAnew) {
  SyncBench bench;
  BlockBuilder blocks(raw_chain(small_chain(1, 0, 6)).at(0));
  for (const Buffer& coinbase : {offer_tx({}), offer_tx(0x5c)}) {
    Buffer body;
    devnet::put_compact(body, 1);
    devnet::put_bytes(body, coinbase);
    blocks.add_body(txid_of(coinbase), body);
  }
  bench.append(0, blocks.raws);
  SyncOptions options = with_swaps(bench.options("db"));
  for (const bool op_number_index : {false, true, false}) {
    options.swaps->op_number_index = op_number_index;
    SyncBench::expect_done(options);
    EXPECT_EQ(open_outputs(options),
              (op_number_index ? std::vector<std::uint32_t>{9, 12} : std::vector<std::uint32_t>{0, 9}));
  }
}

class SwapOnly : public testing::Test {
 protected:
  SyncOptions options(const std::string& name) const {
    SyncOptions options = with_swaps(bench_.options(name));
    options.swap_only = true;
    return options;
  }
  SyncBench bench_;
};

TEST_F(SwapOnly, HasTheSwapsOfAFullIndexAndNothingElse) {
  bench_.append(0, raw_chain(market_chain(60, 7)));
  const SyncOptions full = with_swaps(bench_.options("full"));
  SyncBench::expect_done(full);
  const auto all = parts_of(full);
  for (const ResolveWay way : all_ways) {
    SCOPED_TRACE(name_of(way));
    SyncOptions alone = options(std::string(name_of(way)));
    alone.way = way;
    alone.segment_bytes = 1;
    SyncBench::expect_done(alone);
    auto parts = parts_of(alone);
    for (const std::string same : {"txs", "swaps", "headers.dat", "blocks.dat", "txids.dat", "places.dat"})
      EXPECT_EQ(parts.at(same), all.at(same)) << same;
    for (const std::string empty : {"history", "scripts", "unspent", "output_refs", "refs"}) {
      EXPECT_NE(all.at(empty), parts.at(empty)) << empty;
      EXPECT_EQ(parts.at(empty), parts.at("refs")) << empty;
    }
  }
}

TEST_F(SwapOnly, AReorgLeadsToAFreshIndex) {
  auto winning = raw_chain(market_chain(25, 9));
  bench_.append(0, raw_chain(market_chain(20, 8)));
  const SyncOptions kept = options("kept");
  SyncBench::expect_done(kept);
  winning.erase(winning.begin());
  bench_.append(0, winning);
  const Outcome outcome = SyncBench::run(kept);
  ASSERT_TRUE(outcome.status.ok()) << outcome.line();
  EXPECT_EQ(outcome.report.disconnected, 20U);
  SyncBench::expect_done(options("fresh"));
  EXPECT_EQ(bench_.content("kept"), bench_.content("fresh"));
}

TEST_F(SwapOnly, BlocksGoWithoutUndoRowsToo) {
  bench_.append(0, raw_chain(market_chain(30, 11)));
  SyncOptions cut = options("cut");
  cut.reorg_limit = cut.swaps->reorg_limit = 3;
  SyncBench::expect_done(cut);
  {
    auto database = store::Database::open(cut.db_directory, store::OpenMode::read_write, {});
    ASSERT_TRUE(database.ok());
    source::RangeReader blocks(bench_.blocks_dir());
    auto swaps = SwapIndex::open(*database.value(), blocks, bench_.network(), *cut.swaps);
    ASSERT_TRUE(swaps.ok());
    const Status status = cut_blocks(*database.value(), swaps.value().get(), 16, blocks, nullptr);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  SyncOptions fresh = cut;
  fresh.db_directory = bench_.db_dir("fresh");
  fresh.stop_height = 15;
  SyncBench::expect_done(fresh);
  const auto parts = parts_of(cut), wanted = parts_of(fresh);
  for (const std::string same : {"txs", "outputs", "unspent", "history", "headers.dat", "txids.dat"})
    EXPECT_EQ(parts.at(same), wanted.at(same)) << same;
}

TEST_F(SwapOnly, IsNotMixedWithAFullIndex) {
  bench_.append(0, raw_chain(market_chain(8, 10)));
  SyncBench::expect_done(options("alone"));
  SyncBench::expect_done(with_swaps(bench_.options("full")));
  const Outcome alone = SyncBench::run(with_swaps(bench_.options("alone")));
  EXPECT_EQ(alone.line(), bench_.db_dir("alone") +
                              ": this index holds nothing but swaps: start with --swap-only, or index everything with "
                              "`sluice sync` in an empty --db-dir");
  const Outcome full = SyncBench::run(options("full"));
  EXPECT_EQ(full.line(), bench_.db_dir("full") +
                             ": this index holds everything: start without --swap-only, or index swaps alone with "
                             "`sluice sync --swap-only` in an empty --db-dir");
}

}  // namespace
}  // namespace sluice::pipeline::test
