// The sync process is killed at every named durable step and at random instants; the next run goes on
// from there and ends with the index of an uninterrupted run, swaps and all, in which verify finds nothing.
//
// SLUICE_KILL_RUNS sets the number of random instants (scripts/kill_campaign).
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "crash/kill_run.h"
#include "verify/verify.h"

namespace sluice::test {
namespace {

/// A place to begin from: an empty directory, or the finished index of the first file set.
struct Scene {
  const World* world = nullptr;
  const FileSet* set = nullptr;
  std::string start;  ///< "" or a directory to copy
  std::map<std::string, std::uint64_t> points;
  std::chrono::microseconds wall{0};
};

class Kill : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    prefer_memory_directories();
    worlds_.push_back(make_world({.seed = 21}));
    worlds_.push_back(make_world({.seed = 22,
                                  .blocks = 20,
                                  .batch_blocks = 3,
                                  .leaving = Leaving::rebuilt,
                                  .way = pipeline::ResolveWay::table}));
    worlds_.push_back(make_world({.seed = 23,
                                  .batch_blocks = 1,
                                  .leaving = Leaving::by_block_files,
                                  .way = pipeline::ResolveWay::lookup,
                                  .form = pipeline::CommitForm::rows}));
    directory_ = std::make_unique<TempDir>();
    for (const World& world : worlds_) {
      const std::string first = (directory_->path() / ("first" + std::to_string(scenes_.size()))).string();
      ASSERT_EQ(run_target(world, world.first, first, "", {}).exit_status, 0);
      for (const bool extends : {false, true}) {
        Scene scene{&world, extends ? &world.second : &world.first, extends ? first : "", {}, {}};
        const std::string target = fresh_directory(scene);
        const Outcome told = run_target(world, *scene.set, target, "?", {});
        ASSERT_EQ(told.exit_status, 0) << told.errors;
        scene.points = count_points(told.errors);
        scene.wall = told.wall;
        scenes_.push_back(std::move(scene));
      }
    }
  }
  static void TearDownTestSuite() {
    scenes_.clear();
    worlds_.clear();
    directory_.reset();
  }

  static std::string fresh_directory(const Scene& scene) {
    const std::filesystem::path target = directory_->path() / "index";
    std::filesystem::remove_all(target);
    if (!scene.start.empty()) std::filesystem::copy(scene.start, target, std::filesystem::copy_options::recursive);
    return target.string();
  }

  static void expect_whole(const Scene& scene, const std::string& directory) {
    verify::VerifyOptions options;
    options.db_directory = directory;
    options.blocks_directory = scene.set->directory;
    options.deep = true;
    options.memory_budget = 64u << 20;
    const auto report = verify::verify_index(options, {});
    ASSERT_TRUE(report.ok()) << report.error().message;
    for (const std::string& finding : report.value().findings) ADD_FAILURE() << finding;
  }

  static void expect_recovery(const Scene& scene, const std::string& directory) {
    const auto seen = look_read_only(directory, nullptr);
    ASSERT_TRUE(seen.ok()) << seen.error().message;
    const Outcome resumed = run_target(*scene.world, *scene.set, directory, "", {});
    ASSERT_EQ(resumed.exit_status, 0) << resumed.errors;
    const auto look = look_at_index(directory, nullptr);
    ASSERT_TRUE(look.ok()) << look.error().message;
    EXPECT_EQ(look.value().digest, scene.set->digest);
    expect_whole(scene, directory);
  }

  static std::vector<World> worlds_;
  static std::vector<Scene> scenes_;
  static std::unique_ptr<TempDir> directory_;
};
std::vector<World> Kill::worlds_;
std::vector<Scene> Kill::scenes_;
std::unique_ptr<TempDir> Kill::directory_;

TEST_F(Kill, EveryDurableStepHasItsPoint) {
  std::set<std::string> passed;
  for (const Scene& scene : scenes_) {
    for (const auto& [name, count] : scene.points) passed.insert(name);
  }
  const std::set<std::string> expected{
      "commit.end",     "commit.flat",    "commit.rows",         "commit.state",   "compact.table",  "discard.end",
      "discard.mark",   "discard.remove", "flat_file.append",    "flat_file.cut",  "flat_file.sync", "open.directories",
      "open.end",       "open.flat",      "open.rocks",          "rollback.begin", "rollback.end",   "rollback.written",
      "segment.finish", "swaps.write",    "table_builder.finish"};
  EXPECT_EQ(passed, expected);
}

TEST_F(Kill, ResumesAfterEveryNamedPoint) {
  std::map<std::string, std::uint64_t> runs;
  const std::uint64_t scenes_each = scaled(1);
  for (const Scene& scene : scenes_) {
    for (const auto& [name, count] : scene.points) {
      // Each point in as many scenes as the scale asks for.
      if (runs[name]++ >= scenes_each) continue;
      for (std::uint64_t passing = 1; passing <= std::min<std::uint64_t>(count, 3); ++passing) {
        SCOPED_TRACE(name + ":" + std::to_string(passing));
        const std::string directory = fresh_directory(scene);
        const Outcome outcome =
            run_target(*scene.world, *scene.set, directory, name + ":" + std::to_string(passing), {});
        EXPECT_TRUE(outcome.killed) << outcome.errors;
        expect_recovery(scene, directory);
      }
    }
  }
}

TEST_F(Kill, ResumesAfterRandomInstants) {
  const char* asked = std::getenv("SLUICE_KILL_RUNS");
  const std::uint64_t runs = asked != nullptr ? std::strtoull(asked, nullptr, 10) : scaled(50);
  Random random(1 + first_seed());
  std::uint64_t killed = 0;
  for (std::uint64_t run = 0; run < runs && !HasFailure(); ++run) {
    const Scene& scene = scenes_[run % scenes_.size()];
    const std::string directory = fresh_directory(scene);
    std::string history;
    for (std::uint64_t kills = 1 + random.below(2); kills > 0; --kills) {
      const std::chrono::microseconds after(random.below(static_cast<std::uint64_t>(scene.wall.count())));
      const Outcome outcome = run_target(*scene.world, *scene.set, directory, "", after);
      history += " " + std::to_string(after.count()) + " us";
      killed += outcome.killed ? 1 : 0;
      EXPECT_TRUE(outcome.killed || outcome.exit_status == 0) << outcome.errors;
    }
    SCOPED_TRACE("run " + std::to_string(run) + ", killed after" + history);
    expect_recovery(scene, directory);
  }
  // Most instants must be inside a run, or the test says little.
  EXPECT_GE(killed * 2, runs);
}

}  // namespace
}  // namespace sluice::test
