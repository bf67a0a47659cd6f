// A sync as a whole: stopped, resumed, extended, reorganised and run with every setting, it comes to
// the same index; where it cannot, one line says why.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>

#include "hash/sha256.h"
#include "source/raw_io.h"
#include "sync_bench.h"

namespace sluice::pipeline::test {
namespace {

/// An environment variable for one scope.
class Setting {
 public:
  Setting(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value.c_str(), 1);
  }
  ~Setting() {
    if (before_) ::setenv(name_, before_->c_str(), 1);
    else ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(Sync, StoppedAtAnyMomentItGoesOnToTheSameIndex) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(60, 40, 5)));
  SyncBench::expect_done(bench.options("whole"));
  const auto whole = bench.content("whole");
  ASSERT_EQ(whole.block_count, 61U);
  Random random(20);
  std::uint32_t stops = 0;
  for (const ResolveWay way : all_ways) {
    SCOPED_TRACE(name_of(way));
    SyncOptions options = bench.options(std::string(name_of(way)));
    options.way = way;
    options.batch_blocks = 2;
    options.segment_bytes = 1;
    bool done = false;
    for (int run = 0; run < 200 && !done; ++run) {
      std::atomic<bool> stop{false};
      options.stop = &stop;
      std::thread stopper([&stop, wait = random.below(8000 + 4000 * static_cast<unsigned>(run))] {
        std::this_thread::sleep_for(std::chrono::microseconds(wait));
        stop.store(true);
      });
      const Outcome outcome = SyncBench::run(options);
      stopper.join();
      done = outcome.status.ok();
      if (done) break;
      ASSERT_EQ(outcome.status.error().kind, ErrorKind::stopped) << outcome.line();
      EXPECT_LT(outcome.report.block_count, whole.block_count);
      EXPECT_GE(outcome.report.block_count, outcome.report.first_height);
      ++stops;
    }
    ASSERT_TRUE(done);
    EXPECT_EQ(bench.content(std::string(name_of(way))), whole);
  }
  EXPECT_GT(stops, 0U) << "no run was stopped on its way";
}

TEST(Sync, StopHeightEndsThereAndALaterRunGoesOn) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(20, 10, 6)));
  SyncBench::expect_done(bench.options("whole"));
  SyncOptions options = bench.options("db");
  for (const std::uint32_t height : {0u, 1u, 7u, 7u, 19u, 20u, 4000u}) {
    options.stop_height = height;
    const Outcome outcome = SyncBench::run(options);
    ASSERT_TRUE(outcome.status.ok()) << outcome.line();
    EXPECT_EQ(outcome.report.block_count, std::min(height, 20u) + 1);
    EXPECT_EQ(outcome.report.chain_blocks, 21U);
  }
  EXPECT_EQ(bench.content("db"), bench.content("whole"));
  // A lower one than the index has takes nothing away.
  options.stop_height = 3;
  EXPECT_EQ(SyncBench::run(options).report.block_count, 21U);
}

TEST(Sync, GrownFilesExtendTheIndex) {
  const auto raws = raw_chain(small_chain(30, 10, 7));
  SyncBench grown, fresh;
  fresh.append(0, raws);
  SyncBench::expect_done(fresh.options("db"));
  const std::span<const std::vector<std::byte>> all(raws);
  grown.append(0, all.first(10));
  SyncBench::expect_done(grown.options("db"));
  EXPECT_EQ(grown.content("db").block_count, 10U);
  grown.append(0, all.subspan(10, 5));
  SyncBench::expect_done(grown.options("db"));
  grown.append(1, all.subspan(15));
  const Outcome last = SyncBench::run(grown.options("db"));
  ASSERT_TRUE(last.status.ok()) << last.line();
  EXPECT_EQ(last.report.first_height, 15U);
  // Block places name the file, so indexes over other files are equal only in what the files do not change.
  EXPECT_EQ(grown.content("db").block_count, 31U);
  SyncBench::expect_done(grown.options("again"));
  EXPECT_EQ(grown.content("db"), grown.content("again"));
  EXPECT_EQ(fresh.content("db").block_count, 31U);
}

TEST(Sync, NothingNewChangesNothing) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(12, 6, 8)));
  SyncBench::expect_done(bench.options("db"));
  const auto before = bench.content("db");
  const Outcome again = SyncBench::run(bench.options("db"));
  ASSERT_TRUE(again.status.ok());
  EXPECT_EQ(again.report.first_height, 13U);
  EXPECT_EQ(again.report.block_count, 13U);
  EXPECT_EQ(again.counters, nullptr);
  EXPECT_EQ(bench.content("db"), before);
}

