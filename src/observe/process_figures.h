// What the process has cost so far, as the kernel counts it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace sluice::observe {

/// Units: bytes and seconds.
struct ProcessFigures {
  std::uint64_t memory_peak = 0;         ///< VmHWM: the most that was resident at once
  std::uint64_t memory_resident = 0;     ///< VmRSS
  std::uint64_t memory_anonymous = 0;    ///< RssAnon: what the process itself holds
  std::uint64_t memory_file_backed = 0;  ///< RssFile + RssShmem: pages the kernel can take back
  std::uint64_t bytes_read = 0;          ///< from storage, page cache hits not counted
  std::uint64_t bytes_written = 0;       ///< to storage, when the page became dirty
  double cpu_user_s = 0;
  double cpu_system_s = 0;
};

/// Figures of this process. Errors: /proc cannot be read. Where only /proc/self/io is closed to us (some
/// containers do that), the two byte counts stay 0.
/// Source: proc(5), /proc/self/status and /proc/self/io; getrusage(2).
[[nodiscard]] Result<ProcessFigures> process_figures();

/// The two parsers, apart for tests. Lines that are not understood are passed over.
void parse_proc_status(std::string_view text, ProcessFigures& figures) noexcept;
void parse_proc_io(std::string_view text, ProcessFigures& figures) noexcept;

}  // namespace sluice::observe
