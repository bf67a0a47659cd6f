// Output scripts that advertise swap offers, for tests: written by the layout, not by the parser's code.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/hex.h"
#include "base/outpoint.h"
#include "swap/order.h"

namespace sluice::test {

using Script = std::vector<std::byte>;

inline void append_push(Script& script, Bytes data) {
  if (data.size() < 0x4c) {
    script.push_back(static_cast<std::byte>(data.size()));
  } else {
    script.push_back(std::byte{0x4d});
    script.push_back(static_cast<std::byte>(data.size() & 0xff));
    script.push_back(static_cast<std::byte>(data.size() >> 8));
  }
  script.insert(script.end(), data.begin(), data.end());
}

inline Script script_of_bytes(std::initializer_list<int> bytes) {
  Script script;
  for (const int byte : bytes) script.push_back(static_cast<std::byte>(byte));
  return script;
}

/// A token id or txid of 32 equal bytes but for the last.
inline std::array<std::byte, 32> id_of(int fill, int last) {
  std::array<std::byte, 32> id;
  id.fill(static_cast<std::byte>(fill));
  id[31] = static_cast<std::byte>(last);
  return id;
}

struct OfferText {
  swap::TokenId token{};
  std::optional<swap::TokenId> want;
  Outpoint offered;  ///< index below 128
  Script terms;
  Script signature;
  std::uint8_t offered_type = 2;
  std::size_t terms_pushes = 1;  ///< the terms are pushed in so many pieces
};

/// Version 2.
inline Script offer_script(const OfferText& offer) {
  Script script = script_of_bytes({0x6a, 4, 'R', 'S', 'W', 'P', 1, 2, 1, offer.want ? 1 : 0, 1});
  script.push_back(std::byte{offer.offered_type});
  append_push(script, script_of_bytes({1}));
  append_push(script, offer.token);
  if (offer.want) append_push(script, *offer.want);
  append_push(script, offer.offered.txid.span());
  append_push(script, Script(offer.offered.index == 0 ? 0 : 1, static_cast<std::byte>(offer.offered.index)));
  const std::size_t piece = offer.terms.size() / offer.terms_pushes;
  for (std::size_t i = 0; i < offer.terms_pushes; ++i) {
    const bool is_last = i + 1 == offer.terms_pushes;
    append_push(script, Bytes(offer.terms).subspan(i * piece, is_last ? offer.terms.size() - i * piece : piece));
  }
  append_push(script, offer.signature);
  return script;
}

/// The same, its output number not pushed but named by an opcode: OP_1 is 0x51, OP_16 0x60.
/// Bounds: the index of the offer is not 0.
inline Script offer_script_with_opcode(const OfferText& offer, std::uint8_t opcode) {
  Script script = offer_script(offer);
  const Bytes txid = offer.offered.txid.span();
  const auto push = std::search(script.begin(), script.end(), txid.begin(), txid.end()) + 32;
  *script.erase(push) = static_cast<std::byte>(opcode);
  return script;
}

/// Price terms of one output. Bounds: script below 253 bytes.
inline Script terms_of(std::uint64_t value, const Script& script) {
  Script terms;
  terms.reserve(1 + 8 + 1 + script.size());
  terms.resize(1 + 8 + 1);
  terms[0] = std::byte{1};
  store_le(terms.data() + 1, value);
  terms[9] = static_cast<std::byte>(script.size());
  terms.insert(terms.end(), script.begin(), script.end());
  return terms;
}

/// Pays the key of this hash, 20 equal bytes.
inline Script p2pkh_of(int fill) {
  Script script = script_of_bytes({0x76, 0xa9, 0x14});
  script.insert(script.end(), 20, static_cast<std::byte>(fill));
  for (const int byte : {0x88, 0xac}) script.push_back(static_cast<std::byte>(byte));
  return script;
}

/// One input that spends nothing known, and these outputs of 7 base units. Bounds: scripts below 253 bytes.
inline Script tx_with(const std::vector<Script>& scripts) {
  Script tx = *from_hex("0100000001" + std::string(64, '7') + "0000000000ffffffff");
  tx.push_back(static_cast<std::byte>(scripts.size()));
  for (const Script& script : scripts) {
    for (const int byte : {7, 0, 0, 0, 0, 0, 0, 0}) tx.push_back(static_cast<std::byte>(byte));
    tx.push_back(static_cast<std::byte>(script.size()));
    tx.insert(tx.end(), script.begin(), script.end());
  }
  tx.insert(tx.end(), 4, std::byte{0});
  return tx;
}

}  // namespace sluice::test
