// The rows of the swap table as they are committed, to be read.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace sluice::swap {

/// False ends the walk. Lifetime: key and value end when the call returns.
using RowVisit = std::function<bool(Bytes key, Bytes value)>;

/// Errors: io, corrupt.
class RowSource {
 public:
  virtual ~RowSource() = default;
  [[nodiscard]] virtual Result<std::optional<std::string>> get(Bytes key) const = 0;
  /// Visits the rows from key `first` on, in key order, until the visitor answers false.
  [[nodiscard]] virtual Status walk(Bytes first, const RowVisit& visit) const = 0;
};

}  // namespace sluice::swap
