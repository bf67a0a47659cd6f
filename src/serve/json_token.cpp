// Grammar of single JSON tokens, as Python's json module has it.
#include "base/hex.h"
#include "serve/json_document.h"
#include "serve/json_text.h"

namespace sluice::serve {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view token, std::size_t at) noexcept {
  while (at < token.size() && is_digit(token[at])) ++at;
  return at;
}

/// Four hex digits at `at`, or -1.
std::int32_t hex4(std::string_view text, std::size_t at) noexcept {
  if (at + 4 > text.size()) return -1;
  std::int32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[at + i]);
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

}  // namespace

bool is_json_number(std::string_view token, bool& integer) noexcept {
  integer = false;
  if (token == "NaN" || token == "Infinity" || token == "-Infinity") return true;
  std::size_t at = 0;
  if (at < token.size() && token[at] == '-') ++at;
  if (at >= token.size() || !is_digit(token[at])) return false;
  at = token[at] == '0' ? at + 1 : skip_digits(token, at);
  integer = true;
  if (at < token.size() && token[at] == '.') {
    const std::size_t end = skip_digits(token, at + 1);
    if (end == at + 1) return false;
    at = end;
    integer = false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    const std::size_t end = skip_digits(token, at);
    if (end == at) return false;
    at = end;
    integer = false;
  }
  return at == token.size();
}

bool is_json_string(std::string_view token) noexcept {
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') return false;
  const std::string_view body = token.substr(1, token.size() - 2);
  for (std::size_t at = 0; at < body.size(); ++at) {
    const char c = body[at];
    if (c == '"' || static_cast<unsigned char>(c) < 0x20) return false;
    if (c != '\\') continue;
    if (++at >= body.size()) return false;
    if (body[at] == 'u') {
      if (hex4(body, at + 1) < 0) return false;
      at += 4;
    } else if (std::string_view("\"\\/bfnrt").find(body[at]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

std::string unescape_json(std::string_view token) {
  const std::string_view body = token.substr(1, token.size() - 2);
  std::string text;
  text.reserve(body.size());
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (body[at] != '\\') {
      text += body[at];
      continue;
    }
    ++at;
    switch (body[at]) {
      case 'b': text += '\b'; break;
      case 'f': text += '\f'; break;
      case 'n': text += '\n'; break;
      case 'r': text += '\r'; break;
      case 't': text += '\t'; break;
      case 'u': {
        std::uint32_t unit = static_cast<std::uint32_t>(hex4(body, at + 1));
        at += 4;
        const bool pair_may_follow = unit >= 0xd800 && unit < 0xdc00 && body.substr(at + 1, 2) == "\\u";
        const std::int32_t low = pair_may_follow ? hex4(body, at + 3) : -1;
        if (low >= 0xdc00 && low < 0xe000) {
          unit = 0x10000 + ((unit - 0xd800) << 10) + static_cast<std::uint32_t>(low - 0xdc00);
          at += 6;
        }
        append_utf8(text, unit);
        break;
      }
      default: text += body[at]; break;
    }
  }
  return text;
}

}  // namespace sluice::serve
