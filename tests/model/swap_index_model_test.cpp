// The swap rows of a server's index against the naive swap index: chains of a busy market with branches left and taken
// again, blocks read, parsed and resolved by the pipeline itself. Between the steps the index is closed and opened as a
// server is started: with the same rules, with another age at which orders are forgotten, without swaps, and with them
// again, so that the rows catch up.
//
// A failure prints the seed; SLUICE_TEST_SEED replays it alone.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "follow/chain_index.h"
#include "source/block_files.h"
#include "support/seeds.h"
#include "support/temp_dir.h"
#include "swap_answers.h"
#include "swap_walk.h"
#include "verify/verify.h"

namespace sluice::model {
namespace {

/// How much happened.
struct Happened {
  std::uint64_t reorgs = 0, openings = 0, catch_ups = 0, compared = 0;
};

class IndexUnderTest {
 public:
  IndexUnderTest(std::uint64_t seed, Random& random, Happened& happened)
      : random_(random), happened_(happened), walk_(seed, random, 60) {
    write_blocks();
    constexpr std::uint32_t limits[] = {0, 1, 6, 100};
    options_.network = chain::find_network("Radiant", "regtest");
    options_.db_directory = (directory_.path() / "db").string();
    options_.blocks_directory = (directory_.path() / "blocks").string();
    options_.memory_budget = 128u << 20;
    options_.reorg_limit = limits[random.below(4)];
    options_.parity = random.below(2) == 0;
    choose_rules();
  }

  void run() {
    for (int step = 0; step < 12 && !testing::Test::HasFailure(); ++step) {
      if (index_ == nullptr || random_.below(4) == 0) open();
      if (testing::Test::HasFatalFailure()) return;
      const std::uint32_t down = random_.below(3) == 0 ? walk_.go_down(30) : 0;
      const std::vector<std::string> added = walk_.go_up();
      move(down, static_cast<std::uint32_t>(added.size()));
      if (testing::Test::HasFatalFailure()) return;
    }
    index_.reset();
    verify();
  }

 private:
  void write_blocks() {
    std::filesystem::create_directories(directory_.path() / "blocks");
    std::ofstream file(directory_.path() / "blocks" / "blk00000.dat", std::ios::binary);
    const chain::Network& network = *chain::find_network("Radiant", "regtest");
    std::uint64_t offset = 0;
    for (const devnet::DevnetBlock& block : walk_.blocks()) {
      const auto size = static_cast<std::uint32_t>(block.raw.size());
      file.write(reinterpret_cast<const char*>(network.disk_magic.data()), 4);
      file.write(reinterpret_cast<const char*>(&size), 4);
      file.write(reinterpret_cast<const char*>(block.raw.data()), size);
      source::ScannedBlock& record = records_[&block];
      std::copy_n(block.raw.begin(), record.header.size(), record.header.begin());
      record.hash = block.hash;
      record.offset = offset + 8;
      record.size = size;
      offset += 8 + size;
    }
  }

  void choose_rules() {
    constexpr std::uint32_t history[] = {0, 1, 4, 10'000};
    swap::ChangeRules rules;
    rules.history_blocks = history[random_.below(4)];
    rules.reorg_limit = options_.reorg_limit;
    rules.op_number_index = random_.below(4) == 0;
    options_.swaps = rules;
    walk_.use({rules.op_number_index, rules.history_blocks});
  }

  /// As a server starts: perhaps it was told otherwise before.
  void open() {
    const bool was_off = !options_.swaps;
    if (index_ != nullptr && random_.below(2) == 0) {
      choose_rules();
      if (random_.below(2) == 0) options_.swaps.reset();
    }
    index_.reset();
    ++happened_.openings;
    happened_.catch_ups += was_off && options_.swaps;
    files_ = source::list_block_files(options_.blocks_directory).value();
    auto opened = follow::ChainIndex::open(options_, files_.key);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    index_ = std::move(opened).value();
    if (index_->block_count() > 0) compare("opened");
  }

  void move(std::uint32_t down, std::uint32_t up) {
    const auto until = static_cast<std::uint32_t>(walk_.path().size());
    follow::Touched touched;
    if (down > 0) {
      ++happened_.reorgs;
      const Status cut = index_->cut(until - up, touched);
      ASSERT_TRUE(cut.ok()) << cut.error().message;
    }
    if (up > 0) {
      source::Branch branch{until - up, {}};
      for (std::uint32_t height = until - up; height < until; ++height)
        branch.blocks.push_back(records_.at(walk_.path()[height]));
      const Status appended = index_->append(files_, branch, touched);
      ASSERT_TRUE(appended.ok()) << appended.error().message;
    }
    compare(std::to_string(down) + " blocks taken off and " + std::to_string(up) + " put on");
  }

  void compare(const std::string& what) {
    ASSERT_EQ(index_->block_count(), walk_.naive().tip() + 1);
    ASSERT_EQ(index_->swaps() != nullptr, options_.swaps.has_value());
    if (!options_.swaps) return;
    ++happened_.compared;
    ASSERT_EQ(swap_difference(walk_.naive(), *index_->swaps(), random_), "")
        << "height " << walk_.naive().tip() << ", " << what;
  }

  void verify() {
    verify::VerifyOptions options;
    options.db_directory = options_.db_directory;
    options.blocks_directory = options_.blocks_directory;
    options.deep = true;
    options.memory_budget = 128u << 20;
    const auto report = verify::verify_index(options, {});
    ASSERT_TRUE(report.ok()) << report.error().message;
    for (const std::string& finding : report.value().findings) ADD_FAILURE() << finding;
  }

  test::TempDir directory_{test::fast_temp_base()};
  Random& random_;
  Happened& happened_;
  BranchWalk walk_;
  std::map<const devnet::DevnetBlock*, source::ScannedBlock> records_;
  pipeline::SyncOptions options_;
  source::BlockFiles files_;
  std::unique_ptr<follow::ChainIndex> index_;
};

TEST(SwapIndexModel, TheRowsOfAServersIndexAnswerAsTheNaiveIndex) {
  Happened happened;
  std::uint64_t seeds = 0;
  test::for_each_seed(1, 25, [&](std::uint64_t seed) {
    SCOPED_TRACE("SLUICE_TEST_SEED=" + std::to_string(seed));
    Random random(seed * 6271 + 11);
    IndexUnderTest(seed, random, happened).run();
    ++seeds;
  });
  if (seeds < 2 || HasFailure()) return;
  EXPECT_GT(happened.reorgs, seeds) << "branches must be left";
  EXPECT_GT(happened.openings, 2 * seeds);
  if (seeds >= 20) {  // one life in ten has to
    EXPECT_GT(happened.catch_ups, 0U) << "rows must have to catch up";
  }
  EXPECT_GT(happened.compared, 6 * seeds);
}

}  // namespace
}  // namespace sluice::model
