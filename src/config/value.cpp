#include "config/value.h"

#include <fmt/format.h>

#include <regex>

#include "config/log_levels.h"
#include "config/numbers.h"
#include "config/text.h"

namespace sluice::config {

namespace {

constexpr std::size_t text_bytes_max = 65536;

std::string show_number(const OptionSpec& spec, std::int64_t number) {
  if (spec.kind == ValueKind::bytes) return show_bytes(number);
  if (spec.kind == ValueKind::duration) return show_duration(number);
  return std::to_string(number);
}

Error refusal(const OptionSpec& spec, std::string_view text, std::string_view why) {
  const std::string allowed = allowed_values(spec);
  return {ErrorKind::config,
          fmt::format("{} {}{}{}", in_quotes(text), why, allowed.empty() ? "" : "; allowed: ", allowed)};
}

std::string_view malformed(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::bytes: return "is not a size such as 512MiB";
    case ValueKind::integer: return "is not an integer";
    case ValueKind::number: return "is not a number";
    case ValueKind::duration: return "is not a time such as 500ms or 30s";
    default: return "is not allowed";
  }
}

/// The common end of every whole number: bounds, then the floor.
Result<ParsedValue> bounded(const OptionSpec& spec, std::string_view text, std::optional<std::int64_t> number) {
  if (!number) return refusal(spec, text, malformed(spec));
  if (*number < spec.least || *number > spec.most) return refusal(spec, text, "is out of range");
  if (*number >= spec.floor) return ParsedValue{*number, {}};
  return ParsedValue{
      spec.floor, fmt::format("{} is below {}, which is used instead", in_quotes(text), show_number(spec, spec.floor))};
}

Result<ParsedValue> parse_choice(const OptionSpec& spec, std::string_view text) {
  std::string word = lower_case(trimmed(text));
  if (word.empty() && !spec.empty_value.empty()) word = spec.empty_value;
  for (const Alias& alias : spec.aliases) {
    if (word == alias.name) word = alias.value;
  }
  const auto index_of = [&](std::string_view wanted) -> std::optional<std::int64_t> {
    for (std::size_t i = 0; i < spec.choices.size(); ++i) {
      if (spec.choices[i] == wanted) return static_cast<std::int64_t>(i);
    }
    return std::nullopt;
  };
  if (const auto index = index_of(word)) return ParsedValue{*index, {}};
  if (!spec.other_value.empty()) {
    return ParsedValue{*index_of(spec.other_value), fmt::format("{} is read as {}", in_quotes(text), spec.other_value)};
  }
  return refusal(spec, text, malformed(spec));
}

/// Python's and C++'s regular expressions differ in corners; what C++ cannot read is refused here, once.
Result<ParsedValue> parse_regex(const OptionSpec& spec, std::string_view text) {
  constexpr std::size_t pattern_bytes_max = 1024;
  if (text.size() > pattern_bytes_max) return refusal(spec, text, "is too long for a regular expression");
  try {
    const std::regex pattern(text.begin(), text.end());
    static_cast<void>(pattern);
  } catch (const std::regex_error&) {
    return refusal(spec, text, "is not a regular expression");
  }
  return ParsedValue{std::string(text), {}};
}

Result<ParsedValue> parse_levels(std::string_view text) {
  if (const auto levels = parse_log_levels(text); !levels) return levels.error();
  return ParsedValue{std::string(text), {}};
}

template <typename T>
Result<ParsedValue> as_value(Result<T> parsed) {
  if (!parsed) return std::move(parsed).error();
  return ParsedValue{Value(std::move(parsed).value()), {}};
}

bool is_numeric(ValueKind kind) noexcept {
  return kind == ValueKind::bytes || kind == ValueKind::integer || kind == ValueKind::number ||
         kind == ValueKind::duration;
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

template <typename T, typename F>
std::string shown_list(const std::vector<T>& items, F shown) {
  std::string out;
  for (const T& item : items) out += (out.empty() ? "" : ",") + shown(item);
  return out.empty() ? "(none)" : out;
}

/// One overload for each alternative of Value.
struct Shower {
  const OptionSpec& spec;

  std::string operator()(std::monostate) const { return "(not set)"; }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
  std::string operator()(std::int64_t number) const {
    return spec.kind == ValueKind::choice ? std::string(spec.choices[static_cast<std::size_t>(number)])
                                          : show_number(spec, number);
  }
  std::string operator()(double number) const { return fmt::format("{}", number); }
  std::string operator()(const std::string& text) const { return in_quotes(text); }
  std::string operator()(const std::vector<Service>& services) const {
    return shown_list(services, [](const Service& service) { return show(service); });
  }
  std::string operator()(const std::vector<DaemonUrl>& urls) const {
    return shown_list(urls, [](const DaemonUrl& url) { return url.logged(); });
  }
  std::string operator()(const std::optional<HostPort>& address) const {
    return address ? show_host_port(address->host, address->port) : "(off)";
  }
  std::string operator()(const std::vector<AddressRange>& ranges) const {
    return shown_list(ranges, [](const AddressRange& range) { return show(range); });
  }
};

}  // namespace

std::string allowed_values(const OptionSpec& spec) {
  switch (spec.kind) {
    case ValueKind::bytes:
    case ValueKind::duration: return show_number(spec, spec.least) + " to " + show_number(spec, spec.most);
    case ValueKind::integer:
      return fmt::format("{} to {}{}{}", spec.least, spec.most, spec.unit.empty() ? "" : " ", spec.unit);
    case ValueKind::number: return fmt::format("{} to {} {}", spec.least_number, spec.most_number, spec.unit);
    case ValueKind::boolean: return "1 true yes on, or 0 false no off";
    case ValueKind::choice: return joined(spec.choices);
    default: return {};
  }
}

Result<ParsedValue> parse_value(const OptionSpec& spec, std::string_view text) {
  if (text.size() > text_bytes_max || text.find('\0') != std::string_view::npos)
    return refusal(spec, text, "is too long or holds a zero byte");
  if (spec.empty_is_default && trimmed(text).empty()) return ParsedValue{};
  switch (spec.kind) {
    case ValueKind::text:
    case ValueKind::path: return ParsedValue{std::string(text), {}};
    case ValueKind::regex: return parse_regex(spec, text);
    case ValueKind::log_levels: return parse_levels(text);
    case ValueKind::bytes: return bounded(spec, text, parse_bytes(text));
    case ValueKind::integer: return bounded(spec, text, parse_integer(text));
    case ValueKind::duration: return bounded(spec, text, parse_duration_ms(text, spec.unit == "s" ? 1000 : 1));
    case ValueKind::number: {
      const auto number = parse_number(text);
      if (!number) return refusal(spec, text, malformed(spec));
      if (*number < spec.least_number || *number > spec.most_number) return refusal(spec, text, "is out of range");
      return ParsedValue{*number, {}};
    }
    case ValueKind::boolean: {
      const auto flag = parse_strict_boolean(text);
      if (!flag) return refusal(spec, text, malformed(spec));
      return ParsedValue{*flag, {}};
    }
    case ValueKind::choice: return parse_choice(spec, text);
    case ValueKind::services: return as_value(parse_services(text));
    case ValueKind::report_services: return as_value(parse_report_services(text));
    case ValueKind::daemon_urls: return as_value(parse_daemon_urls(text));
    case ValueKind::address: return as_value(parse_address(text));
    case ValueKind::networks: return as_value(parse_address_ranges(text));
  }
  return refusal(spec, text, "has no known kind");
}

namespace {

Result<ParsedValue> parse_by_rule(const OptionSpec& spec, EnvironmentRule rule, std::string_view text) {
  if (trimmed(text).empty() &&
      (is_numeric(spec.kind) || (spec.kind == ValueKind::choice && spec.empty_value.empty()))) {
    return ParsedValue{{}, "is set but empty: taken as not set"};
  }
  switch (rule) {
    case EnvironmentRule::electrumx_boolean: {
      const bool flag = parse_electrumx_boolean(text);
      if (!flag || parse_strict_boolean(text) != false) return ParsedValue{flag, {}};
      return ParsedValue{true, fmt::format("{} counts as true here, as in ElectrumX: leave the value empty for false",
                                           in_quotes(text))};
    }
    case EnvironmentRule::mebibytes: {
      auto count = parse_integer(text);
      if (!count) return refusal(spec, text, "is not an integer (of MiB)");
      if (__builtin_mul_overflow(*count, std::int64_t{1} << 20, &*count)) return refusal(spec, text, "is out of range");
      return bounded(spec, text, count);
    }
    case EnvironmentRule::seconds: return bounded(spec, text, parse_duration_ms(text, 1000));
    case EnvironmentRule::plain: break;
  }
  return parse_value(spec, text);
}

}  // namespace

Result<ParsedValue> parse_environment_value(const OptionSpec& spec, EnvironmentRule rule, std::string_view text) {
  auto parsed = parse_by_rule(spec, rule, text);
  if (parsed || !spec.environment_falls_back) return parsed;
  return ParsedValue{{}, parsed.error().message + "; taken as not set"};
}

std::string show_value(const OptionSpec& spec, const Value& value) { return std::visit(Shower{spec}, value); }

}  // namespace sluice::config
