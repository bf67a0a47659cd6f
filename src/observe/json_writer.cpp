#include "observe/json_writer.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <system_error>

#include "base/check.h"
#include "base/utf8.h"

namespace sluice::observe {

void JsonWriter::next(std::string_view key, bool has_key) {
  if (!levels_.empty()) {
    Level& level = levels_.back();
    SLUICE_CHECK(has_key == (level.bracket == '{'));
    text_ += level.is_empty ? "\n" : ",\n";
    level.is_empty = false;
    text_.append(levels_.size() * 2, ' ');
  }
  if (has_key) {
    append_json_text(text_, key);
    text_ += ": ";
  }
}

void JsonWriter::open(char bracket, std::string_view key, bool has_key) {
  next(key, has_key);
  text_ += bracket;
  levels_.push_back({bracket, true});
}

void JsonWriter::close(char bracket) {
  SLUICE_CHECK(!levels_.empty() && levels_.back().bracket == (bracket == '}' ? '{' : '['));
  const bool was_empty = levels_.back().is_empty;
  levels_.pop_back();
  if (!was_empty) {
    text_ += '\n';
    text_.append(levels_.size() * 2, ' ');
  }
  text_ += bracket;
}

void JsonWriter::append_double(double value) {
  // The shortest digits that read back as the same number.
  if (std::isfinite(value)) text_ += fmt::format("{}", value);
  else text_ += "null";
}

void append_json_text(std::string& target, std::string_view text) {
  target += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_bytes(text);
    if (length == 0) target += "\\ufffd";
    else if (byte == '"' || byte == '\\') target.append({'\\', text.front()});
    else if (byte == '\n') target += "\\n";
    else if (byte < 0x20) fmt::format_to(std::back_inserter(target), "\\u{:04x}", byte);
    else target += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  target += '"';
}

std::string JsonWriter::text() const {
  SLUICE_CHECK(levels_.empty());
  return text_ + "\n";
}

Status write_report(const std::filesystem::path& path, std::string_view text) {
  const std::string target = path.string();
  const std::string beside = target + ".new";
  const auto failure = [&](const char* step) {
    return Error{ErrorKind::io, fmt::format("report {}: {}: {}", target, step, std::strerror(errno))};
  };
  std::FILE* file = std::fopen(beside.c_str(), "wb");
  if (file == nullptr) return failure("open");
  const bool is_written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool is_closed = std::fclose(file) == 0;
  if (!is_written || !is_closed) return failure("write");
  if (std::rename(beside.c_str(), target.c_str()) != 0) return failure("rename");
  return {};
}

}  // namespace sluice::observe
