// Does the maker's signature hold: may whoever pays the terms spend the offered output?
//
//   signature = script of the maker's input: push(DER signature, hash type c3) push(public key)
//   what is signed: a transaction of version 1 and lock time 0, of which this input and the output beside it count
//   (SINGLE | ANYONECANPAY | FORKID): the input spends the offered output with sequence ffffffff, the output is the
//   first one of the terms
//
// Other hash types are refused although the chain would take some of them: c2 commits to no output at all.
#pragma once

#include <cstdint>

#include "base/hash256.h"
#include "serve/price_terms.h"
#include "swap/order.h"

namespace sluice::serve {

enum class SignatureCheck : std::uint8_t {
  valid,
  invalid,
  unknown,  ///< of another form, a Schnorr signature, or the offered output is not one key's
};

/// What Radiant signs with hash type c3.   Source: the node's SignatureHash (script/interpreter.cpp).
/// Shape: preimage of 4 32 32 36 (size, script) 8 4 32 32 4 4 bytes, double SHA-256.
[[nodiscard]] Digest offer_sighash(const Outpoint& offered, std::int64_t value, Bytes script, const TermsOutput& paid);

/// value and script: of the offered output. Bounds: any bytes in the order.
/// Cost: one elliptic curve verification, some 50 us.
[[nodiscard]] SignatureCheck check_signature(const swap::Order& order, std::int64_t value, Bytes script);

/// Does an output of this script hold the token? Plain RXD is an output without refs.
[[nodiscard]] bool holds_token(Bytes script, const swap::TokenId& token);

}  // namespace sluice::serve
