// Text written into room that was made for it: for what is made of many short pieces, where asking the string for
// each would cost more than the pieces.
#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"
#include "base/hex.h"

namespace sluice::serve {

/// Appends to a string, at most `bytes_max` bytes. Bounds: nothing else touches the string meanwhile; pieces keep to
/// the bound, which is checked at the end.
class TextRoom {
 public:
  TextRoom(std::string& target, std::size_t bytes_max) : target_(target) {
    const std::size_t begin = target.size();
    target.resize(begin + bytes_max);
    at_ = target.data() + begin;
  }
  TextRoom(const TextRoom&) = delete;
  TextRoom& operator=(const TextRoom&) = delete;
  ~TextRoom() {
    const auto size = static_cast<std::size_t>(at_ - target_.data());
    SLUICE_CHECK(size <= target_.size());
    target_.resize(size);
  }

  template <std::size_t size>
  void literal(const char (&text)[size]) noexcept {
    std::memcpy(at_, text, size - 1);
    at_ += size - 1;
  }
  /// At most 10 digits.
  void number(std::uint32_t value) noexcept { at_ = std::to_chars(at_, at_ + 10, value).ptr; }
  /// Quoted hex: two bytes more than twice the bytes.
  void hex(Bytes bytes) noexcept {
    *at_++ = '"';
    put_hex(at_, bytes);
    close(bytes);
  }
  void hash(Bytes bytes) noexcept {
    *at_++ = '"';
    put_hex_reversed(at_, bytes);
    close(bytes);
  }

 private:
  void close(Bytes bytes) noexcept {
    at_ += 2 * bytes.size();
    *at_++ = '"';
  }

  std::string& target_;
  char* at_;
};

}  // namespace sluice::serve
