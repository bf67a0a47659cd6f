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
  /// Visits the rows from key `first` to before `until` (empty: the end), in key order, while the visitor answers true.
  /// A bound, not just a visitor that stops: behind it there may be any number of deleted rows to step over.
  [[nodiscard]] virtual Status walk(Bytes first, Bytes until, const RowVisit& visit) const = 0;
};

}  // namespace sluice::swap
