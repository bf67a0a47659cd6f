#include "serve/python_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "serve/json_text.h"

namespace sluice::serve {
namespace {

bool is_printable(std::uint32_t c) noexcept {
  if (c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xad) return false;
  if (c >= 0xd800 && c < 0xf900) return false;  // surrogates and private use
  if (c >= 0x2000 && c <= 0x200f) return false;
  if (c >= 0x2028 && c <= 0x202f) return false;
  return c != 0x205f && c != 0x2060 && c != 0x3000 && c != 0xfeff && c < 0xf0000;
}

void append_hex_escape(std::string& target, std::uint32_t c) {
  static constexpr char digits[] = "0123456789abcdef";
  const int width = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
  target += '\\';
  target += width == 2 ? 'x' : width == 4 ? 'u' : 'U';
  for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) target += digits[(c >> shift) & 15];
}

void append_list(std::string& target, const JsonValue& value) {
  target += '[';
  JsonValue at = value.first();
  for (std::uint32_t i = 0; i < value.size(); ++i, at = at.next()) {
    if (i != 0) target += ", ";
    append_python_repr(target, at);
  }
  target += ']';
}

void append_dictionary(std::string& target, const JsonValue& value) {
  target += '{';
  JsonValue key = value.first();
  for (std::uint32_t i = 0; i < value.size(); ++i) {
    const JsonValue member = key.next();
    if (i != 0) target += ", ";
    append_python_repr(target, key);
    target += ": ";
    append_python_repr(target, member);
    key = member.next();
  }
  target += '}';
}

}  // namespace

double real_value(std::string_view token) {
  if (token == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (token == "Infinity") return std::numeric_limits<double>::infinity();
  if (token == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::strtod(std::string(token).c_str(), nullptr);
}

void append_python_float(std::string& target, double value) {
  if (std::isnan(value)) {
    target += "nan";
    return;
  }
  if (std::signbit(value)) target += '-';
  value = std::fabs(value);
  if (std::isinf(value)) {
    target += "inf";
    return;
  }
  char scientific[40];
  const auto end = std::to_chars(scientific, scientific + sizeof scientific, value, std::chars_format::scientific).ptr;
  const std::string_view text(scientific, static_cast<std::size_t>(end - scientific));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  if (e > 2) digits += text.substr(2, e - 2);
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  const int digit_count = static_cast<int>(digits.size());
  if (exponent < -4 || exponent >= 16) {
    target += digits[0];
    if (digit_count > 1) target.append(".").append(digits, 1, std::string::npos);
    const int magnitude = std::abs(exponent);
    target += exponent < 0 ? "e-" : "e+";
    if (magnitude < 10) target += '0';
    target += std::to_string(magnitude);
  } else if (exponent < 0) {
    target.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
  } else if (digit_count <= exponent + 1) {
    target.append(digits).append(static_cast<std::size_t>(exponent + 1 - digit_count), '0').append(".0");
  } else {
    const std::size_t whole = static_cast<std::size_t>(exponent) + 1;
    target.append(digits, 0, whole).append(".").append(digits, whole, std::string::npos);
  }
}

void append_python_quoted(std::string& target, std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  target += quote;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t begin = at;
    const std::uint32_t c = next_code_point(text, at);
    if (c == static_cast<std::uint32_t>(quote) || c == '\\') (target += '\\') += static_cast<char>(c);
    else if (c == '\n') target += "\\n";
    else if (c == '\r') target += "\\r";
    else if (c == '\t') target += "\\t";
    else if (is_printable(c)) target.append(text.substr(begin, at - begin));
    else append_hex_escape(target, c);
  }
  target += quote;
}

void append_python_repr(std::string& target, const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::null: target += "None"; return;
    case JsonKind::boolean_true: target += "True"; return;
    case JsonKind::boolean_false: target += "False"; return;
    case JsonKind::integer: target += value.token() == "-0" ? "0" : value.token(); return;
    case JsonKind::real: append_python_float(target, real_value(value.token())); return;
    case JsonKind::string: append_python_quoted(target, value.text()); return;
    case JsonKind::array: append_list(target, value); return;
    case JsonKind::object: append_dictionary(target, value); return;
  }
}

std::string python_str(const JsonValue& value) {
  if (value.is(JsonKind::string)) return value.text();
  std::string text;
  append_python_repr(text, value);
  return text;
}

std::string with_thousands(std::string_view digits) {
  std::string text;
  text.reserve(digits.size() + digits.size() / 3);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string with_thousands(std::uint64_t value) { return with_thousands(std::to_string(value)); }

}  // namespace sluice::serve
