// A whole index is found whole: all coins, with and without block files, deep in one pass and in
// several, in parity, after a reorg, after blocks were disconnected, with twin coinbases and obscured
// block files. And what is asked for wrongly is refused.
#include <algorithm>

#include "small_index.h"
#include "store/digest.h"
#include "store/rollback.h"

namespace sluice::test {
namespace {

using Depth = SmallIndex::Depth;

void expect_whole(const SmallIndex& index) {
  const struct {
    Depth depth;
    std::uint32_t passes;
  } runs[] = {{Depth::tables, 0}, {Depth::blocks, 0}, {Depth::deep, 0}, {Depth::deep, 3}, {Depth::deep, 7}};
  for (const auto& run : runs) {
    const auto report = index.verify(index.db_dir(), run.depth, run.passes);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_TRUE(report.value().whole()) << findings_text(report.value());
    auto database = store::Database::open(index.db_dir(), store::OpenMode::read_only, {});
    ASSERT_TRUE(database.ok());
    EXPECT_EQ(report.value().digest, store::digest_index(*database.value()).value().all);
    EXPECT_EQ(report.value().height + 1, database.value()->state()->block_count);
    EXPECT_EQ(report.value().tx_count, database.value()->state()->tx_count);
    const std::string text = verify::describe(report.value());
    EXPECT_NE(text.find("verify: the index is whole: height " + std::to_string(report.value().height) + ", "),
              text.npos)
        << text;
    EXPECT_NE(text.find("index digest: " + report.value().digest + "\n"), text.npos) << text;
    for (const verify::CheckCount& check : report.value().checks) {
      EXPECT_EQ(check.findings, 0U) << check.name;
      const bool may_be_empty = check.name == "refs" || check.name == "undo" || check.name == "deep swaps";
      EXPECT_TRUE(may_be_empty || check.items > 0) << check.name;
    }
  }
}

TEST(VerifyWhole, RandomChainsOfEveryCoin) {
  for (const char* coin : {"Radiant", "Bitcoin", "BitcoinCash"}) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
      SCOPED_TRACE(std::string(coin) + " seed " + std::to_string(seed));
      expect_whole(SmallIndex(random_devnet(coin, seed)));
    }
  }
}

TEST(VerifyWhole, BusyChainLongerThanTheUndoRows) {
  devnet::DevnetOptions options;
  options.blocks = 160;
  options.txs_per_block = 40;
  options.reorgs = 3;
  const SmallIndex index(options);
  expect_whole(index);
  const auto report = index.verify(index.db_dir(), Depth::deep, 2);
  ASSERT_TRUE(report.ok());
  const auto items_of = [&](std::string_view name) {
    const auto& checks = report.value().checks;
    return std::find_if(checks.begin(), checks.end(), [&](const auto& check) { return check.name == name; })->items;
  };
  EXPECT_EQ(report.value().passes, 2U);
  EXPECT_GT(items_of("refs"), 50U);
  EXPECT_GT(items_of("undo"), 500U);
  EXPECT_GT(items_of("deep"), 5 * items_of("txs"));
  EXPECT_EQ(items_of("txs"), report.value().tx_count);
}

TEST(VerifyWhole, TwinCoinbasesAndObscuredFiles) {
  devnet::DevnetOptions options;
  options.coin = "Bitcoin";
  options.blocks = 40;
  options.duplicate_coinbase = true;
  options.xor_key.emplace();
  store_le(options.xor_key->data(), std::uint64_t{0x1122334455667788});
  expect_whole(SmallIndex(options));
}

TEST(VerifyWhole, Parity) {
  devnet::DevnetOptions options;
  options.blocks = 40;
  options.txs_per_block = 60;
  const SmallIndex index(options);
  std::filesystem::remove_all(index.db_dir());
  index.sync(true);
  expect_whole(index);
}

TEST(VerifyWhole, AfterAReorgAndAfterADisconnect) {
  int reorgs = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const devnet::DevnetChain chain = make_chain(random_devnet("Radiant", seed));
    std::vector<const devnet::DevnetBlock*> losing;
    for (const auto& block : chain.blocks) {
      if (block.branch == 1) losing.push_back(&block);
    }
    if (losing.empty()) continue;
    ++reorgs;
    std::sort(losing.begin(), losing.end(), [](auto* a, auto* b) { return a->height < b->height; });
    const auto active = chain.active();
    std::vector<const devnet::DevnetBlock*> files(active.begin(), active.begin() + losing.front()->height);
    files.insert(files.end(), losing.begin(), losing.end());
    const SmallIndex index(*chain::find_network("Radiant", "regtest"), files);
    expect_whole(index);
    files.insert(files.end(), active.begin() + losing.front()->height, active.end());
    index.write_blocks(files);
    index.sync();
    expect_whole(index);
    {
      auto database = store::Database::open(index.db_dir(), store::OpenMode::read_write, {});
      ASSERT_TRUE(database.ok());
      const std::uint32_t keep = std::max<std::uint32_t>(2, database.value()->state()->block_count / 2);
      if (keep >= database.value()->state()->block_count) continue;
      source::RangeReader block_files(index.blocks_dir());
      ASSERT_TRUE(store::disconnect_blocks(*database.value(), keep, block_files).ok());
    }
    expect_whole(index);
  }
  EXPECT_GE(reorgs, 4);
}

TEST(VerifyWhole, SmallBudgetMakesMorePasses) {
  devnet::DevnetOptions devnet;
  devnet.blocks = 120;
  devnet.txs_per_block = 250;
  const SmallIndex index(devnet);
  verify::VerifyOptions options;
  options.db_directory = index.db_dir();
  options.blocks_directory = index.blocks_dir();
  options.deep = true;
  std::uint64_t told = 0;
  std::uint64_t last_bytes = 0;
  const auto hook = [&](const verify::VerifyProgress& progress) {
    ++told;
    EXPECT_GE(progress.bytes_done, last_bytes);
    EXPECT_LE(progress.bytes_done, std::max(progress.bytes_total, progress.bytes_done));
    last_bytes = progress.bytes_done;
  };
  const auto roomy = verify::verify_index(options, hook);
  options.memory_budget = 1u << 20;
  last_bytes = 0;
  const auto tight = verify::verify_index(options, hook);
  ASSERT_TRUE(roomy.ok() && tight.ok());
  EXPECT_TRUE(roomy.value().whole() && tight.value().whole()) << findings_text(tight.value());
  EXPECT_EQ(roomy.value().passes, 1U);
  EXPECT_GT(tight.value().passes, 1U);
  EXPECT_GT(told, 20U);
}

TEST(VerifyRefuses, WhatIsNoIndexOrAskedForWrongly) {
  const SmallIndex index(random_devnet("Radiant", 5));
  const auto kind_of = [](const Result<verify::VerifyReport>& result) {
    return result.ok() ? std::string("ok") : result.error().message;
  };
  EXPECT_NE(kind_of(index.verify(index.blocks_dir(), Depth::tables)).find("no index here"), std::string::npos);

  verify::VerifyOptions options;
  options.db_directory = index.db_dir();
  options.network = chain::find_network("Bitcoin", "regtest");
  auto report = verify::verify_index(options, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::config);

  options.network = &index.network();
  options.deep = true;
  report = verify::verify_index(options, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::config);

  options.blocks_directory = index.db_dir();  // a directory without block files
  report = verify::verify_index(options, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::not_found);

  std::atomic<bool> stop{true};
  options.blocks_directory = index.blocks_dir();
  options.stop = &stop;
  report = verify::verify_index(options, {});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.error().kind, ErrorKind::stopped);
}

}  // namespace
}  // namespace sluice::test
