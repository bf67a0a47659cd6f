// The Radiant refs that an output script pushes.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "serve/read_view.h"

namespace sluice::serve {

/// Distinct pushed refs in order of first occurrence, as ReadView::refs_of gives them for confirmed outputs.
[[nodiscard]] std::vector<RefItem> refs_of_script(Bytes script);

}  // namespace sluice::serve
