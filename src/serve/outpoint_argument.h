// The output that the first two arguments name.
#pragma once

#include "serve/coercion.h"
#include "serve/method_table.h"

namespace sluice::serve {

/// By txid and index.
[[nodiscard]] Coerced<Outpoint> outpoint_argument(const Call& call);

}  // namespace sluice::serve
