#include "call/json_text.h"

#include <array>
#include <cstddef>

#include "base/utf8.h"

namespace sluice::call {

namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Walks one JSON text from front to back. Each function takes what it is named after and returns
/// whether it was there; what it wrote to out is of use only then.
class Walker {
 public:
  explicit Walker(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() noexcept {
    skip_blanks();
    return rest_.empty();
  }

  /// Any value. out may be null: then it is only checked.
  bool value(int depth, std::string* out) {
    skip_blanks();
    if (rest_.empty() || depth > json_depth_max) return false;
    switch (rest_.front()) {
      case '{': return container('}', depth, out);
      case '[': return container(']', depth, out);
      case '"': return token(&Walker::string, out);
      case 't': return word("true", out);
      case 'f': return word("false", out);
      case 'n': return word("null", out);
      default: return token(&Walker::number, out);
    }
  }

  /// The members of an object, values checked.
  bool members(std::vector<JsonMember>& target) {
    skip_blanks();
    if (!take('{')) return false;
    skip_blanks();
    if (take('}')) return true;
    for (;;) {
      skip_blanks();
      std::string_view before = rest_;
      if (!string()) return false;
      const std::string_view key = before.substr(1, before.size() - rest_.size() - 2);
      skip_blanks();
      if (!take(':')) return false;
      skip_blanks();
      before = rest_;
      if (!value(1, nullptr)) return false;
      target.push_back({key, before.substr(0, before.size() - rest_.size())});
      skip_blanks();
      if (take('}')) return true;
      if (!take(',')) return false;
    }
  }

 private:
  void skip_blanks() noexcept {
    while (!rest_.empty() &&
           (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == '\n' || rest_.front() == '\r'))
      rest_.remove_prefix(1);
  }

  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool word(std::string_view expected, std::string* out) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    if (out != nullptr) *out += expected;
    return true;
  }

  bool token(bool (Walker::*kind)(), std::string* out) {
    const std::string_view before = rest_;
    if (!(this->*kind)()) return false;
    if (out != nullptr) *out += before.substr(0, before.size() - rest_.size());
    return true;
  }

  bool digits() noexcept {
    if (rest_.empty() || !is_digit(rest_.front())) return false;
    while (!rest_.empty() && is_digit(rest_.front())) rest_.remove_prefix(1);
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool escape() noexcept {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (rest_.empty() || !is_hex_digit(rest_.front())) return false;
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      if (take('"')) return true;
      if (take('\\')) {
        if (!escape()) return false;
        continue;
      }
      const std::size_t length = utf8_bytes(rest_);
      if (length == 0 || static_cast<unsigned char>(rest_.front()) < 0x20) return false;
      rest_.remove_prefix(length);
    }
    return false;
  }

  static void new_line(int depth, std::string* out) {
    if (out == nullptr) return;
    *out += '\n';
    out->append(static_cast<std::size_t>(depth) * 2, ' ');
  }

  bool container(char close, int depth, std::string* out) {
    if (out != nullptr) *out += rest_.front();
    rest_.remove_prefix(1);
    skip_blanks();
    for (bool is_first = true;; is_first = false) {
      skip_blanks();
      if (is_first && take(close)) break;
      new_line(depth + 1, out);
      if (close == '}') {
        if (!token(&Walker::string, out)) return false;
        skip_blanks();
        if (!take(':')) return false;
        if (out != nullptr) *out += ": ";
      }
      if (!value(depth + 1, out)) return false;
      skip_blanks();
      if (take(close)) {
        new_line(depth, out);
        break;
      }
      if (!take(',')) return false;
      if (out != nullptr) *out += ',';
    }
    if (out != nullptr) *out += close;
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool is_json(std::string_view text) noexcept {
  Walker walker(text);
  return walker.value(0, nullptr) && walker.at_end();
}

std::optional<std::string> pretty_json(std::string_view text) {
  Walker walker(text);
  std::string out;
  if (!walker.value(0, &out) || !walker.at_end()) return std::nullopt;
  return out;
}

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
  Walker walker(text);
  std::vector<JsonMember> found;
  if (!walker.members(found) || !walker.at_end()) return std::nullopt;
  return found;
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_bytes(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append_json_string(std::string& target, std::string_view text) {
  static constexpr std::array<char, 16> digits{'0', '1', '2', '3', '4', '5', '6', '7',
                                               '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  target += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') target += '\\';
    if (byte >= 0x20) target += c;
    else target.append({'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]});
  }
  target += '"';
}

}  // namespace sluice::call
