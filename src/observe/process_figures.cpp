#include "observe/process_figures.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace sluice::observe {

namespace {

/// The number of a "Name:   123 kB" line; nullopt if there is none. Units: as in the file.
std::optional<std::uint64_t> field(std::string_view text, std::string_view name) noexcept {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    line.remove_prefix(name.size() + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    std::uint64_t value = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), value).ec != std::errc{}) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

std::optional<std::string> read_whole(const char* path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.empty()) return std::nullopt;
  return text;
}

double seconds(const timeval& time) noexcept {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void parse_proc_status(std::string_view text, ProcessFigures& figures) noexcept {
  constexpr std::uint64_t kib = 1024;
  figures.memory_peak = field(text, "VmHWM").value_or(0) * kib;
  figures.memory_resident = field(text, "VmRSS").value_or(0) * kib;
  figures.memory_anonymous = field(text, "RssAnon").value_or(0) * kib;
  figures.memory_file_backed = (field(text, "RssFile").value_or(0) + field(text, "RssShmem").value_or(0)) * kib;
}

void parse_proc_io(std::string_view text, ProcessFigures& figures) noexcept {
  figures.bytes_read = field(text, "read_bytes").value_or(0);
  figures.bytes_written = field(text, "write_bytes").value_or(0);
}

Result<ProcessFigures> process_figures() {
  const auto status = read_whole("/proc/self/status");
  if (!status) return Error{ErrorKind::io, "/proc/self/status: cannot be read"};
  ProcessFigures figures;
  parse_proc_status(*status, figures);
  if (const auto io = read_whole("/proc/self/io")) parse_proc_io(*io, figures);
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    figures.cpu_user_s = seconds(usage.ru_utime);
    figures.cpu_system_s = seconds(usage.ru_stime);
  }
  return figures;
}

}  // namespace sluice::observe