TEST(Sync, AnIndexAheadOfTheFilesIsRefused) {
  const auto raws = raw_chain(small_chain(20, 5, 9));
  SyncBench bench;
  bench.append(0, raws);
  SyncBench::expect_done(bench.options("db"));
  const auto before = bench.content("db");
  std::filesystem::remove(bench.block_file(0));
  bench.append(0, std::span(raws).first(12));
  const Outcome outcome = SyncBench::run(bench.options("db"));
  ASSERT_FALSE(outcome.status.ok());
  EXPECT_EQ(outcome.status.error().kind, ErrorKind::not_found);
  EXPECT_EQ(outcome.line(), bench.blocks_dir() +
                                ": the block files end at height 11, the index at 20, and have no more work: files "
                                "are missing, or the index belongs to other files");
  EXPECT_EQ(bench.content("db"), before);
}

// Each run adds a file a table: they must not add up for ever.
TEST(Sync, ManySmallExtensionsAreMerged) {
  const auto raws = raw_chain(small_chain(40, 5, 12));
  SyncBench bench;
  SyncOptions options = bench.options("db");
  options.merge = MergeLimits{.files_max = 1000, .files_unasked = 50, .share = 16};
  const auto files = [&] {
    auto database = store::Database::open(options.db_directory, store::OpenMode::read_only, {});
    return database.value()->unmerged().files;
  };
  std::uint64_t most = 0, least = ~std::uint64_t{0};
  for (const auto& raw : raws) {
    bench.append(0, std::span(&raw, 1));
    SyncBench::expect_done(options);
    most = std::max(most, files());
    least = std::min(least, files());
  }
  EXPECT_GT(most, 20U);
  EXPECT_LE(most, 60U);
  EXPECT_EQ(least, 0U);
  SyncBench::expect_done(bench.options("at_once"));
  EXPECT_EQ(bench.content("db"), bench.content("at_once"));
}

// A node that is downloading again may for a while have nothing but a stale block where the index has many.
TEST(Sync, ABranchOfLessWorkIsNotFollowed) {
  const auto longer = raw_chain(small_chain(20, 5, 10));
  const auto shorter = raw_chain(small_chain(15, 5, 11));
  ASSERT_EQ(longer[0], shorter[0]);
  for (const std::uint32_t reorg_limit : {100U, 5U}) {
    SyncBench bench;
    bench.append(0, longer);
    SyncOptions options = bench.options("db");
    options.reorg_limit = reorg_limit;
    SyncBench::expect_done(options);
    const auto before = bench.content("db");
    for (const std::size_t blocks : {std::size_t{2}, shorter.size()}) {
      std::filesystem::remove(bench.block_file(0));
      bench.append(0, std::span(shorter).first(blocks));
      const Outcome outcome = SyncBench::run(options);
      ASSERT_FALSE(outcome.status.ok());
      EXPECT_EQ(outcome.status.error().kind, ErrorKind::not_found);
      EXPECT_EQ(bench.content("db"), before);
    }
  }
}

TEST(Sync, ADeepReorgIsFollowedByUndoOrByBuildingAnew) {
  const auto losing = raw_chain(small_chain(20, 8, 10));
  auto winning = raw_chain(small_chain(25, 8, 11));
  ASSERT_EQ(losing[0], winning[0]);
  ASSERT_NE(losing[1], winning[1]);
  winning.erase(winning.begin());
  for (const ResolveWay way : all_ways) {
    for (const bool deep_undo : {true, false}) {
      SCOPED_TRACE(std::string(name_of(way)) + (deep_undo ? ", undo rows suffice" : ", below the undo rows"));
      SyncBench bench;
      bench.append(0, losing);
      SyncOptions options = bench.options("db");
      options.way = way;
      options.reorg_limit = deep_undo ? 100 : 5;
      SyncBench::expect_done(options);
      bench.append(0, winning);
      const Outcome outcome = SyncBench::run(options);
      ASSERT_TRUE(outcome.status.ok()) << outcome.line();
      EXPECT_EQ(outcome.report.disconnected, 20U);
      EXPECT_EQ(outcome.report.rebuilt, !deep_undo);
      EXPECT_EQ(outcome.report.stale_blocks, 20U);
      EXPECT_EQ(outcome.report.block_count, 26U);
      options.db_directory = bench.db_dir("fresh");
      SyncBench::expect_done(options);
      EXPECT_EQ(bench.content("db"), bench.content("fresh"));
    }
  }
}

