// A place for one test's syncs: block files of its own making, indexes beside them, digests to compare.
#pragma once

#include <gtest/gtest.h>

#include <fstream>

#include "chain/coin.h"
#include "pipeline/sync.h"
#include "store/digest.h"
#include "support/devnet_chain.h"
#include "support/temp_dir.h"

namespace sluice::pipeline::test {

using sluice::test::TempDir;

/// What one run came to.
struct Outcome {
  Status status;
  SyncReport report;
  std::unique_ptr<Counters> counters;

  /// The line that a person sees: the error, or the report of blocks that lead nowhere.
  [[nodiscard]] std::string line() const { return status.ok() ? report.unlinked_text : status.error().message; }
};

class SyncBench {
 public:
  explicit SyncBench(const std::string& coin = "Radiant") : network_(*chain::find_network(coin, "regtest")) {
    std::filesystem::create_directories(blocks_dir());
  }

  [[nodiscard]] std::string blocks_dir() const { return (directory_.path() / "blocks").string(); }
  [[nodiscard]] std::string db_dir(const std::string& name) const { return (directory_.path() / name).string(); }
  [[nodiscard]] std::string block_file(int number) const {
    char name[24];
    std::snprintf(name, sizeof name, "/blk%05d.dat", number);
    return blocks_dir() + name;
  }
  [[nodiscard]] const chain::Network& network() const { return network_; }

  /// Removes all block files and indexes.
  void clear() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
      std::filesystem::remove_all(entry.path());
    std::filesystem::create_directories(blocks_dir());
  }
  /// Appends records to a block file.
  template <typename Raws>
  void append(int number, const Raws& raws) const {
    std::ofstream file(block_file(number), std::ios::binary | std::ios::app);
    for (const std::vector<std::byte>& raw : raws) {
      const auto size = static_cast<std::uint32_t>(raw.size());
      file.write(reinterpret_cast<const char*>(network_.disk_magic.data()), 4);
      file.write(reinterpret_cast<const char*>(&size), 4);
      file.write(reinterpret_cast<const char*>(raw.data()), size);
    }
  }

  [[nodiscard]] SyncOptions options(const std::string& db_name) const {
    SyncOptions options;
    options.network = &network_;
    options.db_directory = db_dir(db_name);
    options.blocks_directory = blocks_dir();
    options.memory_budget = 128u << 20;
    return options;
  }

  static Outcome run(const SyncOptions& options) {
    Outcome outcome;
    outcome.status = run_sync(options, outcome.report, outcome.counters, {});
    return outcome;
  }
  static void expect_done(const SyncOptions& options) {
    const Outcome outcome = run(options);
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.error().message;
  }

  /// Blocks that the index has, and the digest of all it says; "" and 0 for an index without any.
  struct Content {
    std::uint32_t block_count = 0;
    std::string digest;
    friend bool operator==(const Content&, const Content&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Content& content) {
      return out << content.block_count << " blocks, digest " << content.digest;
    }
  };
  [[nodiscard]] Content content(const std::string& db_name) const {
    auto database = store::Database::open(db_dir(db_name), store::OpenMode::read_write, {});
    if (!database) return {~0u, database.error().message};
    if (!database.value()->state()) return {};
    const auto digests = store::digest_index(*database.value());
    if (!digests) return {~0u, digests.error().message};
    return {database.value()->state()->block_count, digests.value().all};
  }

  TempDir directory_{sluice::test::fast_temp_base()};

 private:
  const chain::Network& network_;
};

/// The active chain's raw blocks in height order.
[[nodiscard]] inline std::vector<std::vector<std::byte>> raw_chain(const devnet::DevnetOptions& options) {
  const devnet::DevnetChain chain = sluice::test::make_chain(options);
  std::vector<std::vector<std::byte>> raws;
  for (const devnet::DevnetBlock* block : chain.active()) raws.push_back(block->raw);
  return raws;
}

[[nodiscard]] inline devnet::DevnetOptions small_chain(std::uint32_t blocks, std::uint32_t txs_per_block,
                                                       std::uint64_t seed, const char* coin = "Radiant") {
  devnet::DevnetOptions options;
  options.coin = coin;
  options.blocks = blocks;
  options.txs_per_block = txs_per_block;
  options.seed = seed;
  options.coinbase_maturity = 1;
  return options;
}

}  // namespace sluice::pipeline::test
