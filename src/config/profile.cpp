#include "config/profile.h"

#include <fmt/format.h>

#include <fstream>
#include <system_error>

#include <toml++/toml.h>

#include "config/text.h"

namespace sluice::config {

namespace {

constexpr std::size_t profile_bytes_max = 1 << 20;

const OptionSpec* find_key(std::string_view key) noexcept {
  for (const OptionSpec& spec : option_table()) {
    if (!spec.profile_key.empty() && spec.profile_key == key) return &spec;
  }
  return nullptr;
}

Error unknown_key(std::string_view name, std::string_view key) {
  std::vector<std::string_view> keys;
  for (const OptionSpec& spec : option_table()) {
    if (!spec.profile_key.empty()) keys.push_back(spec.profile_key);
  }
  const std::string_view nearest = nearest_name(key, keys);
  const std::string hint =
      nearest.empty() ? "see tuning/options.toml for the keys" : fmt::format("did you mean {}?", nearest);
  return {ErrorKind::config, fmt::format("profile {}: unknown key {}; {}", name, in_quotes(key), hint)};
}

/// A TOML value as the text that a flag would take; nullopt for tables, lists and dates.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return std::string(flag->get() ? "true" : "false");
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  return std::nullopt;
}

}  // namespace

Result<std::vector<ProfileEntry>> parse_profile(std::string_view text, std::string_view name) {
  if (text.size() > profile_bytes_max)
    return Error{ErrorKind::config, fmt::format("profile {}: larger than 1 MiB", name)};
  std::vector<ProfileEntry> entries;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, node] : table) {
      const OptionSpec* spec = find_key(key.str());
      if (spec == nullptr) return unknown_key(name, key.str());
      auto value = text_of(node);
      if (!value)
        return Error{ErrorKind::config,
                     fmt::format("profile {}: {}: expected one text, number or boolean", name, key.str())};
      entries.push_back({spec->option, std::move(*value)});
    }
  } catch (const toml::parse_error& error) {
    const auto place = error.source().begin;
    return Error{ErrorKind::config, fmt::format("profile {}: line {}, column {}: {}", name, place.line, place.column,
                                                in_quotes(error.description()))};
  }
  return entries;
}

Status apply_profile(Settings& settings, std::string_view text, const Origin& origin) {
  auto entries = parse_profile(text, origin.name);
  if (!entries) return std::move(entries).error();
  for (const ProfileEntry& entry : entries.value()) {
    const OptionSpec& spec = spec_of(entry.option);
    const std::string shown = fmt::format("profile {}: {}", origin.name, spec.profile_key);
    if (contains(spec.commands, settings.command())) {
      if (Status status = settings.put(entry.option, entry.text, origin, shown); !status) return status;
    } else if (auto parsed = parse_value(spec, entry.text); !parsed) {
      return Error{ErrorKind::config, fmt::format("{}: {}", shown, parsed.error().message)};
    }
  }
  return {};
}

std::optional<Mode> mode_of(Command command) noexcept {
  if (!contains(spec_of(Option::profile).commands, command)) return std::nullopt;
  return command == Command::sync || command == Command::tune ? Mode::sync : Mode::serving;
}

Status apply_builtin_profile(Settings& settings, Mode mode) {
  const bool is_sync = mode == Mode::sync;
  return apply_profile(settings, is_sync ? builtin_profile_sync() : builtin_profile_serving(),
                       {Source::builtin_profile, is_sync ? "sync" : "serving"});
}

Result<std::string> read_profile_file(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Error{ErrorKind::config,
                 fmt::format("profile {}: {}", path.string(), error ? error.message() : "not a file")};
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(profile_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return Error{ErrorKind::io, fmt::format("profile {}: cannot be read", path.string())};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace sluice::config
