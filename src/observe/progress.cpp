#include "observe/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sluice::observe {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

double rate(std::uint64_t from, std::uint64_t until, Instant duration) noexcept {
  const double seconds = std::chrono::duration<double>(duration).count();
  return seconds > 0 && until > from ? static_cast<double>(until - from) / seconds : 0;
}

}  // namespace

Instant steady_now() noexcept { return std::chrono::steady_clock::now().time_since_epoch(); }

bool is_terminal(int file_descriptor) noexcept {
  const char* kind = std::getenv("TERM");
  return isatty(file_descriptor) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::string with_separators(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string clock_time(std::chrono::seconds duration) {
  const auto total = duration.count();
  if (total >= 3600) return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
  return fmt::format("{}:{:02}", total / 60, total % 60);
}

ProgressLine::ProgressLine(std::string label, ProgressStyle style, Writer writer, Instant start)
    : label_(std::move(label)), style_(style), writer_(std::move(writer)), start_{start, {}}, next_write_(start) {
  // The first plain line waits for its interval: short work says nothing but its last line.
  if (!style_.redraws) next_write_ += style_.line_interval;
}

std::string ProgressLine::line(const ProgressState& state, const Sample& since, Instant now, bool is_last) const {
  const double bytes_rate = rate(since.state.bytes_done, state.bytes_done, now - since.at);
  const double txs_rate = rate(since.state.txs_done, state.txs_done, now - since.at);
  std::string text = fmt::format("{}: height {}", label_, with_separators(state.height));
  if (state.bytes_total > 0) {
    const double share = std::min(1.0, static_cast<double>(state.bytes_done) / static_cast<double>(state.bytes_total));
    // 100 % is for work that is done: rounding must not promise it.
    text += fmt::format("  {:.1f} %", is_last ? share * 100 : std::min(share * 100, 99.9));
  }
  text +=
      fmt::format("  {:.1f} MB/s  {} tx/s", bytes_rate / 1e6, with_separators(static_cast<std::uint64_t>(txs_rate)));
  if (is_last) return text + "  in " + clock_time(std::chrono::duration_cast<std::chrono::seconds>(now - start_.at));
  if (state.bytes_total > 0 && bytes_rate > 0) {
    const std::uint64_t left = state.bytes_total > state.bytes_done ? state.bytes_total - state.bytes_done : 0;
    // Beyond a hundred hours the figure says nothing.
    const double seconds = std::min(static_cast<double>(left) / bytes_rate, 359999.0);
    text += "  ETA " + clock_time(std::chrono::seconds(static_cast<std::int64_t>(seconds + 0.5)));
  }
  return text;
}

void ProgressLine::write_line(const std::string& line) {
  if (style_.redraws) {
    writer_(std::string(erase_line) + line);
    is_drawn_ = true;
  } else {
    writer_(line + "\n");
  }
}

void ProgressLine::update(const ProgressState& state, Instant now) {
  if (is_finished_) return;
  if (!has_start_) {
    // A resumed run begins where it stopped: what was there before counts for no rate.
    has_start_ = true;
    start_.state = state;
    window_.push_back({start_.at, state});
  }
  if (now < next_write_) return;
  next_write_ = now + (style_.redraws ? style_.redraw_interval : style_.line_interval);
  while (window_.size() > 1 && window_[1].at <= now - style_.rate_window) window_.pop_front();
  write_line(line(state, window_.front(), now, false));
  window_.push_back({now, state});
}

void ProgressLine::finish(const ProgressState& state, Instant now) {
  if (is_finished_) return;
  if (!has_start_) start_.state = state;
  write_line(line(state, start_, now, true));
  if (style_.redraws) writer_("\n");
  is_drawn_ = false;
  is_finished_ = true;
}

void ProgressLine::clear() {
  if (!is_drawn_) return;
  writer_(erase_line);
  is_drawn_ = false;
}

}  // namespace sluice::observe
