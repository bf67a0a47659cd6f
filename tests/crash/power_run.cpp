#include "crash/power_run.h"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::test {
namespace {

/// About as many operations as a start with a reorg or a discard takes.
constexpr std::uint64_t start_operations = 120;
constexpr int images_each = 4;

/// Which states of the index may be found after a cut.
struct Promise {
  std::optional<store::State> before;  ///< what the interrupted run began with
  bool may_be_before = false;          ///< nothing that replaces it was promised
  bool may_be_empty = false;
  bool may_be_fork = false;
  std::uint32_t least_blocks = 0;  ///< on the chain being synced
  bool may_be_on_chain = false;
};

Promise promise_of(const SyncRun& run, const std::optional<store::State>& before) {
  Promise promise;
  promise.before = before;
  const bool moves = run.report.disconnected > 0;
  if (!run.indexing_began) {
    promise.may_be_before = true;
    promise.may_be_fork = moves && !run.report.rebuilt;
    promise.may_be_empty = run.report.rebuilt;
    return promise;
  }
  promise.may_be_on_chain = true;
  promise.may_be_empty = run.commits == 0 && (run.report.rebuilt || !before);
  // Before the first commit the report still tells of the index as it was opened.
  promise.least_blocks = run.report.rebuilt && run.commits == 0 ? 1 : run.report.block_count;
  return promise;
}

class PowerRun {
 public:
  PowerRun(const World& world, std::uint64_t seed, const SyncFilter& ignored)
      : world_(world), random_(seed), ignored_(ignored) {}

  std::optional<std::string> run() {
    begin();
    const std::uint64_t cuts = 1 + random_.below(2);
    for (std::uint64_t i = 0; i < cuts; ++i) {
      if (auto failure = cut_once()) return failure;
    }
    auto fs = power_on(false);
    const SyncRun last = sync_index(world_, *set_, fs);
    if (!last.status) return told("the sync after the cut: " + last.status.error().message);
    auto look = look_at_index(index_directory, fs);
    if (!look) return told("opening after the last sync: " + look.error().message);
    if (look.value().digest != set_->digest)
      return told("the index in the end has another content than an uninterrupted run's");
    return std::nullopt;
  }

 private:
  void begin() {
    const bool second = random_.below(3) > 0;
    set_ = second ? &world_.second : &world_.first;
    disk_ = second ? world_.first_disk.settled_copy() : empty_disk();
    operations_ = second ? world_.second_mutations : world_.first_mutations;
    if (second) before_ = look(disk_).value().state;
  }

  std::shared_ptr<FaultFs> power_on(bool cut) {
    auto fs = std::make_shared<FaultFs>(std::move(disk_));
    // Starts are short beside what follows, and do much that must not be cut in two.
    const std::uint64_t at =
        1 + random_.below(random_.chance(0.3) ? std::min(operations_, start_operations) : operations_);
    const CutAfterIgnored after{random_.chance(0.5) ? 1 : 1 + random_.below(40), 1 + random_.below(12)};
    if (ignored_) fs->ignore_syncs(ignored_, cut ? after : CutAfterIgnored{});
    if (cut && (!ignored_ || random_.chance(0.3))) fs->cut_power_at(at);
    return fs;
  }

  // Looks at a copy: the run that follows meets the disk as the cut left it.
  static Result<IndexLook> look(const DiskModel& disk) {
    return look_at_index(index_directory, std::make_shared<FaultFs>(disk.settled_copy()));
  }

  // Several images of one cut are opened; the run goes on with the last.
  std::optional<std::string> cut_once() {
    auto fs = power_on(true);
    const SyncRun run = sync_index(world_, *set_, fs);
    history_ += fmt::format("; power off at {}", fs->power_is_off() ? fs->cut_place() : "the end");
    if (!fs->power_is_off() && !run.status) return told("a sync with power: " + run.status.error().message);
    const Promise promise = promise_of(run, before_);
    for (int image = 0; image < images_each; ++image) {
      disk_ = fs->disk().crash_image(random_.next());
      auto found = look(disk_);
      if (!found) return told("opening after the cut: " + found.error().message);
      if (auto failure = check(promise, found.value().state)) return told(*failure);
      if (auto failure = check_read_only(found.value())) return told(*failure);
      before_ = found.value().state;
    }
    return std::nullopt;
  }

  // What serves or verifies an index after the cut finds what sync would find, and leaves the disk alone.
  std::optional<std::string> check_read_only(const IndexLook& expected) const {
    auto fs = std::make_shared<FaultFs>(disk_.settled_copy());
    auto found = look_read_only(index_directory, fs);
    if (!found) return "opening to read after the cut: " + found.error().message;
    if (fs->mutations() > 0) return "opening to read changes the disk";
    if (found.value().state != expected.state) return "opened to read, the index has another state";
    if (expected.state && found.value().digest != expected.digest)
      return "opened to read, the index has another content";
    return std::nullopt;
  }

  std::optional<std::string> check(const Promise& promise, const std::optional<store::State>& found) const {
    if (!found) {
      if (promise.may_be_empty || (promise.may_be_before && !promise.before)) return std::nullopt;
      return fmt::format("the index is empty, {} blocks were committed", promise.least_blocks);
    }
    if (promise.may_be_before && promise.before && *found == *promise.before) return std::nullopt;
    const std::uint32_t blocks = found->block_count;
    if (blocks == 0 || blocks > set_->hashes.size() || found->tip != set_->hashes[blocks - 1]) {
      return fmt::format("the index has {} blocks and its tip {} is not on the chain", blocks, found->tip.display());
    }
    if (promise.may_be_fork && blocks == world_.fork_blocks) return std::nullopt;
    if (promise.may_be_on_chain && blocks >= promise.least_blocks) return std::nullopt;
    return fmt::format("the index has {} blocks, {} were committed", blocks, promise.least_blocks);
  }

  std::string told(const std::string& what) const { return what + history_; }

  const World& world_;
  Random random_;
  const SyncFilter& ignored_;
  const FileSet* set_ = nullptr;
  DiskModel disk_;
  std::uint64_t operations_ = 1;
  std::optional<store::State> before_;
  std::string history_;
};

}  // namespace

std::optional<std::string> cut_power_and_recover(const World& world, std::uint64_t seed, const SyncFilter& ignored) {
  return PowerRun(world, seed, ignored).run();
}

}  // namespace sluice::test
