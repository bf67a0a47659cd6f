// Small indexes for the tests of verify: a devnet chain, its block files, and the index that sync makes of it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "chain/coin.h"
#include "pipeline/sync.h"
#include "support/devnet_chain.h"
#include "support/temp_dir.h"
#include "verify/verify.h"

namespace sluice::test {

class SmallIndex {
 public:
  explicit SmallIndex(const devnet::DevnetOptions& devnet) : network_(*chain::find_network(devnet.coin, "regtest")) {
    devnet::DevnetOptions options = devnet;
    options.directory = blocks_dir();
    SLUICE_CHECK(devnet::write_devnet(options).ok());
    sync();
  }
  /// Block files of our own making, in the order given.
  SmallIndex(const chain::Network& network, const std::vector<const devnet::DevnetBlock*>& blocks) : network_(network) {
    write_blocks(blocks);
    sync();
  }

  void write_blocks(const std::vector<const devnet::DevnetBlock*>& blocks) const {
    std::filesystem::create_directories(blocks_dir());
    std::ofstream file(blocks_dir() + "/blk00000.dat", std::ios::binary | std::ios::trunc);
    for (const devnet::DevnetBlock* block : blocks) {
      const auto size = static_cast<std::uint32_t>(block->raw.size());
      file.write(reinterpret_cast<const char*>(network_.disk_magic.data()), 4);
      file.write(reinterpret_cast<const char*>(&size), 4);
      file.write(reinterpret_cast<const char*>(block->raw.data()), size);
    }
  }

  void sync(bool parity = false) const {
    pipeline::SyncOptions options;
    options.network = &network_;
    options.db_directory = db_dir();
    options.blocks_directory = blocks_dir();
    options.memory_budget = 128u << 20;
    options.segment_bytes = 64u << 10;
    options.batch_blocks = 7;
    options.parity = parity;
    pipeline::SyncReport report;
    std::unique_ptr<pipeline::Counters> counters;
    const Status status = pipeline::run_sync(options, report, counters, {});
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  [[nodiscard]] std::string blocks_dir() const { return (directory_.path() / "blocks").string(); }
  [[nodiscard]] std::string db_dir() const { return (directory_.path() / "db").string(); }
  [[nodiscard]] const chain::Network& network() const { return network_; }

  /// A copy of the index that a test may damage.
  [[nodiscard]] std::string copy(const std::string& name) const {
    const std::filesystem::path target = directory_.path() / name;
    std::filesystem::remove_all(target);
    std::filesystem::copy(db_dir(), target, std::filesystem::copy_options::recursive);
    return target.string();
  }

  enum class Depth { tables, blocks, deep };
  [[nodiscard]] Result<verify::VerifyReport> verify(const std::string& db, Depth depth,
                                                    std::uint32_t passes = 0) const {
    verify::VerifyOptions options;
    options.db_directory = db;
    if (depth != Depth::tables) options.blocks_directory = blocks_dir();
    options.deep = depth == Depth::deep;
    options.deep_passes = passes;
    options.findings_max = 1000;
    return verify::verify_index(options, {});
  }

 private:
  TempDir directory_{fast_temp_base()};
  const chain::Network& network_;
};

/// All findings, for messages.
[[nodiscard]] inline std::string findings_text(const verify::VerifyReport& report) {
  std::string text;
  for (const std::string& finding : report.findings) text += finding + "\n";
  return text;
}

}  // namespace sluice::test
