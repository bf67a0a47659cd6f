// Single ranges of block files for the server: a transaction by its position.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "source/block_files.h"
#include "source/file_cache.h"

namespace sluice::source {

/// Thread-safe. The lock is held while a descriptor is looked up or a file opened, not while reading.
class RangeReader {
 public:
  explicit RangeReader(std::string directory, const XorKey& key = {}, std::uint32_t open_files_max = 64);

  /// Errors: io, naming file and offset; corrupt, if the file ends before the range does; limit, if
  ///         size is beyond what one transaction can be.
  [[nodiscard]] Result<std::vector<std::byte>> read_range(std::uint32_t file_number, std::uint64_t offset,
                                                          std::uint32_t size);

 private:
  const XorKey key_;
  std::mutex mutex_;
  FileCache files_;
};

}  // namespace sluice::source
