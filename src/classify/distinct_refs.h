// The refs that one output pushes, each once.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/column.h"
#include "classify/script_batch.h"
#include "classify/walk.h"

namespace sluice::classify {

/// Appends one entry per distinct ref, in order of first occurrence; singleton only if d0 never
/// pushes it here.
/// Bounds: script_begin is the script's offset in raw; pushed is in script order (its order is lost).
/// Cost:   n log n, so that a script of a million refs is only a long script.
void append_distinct_refs(Bytes raw, std::uint32_t script_begin, std::uint32_t output, std::span<RefOperand> pushed,
                          Column<OutputRef>& target) noexcept;

}  // namespace sluice::classify
