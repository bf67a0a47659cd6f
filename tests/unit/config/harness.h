// Runs the whole way from words and variables to a config, on a machine of our choosing.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "config/command_line.h"

namespace sluice::config {

using Variables = std::map<std::string, std::string, std::less<>>;

inline constexpr HostFacts ordinary_host{.is_root = false, .open_files_max = 100000, .cores = 2};

inline EnvironmentLookup lookup_in(Variables variables) {
  return [variables = std::move(variables)](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline Result<ParsedCommand> parse(std::vector<std::string> words, Variables variables = {},
                                   const HostFacts& facts = ordinary_host) {
  std::vector<const char*> argv{"sluice"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_command_line(static_cast<int>(argv.size()), argv.data(), lookup_in(std::move(variables)), facts);
}

/// The config of a command line that must be accepted.
template <typename Config>
Config accepted(std::vector<std::string> words, Variables variables = {}, const HostFacts& facts = ordinary_host) {
  auto parsed = parse(std::move(words), std::move(variables), facts);
  if (!parsed) {
    ADD_FAILURE() << parsed.error().message;
    return {};
  }
  if (!std::holds_alternative<Config>(parsed.value())) {
    ADD_FAILURE() << "another kind of command came out";
    return {};
  }
  return std::get<Config>(std::move(parsed).value());
}

/// The message of a command line that must be refused; it is one line and of kind config.
inline std::string refused(std::vector<std::string> words, Variables variables = {},
                           const HostFacts& facts = ordinary_host) {
  auto parsed = parse(std::move(words), std::move(variables), facts);
  if (parsed) {
    ADD_FAILURE() << "was accepted";
    return {};
  }
  EXPECT_EQ(parsed.error().kind, ErrorKind::config);
  EXPECT_EQ(parsed.error().message.find('\n'), std::string::npos) << parsed.error().message;
  return parsed.error().message;
}

inline std::vector<std::string> sync_words(std::initializer_list<std::string> more = {}) {
  std::vector<std::string> words{"sync",     "--coin", "Radiant",      "--net", "regtest",
                                 "--db-dir", "db",     "--blocks-dir", "blocks"};
  words.insert(words.end(), more);
  return words;
}

inline std::vector<std::string> serve_words(std::initializer_list<std::string> more = {}) {
  std::vector<std::string> words{"serve",   "--offline", "--coin", "Radiant",    "--net",
                                 "regtest", "--db-dir",  "db",     "--services", "tcp://127.0.0.1:50010"};
  words.insert(words.end(), more);
  return words;
}

inline bool mentions(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

inline bool has_note(const CommonConfig& common, Note::Kind kind, std::string_view part) {
  for (const Note& note : common.notes) {
    if (note.kind == kind && mentions(note.text, part)) return true;
  }
  return false;
}

}  // namespace sluice::config
