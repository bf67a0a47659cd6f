// The progress of long work: one line that redraws itself on a terminal, plain lines now and then elsewhere.
//
//   height 410,233  63.4 %  412 MB/s  901,234 tx/s  ETA 0:42
//
// Rates are over a sliding window of a few seconds, so that they follow what happens now. The time
// is passed in by the caller: no clock is read here.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace sluice::observe {

/// A monotonic time since any fixed instant.
using Instant = std::chrono::nanoseconds;
/// The clock of the running program.
[[nodiscard]] Instant steady_now() noexcept;

struct ProgressState {
  std::uint64_t height = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;  ///< 0 is unknown: no percentage and no ETA
  std::uint64_t txs_done = 0;
};

struct ProgressStyle {
  bool redraws = false;  ///< a terminal: one line, drawn over
  std::chrono::milliseconds redraw_interval{200};
  std::chrono::milliseconds line_interval{5000};  ///< between plain lines
  std::chrono::milliseconds rate_window{5000};
};

/// A terminal that understands carriage returns and erasing to the end of the line.
[[nodiscard]] bool is_terminal(int file_descriptor) noexcept;

class ProgressLine {
 public:
  using Writer = std::function<void(std::string_view)>;

  /// `label` comes first on each line, e.g. "sync". The writer gets whole pieces to put out at once.
  ProgressLine(std::string label, ProgressStyle style, Writer writer, Instant start);

  /// Tells where the work is; writes only when an interval has passed. Bounds: now never goes back.
  void update(const ProgressState& state, Instant now);
  /// Writes the last line with the average rates of the whole run, and ends it.
  void finish(const ProgressState& state, Instant now);
  /// Takes the line off the terminal so that other output can be written; the next update draws it again.
  void clear();

 private:
  struct Sample {
    Instant at;
    ProgressState state;
  };

  void write_line(const std::string& line);
  [[nodiscard]] std::string line(const ProgressState& state, const Sample& since, Instant now, bool is_last) const;

  std::string label_;
  ProgressStyle style_;
  Writer writer_;
  Sample start_;
  bool has_start_ = false;
  bool is_drawn_ = false;
  bool is_finished_ = false;
  Instant next_write_;
  std::deque<Sample> window_;  ///< oldest first; one sample for each written line or so
};

/// "1,234,567"
[[nodiscard]] std::string with_separators(std::uint64_t number);
/// "0:42", "12:05", "3:07:09"
[[nodiscard]] std::string clock_time(std::chrono::seconds duration);

}  // namespace sluice::observe
