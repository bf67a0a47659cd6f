#include "config/settings_set.h"

#include <fmt/format.h>

#include "config/text.h"

namespace sluice::config {

std::string_view name_of(Command command) noexcept {
  static constexpr std::array<std::string_view, 6> names{"sync", "serve", "verify", "devnet", "call", "tune"};
  return names[static_cast<std::size_t>(command)];
}

std::string show(const Origin& origin) {
  switch (origin.source) {
    case Source::unset: return "not set";
    case Source::builtin_default: return "default";
    case Source::builtin_profile: return "built-in profile " + origin.name;
    case Source::profile: return "profile " + origin.name;
    case Source::environment: return "environment " + origin.name;
    case Source::command_line: return "flag --" + origin.name;
  }
  return {};
}

Settings::Settings(Command command) : command_(command) {
  for (const OptionSpec& spec : option_table()) {
    for (const CommandDefault& entry : spec.defaults) {
      if (!contains(entry.commands, command)) continue;
      auto parsed = parse_value(spec, entry.text);
      SLUICE_CHECK(parsed.ok());  // the generator has checked every default
      settings_[static_cast<std::size_t>(spec.option)] = {std::move(parsed).value().value,
                                                          {Source::builtin_default, {}}};
      break;
    }
  }
}

Status Settings::accept(Option option, Result<ParsedValue> parsed, const Origin& origin, std::string_view shown) {
  if (!parsed) return Error{parsed.error().kind, fmt::format("{}: {}", shown, parsed.error().message)};
  if (!parsed.value().warning.empty()) warn(fmt::format("{}: {}", shown, parsed.value().warning));
  if (parsed.value().value.index() == 0) return {};
  settings_[static_cast<std::size_t>(option)] = {std::move(parsed).value().value, origin};
  return {};
}

Status Settings::put(Option option, std::string_view text, const Origin& origin, std::string_view shown) {
  return accept(option, parse_value(spec_of(option), text), origin, shown);
}

Status Settings::put_environment(Option option, const EnvironmentName& name, std::string_view text) {
  const std::string shown = "environment " + std::string(name.name);
  return accept(option, parse_environment_value(spec_of(option), name.rule, text),
                {Source::environment, std::string(name.name)}, shown);
}

void append_profile_value(std::string& text, Option option, const Value& value) {
  const OptionSpec& spec = spec_of(option);
  const std::string shown = show_value(spec, value);
  const bool is_bare =
      value.index() == 1 || value.index() == 3 || spec.kind == ValueKind::integer || shown.starts_with('"');
  const std::string_view mark = is_bare ? "" : "\"";
  text += fmt::format("{} = {}{}{}\n", spec.profile_key, mark, shown, mark);
}

}  // namespace sluice::config
