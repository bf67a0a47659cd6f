#include "config/command_line.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <span>

#include "config/environment.h"
#include "config/explain.h"
#include "config/profile.h"
#include "config/text.h"

namespace sluice::config {

namespace {

struct Flag {
  Option option;
  std::string text;
};

/// argv taken apart.
struct Arguments {
  std::vector<Flag> flags;
  std::vector<std::string> positionals;
  bool wants_help = false;
};

Error usage_error(std::string message) { return {ErrorKind::config, std::move(message)}; }

std::optional<Command> command_of(std::string_view word) noexcept {
  for (const Command command : all_commands) {
    if (name_of(command) == word) return command;
  }
  return std::nullopt;
}

Error unknown_flag(Command command, std::string_view name) {
  std::vector<std::string_view> names{"help", "version"};
  for (const OptionSpec& spec : option_table()) {
    if (contains(spec.commands, command)) names.push_back(spec.name);
    else if (spec.name == name) {
      return usage_error(
          fmt::format("--{} is not a flag of {}; see sluice {} --help", name, name_of(command), name_of(command)));
    }
  }
  const std::string_view nearest = nearest_name(name, names);
  const std::string hint = nearest.empty() ? fmt::format("see sluice {} --help", name_of(command))
                                           : fmt::format("did you mean --{}?", nearest);
  return usage_error(fmt::format("unknown flag {}; {}", in_quotes("--" + std::string(name)), hint));
}

const OptionSpec* find_flag(Command command, std::string_view name) noexcept {
  for (const OptionSpec& spec : option_table()) {
    if (spec.name == name && contains(spec.commands, command)) return &spec;
  }
  return nullptr;
}

/// In `call`, everything after the method is a parameter, dashes or not: -1 is a number there.
bool only_positionals_follow(Command command, const Arguments& arguments) noexcept {
  return command == Command::call && arguments.positionals.size() >= 2;
}

/// Flags are `--name value` or `--name=value`; a boolean flag alone is true. `--` ends the flags.
Result<Arguments> split_arguments(Command command, std::span<const char* const> words) {
  Arguments arguments;
  bool flags_ended = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (flags_ended || only_positionals_follow(command, arguments) || !word.starts_with('-') || word == "-") {
      arguments.positionals.emplace_back(word);
    } else if (word == "--") {
      flags_ended = true;
    } else if (word == "--help" || word == "-h") {
      arguments.wants_help = true;
    } else if (!word.starts_with("--")) {
      return usage_error(fmt::format("unknown flag {}; flags begin with two dashes, see sluice {} --help",
                                     in_quotes(word), name_of(command)));
    } else {
      const std::size_t equals = word.find('=');
      const std::string_view name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
      const OptionSpec* spec = find_flag(command, name);
      if (spec == nullptr) return unknown_flag(command, name);
      if (equals != std::string_view::npos)
        arguments.flags.push_back({spec->option, std::string(word.substr(equals + 1))});
      else if (spec->kind == ValueKind::boolean) arguments.flags.push_back({spec->option, "1"});
      else if (i + 1 < words.size()) arguments.flags.push_back({spec->option, words[++i]});
      else return usage_error(fmt::format("--{} needs a value", name));
    }
  }
  if (command != Command::call && !arguments.positionals.empty()) {
    return usage_error(fmt::format("unexpected argument {}; see sluice {} --help",
                                   in_quotes(arguments.positionals.front()), name_of(command)));
  }
  return arguments;
}

/// The profile that the command line or the environment names, if any.
std::string profile_name(const Arguments& arguments, Command command, const EnvironmentLookup& environment) {
  const OptionSpec& spec = spec_of(Option::profile);
  if (!contains(spec.commands, command)) return {};
  for (auto flag = arguments.flags.rbegin(); flag != arguments.flags.rend(); ++flag) {
    if (flag->option == Option::profile) return flag->text;
  }
  for (const EnvironmentName& name : spec.environment) {
    if (auto text = environment(name.name); text && !text->empty()) return *text;
  }
  return {};
}

/// The built-in profile of the command's mode first, then what a file changes of it.
Status apply_profiles(Settings& settings, const std::string& name) {
  const auto mode = mode_of(settings.command());
  if (!mode) return {};
  if (name == "sync" || name == "serving")
    return apply_builtin_profile(settings, name == "sync" ? Mode::sync : Mode::serving);
  if (Status status = apply_builtin_profile(settings, *mode); !status || name.empty()) return status;
  auto text = read_profile_file(name);
  if (!text) return std::move(text).error();
  return apply_profile(settings, text.value(), {Source::profile, name});
}

Status apply_flags(Settings& settings, const std::vector<Flag>& flags) {
  for (const Flag& flag : flags) {
    const OptionSpec& spec = spec_of(flag.option);
    const std::string shown = "--" + std::string(spec.name);
    if (Status status = settings.put(flag.option, flag.text, {Source::command_line, std::string(spec.name)}, shown);
        !status)
      return status;
  }
  return {};
}

template <typename T>
Result<ParsedCommand> as_command(Result<T> config) {
  if (!config) return std::move(config).error();
  return ParsedCommand(std::move(config).value());
}

Result<ParsedCommand> build(Settings& settings, const Arguments& arguments, const HostFacts& facts) {
  switch (settings.command()) {
    case Command::sync: return as_command(build_sync(settings, facts));
    case Command::serve: return as_command(build_serve(settings, facts));
    case Command::verify: return as_command(build_verify(settings, facts));
    case Command::devnet: return as_command(build_devnet(settings, facts));
    case Command::tune: return as_command(build_tune(settings, facts));
    case Command::call: return as_command(build_call(settings, arguments.positionals));
  }
  return usage_error("no such command");
}

Result<ParsedCommand> parse_command(Command command, std::span<const char* const> words,
                                    const EnvironmentLookup& environment, const HostFacts& facts) {
  auto arguments = split_arguments(command, words);
  if (!arguments) return std::move(arguments).error();
  if (arguments.value().wants_help) return ParsedCommand(Help{command_help(command)});
  Settings settings(command);
  if (Status status = apply_profiles(settings, profile_name(arguments.value(), command, environment)); !status)
    return std::move(status).error();
  if (Status status = apply_environment(settings, environment); !status) return std::move(status).error();
  if (Status status = apply_flags(settings, arguments.value().flags); !status) return std::move(status).error();
  bool wants_print = false;
  settings.read(Option::print_config, wants_print);
  if (wants_print) return ParsedCommand(PrintConfig{effective_config(settings, facts)});
  return build(settings, arguments.value(), facts);
}

}  // namespace

