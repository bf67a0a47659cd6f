// A full disk, and writes, fsyncs, reads and opens that fail: one clear line that names the file, no crash,
// and the next run, with a disk that works, ends with the index of an uninterrupted run.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"
#include "crash/world.h"

namespace sluice::test {
namespace {

const World& world() {
  static const World made = make_world({.seed = 31 + first_seed(), .blocks = 20, .txs_per_block = 6});
  return made;
}

bool writes(DiskOperation operation, const std::string&) {
  return operation == DiskOperation::append || operation == DiskOperation::create;
}
bool syncs(DiskOperation operation, const std::string&) {
  return operation == DiskOperation::sync_file || operation == DiskOperation::sync_directory;
}
bool changes_names(DiskOperation operation, const std::string&) {
  return operation == DiskOperation::rename || operation == DiskOperation::link ||
         operation == DiskOperation::truncate || operation == DiskOperation::make_directory;
}
bool removes(DiskOperation operation, const std::string&) { return operation == DiskOperation::remove; }
bool opens(DiskOperation operation, const std::string&) { return operation == DiskOperation::open; }
bool reads(DiskOperation operation, const std::string&) { return operation == DiskOperation::read; }

struct FaultKind {
  const char* name;
  std::function<bool(DiskOperation, const std::string&)> matches;
  bool no_space;
  bool from_then_on;
  bool often_noticed = true;
};

/// Where a run begins: nothing there, or the index of the first set, so that blocks are disconnected too.
struct Start {
  const FileSet* set;
  bool extends;
};

std::shared_ptr<FaultFs> start_disk(const Start& start) {
  return std::make_shared<FaultFs>(start.extends ? world().first_disk.settled_copy() : empty_disk());
}

class DiskFaultTest : public testing::TestWithParam<FaultKind> {
 protected:
  static std::uint64_t count_matches(const Start& start) {
    auto fs = start_disk(start);
    auto count = std::make_shared<std::atomic<std::uint64_t>>(0);
    fs->fail({[count](DiskOperation operation, const std::string& path) {
      if (GetParam().matches(operation, path)) ++*count;
      return false;
    }});
    EXPECT_TRUE(sync_index(world(), *start.set, fs).status.ok());
    return count->load();
  }

  static void expect_clear_error(const Status& status, const FaultFs& fs) {
    ASSERT_FALSE(status.ok());
    const std::string& message = status.error().message;
    EXPECT_EQ(message.find('\n'), message.npos) << message;
    const std::set<std::string> paths = fs.faulty_paths();
    // RocksDB tries CURRENT first, and takes any refusal for a file system without direct I/O: only its
    // directory is named then.
    const bool named = std::any_of(paths.begin(), paths.end(), [&](const std::string& path) {
      const std::string told = path.ends_with("/CURRENT") ? path.substr(0, path.rfind('/')) : path;
      return message.find(told) != message.npos;
    });
    EXPECT_TRUE(named) << "failed: " << fs.first_fault() << "\nbut said: " << message;
    if (GetParam().no_space) {
      EXPECT_NE(message.find("free some space"), message.npos) << message;
    }
  }

  static void run_once(const Start& start, std::uint64_t at) {
    auto fs = start_disk(start);
    fs->fail({GetParam().matches, at, GetParam().from_then_on, GetParam().no_space});
    const SyncRun run = sync_index(world(), *start.set, fs);
    SCOPED_TRACE(std::string(start.extends ? "extending" : "from nothing") + ", operation " + std::to_string(at) +
                 ": " + fs->first_fault());
    // What fails in the background, or is of no consequence (a file that was not needed), may go unnoticed.
    if (!run.status.ok()) {
      ++refused_;
      expect_clear_error(run.status, *fs);
    }
    auto repaired = std::make_shared<FaultFs>(fs->disk().settled_copy());
    const SyncRun next = sync_index(world(), *start.set, repaired);
    ASSERT_TRUE(next.status.ok()) << next.status.error().message;
    const auto look = look_at_index(index_directory, repaired);
    ASSERT_TRUE(look.ok()) << look.error().message;
    EXPECT_EQ(look.value().digest, start.set->digest);
  }

  static std::uint64_t refused_;
};
std::uint64_t DiskFaultTest::refused_ = 0;

TEST_P(DiskFaultTest, IsToldAndTheNextRunGoesOn) {
  refused_ = 0;
  std::uint64_t runs = 0;
  Random random(first_seed());
  for (const Start start : {Start{&world().first, false}, Start{&world().second, true}}) {
    const std::uint64_t total = count_matches(start);
    ASSERT_GT(total, 0u);
    // All operations at a large scale, one of each share of them otherwise.
    const std::uint64_t tries = std::min(total, scaled(6));
    for (std::uint64_t i = 0; i < tries; ++i, ++runs) {
      const std::uint64_t begin = i * total / tries;
      run_once(start, 1 + begin + random.below((i + 1) * total / tries - begin));
    }
  }
  if (GetParam().often_noticed) {
    EXPECT_GE(refused_ * 4, runs) << "many faults must be noticed";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Fault, DiskFaultTest,
    testing::Values(FaultKind{"full_disk", writes, true, true}, FaultKind{"full_for_a_moment", writes, true, false},
                    FaultKind{"write", writes, false, false}, FaultKind{"sync", syncs, false, false},
                    FaultKind{"sync_from_then_on", syncs, false, true}, FaultKind{"name", changes_names, false, false},
                    // A file that cannot be deleted is of no consequence: a later start tries again.
                    FaultKind{"remove", removes, false, false, false}, FaultKind{"open", opens, false, false},
                    FaultKind{"read", reads, false, false}, FaultKind{"read_from_then_on", reads, false, true}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::test
