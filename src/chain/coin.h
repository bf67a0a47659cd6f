// Coins and networks: the constants that tell one chain from another.
// Source: each node's chain parameters, as collected in the chain facts the tests are written from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::chain {

enum class Coin : std::uint8_t { radiant, bitcoin, bitcoin_cash };

inline constexpr std::size_t header_bytes = 80;

/// One network of one coin. All values are constants with static lifetime.
struct Network {
  Coin coin;
  std::string_view coin_name;     ///< as COIN spells it: "Radiant", "Bitcoin", "BitcoinCash"
  std::string_view name;          ///< as NET spells it: "mainnet", "testnet", "regtest", ...
  std::string_view node_chain;    ///< getblockchaininfo.chain of its node: "main", "test4", ...
  std::string_view unit;          ///< ticker: "RXD", "BTC", "BCH"
  std::array<std::byte, 4> disk_magic;  ///< first bytes of each record in blk*.dat
  std::array<std::byte, 4> net_magic;   ///< first bytes of each P2P message
  std::string_view genesis_header_hex;  ///< 160 hex digits, "" if unknown here
  std::string_view genesis_hash;        ///< display form
  std::uint16_t rpc_port;
  std::uint8_t p2pkh_version;     ///< base58 version bytes
  std::uint8_t p2sh_version;
  std::string_view segwit_prefix; ///< bech32 human-readable part, "" if none
  std::uint32_t pow_limit_bits;   ///< compact form of the easiest target
  std::uint32_t default_reorg_limit;

  [[nodiscard]] bool has_segwit() const noexcept { return coin == Coin::bitcoin; }
  [[nodiscard]] bool has_refs() const noexcept { return coin == Coin::radiant; }
  [[nodiscard]] bool has_token_prefix() const noexcept { return coin == Coin::bitcoin_cash; }
};

/// Every network that this program knows.
[[nodiscard]] std::span<const Network> all_networks() noexcept;

/// Finds a network by COIN and NET as an ElectrumX environment writes them: case-insensitive,
/// surrounding blanks ignored, aliases (RadiantRegtest, scalenet, ...) understood.
[[nodiscard]] const Network* find_network(std::string_view coin, std::string_view net) noexcept;

/// Hash of an 80-byte header: double SHA-512/256 on Radiant, double SHA-256 elsewhere.
[[nodiscard]] BlockHash block_hash(Coin coin, Bytes header) noexcept;

}  // namespace sluice::chain
