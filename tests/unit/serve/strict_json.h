// An independent, slow judge of what is JSON for a request line: recursive descent over the bytes,
// as Python's json module has it. Shares nothing with the code under test.
#pragma once

#include <string_view>

namespace sluice::serve::test {

class StrictJson {
 public:
  explicit StrictJson(std::string_view text) : text_(text) {}
  [[nodiscard]] bool valid() {
    blank();
    if (!value(1)) return false;
    blank();
    return at_ == text_.size();
  }

 private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  [[nodiscard]] bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }
  void blank() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }
  [[nodiscard]] bool digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ != begin;
  }
  [[nodiscard]] bool number() {
    if (word("NaN") || word("Infinity") || word("-Infinity")) return true;
    if (peek() == '-') ++at_;
    if (peek() == '0') ++at_;
    else if (!digits()) return false;
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    return true;
  }
  [[nodiscard]] bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      const char escape = peek();
      ++at_;
      if (escape == 'u') {
        for (int i = 0; i < 4; ++i, ++at_) {
          const char h = peek();
          if (!((h >= '0' && h <= '9') || (h >= 'a' && h <= 'f') || (h >= 'A' && h <= 'F'))) return false;
        }
      } else if (escape == '\0' || std::string_view("\"\\/bfnrt").find(escape) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }
  [[nodiscard]] bool value(int depth) {
    if (depth > 400) return false;
    switch (peek()) {
      case '"': return string();
      case 't': return word("true");
      case 'f': return word("false");
      case 'n': return word("null");
      case '[': return list(depth, ']', false);
      case '{': return list(depth, '}', true);
      default: return number();
    }
  }
  [[nodiscard]] bool list(int depth, char close, bool keyed) {
    ++at_;
    blank();
    if (take(close)) return true;
    while (true) {
      blank();
      if (keyed) {
        if (!string()) return false;
        blank();
        if (!take(':')) return false;
        blank();
      }
      if (!value(depth + 1)) return false;
      blank();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace sluice::serve::test
