// Cuts a byte stream into lines.
//
// A line longer than the limit is dropped without a word: everything up to the next newline is
// skipped, then lines are taken again. That is what the peers do, and it keeps memory bounded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::session {

class LineBuffer {
 public:
  /// limit_bytes: longest line without its newline; 0: no limit.
  explicit LineBuffer(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  /// Cost: each byte is copied once and searched once.
  void append(std::string_view bytes);
  /// The next complete line, without newline. Valid until the next call.
  [[nodiscard]] bool next(std::string_view& line);
  /// The line handed out last comes again. Directly after next() said true.
  void put_back() noexcept { begin_ = searched_ = taken_begin_; }
  /// Gives back the memory of lines that were handed out.
  void forget_taken() { compact(); }
  /// Bytes held, complete lines included.
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() - begin_; }
  [[nodiscard]] std::uint64_t dropped_lines() const noexcept { return dropped_lines_; }

 private:
  void compact();
  [[nodiscard]] bool too_long(std::size_t line_bytes) const noexcept {
    return limit_bytes_ != 0 && line_bytes > limit_bytes_;
  }

  std::string bytes_;
  std::size_t begin_ = 0;        ///< first byte not yet handed out
  std::size_t taken_begin_ = 0;  ///< of the line handed out last
  std::size_t searched_ = 0;     ///< no newline before this offset, from begin_ on
  std::size_t limit_bytes_;
  std::uint64_t dropped_lines_ = 0;
  bool skipping_ = false;  ///< inside a line that was too long
};

}  // namespace sluice::session
