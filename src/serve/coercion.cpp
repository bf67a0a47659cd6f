#include "serve/coercion.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/hex.h"
#include "serve/json_text.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// What int() and fromhex() skip within ASCII; the four separators 1c to 1f are not among it.
constexpr bool is_python_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

Natural natural_of(std::string digits) {
  const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size());
  digits.erase(0, first);
  if (digits.empty()) digits = "0";
  Natural natural;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), natural.value);
  if (parsed.ec != std::errc()) natural.value = std::numeric_limits<std::uint64_t>::max();
  natural.digits = std::move(digits);
  return natural;
}

void set_int(PythonInt& target, bool negative, std::string digits) {
  target.magnitude = natural_of(std::move(digits));
  target.negative = negative && target.magnitude.digits != "0";
}

IntErrc int_of_real(double value, PythonInt& target) {
  if (std::isnan(value)) return IntErrc::not_an_integer;
  if (std::isinf(value)) return IntErrc::overflow;
  char digits[320];  // the largest double has 309 digits
  const int size = std::snprintf(digits, sizeof digits, "%.0f", std::fabs(std::trunc(value)));
  set_int(target, value < 0, std::string(digits, static_cast<std::size_t>(size)));
  return IntErrc::ok;
}

/// Reads 32 bytes of display-order hex into internal order; false if it is not that.
bool read_hash(const JsonValue& value, std::byte* target) {
  if (!value.is(JsonKind::string)) return false;
  // As nearly everybody writes it: 64 digits between quotes. Whatever else Python reads comes below.
  std::array<std::byte, 32> displayed;
  const std::string_view token = value.token();
  if (token.size() == 66 && decode_hex(token.substr(1, 64), displayed)) {
    std::reverse_copy(displayed.begin(), displayed.end(), target);
    return true;
  }
  std::vector<std::byte> bytes;
  if (!python_fromhex(value.text(), bytes) || bytes.size() != 32) return false;
  std::reverse_copy(bytes.begin(), bytes.end(), target);
  return true;
}

/// Offset behind the first `count` code points.
std::size_t after_code_points(std::string_view text, std::size_t count) noexcept {
  std::size_t at = 0;
  while (count-- > 0 && at < text.size()) (void)next_code_point(text, at);
  return at;
}

}  // namespace

bool python_int_of_text(std::string_view text, PythonInt& target) {
  while (!text.empty() && is_python_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_python_blank(text.back())) text.remove_suffix(1);
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::string digits;
  bool digit_before = false;
  for (const char c : text) {
    if (is_digit(c)) digits += c;
    else if (c != '_' || !digit_before) return false;
    digit_before = c != '_';
  }
  if (!digit_before) return false;  // empty, or a trailing underscore
  set_int(target, negative, std::move(digits));
  return true;
}

IntErrc python_int(const JsonValue& value, PythonInt& target) {
  switch (value.kind()) {
    case JsonKind::boolean_true: set_int(target, false, "1"); return IntErrc::ok;
    case JsonKind::boolean_false: set_int(target, false, "0"); return IntErrc::ok;
    case JsonKind::integer: return python_int_of_text(value.token(), target) ? IntErrc::ok : IntErrc::not_an_integer;
    case JsonKind::real: return int_of_real(real_value(value.token()), target);
    case JsonKind::string: return python_int_of_text(value.text(), target) ? IntErrc::ok : IntErrc::not_an_integer;
    default: return IntErrc::not_an_integer;
  }
}

bool python_fromhex(std::string_view text, std::vector<std::byte>& target) {
  target.clear();
  std::size_t at = 0;
  while (true) {
    while (at < text.size() && is_python_blank(text[at])) ++at;
    if (at == text.size()) return true;
    if (at + 2 > text.size()) return false;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return false;
    target.push_back(static_cast<std::byte>(high << 4 | low));
    at += 2;
  }
}

Coerced<Natural> to_natural(const JsonValue& value) {
  PythonInt number;
  switch (python_int(value, number)) {
    case IntErrc::ok: break;
    case IntErrc::overflow: return internal_error();
    case IntErrc::not_an_integer: return bad_request(python_str(value) + " should be a non-negative integer");
  }
  // The peer names the converted number here, so "-1.9" complains about -1.
  if (number.negative) return bad_request("-" + number.magnitude.digits + " should be a non-negative integer");
  return number.magnitude;
}

Coerced<ScriptHash> to_scripthash(const JsonValue& value) {
  ScriptHash hash;
  if (!read_hash(value, hash.data())) return bad_request(python_str(value) + " is not a valid script hash");
  return hash;
}

Coerced<Txid> to_txid(const JsonValue& value) {
  Txid txid;
  if (!read_hash(value, txid.data())) return bad_request(python_str(value) + " should be a transaction hash");
  return txid;
}

Coerced<std::array<std::byte, 36>> to_ref(const JsonValue& value) {
  std::array<std::byte, 36> ref{};
  if (value.is(JsonKind::string)) {
    const std::string text = value.text();
    const std::size_t split = after_code_points(text, 64);
    std::vector<std::byte> txid;
    std::vector<std::byte> index;
    if (python_fromhex(std::string_view(text).substr(0, split), txid) &&
        python_fromhex(std::string_view(text).substr(split), index) && txid.size() + index.size() == ref.size()) {
      std::reverse_copy(txid.begin(), txid.end(), ref.begin());
      std::reverse_copy(index.begin(), index.end(), ref.begin() + static_cast<std::ptrdiff_t>(txid.size()));
      return ref;
    }
  }
  return bad_request(python_str(value) + " should be a ref");
}

Coerced<bool> to_boolean(const JsonValue& value, std::string_view name) {
  switch (value.kind()) {
    case JsonKind::boolean_true: return true;
    case JsonKind::boolean_false: return false;
    case JsonKind::integer:
    case JsonKind::real: {
      const double number = real_value(value.token());
      if (number == 0 || number == 1) return number == 1;
      break;
    }
    default: break;
  }
  return bad_request("\"" + std::string(name) + "\" must be a boolean");
}

}  // namespace sluice::serve
