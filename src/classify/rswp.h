// RSWP: swap offers advertised in OP_RETURN outputs.
//
//   6a "RSWP" <version 1>
//     version 2:  <flags 1> <offered type 1> <terms type 1> <token 32> [<wanted token 32> if flags & 1]
//                 <utxo hash 32> <utxo index> <terms>... <signature>     pushes only, to the end
//     any other:  <type 1> <token 32> <utxo hash 32> <utxo index> <terms> <signature>   rest ignored
//
// A field is one operation; its data may be pushed in any form. Opcodes other than pushes and refs
// have empty data. Source: the Radiant node's swap index (index/swapindex.cpp).
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "classify/script_batch.h"
#include "classify/walk.h"

namespace sluice::classify {

struct SwapOptions {
  /// How OP_1..OP_16 are read as utxo index: 0, as the node does, or the number they stand for.
  bool op_number_index = false;
};

enum class SwapVerdict : std::uint8_t {
  not_a_swap,  ///< not an OP_RETURN whose first push is "RSWP"
  offer,
  refused,  ///< it says RSWP, but is no well-formed offer
};

struct SwapParse {
  SwapVerdict verdict = SwapVerdict::not_a_swap;
  SwapRefusal refusal = SwapRefusal::count_;  ///< if refused
  SwapOffer offer;                            ///< if offer; .output is the caller's to set
};

/// Parses one output script.
/// Bounds: offsets in the offer are script_begin (the script's place in raw) + place in the script.
/// Cost:   one walk, no allocation; stops at the first fault.
[[nodiscard]] SwapParse parse_swap(Bytes script, std::uint32_t script_begin, SwapOptions options) noexcept;

/// What stands between tail_begin and tail_end of an offer.
struct SwapTail {
  std::uint32_t terms_count = 0;  ///< operations before the signature (at least one)
  std::uint64_t terms_bytes = 0;  ///< of their data together
  Bytes signature;                ///< view into raw; may be empty
};

/// Bounds: offer came from parse_swap over the same raw bytes.
[[nodiscard]] SwapTail swap_tail(Bytes raw, const SwapOffer& offer) noexcept;

/// Appends the price terms: the data of all tail operations but the last, back to back.
void append_price_terms(Bytes raw, const SwapOffer& offer, std::vector<std::byte>& target);

}  // namespace sluice::classify
