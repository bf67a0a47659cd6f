// Runs kill_target as a process, and kills it: at a named point, or at an instant.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "crash/world.h"

namespace sluice::test {

struct Outcome {
  bool killed = false;
  int exit_status = 0;
  std::string errors;  ///< what it wrote to standard error
  std::chrono::microseconds wall{0};
};

/// kill_at: SLUICE_KILL_AT of the process, "" for none. after: send SIGKILL then, if it still runs.
[[nodiscard]] Outcome run_target(const World& world, const FileSet& set, const std::string& db_directory,
                                 const std::string& kill_at, std::optional<std::chrono::microseconds> after);

/// How often each kill point is passed, in the text of a run with SLUICE_KILL_AT=?.
[[nodiscard]] std::map<std::string, std::uint64_t> count_points(const std::string& errors);

/// Temporary directories of this process go to memory where the system has such a place: what a killed
/// process has written is the system's to keep, so syncs only cost time here.
void prefer_memory_directories();

}  // namespace sluice::test
