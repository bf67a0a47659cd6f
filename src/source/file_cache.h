// A bounded set of open block files: a chain has thousands, a process may open about a thousand.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace sluice::source {

/// Not thread-safe. Files in use stay open, so more than `capacity` are open only while more are in use.
class FileCache {
 public:
  FileCache(std::string directory, std::uint32_t capacity);
  ~FileCache();
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  /// A descriptor that stays open until release(file_number) is called as often as acquire().
  /// Errors: io, with path and errno's text.   Cost: linear in capacity; opens on a miss.
  [[nodiscard]] Result<int> acquire(std::uint32_t file_number);
  void release(std::uint32_t file_number) noexcept;

  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }
  [[nodiscard]] std::uint32_t open_count() const noexcept { return static_cast<std::uint32_t>(entries_.size()); }

 private:
  struct Entry {
    std::uint32_t file_number = 0;
    int fd = -1;
    std::uint32_t user_count = 0;
    std::uint64_t last_use = 0;
  };

  void make_room() noexcept;

  std::string directory_;
  std::uint32_t capacity_;
  std::uint64_t clock_ = 0;
  std::vector<Entry> entries_;
};

}  // namespace sluice::source
