#include "config/environment.h"

#include <fmt/format.h>

#include "config/text.h"

namespace sluice::config {

namespace {

/// The first name that is set to something wins; further ones are said to be ignored.
Status apply_option(Settings& settings, const OptionSpec& spec, const EnvironmentLookup& environment) {
  std::string_view winner;
  for (const EnvironmentName& name : spec.environment) {
    const auto text = environment(name.name);
    if (!text) continue;
    if (!winner.empty()) {
      settings.warn(fmt::format("environment {}: ignored, because {} is set", name.name, winner));
      continue;
    }
    if (Status status = settings.put_environment(spec.option, name, *text); !status) return status;
    if (settings[spec.option].origin.name == name.name) winner = name.name;
  }
  return {};
}

/// Names that are no option of ours. Obsolete ones are collected, so that one message names them all.
Status apply_other_names(Settings& settings, const EnvironmentLookup& environment) {
  std::string obsolete;
  for (const OtherName& other : other_names()) {
    const auto text = environment(other.name);
    if (!text) continue;
    switch (other.kind) {
      case OtherClass::log:
        settings.notes().push_back(
            {Note::Kind::info, fmt::format("environment {}: ignored: {}", other.name, other.reason)});
        break;
      case OtherClass::extension:
        settings.notes().push_back(
            {Note::Kind::info,
             fmt::format("environment {}: ignored: the extension is not built ({})", other.name, other.reason)});
        break;
      case OtherClass::obsolete:
        if (!text->empty())
          obsolete += fmt::format("{}{} ({})", obsolete.empty() ? "" : ", ", other.name, other.reason);
        break;
      case OtherClass::warned:
        if (!text->empty())
          settings.warn(fmt::format("environment {}: obsolete, ignored: {}", other.name, other.reason));
        break;
      case OtherClass::silent: break;
    }
  }
  if (!obsolete.empty()) return Error{ErrorKind::config, "remove obsolete environment variables: " + obsolete};
  return {};
}

}  // namespace

Status apply_environment(Settings& settings, const EnvironmentLookup& environment) {
  for (const OptionSpec& spec : option_table()) {
    if (!contains(spec.commands, settings.command())) continue;
    if (Status status = apply_option(settings, spec, environment); !status) return status;
  }
  if (settings.command() != Command::sync && settings.command() != Command::serve) return {};
  return apply_other_names(settings, environment);
}

}  // namespace sluice::config
