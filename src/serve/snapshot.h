// What all sessions answer from at one moment, and what is new in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "serve/read_view.h"

namespace sluice::serve {

/// Immutable once published; sessions move from one to the next, never back.
struct Snapshot {
  std::shared_ptr<const ReadView> view;
};

/// What may differ between a snapshot and the one before.
struct Changes {
  bool tip_changed = false;  ///< the newest block is another one
  /// Can the status of any script be another one? Else of those with these prefixes only, in order.
  bool everything_touched = false;
  std::vector<std::uint64_t> touched;

  [[nodiscard]] bool touches(std::uint64_t prefix) const {
    return everything_touched || std::binary_search(touched.begin(), touched.end(), prefix);
  }
};

}  // namespace sluice::serve
