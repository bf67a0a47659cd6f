#include "config/numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "config/text.h"

namespace sluice::config {

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

struct Suffix {
  std::string_view text;
  std::int64_t factor;
};

// Longer suffixes first, so that "MiB" is not read as "B".
constexpr std::array<Suffix, 5> byte_suffixes{{{"tib", std::int64_t{1} << 40},
                                               {"gib", std::int64_t{1} << 30},
                                               {"mib", std::int64_t{1} << 20},
                                               {"kib", std::int64_t{1} << 10},
                                               {"b", 1}}};
constexpr std::array<Suffix, 5> time_suffixes{
    {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

/// Takes a suffix off the end of text, any case. Returns its factor, or 0 when there is none.
std::int64_t take_suffix(std::string_view& text, std::span<const Suffix> suffixes) {
  const std::string lowered = lower_case(text.size() > 8 ? text.substr(text.size() - 8) : text);
  for (const Suffix& suffix : suffixes) {
    if (lowered.ends_with(suffix.text)) {
      text.remove_suffix(suffix.text.size());
      return suffix.factor;
    }
  }
  return 0;
}

std::int64_t saturating_product(std::int64_t left, std::int64_t right) noexcept {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(left, right, &product)) return product;
  return (left < 0) == (right < 0) ? largest : std::numeric_limits<std::int64_t>::min();
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  text = trimmed(text);
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  // An underscore may only stand between two digits.
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  std::int64_t value = 0;
  bool saturated = false;
  char previous = '0';
  for (const char c : text) {
    if (c == '_') {
      if (previous == '_') return std::nullopt;
    } else if (is_digit(c)) {
      std::int64_t next = 0;
      if (__builtin_mul_overflow(value, std::int64_t{10}, &next) || __builtin_add_overflow(next, c - '0', &next))
        saturated = true;
      if (!saturated) value = next;
    } else {
      return std::nullopt;
    }
    previous = c;
  }
  if (saturated) return negative ? std::numeric_limits<std::int64_t>::min() : largest;
  return negative ? -value : value;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  text = trimmed(text);
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_bytes(std::string_view text) noexcept {
  text = trimmed(text);
  const std::int64_t factor = take_suffix(text, byte_suffixes);
  const auto count = parse_integer(text);
  if (!count) return std::nullopt;
  return saturating_product(*count, factor == 0 ? 1 : factor);
}

std::optional<std::int64_t> parse_duration_ms(std::string_view text, std::int64_t bare_unit_ms) noexcept {
  text = trimmed(text);
  const std::int64_t suffix = take_suffix(text, time_suffixes);
  const std::int64_t factor = suffix == 0 ? bare_unit_ms : suffix;
  if (const auto whole = parse_integer(text)) return saturating_product(*whole, factor);
  const auto fraction = parse_number(text);
  if (!fraction) return std::nullopt;
  const double milliseconds = *fraction * static_cast<double>(factor);
  if (milliseconds >= 9e18) return largest;
  if (milliseconds <= -9e18) return std::numeric_limits<std::int64_t>::min();
  // Below zero rounds away from zero, so that a bounds check sees it.
  return static_cast<std::int64_t>(std::floor(milliseconds));
}

std::optional<bool> parse_strict_boolean(std::string_view text) {
  const std::string word = lower_case(trimmed(text));
  if (word.empty() || word == "0" || word == "false" || word == "no" || word == "off") return false;
  if (word == "1" || word == "true" || word == "yes" || word == "on") return true;
  return std::nullopt;
}

bool parse_electrumx_boolean(std::string_view text) noexcept { return !trimmed(text).empty(); }

std::string show_bytes(std::int64_t bytes) {
  static constexpr std::array<std::string_view, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes != 0 && bytes % 1024 == 0 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + std::string(units[unit]);
}

std::string show_duration(std::int64_t milliseconds) {
  return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + "s" : std::to_string(milliseconds) + "ms";
}

}  // namespace sluice::config
