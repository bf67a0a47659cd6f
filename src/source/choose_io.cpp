#include <algorithm>
#include <cstdlib>

#include "source/raw_io.h"

namespace sluice::source {

namespace {
/// Enough to keep a disk busy; blocking preads need no more than a few.
constexpr std::uint32_t read_threads_max = 8;
}  // namespace

std::string_view io_setting() noexcept {
  const char* value = std::getenv("SLUICE_IO");
  return value ? value : "";
}

Result<IoChoice> choose_io(std::string_view forced, std::uint32_t depth) {
  if (forced != "" && forced != "io_uring" && forced != "threads") {
    return Error{ErrorKind::config, "SLUICE_IO is '" + std::string(forced) + "': io_uring or threads is allowed"};
  }
  std::string reason;
  if (forced != "threads") {
    auto io = make_uring_io(depth);
    if (io) return IoChoice{std::move(io).value(), ""};
    if (forced == "io_uring") return Error{ErrorKind::config, "SLUICE_IO is io_uring, but " + io.error().message};
    reason = io.error().message + "; block files are read by threads";
  }
  return IoChoice{make_thread_io(depth, std::min(depth, read_threads_max)), std::move(reason)};
}

}  // namespace sluice::source
