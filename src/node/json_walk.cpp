#include "node/json_walk.h"

#include <simdjson.h>

#include <charconv>
#include <cstring>
#include <vector>

#include "base/hex.h"
#include "base/utf8.h"

namespace sluice::node {
namespace {

namespace od = simdjson::ondemand;

static_assert(json_padding_bytes >= simdjson::SIMDJSON_PADDING);

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool take_digits(std::string_view& text) noexcept {
  const std::size_t before = text.size();
  while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
  return text.size() < before;
}

bool is_number(std::string_view token) noexcept {
  if (token.starts_with('-')) token.remove_prefix(1);
  const bool leading_zero = token.size() > 1 && token[0] == '0' && is_digit(token[1]);
  if (leading_zero || !take_digits(token)) return false;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    if (!take_digits(token)) return false;
  }
  if (token.starts_with('e') || token.starts_with('E')) {
    token.remove_prefix(1);
    if (token.starts_with('+') || token.starts_with('-')) token.remove_prefix(1);
    if (!take_digits(token)) return false;
  }
  return token.empty();
}

/// Bytes of the escape at the front, which begins with a backslash; 0 if it is none.
std::size_t escape_bytes(std::string_view text) noexcept {
  if (text.size() < 2) return 0;
  if (text[1] != 'u') return std::string_view("\"\\/bfnrt").find(text[1]) != std::string_view::npos ? 2 : 0;
  if (text.size() < 6) return 0;
  for (std::size_t i = 2; i < 6; ++i) {
    if (hex_digit(text[i]) < 0) return 0;
  }
  return 6;
}

/// Control characters were looked for in the first pass.
bool is_string(std::string_view token) noexcept {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
  std::string_view body = token.substr(1, token.size() - 2);
  while (true) {
    const std::size_t special = body.find('\\');
    if (body.substr(0, special).find('"') != std::string_view::npos) return false;
    if (special == std::string_view::npos) return true;
    body.remove_prefix(special);
    const std::size_t bytes = escape_bytes(body);
    if (bytes == 0) return false;
    body.remove_prefix(bytes);
  }
}

bool is_scalar(std::string_view token) noexcept {
  if (token.starts_with('"')) return is_string(token);
  return token == "null" || token == "true" || token == "false" || is_number(token);
}

/// One checked text. All walks below leave simdjson standing at the token behind what they read.
class Walk {
 public:
  [[nodiscard]] bool start(std::string_view text) {
    const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + json_padding_bytes);
    return parser_.iterate(padded).get(document_) == simdjson::SUCCESS;
  }
  /// Behind the last bracket there must be nothing: simdjson then has no place to report.
  [[nodiscard]] bool at_end() { return document_.current_location().error() == simdjson::OUT_OF_BOUNDS; }

  [[nodiscard]] bool root_object(const MemberVisitor& visitor) {
    od::object object;
    return document_.get_object().get(object) == simdjson::SUCCESS && read_object(object, 1, &visitor) && at_end();
  }
  [[nodiscard]] bool root_array(const ElementVisitor& visitor) {
    od::array array;
    return document_.get_array().get(array) == simdjson::SUCCESS && read_array(array, 1, &visitor) && at_end();
  }

 private:
  bool read_object(od::object& object, int depth, const MemberVisitor* visitor) {
    for (auto member : object) {
      od::field field;
      std::string_view key;
      std::string_view extent;
      if (std::move(member).get(field) != simdjson::SUCCESS) return false;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS || !read_value(field.value(), depth, extent))
        return false;
      if (visitor != nullptr && !(*visitor)(key, extent)) return false;
    }
    return true;
  }

  bool read_array(od::array& array, int depth, const ElementVisitor* visitor) {
    for (auto element : array) {
      od::value value;
      std::string_view extent;
      if (std::move(element).get(value) != simdjson::SUCCESS || !read_value(value, depth, extent)) return false;
      if (visitor != nullptr && !(*visitor)(extent)) return false;
    }
    return true;
  }

  bool read_value(od::value value, int depth, std::string_view& extent) {
    const std::string_view token = trimmed(value.raw_json_token());
    if (token.empty()) return false;
    switch (token.front()) {
      case '{': {
        od::object object;
        return depth < json_depth_max && value.get_object().get(object) == simdjson::SUCCESS &&
               read_object(object, depth + 1, nullptr) && close(token, extent);
      }
      case '[': {
        od::array array;
        return depth < json_depth_max && value.get_array().get(array) == simdjson::SUCCESS &&
               read_array(array, depth + 1, nullptr) && close(token, extent);
      }
      case '"': {
        // Reading the string moves simdjson behind it. A string left unread would be skipped in a way that takes
        // `"a":1` inside an array for a member.
        od::raw_json_string ignored;
        if (value.get_raw_json_string().get(ignored) != simdjson::SUCCESS) return false;
        break;
      }
      default: break;
    }
    extent = token;
    return is_scalar(token);
  }

  /// The extent of a container that was just read: from its bracket to the last byte before the next token.
  bool close(std::string_view token, std::string_view& extent) {
    const char* next = nullptr;
    if (document_.current_location().get(next) != simdjson::SUCCESS) return false;
    extent = trimmed(std::string_view(token.data(), static_cast<std::size_t>(next - token.data())));
    return true;
  }

  od::parser parser_;
  od::document document_;
};

}  // namespace

bool visit_members(std::string_view text, const MemberVisitor& visitor) {
  Walk walk;
  return walk.start(text) && walk.root_object(visitor);
}

bool visit_elements(std::string_view text, const ElementVisitor& visitor) {
  Walk walk;
  return walk.start(text) && walk.root_array(visitor);
}

std::optional<std::string_view> plain_string(std::string_view value) noexcept {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  const std::string_view body = value.substr(1, value.size() - 2);
  if (body.find('\\') != std::string_view::npos) return std::nullopt;
  return body;
}

std::optional<std::string> resolved_string(std::string_view value) {
  if (!is_string(value)) return std::nullopt;
  const simdjson::padded_string padded(value);
  od::parser parser;
  od::document document;
  std::string_view text;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document.get_string().get(text) != simdjson::SUCCESS)
    return std::nullopt;
  return std::string(text);
}

std::optional<std::int64_t> integer(std::string_view value) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) return std::nullopt;
  return number;
}

std::optional<bool> boolean(std::string_view value) noexcept {
  if (value == "true") return true;
  if (value == "false") return false;
  return std::nullopt;
}

void append_json_string(std::string& target, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  target += '"';
  while (!text.empty()) {
    const std::size_t bytes = utf8_bytes(text);
    const char c = text.front();
    if (bytes == 0) target += "\xef\xbf\xbd";
    else if (c == '"' || c == '\\') (target += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20) {
      target += "\\u00";
      target += digits[static_cast<std::size_t>(c) >> 4];
      target += digits[static_cast<std::size_t>(c) & 15];
    } else {
      target += text.substr(0, bytes);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  target += '"';
}

}  // namespace sluice::node
