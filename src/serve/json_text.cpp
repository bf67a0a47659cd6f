#include "serve/json_text.h"

#include <charconv>

#include "base/check.h"
#include "base/hex.h"

namespace sluice::serve {
namespace {

void append_unicode_escape(std::string& target, std::uint32_t unit) {
  static constexpr char digits[] = "0123456789abcdef";
  target += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) target += digits[(unit >> shift) & 15];
}

void append_escaped(std::string& target, std::uint32_t code_point) {
  switch (code_point) {
    case '"': target += "\\\""; return;
    case '\\': target += "\\\\"; return;
    case '\n': target += "\\n"; return;
    case '\r': target += "\\r"; return;
    case '\t': target += "\\t"; return;
    case '\f': target += "\\f"; return;
    case '\b': target += "\\b"; return;
    default: break;
  }
  if (code_point < 0x10000) {
    append_unicode_escape(target, code_point);
    return;
  }
  const std::uint32_t offset = code_point - 0x10000;
  append_unicode_escape(target, 0xd800 + (offset >> 10));
  append_unicode_escape(target, 0xdc00 + (offset & 0x3ff));
}

constexpr std::size_t hash_bytes = 32;

constexpr bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

void append_number(std::string& target, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  target.append(digits, end);
}

void append_signed(std::string& target, std::int64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  target.append(digits, end);
}

std::uint32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  constexpr std::uint32_t replacement = 0xfffd;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(at);
  if (lead < 0x80) return text[at++];
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || at + size > text.size()) {
    ++at;
    return replacement;
  }
  std::uint32_t value = lead & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) {
      ++at;
      return replacement;
    }
    value = value << 6 | (byte(at + i) & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < least[size] || value > 0x10ffff) {
    ++at;
    return replacement;
  }
  at += size;
  return value;
}

void append_utf8(std::string& target, std::uint32_t code_point) {
  const auto put = [&](std::uint32_t byte) { target += static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

void append_json_string(std::string& target, std::string_view text) {
  target += '"';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t plain_end = at;
    while (plain_end < text.size() && is_plain(text[plain_end])) ++plain_end;
    target.append(text.substr(at, plain_end - at));
    at = plain_end;
    if (at < text.size()) append_escaped(target, next_code_point(text, at));
  }
  target += '"';
}

void append_plain_string(std::string& target, std::string_view text) {
  target += '"';
  target += text;
  target += '"';
}

void append_json_hex(std::string& target, Bytes bytes) {
  target += '"';
  append_hex(target, bytes);
  target += '"';
}

void append_json_hash(std::string& target, Bytes hash) {
  SLUICE_CHECK(hash.size() == hash_bytes);
  char text[2 + 2 * hash_bytes];
  text[0] = text[sizeof text - 1] = '"';
  put_hex_reversed(text + 1, hash);
  target.append(text, sizeof text);
}

void append_amount(std::string& target, std::int64_t base_units) {
  constexpr std::uint64_t unit = 100'000'000;
  const bool negative = base_units < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(base_units) : base_units;
  if (negative) target += '-';
  append_number(target, magnitude / unit);
  char decimals[9] = {'.'};
  std::uint64_t rest = magnitude % unit;
  for (int i = 8; i >= 1; --i) {
    decimals[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  target.append(decimals, sizeof decimals);
}

}  // namespace sluice::serve