TEST(Sync, AnIndexOfSomethingElseIsRefusedNamingBoth) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(5, 3, 12)));
  SyncBench::expect_done(bench.options("db"));
  const auto before = bench.content("db");
  struct Case {
    const char *coin, *net;
    bool parity;
    const char* wanted;
  };
  for (const Case& other :
       {Case{"Bitcoin", "regtest", false, "Bitcoin regtest"}, Case{"Radiant", "mainnet", false, "Radiant mainnet"},
        Case{"Radiant", "regtest", true, "Radiant regtest with parity"}}) {
    SyncOptions options = bench.options("db");
    options.network = chain::find_network(other.coin, other.net);
    options.parity = other.parity;
    const Outcome outcome = SyncBench::run(options);
    ASSERT_FALSE(outcome.status.ok());
    EXPECT_EQ(outcome.status.error().kind, ErrorKind::config);
    EXPECT_EQ(outcome.line(), bench.db_dir("db") + ": this index is of Radiant regtest, not of " + other.wanted +
                                  ": choose another --db-dir");
  }
  EXPECT_EQ(bench.content("db"), before);
}

// Every kernel and every I/O back end that this machine has, by the names that an operator would use.
TEST(Sync, ThreadsBatchesKernelsAndBackEndsGiveOneIndex) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(25, 20, 13)));
  SyncBench::expect_done(bench.options("reference"));
  const auto reference = bench.content("reference");

  std::vector<std::string> backends{"threads"};
  if (source::make_uring_io(4).ok()) backends.emplace_back("io_uring");
  std::set<std::string> kernels_wanted, kernels_run, backends_run;
  for (const hash::Kernel kernel : hash::available_kernels()) kernels_wanted.emplace(hash::kernel_name(kernel));
  const std::string kernel_before(hash::kernel_name(hash::active_kernel()));

  std::uint32_t number = 0;
  const auto check = [&](SyncOptions options, const std::string& backend, const std::string& kernel) {
    SCOPED_TRACE(std::to_string(options.threads) + " threads, " + std::to_string(options.batch_blocks) +
                 " blocks a batch, " + std::string(name_of(options.way)) + ", " + backend + ", " + kernel);
    const Setting io("SLUICE_IO", backend);
    ASSERT_TRUE(hash::select_kernel(kernel));
    const Outcome outcome = SyncBench::run(options);
    ASSERT_TRUE(outcome.status.ok()) << outcome.line();
    backends_run.insert(outcome.report.io_name);
    kernels_run.emplace(hash::kernel_name(hash::active_kernel()));
    EXPECT_EQ(bench.content("db" + std::to_string(number)), reference);
    std::filesystem::remove_all(options.db_directory);
  };
  const auto next = [&] { return bench.options("db" + std::to_string(++number)); };
  for (const ResolveWay way : all_ways) {
    for (std::uint32_t threads = 1; threads <= 4; ++threads) {
      for (const std::uint32_t batch_blocks : {1u, 2u, 7u}) {
        SyncOptions options = next();
        options.way = way;
        options.threads = threads;
        options.batch_blocks = batch_blocks;
        options.segment_bytes = threads % 2 == 0 ? 1 : 0;
        check(options, backends[number % backends.size()], kernel_before);
      }
    }
  }
  for (const std::string& kernel : kernels_wanted) {
    for (const std::string& backend : backends) check(next(), backend, kernel);
  }
  EXPECT_TRUE(hash::select_kernel(kernel_before));
  EXPECT_EQ(kernels_run, kernels_wanted);
  EXPECT_EQ(backends_run, std::set<std::string>(backends.begin(), backends.end()));
}

// As a server follows the tip: one block, one write through the log.
TEST(Sync, RowsOfSingleBlocksMakeTheIndexThatTableFilesMake) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(30, 12, 15)));
  SyncBench::expect_done(bench.options("reference"));
  for (const ResolveWay way : all_ways) {
    SCOPED_TRACE(name_of(way));
    SyncOptions options = bench.options(std::string(name_of(way)));
    options.way = way;
    options.form = CommitForm::rows;
    options.batch_blocks = 1;
    options.segment_bytes = 1;
    options.slots = 1;
    const Outcome outcome = SyncBench::run(options);
    ASSERT_TRUE(outcome.status.ok()) << outcome.line();
    EXPECT_EQ(outcome.counters->segments.load(), 30U) << "the genesis block has no rows and comes with the next";
    EXPECT_EQ(bench.content(std::string(name_of(way))), bench.content("reference"));
  }
}

TEST(Sync, AForcedBackEndThatIsUnknownIsRefused) {
  SyncBench bench;
  bench.append(0, raw_chain(small_chain(2, 1, 14)));
  const Setting io("SLUICE_IO", "carrier pigeons");
  const Outcome outcome = SyncBench::run(bench.options("db"));
  ASSERT_FALSE(outcome.status.ok());
  EXPECT_EQ(outcome.status.error().kind, ErrorKind::config);
  EXPECT_NE(outcome.line().find("carrier pigeons"), std::string::npos) << outcome.line();
}

}  // namespace
}  // namespace sluice::pipeline::test
