// Output scripts of the generator, and input scripts to go with them. Each output script is made
// from a form and a key number; what looks like a key or a signature is pseudo-random filler.
#pragma once

#include <array>
#include <cstdint>

#include "base/random.h"
#include "devnet/buffer.h"

namespace sluice::devnet {

enum class ScriptForm : std::uint8_t {
  p2pkh,
  p2pk,       ///< 33-byte key
  p2pk_long,  ///< 65-byte key
  p2sh,
  multisig,  ///< bare, one of two
  empty,
  hash_puzzle,     ///< OP_SHA256 <32> OP_EQUAL
  pushdata_check,  ///< PUSHDATA1 of two bytes, dropped, then P2PKH: non-minimal, with CHECKSIG
  pushdata_plain,  ///< PUSHDATA1 of the key, dropped, OP_1: no CHECKSIG
  anyone,          ///< OP_1
  witness_key,     ///< Bitcoin: OP_0 <20>
  witness_script,  ///< Bitcoin: OP_0 <32>
  taproot,         ///< Bitcoin: OP_1 <32>
  truncated,       ///< Bitcoin and Bitcoin Cash: PUSHDATA2 that promises more than there is
  data,            ///< OP_RETURN of any kind: not indexed, never spent
  nft,             ///< d8 A 75 P2PKH
  nft_pair,        ///< d8 A 75 d0 B 75 P2PKH
  nft_guard,       ///< d8 A 75 d1 A 75 d2 X 75 d3 Y 75 P2PKH
  nft_both,        ///< d0 A 75 d8 A 75 P2PKH: pushed both ways, so no singleton
  ft,              ///< P2PKH bd d0 A dec0e9aa76e378e4a269e69d
  ft_pair,         ///< d0 A d0 B 75 75 P2PKH
  ft_twice,        ///< d0 A 75 d0 A 75 P2PKH
  ref_plain,       ///< d0 A 75 51: no CHECKSIG, so the script hash keeps the ref
};

using Ref = std::array<std::byte, 36>;  ///< txid internal order, output index LE

[[nodiscard]] constexpr bool is_nft(ScriptForm form) noexcept {
  return form >= ScriptForm::nft && form <= ScriptForm::nft_both;
}
[[nodiscard]] constexpr bool has_ref(ScriptForm form) noexcept { return form >= ScriptForm::nft; }
[[nodiscard]] constexpr bool has_two_refs(ScriptForm form) noexcept {
  return form == ScriptForm::nft_pair || form == ScriptForm::ft_pair;
}
[[nodiscard]] constexpr bool needs_witness(ScriptForm form) noexcept {
  return form >= ScriptForm::witness_key && form <= ScriptForm::taproot;
}

/// Appends the script of a form without refs (not `data`).
void put_script(Buffer& target, ScriptForm form, std::uint64_t key);
/// Appends a script that carries refs; `random` gives the foreign refs of nft_guard.
void put_ref_script(Buffer& target, ScriptForm form, std::uint64_t key, const Ref& first, const Ref& second,
                    Random& random);
/// Appends the script that spends a form: usual sizes, filler instead of signatures.
void put_script_sig(Buffer& target, ScriptForm form, Random& random);
/// Appends the witness stack (count and items) of an input; an empty stack for other forms.
void put_witness(Buffer& target, ScriptForm form, Random& random);
/// Appends an OP_RETURN or OP_FALSE OP_RETURN with some payload.
void put_data_script(Buffer& target, Random& random);
/// Appends a token prefix of Bitcoin Cash, one in sixteen of them malformed.
void put_token_prefix(Buffer& target, Bytes category, Random& random);

}  // namespace sluice::devnet