EnvironmentLookup process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<ParsedCommand> parse_command_line(int argc, const char* const* argv, const EnvironmentLookup& environment,
                                         const HostFacts& facts) {
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc < 0 ? 0 : argc));
  if (words.size() < 2) return ParsedCommand(Help{program_help()});
  const std::string_view first = words[1];
  if (first == "--help" || first == "-h") return ParsedCommand(Help{program_help()});
  if (first == "--version" || first == "-V") return ParsedCommand(Version{version_text()});
  if (first == "help" && words.size() == 2) return ParsedCommand(Help{program_help()});
  const bool asks_for_help = first == "help";
  const std::string_view name = asks_for_help ? std::string_view(words[2]) : first;
  if (const auto command = command_of(name)) {
    if (asks_for_help) return ParsedCommand(Help{command_help(*command)});
    return parse_command(*command, words.subspan(2), environment, facts);
  }
  std::vector<std::string_view> names;
  std::string list;
  for (const Command command : all_commands) {
    names.push_back(name_of(command));
    list += (list.empty() ? "" : " ") + std::string(name_of(command));
  }
  const std::string_view nearest = nearest_name(name, names);
  return usage_error(fmt::format("unknown command {}; {}", in_quotes(name),
                                 nearest.empty() ? "allowed: " + list : fmt::format("did you mean {}?", nearest)));
}

}  // namespace sluice::config
