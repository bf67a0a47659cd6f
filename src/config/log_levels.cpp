#include "config/log_levels.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/text.h"
#include "config/value.h"

namespace sluice::config {
namespace {

Error level_error(std::string message) { return {ErrorKind::config, std::move(message)}; }

Result<ModuleLevel> parse_item(std::string_view item) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos)
    return level_error(fmt::format("{} is not of the form MODULE=LEVEL", in_quotes(item)));
  const std::string module = lower_case(trimmed(item.substr(0, equals)));
  if (std::find(log_modules.begin(), log_modules.end(), module) == log_modules.end()) {
    std::string known;
    for (const std::string_view name : log_modules) known.append(" ").append(name);
    return level_error(fmt::format("{}: no such module; allowed:{}", in_quotes(item), known));
  }
  const auto level = parse_value(spec_of(Option::log_level), item.substr(equals + 1));
  if (!level) return level.error();
  return ModuleLevel{module, static_cast<LogLevel>(std::get<std::int64_t>(level.value().value))};
}

}  // namespace

Result<std::vector<ModuleLevel>> parse_log_levels(std::string_view text) {
  std::vector<ModuleLevel> levels;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trimmed(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (item.empty()) continue;
    auto parsed = parse_item(item);
    if (!parsed) return std::move(parsed).error();
    levels.push_back(std::move(parsed).value());
  }
  return levels;
}

}  // namespace sluice::config
