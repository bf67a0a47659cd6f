// The power goes at any operation, and whatever was not synced is dropped, torn or reordered.
#include <gtest/gtest.h>

#include "crash/power_run.h"

namespace sluice::test {
namespace {

const std::vector<World>& worlds() {
  static const std::vector<World> made = [] {
    std::vector<World> list;
    list.push_back(make_world({.seed = 11}));
    list.push_back(make_world({.seed = 12,
                               .blocks = 20,
                               .batch_blocks = 3,
                               .leaving = Leaving::rebuilt,
                               .way = pipeline::ResolveWay::lookup}));
    list.push_back(make_world({.seed = 13,
                               .blocks = 30,
                               .txs_per_block = 4,
                               .batch_blocks = 1,
                               .slots = 4,
                               .way = pipeline::ResolveWay::table}));
    list.push_back(make_world({.seed = 14,
                               .batch_blocks = 1,
                               .leaving = Leaving::by_block_files,
                               .way = pipeline::ResolveWay::lookup,
                               .form = pipeline::CommitForm::rows}));
    return list;
  }();
  return made;
}

std::optional<std::string> run_seed(std::uint64_t seed, const SyncFilter& ignored = {}) {
  return cut_power_and_recover(worlds()[seed % worlds().size()], seed, ignored);
}

TEST(Power, IndexSurvivesACutAtAnyOperation) {
  const std::uint64_t seeds = scaled(50);
  for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds; ++seed) {
    const auto failure = run_seed(seed);
    EXPECT_FALSE(failure.has_value()) << "seed " << seed << ": " << *failure;
  }
}

// Each fsync of our own, switched off in turn: if the test above still passed, it would prove nothing.
struct RemovedSync {
  const char* name;
  SyncFilter filter;
  bool only_discard = false;  ///< passed only where an index is begun anew
};

const std::string tables_directory = std::string(index_directory) + "/rocks";

SyncFilter file_sync(const std::string& part) {
  return [part](DiskOperation operation, const std::string& path, const std::string&) {
    return operation == DiskOperation::sync_file && path.find(part) != path.npos;
  };
}
/// Syncs of a directory right after an operation whose text holds `after`.
SyncFilter directory_sync(const std::string& directory, const std::string& after = "") {
  return [directory, after](DiskOperation operation, const std::string& path, const std::string& previous) {
    return operation == DiskOperation::sync_directory && path == directory && previous.find(after) != previous.npos;
  };
}
/// Of a discard: the sync before its mark is removed, which comes next after the one behind the mark's making.
SyncFilter discard_sync() {
  return [marked = std::make_shared<bool>(false)](DiskOperation operation, const std::string& path,
                                                  const std::string& previous) {
    if (operation != DiskOperation::sync_directory || path != tables_directory) return false;
    const bool was_marked = *marked;
    *marked = previous == "rename " + tables_directory + "/DISCARDED";
    return was_marked;
  };
}

class RemovedSyncTest : public testing::TestWithParam<RemovedSync> {};

TEST_P(RemovedSyncTest, IsNoticed) {
  constexpr std::uint64_t seeds_max = 200;
  for (std::uint64_t seed = 0; seed < seeds_max; ++seed) {
    if (run_seed(GetParam().only_discard ? worlds().size() * seed + 1 : seed, GetParam().filter)) return;
  }
  FAIL() << "no seed in " << seeds_max << " noticed that syncs were left out: " << GetParam().name;
}

INSTANTIATE_TEST_SUITE_P(
    Power, RemovedSyncTest,
    testing::Values(
        // Our own.
        RemovedSync{"headers", file_sync("/headers.dat")}, RemovedSync{"blocks", file_sync("/blocks.dat")},
        RemovedSync{"txids", file_sync("/txids.dat")}, RemovedSync{"places", file_sync("/places.dat")},
        RemovedSync{"rollback_log", file_sync(".log")}, RemovedSync{"index_directory", directory_sync(index_directory)},
        RemovedSync{"parent_directory", directory_sync("/disk")},
        RemovedSync{"discard_mark", directory_sync(tables_directory, "rename " + tables_directory + "/DISCARDED"),
                    true},
        RemovedSync{"discard_end", discard_sync(), true},
        RemovedSync{"before_current", directory_sync(tables_directory, ".dbtmp")},
        // RocksDB's, which a commit counts on.
        RemovedSync{"after_current", directory_sync(tables_directory, "/CURRENT")},
        RemovedSync{"tables_directory", directory_sync(tables_directory)},
        RemovedSync{"table_files", file_sync(".sst")}, RemovedSync{"manifest", file_sync("/MANIFEST-")}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::test
