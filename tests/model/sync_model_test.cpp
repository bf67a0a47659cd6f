// The real index against the naive one, over random devnet chains.
//
// Every chain has losing branches, several small block files and records out of order; every sync
// has its settings drawn from the seed (way of resolving, threads, batch and segment sizes, stops on
// the way). All rows must be equal. On Radiant half of the chains are a busy swap market's, and the swap rows answer as
// the naive swap index does, whatever was kept of them on the way. A failure prints the seed; SLUICE_TEST_SEED replays
// it alone.
// SLUICE_TEST_SCALE multiplies the number of chains; a fraction makes it less.
#include <gtest/gtest.h>

#include <fstream>

#include "byte_text.h"
#include "chain/coin.h"
#include "index_rows.h"
#include "pipeline/sync.h"
#include "store/digest.h"
#include "store/rollback.h"
#include "store/swap_view.h"
#include "support/devnet_chain.h"
#include "support/seeds.h"
#include "support/temp_dir.h"
#include "swap_answers.h"

namespace sluice::test {
namespace {

/// Block files of our own making: the given blocks, in record order, one file.
void write_block_file(const std::string& directory, const chain::Network& network,
                      const std::vector<const devnet::DevnetBlock*>& blocks) {
  std::filesystem::create_directories(directory);
  std::ofstream file(directory + "/blk00000.dat", std::ios::binary | std::ios::trunc);
  for (const devnet::DevnetBlock* block : blocks) {
    const auto size = static_cast<std::uint32_t>(block->raw.size());
    file.write(reinterpret_cast<const char*>(network.disk_magic.data()), 4);
    file.write(reinterpret_cast<const char*>(&size), 4);
    file.write(reinterpret_cast<const char*>(block->raw.data()), size);
  }
}

devnet::DevnetOptions market_devnet(const std::string& coin, std::uint64_t seed) {
  devnet::DevnetOptions options = random_devnet(coin, seed);
  if (coin == "Radiant" && seed % 2 == 0) options.swap_percent = 60;
  return options;
}

model::NaiveRules rules_of(const chain::Network& network, bool parity);

class Scenario {
 public:
  Scenario(const std::string& coin, std::uint64_t seed)
      : random_(seed * 2654435761 + 17),
        network_(*chain::find_network(coin, "regtest")),
        devnet_(market_devnet(coin, seed)),
        chain_(make_chain(devnet_)) {
    blocks_dir_ = (directory_.path() / "blocks").string();
    constexpr std::uint32_t reorg_limits[] = {0, 1, 3, 100};
    reorg_limit_ = reorg_limits[random_.below(4)];
    if (network_.coin == chain::Coin::radiant) swaps_ = draw_swap_rules();
  }

