// The script walk as classify and the server use it: one operation at a time, or one scan that
// says everything the index needs to know.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/column.h"
#include "chain/coin.h"
#include "parse/script_walk.h"

namespace sluice::classify {

using parse::next_op;
using parse::OpSet;
using parse::ScriptOp;
using parse::WalkStep;

/// The operations that this coin's node knows.
[[nodiscard]] constexpr OpSet op_set_of(chain::Coin coin) noexcept {
  return coin == chain::Coin::radiant ? OpSet::radiant : OpSet::plain;
}

/// One 36-byte operand of d0 d1 d2 d3 d8.
struct RefOperand {
  std::uint32_t offset = 0;  ///< in the script
  std::uint8_t opcode = 0;
};

/// What one scan over a Radiant script found. Only whole operations count.
struct ScriptFacts {
  bool walkable = true;
  bool has_signature_check = false;  ///< ac ad ae af as an opcode
  bool has_ref_operand = false;      ///< d0 d1 d2 d3 d8
  bool has_pushed_ref = false;       ///< d0 d8
  bool has_push_data = false;        ///< 4c 4d 4e
};

/// Scans a Radiant script once. Appends the operands of d0 and d8 to pushed, unless it is null.
/// Bounds: script.size() < 2^32.   Cost: one table look-up per operation.
[[nodiscard]] ScriptFacts scan_script(Bytes script, Column<RefOperand>* pushed) noexcept;

}  // namespace sluice::classify
