// One setting's value: from text, with its bounds checked, and back to text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "config/option_table.h"

namespace sluice::config {

/// monostate is "not set". Sizes, integers, durations (ms) and choices (index) are integers.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<Service>,
                           std::vector<DaemonUrl>, std::optional<HostPort>, std::vector<AddressRange>>;

struct ParsedValue {
  Value value;
  std::string warning;  ///< empty, or one line without the setting's name
};

/// Reads the text of a flag, a profile entry or a default.
/// Errors: the message quotes the value and says what is allowed; the caller puts the setting's name before it.
[[nodiscard]] Result<ParsedValue> parse_value(const OptionSpec& spec, std::string_view text);

/// Reads the text of an environment variable: ElectrumX booleans, and empty numbers that mean "not set".
[[nodiscard]] Result<ParsedValue> parse_environment_value(const OptionSpec& spec, EnvironmentRule rule,
                                                          std::string_view text);

/// As --print-config shows it; passwords are left out.
[[nodiscard]] std::string show_value(const OptionSpec& spec, const Value& value);

/// "64MiB to 1TiB", "auto, table or join", ... ; empty where anything goes.
[[nodiscard]] std::string allowed_values(const OptionSpec& spec);

}  // namespace sluice::config
