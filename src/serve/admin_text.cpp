#include "serve/admin_text.h"

#include "serve/python_text.h"

namespace sluice::serve {
namespace {

constexpr std::uint64_t units_of_coin = 100'000'000;

std::string two_digits(std::uint64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

}  // namespace

std::string uptime_text(std::uint64_t seconds) {
  std::string text;
  unsigned fields = 0;
  const auto add = [&](std::string field) { text += (fields++ == 0 ? "" : " ") + field; };
  if (seconds >= 86'400) add(std::to_string(seconds / 86'400) + "d");
  if (fields != 0 || seconds >= 3'600) add(two_digits(seconds / 3'600 % 24) + "h");
  if (fields != 0 || seconds >= 60) add(two_digits(seconds / 60 % 60) + "m");
  if (fields < 3) add(two_digits(seconds % 60) + "s");
  return text;
}

std::string cache_text(const CacheFigures& figures) {
  return with_thousands(figures.lookups) + " lookups " + with_thousands(figures.hits) + " hits " +
         with_thousands(figures.entries) + " entries";
}

std::string coins_text(std::uint64_t base_units) {
  std::string text = with_thousands(base_units / units_of_coin);
  if (base_units % units_of_coin == 0) return text;
  std::string decimals = std::to_string(base_units % units_of_coin);
  decimals.insert(0, 8 - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return text + "." + decimals;
}

}  // namespace sluice::serve
