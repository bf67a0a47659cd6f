// Who may use an index directory: many that read, or one that writes.
//
// The lock is advisory (flock(2)) and held on the directory itself. It needs no file, so an index that
// may not be written to can still be read, and it ends with the process, however that ends.
#pragma once

#include <string>

#include "base/error.h"

namespace sluice::store {

enum class LockKind : std::uint8_t { shared, exclusive };

class DirectoryLock {
 public:
  DirectoryLock() = default;
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

  /// Does not wait. Errors: config if another holds it in the way of `kind`, not_found, io.
  static Result<DirectoryLock> take(const std::string& directory, LockKind kind);

 private:
  explicit DirectoryLock(int descriptor) noexcept : descriptor_(descriptor) {}

  int descriptor_ = -1;  ///< below 0: holds nothing
};

}  // namespace sluice::store
