// Writes JSON with the keys in the order they are given: reports that people and scripts read.
//
//   JsonWriter json;
//   json.begin_object();
//   json.field("height", std::uint64_t{5});
//   json.begin_object("stages"); ... json.end_object();
//   json.end_object();
//   json.text();          // indented by two blanks, one line end at the end
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace sluice::observe {

/// Appends the text in quotes, escaped; bytes that are no UTF-8 become U+FFFD.
void append_json_text(std::string& target, std::string_view text);

class JsonWriter {
 public:
  void begin_object() { open('{', {}, false); }
  void begin_object(std::string_view key) { open('{', key, true); }
  void end_object() { close('}'); }
  void begin_array() { open('[', {}, false); }
  void begin_array(std::string_view key) { open('[', key, true); }
  void end_array() { close(']'); }

  /// One member of an object. nullptr and numbers that JSON cannot hold (infinite, NaN) become null.
  template <typename T>
  void field(std::string_view key, const T& value) {
    next(key, true);
    scalar(value);
  }
  /// One item of an array.
  template <typename T>
  void item(const T& value) {
    next({}, false);
    scalar(value);
  }

  /// The whole text. Everything opened must be closed by then.
  [[nodiscard]] std::string text() const;

 private:
  template <typename T>
  void scalar(const T& value) {
    if constexpr (std::is_same_v<T, bool>) text_ += value ? "true" : "false";
    else if constexpr (std::is_null_pointer_v<T>) text_ += "null";
    else if constexpr (std::is_integral_v<T>) text_ += std::to_string(value);
    else if constexpr (std::is_floating_point_v<T>) append_double(value);
    else append_json_text(text_, value);
  }
  void open(char bracket, std::string_view key, bool has_key);
  void close(char bracket);
  void next(std::string_view key, bool has_key);
  void append_double(double value);

  struct Level {
    char bracket;
    bool is_empty;
  };
  std::string text_;
  std::vector<Level> levels_;
};

/// Writes the text beside the file and renames it over: a reader sees the old report or the new one, never half.
Status write_report(const std::filesystem::path& path, std::string_view text);

}  // namespace sluice::observe
