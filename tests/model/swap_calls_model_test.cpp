// The node's six swap calls against the naive index: over the index of a busy market's chain, with the transactions of
// the blocks to come as the mempool; by our rules and, with parity, by the node's. Every token is asked for on both
// sides, in pages of many shapes.
#include <gtest/gtest.h>

#include "../unit/serve/client.h"
#include "../unit/serve/fake_mempool.h"
#include "chain/coin.h"
#include "pipeline/sync.h"
#include "source/range_reader.h"
#include "store/chain_view.h"
#include "store/swap_view.h"
#include "support/devnet_chain.h"
#include "support/seeds.h"
#include "support/temp_dir.h"
#include "swap_json.h"

namespace sluice::model {
namespace {

class CallsUnderTest {
 public:
  explicit CallsUnderTest(std::uint64_t seed) : random_(seed * 31 + 5) {
    devnet::DevnetOptions options;
    options.seed = seed;
    options.blocks = 12 + static_cast<std::uint32_t>(random_.below(40));
    options.txs_per_block = 3 + static_cast<std::uint32_t>(random_.below(10));
    options.swap_percent = 60;
    options.directory = (directory_.path() / "blocks").string();
    SLUICE_CHECK(devnet::write_devnet(options).ok());
    tip_ = options.blocks - static_cast<std::uint32_t>(random_.below(4));
    naive_ = NaiveSwaps({false, random_.below(2) == 0 ? 8U : 10'000U});
    read_blocks(test::make_chain(options));
    make_index(options);
  }

  void run() {
    auto database = store::Database::open(db_dir(), store::OpenMode::read_only, {});
    ASSERT_TRUE(database.ok()) << database.error().message;
    source::RangeReader block_files((directory_.path() / "blocks").string());
    auto view = store::ChainView::open(*database.value(), block_files);
    ASSERT_TRUE(view.ok()) << view.error().message;
    auto swaps = store::SwapTableView::open(*database.value(), database.value()->snapshot(), tip_);
    ASSERT_TRUE(swaps.ok()) << swaps.error().message;
    for (const bool parity : {false, true}) {
      serve::test::Client client(*view.value(), chain::Coin::radiant, "regtest", parity);
      client.context.swaps = swaps.value().get();
      client.context.mempool = &mempool_;
      compare(client, parity);
    }
  }

 private:
  [[nodiscard]] std::string db_dir() const { return (directory_.path() / "db").string(); }

  // The blocks behind those of the index go into the mempool.
  void read_blocks(const devnet::DevnetChain& chain) {
    for (const devnet::DevnetBlock* block : chain.active()) {
      const std::string raw = text_of(block->raw);
      if (block->height > tip_) add_to_mempool(raw);
      else naive_.add_block(raw);
    }
  }

  void add_to_mempool(const std::string& block) {
    const std::vector<NaiveTx> txs = naive_block_txs(block, NaiveRules::for_radiant());
    for (std::size_t i = 1; i < txs.size(); ++i) {
      const std::size_t end = i + 1 < txs.size() ? txs[i + 1].begin : block.size();
      const std::string raw = block.substr(txs[i].begin, end - txs[i].begin);
      const Bytes bytes = std::as_bytes(std::span(raw));
      const Txid txid = id_of<Txid>(txs[i].txid);
      mempool_.add_tx(txid, {bytes.begin(), bytes.end()});
      for (const NaiveTx::Input& input : txs[i].inputs) {
        const auto* prevout = reinterpret_cast<const std::byte*>(input.prevout.data());
        mempool_.spenders[{Txid::from_bytes(prevout), load_le<std::uint32_t>(prevout + 32)}] = txid;
      }
      pool_.add(txs[i]);
    }
  }

  void make_index(const devnet::DevnetOptions& devnet) {
    pipeline::SyncOptions options;
    options.network = chain::find_network("Radiant", "regtest");
    options.db_directory = db_dir();
    options.blocks_directory = devnet.directory.string();
    options.memory_budget = 128U << 20;
    options.stop_height = tip_;
    options.swaps = swap::ChangeRules{.history_blocks = naive_.history_blocks()};
    pipeline::SyncReport report;
    std::unique_ptr<pipeline::Counters> counters;
    SLUICE_CHECK(pipeline::run_sync(options, report, counters, {}).ok());
  }

  void compare(serve::test::Client& client, bool parity) {
    std::set<std::string> tokens = naive_.tokens();
    tokens.insert({std::string(32, '\0'), std::string(32, '\x5a')});
    for (const std::string& token : tokens) {
      for (const NaiveSide side : {NaiveSide::offered, NaiveSide::wanted}) compare_book(client, parity, token, side);
    }
  }

  void compare_book(serve::test::Client& client, bool parity, const std::string& token, NaiveSide side) {
    const std::string by_want = side == NaiveSide::wanted ? "bywant" : "";
    const std::string name = "[\"" + shown(token) + "\"";
    const auto expect = [&](const std::string& method, const std::string& more, const std::string& wanted) {
      EXPECT_EQ(client.call(method + by_want, name + more + "]"), wanted)
          << method << by_want << name << more << "] parity " << parity;
    };
    const auto [open, history] = parity ? naive_.node_counts(side, token) : own_counts(side, token);
    expect("getswapcount", "", counts_text(open, history));
    for (int i = 0; i < 6 && !testing::Test::HasFailure(); ++i) {
      NaivePage page;
      std::string more;
      if (i > 0) {
        constexpr std::uint64_t limits[] = {0, 1, 2, 5, 100, 1000, 5000};
        page.limit = limits[random_.below(7)];
        page.offset = random_.below(3) == 0 ? random_.below(40) : random_.below(4);
        more = "," + std::to_string(page.limit) + "," + std::to_string(page.offset);
      }
      expect("getswaphistory", more, list_of(naive_.history_page(side, token, page, pool_, parity)));
      if (i > 2) {
        page.max_age = random_.below(4) == 0 ? 0 : random_.below(40);
        more += "," + std::to_string(*page.max_age);
      }
      expect("getopenorders", more, list_of(naive_.open_page(side, token, page, pool_, parity)));
    }
  }

  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> own_counts(NaiveSide side, const std::string& token) const {
    const NaiveCounts counts = naive_.counts(side, token);
    return {counts.open, counts.history};
  }

  test::TempDir directory_{test::fast_temp_base()};
  Random random_;
  std::uint32_t tip_ = 0;
  NaiveSwaps naive_;
  NaivePool pool_;
  serve::test::FakeMempool mempool_;
};

TEST(SwapCallsModel, TheSixCallsAnswerAsTheNaiveIndex) {
  test::for_each_seed(1, 60, [](std::uint64_t seed) {
    SCOPED_TRACE("SLUICE_TEST_SEED=" + std::to_string(seed));
    CallsUnderTest(seed).run();
  });
}

}  // namespace
}  // namespace sluice::model
