// The script hash that clients ask for, one script at a time; classify_scripts gives the same
// answers for whole batches.
//
//   Bitcoin       sha256(script)
//   Bitcoin Cash  sha256(script behind the token prefix)
//   Radiant       sha256(script), with the 36-byte operands of d0 d1 d2 d3 d8 zeroed if the script
//                 has a signature check (ac ad ae af as an opcode): so all tokens of one kind that
//                 one key owns share a hash.
//
// Parity (Radiant): the peers leave out the length bytes of 4c 4d 4e in that zeroed form, even when
// there is no ref to zero. Clients do not, so it is off unless answers must equal the peers'.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "base/hash256.h"
#include "chain/coin.h"
#include "classify/walk.h"

namespace sluice::classify {

/// script: the script field of an output as serialised.
/// Bounds: script.size() < 2^32.   Cost: no allocation.
[[nodiscard]] ScriptHash script_hash(Bytes script, chain::Coin coin, bool parity) noexcept;

/// Does an output with this script field get rows in the index? Not if it starts with 6a or 00 6a,
/// nor, on Radiant, if it cannot be walked.
[[nodiscard]] bool is_indexed(Bytes script, chain::Coin coin) noexcept;

/// Does the hashed form of this Radiant script differ from its bytes?
[[nodiscard]] constexpr bool needs_rewrite(const ScriptFacts& facts, bool parity) noexcept {
  return facts.walkable && facts.has_signature_check && (facts.has_ref_operand || (parity && facts.has_push_data));
}

/// Calls sink(Bytes) with the pieces, in order, of the hashed form of a script that needs_rewrite.
template <typename Sink>
void for_each_rewritten_piece(Bytes script, bool parity, Sink&& sink) noexcept {
  static constexpr std::byte zero_ref[parse::ref_bytes] = {};
  std::size_t at = 0;
  std::size_t kept = 0;  // everything before has been passed on or replaced
  ScriptOp op;
  while (next_op(script, OpSet::radiant, at, op) == WalkStep::operation) {
    if (parse::has_ref_operand(op.opcode)) {
      sink(script.subspan(kept, op.data_begin - kept));
      sink(Bytes(zero_ref));
      kept = op.end();
    } else if (parity && op.opcode >= parse::op_push_data_1 && op.opcode <= parse::op_push_data_4) {
      sink(script.subspan(kept, op.begin + 1 - kept));
      kept = op.data_begin;
    }
  }
  sink(script.subspan(kept));
}

}  // namespace sluice::classify
