// Addresses: base58 with a checksum (all coins), bech32 and bech32m (Bitcoin), CashAddr (Bitcoin Cash).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "chain/coin.h"
#include "serve/script_text.h"

namespace sluice::serve {

/// Base58 of version byte, payload and the first four bytes of their double SHA-256.
[[nodiscard]] std::string base58_check(std::uint8_t version, Bytes payload);
/// BIP 173 (version 0) and BIP 350 (version 1 and later). Bounds: payload of 2 to 40 bytes.
[[nodiscard]] std::string segwit_address(std::string_view prefix, unsigned version, Bytes program);
/// Bounds: hash of 20 or 32 bytes; type 0: key hash, 1: script hash.
[[nodiscard]] std::string cash_address(std::string_view prefix, unsigned type, Bytes hash);

/// RIPEMD-160 of SHA-256.
[[nodiscard]] std::array<std::byte, 20> key_hash(Bytes key);

/// The address of one solution of a solved script; "" if the type has none.
[[nodiscard]] std::string address_of(const SolvedScript& script, Bytes solution, const chain::Network& network);

/// The output script that an address stands for: base58 of the network's versions, bech32 for Bitcoin, and, for Bitcoin
/// Cash, CashAddr with or without its prefix, also of the kinds that announce tokens. nullopt for anything else.
/// Bounds: any bytes.   Source: the CashAddr and CashTokens specifications; BIP 173, BIP 350.
[[nodiscard]] std::optional<std::vector<std::byte>> script_of_address(std::string_view text,
                                                                      const chain::Network& network);

}  // namespace sluice::serve
