// The value of every option of one run, each with where it came from.
//
// Layers are put in from the weakest to the strongest: defaults, built-in profile, profile file,
// environment, command line. A stronger layer replaces what a weaker one said.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "config/value.h"

namespace sluice::config {

enum class Source : std::uint8_t { unset, builtin_default, builtin_profile, profile, environment, command_line };

struct Origin {
  Source source = Source::unset;
  std::string name;  ///< the flag, variable or file
};

/// "flag --net", "environment NET", "profile FILE", "default", ...
[[nodiscard]] std::string show(const Origin& origin);

/// A line for the start-up log.
struct Note {
  enum class Kind : std::uint8_t { info, warning };
  Kind kind = Kind::info;
  std::string text;
};

struct Setting {
  Value value;
  Origin origin;
};

class Settings {
 public:
  /// Starts with the defaults of the command.
  explicit Settings(Command command);

  [[nodiscard]] Command command() const noexcept { return command_; }
  [[nodiscard]] const Setting& operator[](Option option) const noexcept {
    return settings_[static_cast<std::size_t>(option)];
  }
  [[nodiscard]] bool is_set(Option option) const noexcept { return (*this)[option].value.index() != 0; }
  [[nodiscard]] std::vector<Note>& notes() noexcept { return notes_; }
  [[nodiscard]] const std::vector<Note>& notes() const noexcept { return notes_; }
  void warn(std::string text) { notes_.push_back({Note::Kind::warning, std::move(text)}); }

  /// Puts in text from a flag or a profile; `shown` names the setting in messages.
  Status put(Option option, std::string_view text, const Origin& origin, std::string_view shown);
  /// Puts in the text of an environment variable.
  Status put_environment(Option option, const EnvironmentName& name, std::string_view text);

  /// Copies a value into a field of its type; the generated fill() functions call this. A field whose
  /// option is not set keeps what it has.
  template <typename T>
  void read(Option option, T& target) const {
    const Value& value = (*this)[option].value;
    if (value.index() == 0) return;
    if constexpr (std::is_same_v<T, std::filesystem::path>) {
      target = std::get<std::string>(value);
    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
      target = std::chrono::milliseconds(std::get<std::int64_t>(value));
    } else if constexpr (std::is_enum_v<T> || (std::is_integral_v<T> && !std::is_same_v<T, bool>)) {
      target = static_cast<T>(std::get<std::int64_t>(value));
    } else {
      read_exact(value, target);
    }
  }

 private:
  template <typename T>
  static void read_exact(const Value& value, T& target) {
    target = std::get<T>(value);
  }
  // Optional numbers hold their plain type; an optional address is a value of its own.
  template <typename T>
  static void read_exact(const Value& value, std::optional<T>& target) {
    if constexpr (std::is_same_v<T, HostPort>) {
      target = std::get<std::optional<HostPort>>(value);
    } else if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double>) {
      target = std::get<T>(value);
    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
      target = T(std::get<std::int64_t>(value));
    } else {
      target = static_cast<T>(std::get<std::int64_t>(value));
    }
  }

  Status accept(Option option, Result<ParsedValue> parsed, const Origin& origin, std::string_view shown);

  Command command_;
  std::array<Setting, option_count> settings_{};
  std::vector<Note> notes_;
};

/// "batch_bytes = "4MiB"" and a line end; nothing for an unset optional. For the generated append_profile().
void append_profile_value(std::string& text, Option option, const Value& value);

template <typename T>
void append_profile_line(std::string& text, Option option, const T& value) {
  if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, double>) append_profile_value(text, option, Value(value));
  else if constexpr (std::is_same_v<T, std::string>) append_profile_value(text, option, Value(value));
  else if constexpr (std::is_same_v<T, std::chrono::milliseconds>)
    append_profile_value(text, option, Value(std::int64_t{value.count()}));
  else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
    append_profile_value(text, option, Value(static_cast<std::int64_t>(value)));
  else if (value) append_profile_line(text, option, *value);
}

}  // namespace sluice::config