  swap::ChangeRules draw_swap_rules() {
    constexpr std::uint32_t history[] = {0, 1, 4, 10'000};
    return {.history_blocks = history[random_.below(4)],
            .reorg_limit = reorg_limit_,
            .op_number_index = random_.below(4) == 0};
  }
  /// Other rules for the swap rows, or no rows at all, of a sync that another one follows.
  void change_swaps(pipeline::SyncOptions& options) {
    if (!swaps_ || random_.below(2) == 0) return;
    options.swaps.reset();
    if (random_.below(2) == 0) return;
    options.swaps = draw_swap_rules();
    swap_rules_changed_ = true;
  }

  pipeline::SyncOptions draw_options(const std::string& name) {
    pipeline::SyncOptions options;
    options.network = &network_;
    options.db_directory = (directory_.path() / name).string();
    options.blocks_directory = blocks_dir_;
    options.parity = parity_;
    options.way = pipeline::all_ways[random_.below(pipeline::all_ways.size())];
    options.form = pipeline::all_forms[random_.below(pipeline::all_forms.size())];
    options.threads = 1 + static_cast<std::uint32_t>(random_.below(4));
    constexpr std::uint32_t batch_blocks[] = {1, 2, 7, 4096};
    options.batch_blocks = batch_blocks[random_.below(4)];
    options.slots = random_.below(2) == 0 ? 0 : 1 + static_cast<std::uint32_t>(random_.below(5));
    options.partitions = std::uint64_t{1} << random_.below(6);
    options.segment_bytes = random_.below(3) == 0 ? 0 : 1 + random_.below(256 << 10);
    if (random_.below(2) == 0)
      options.merge = pipeline::MergeLimits{.files_max = random_.below(100), .files_unasked = 0, .share = 3};
    options.memory_budget = 128u << 20;
    options.reorg_limit = reorg_limit_;
    options.swaps = swaps_;
    return options;
  }

  void sync(const pipeline::SyncOptions& options) {
    pipeline::SyncReport report;
    std::unique_ptr<pipeline::Counters> counters;
    const Status status = pipeline::run_sync(options, report, counters, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  /// The model's rows after the first `count` blocks of the active chain.
  IndexRows expected(std::uint32_t count) const {
    model::NaiveIndex oracle(rules_of(network_, parity_));
    const auto active = chain_.active();
    for (std::uint32_t i = 0; i < count; ++i) oracle.add_block(model::text_of(active[i]->raw));
    return rows_of(oracle);
  }

  void expect_rows(const pipeline::SyncOptions& options, std::uint32_t count) {
    auto database = store::Database::open(options.db_directory, store::OpenMode::read_only, {});
    ASSERT_TRUE(database.ok()) << database.error().message;
    ASSERT_EQ(database.value()->state()->block_count, count);
    EXPECT_EQ(difference(expected(count), rows_of(*database.value())), "");
    if (options.swaps) expect_swaps(*database.value(), *options.swaps, count);
  }

  void expect_swaps(const store::Database& database, const swap::ChangeRules& rules, std::uint32_t count) {
    model::NaiveSwaps naive({rules.op_number_index, rules.history_blocks});
    const auto active = chain_.active();
    for (std::uint32_t i = 0; i < count; ++i) naive.add_block(model::text_of(active[i]->raw));
    const auto view = store::SwapTableView::open(database, database.snapshot(), count - 1);
    ASSERT_TRUE(view.ok()) << view.error().message;
    ASSERT_NE(view.value(), nullptr);
    EXPECT_EQ(model::swap_difference(naive, *view.value(), random_), "");
  }

  /// Without the swap rows where their rules have changed: what a block pruned stands with the block that did it.
  [[nodiscard]] std::string digest(const std::string& db_directory) {
    auto database = store::Database::open(db_directory, store::OpenMode::read_only, {});
    if (!database) return database.error().message;
    const auto digests = store::digest_index(*database.value());
    if (!digests) return digests.error().message;
    std::string text;
    for (const auto& [name, digest] : digests.value().parts)
      if (name != "swaps" || !swap_rules_changed_) text += name + " " + digest + "\n";
    return text;
  }

  [[nodiscard]] std::uint32_t block_count() const { return static_cast<std::uint32_t>(chain_.active().size()); }

  TempDir directory_{fast_temp_base()};
  Random random_;
  const chain::Network& network_;
  devnet::DevnetOptions devnet_;
  devnet::DevnetChain chain_;
  std::string blocks_dir_;
  bool parity_ = false;
  std::uint32_t reorg_limit_ = 0;
  std::optional<swap::ChangeRules> swaps_;
  bool swap_rules_changed_ = false;
};

model::NaiveRules rules_of(const chain::Network& network, bool parity) {
  if (network.coin == chain::Coin::bitcoin) return model::NaiveRules::for_bitcoin();
  if (network.coin == chain::Coin::bitcoin_cash) return model::NaiveRules::for_bitcoin_cash();
  return model::NaiveRules::for_radiant(parity);
}

/// From nothing, perhaps with a stop on the way; and the same again by another path.
void run_plain(const std::string& coin, std::uint64_t seed) {
  SCOPED_TRACE("coin " + coin + ", SLUICE_TEST_SEED=" + std::to_string(seed));
  Scenario scenario(coin, seed);
  scenario.parity_ = coin == "Radiant" && seed % 3 == 0;
  scenario.devnet_.directory = scenario.blocks_dir_;
  ASSERT_TRUE(devnet::write_devnet(scenario.devnet_).ok());
  const std::uint32_t count = scenario.block_count();

  pipeline::SyncOptions first = scenario.draw_options("one");
  if (scenario.random_.below(2) == 0) {
    first.stop_height = static_cast<std::uint32_t>(scenario.random_.below(count));
    scenario.change_swaps(first);
    scenario.sync(first);
    scenario.expect_rows(first, *first.stop_height + 1);
    const std::string same = first.db_directory;
    first = scenario.draw_options("one");
    ASSERT_EQ(first.db_directory, same);
  }
  scenario.sync(first);
  scenario.expect_rows(first, count);

  pipeline::SyncOptions second = scenario.draw_options("two");
  scenario.sync(second);
  EXPECT_EQ(scenario.digest(first.db_directory), scenario.digest(second.db_directory));
}

/// A losing branch is indexed first, then the better one appears in the files. Counts the chains that have a branch.
void run_reorg(const std::string& coin, std::uint64_t seed, std::uint64_t& reorganised) {
  SCOPED_TRACE("reorg, coin " + coin + ", SLUICE_TEST_SEED=" + std::to_string(seed));
  Scenario scenario(coin, seed);
  std::vector<const devnet::DevnetBlock*> losing;
  for (const auto& block : scenario.chain_.blocks) {
    if (block.branch == 1) losing.push_back(&block);
  }
  if (losing.empty()) return;
  ++reorganised;
  std::sort(losing.begin(), losing.end(), [](auto* a, auto* b) { return a->height < b->height; });
  const auto active = scenario.chain_.active();
  std::vector<const devnet::DevnetBlock*> before(active.begin(), active.begin() + losing.front()->height);
  before.insert(before.end(), losing.begin(), losing.end());
  write_block_file(scenario.blocks_dir_, scenario.network_, before);
  pipeline::SyncOptions options = scenario.draw_options("db");
  scenario.change_swaps(options);
  scenario.sync(options);

  std::vector<const devnet::DevnetBlock*> all = before;
  all.insert(all.end(), active.begin() + losing.front()->height, active.end());
  write_block_file(scenario.blocks_dir_, scenario.network_, all);
  options = scenario.draw_options("db");
  pipeline::SyncReport report;
  std::unique_ptr<pipeline::Counters> counters;
  const Status status = pipeline::run_sync(options, report, counters, {});
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(report.disconnected, losing.size());
  scenario.expect_rows(options, scenario.block_count());
  pipeline::SyncOptions fresh = scenario.draw_options("fresh");
  scenario.sync(fresh);
  EXPECT_EQ(scenario.digest(options.db_directory), scenario.digest(fresh.db_directory));
}

/// Disconnecting any number of blocks gives the index of the shorter chain.
void run_disconnect(const std::string& coin, std::uint64_t seed) {
  SCOPED_TRACE("disconnect, coin " + coin + ", SLUICE_TEST_SEED=" + std::to_string(seed));
  Scenario scenario(coin, seed);
  write_block_file(scenario.blocks_dir_, scenario.network_, scenario.chain_.active());
  pipeline::SyncOptions options = scenario.draw_options("db");
  scenario.change_swaps(options);
  scenario.sync(options);
  const std::uint32_t keep = 1 + static_cast<std::uint32_t>(scenario.random_.below(scenario.block_count() - 1));
  {
    auto database = store::Database::open(options.db_directory, store::OpenMode::read_write, {});
    ASSERT_TRUE(database.ok()) << database.error().message;
    source::RangeReader block_files(scenario.blocks_dir_);
    const Status status = store::disconnect_blocks(*database.value(), keep, block_files);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
  options.swaps.reset();
  scenario.expect_rows(options, keep);
  options = scenario.draw_options("db");
  scenario.sync(options);
  scenario.expect_rows(options, scenario.block_count());
}

TEST(SyncModel, RadiantChains) {
  for_each_seed(1, 100, [](std::uint64_t seed) { run_plain("Radiant", seed); });
}

TEST(SyncModel, BitcoinChainsWithDuplicateCoinbases) {
  for_each_seed(1001, 30, [](std::uint64_t seed) { run_plain("Bitcoin", seed); });
}

TEST(SyncModel, BitcoinCashChains) {
  for_each_seed(2001, 20, [](std::uint64_t seed) { run_plain("BitcoinCash", seed); });
}

TEST(SyncModel, FollowsTheBetterBranch) {
  std::uint64_t seeds = 0, reorganised = 0;
  for_each_seed(3001, 40, [&](std::uint64_t seed) {
    ++seeds;
    run_reorg("Radiant", seed, reorganised);
  });
  if (seeds > 1) {
    EXPECT_GT(reorganised * 2, seeds) << "most chains must have a branch to leave";
  }
}

TEST(SyncModel, DisconnectIsTheInverseOfConnect) {
  for_each_seed(4001, 30, [](std::uint64_t seed) { run_disconnect("Radiant", seed); });
}

TEST(SyncModel, DisconnectIsTheInverseOfConnectOnBitcoin) {
  for_each_seed(5001, 20, [](std::uint64_t seed) { run_disconnect("Bitcoin", seed); });
}

TEST(SyncModel, DisconnectIsTheInverseOfConnectOnBitcoinCash) {
  for_each_seed(6001, 20, [](std::uint64_t seed) { run_disconnect("BitcoinCash", seed); });
}

}  // namespace
}  // namespace sluice::test
