// A transaction as the node keeps it: its bytes and where the parts stand in them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/hash256.h"
#include "chain/coin.h"

namespace sluice::devnet_node {

/// An output of a transaction, by name.
struct Outpoint {
  Txid txid;
  std::uint32_t index = 0;
  friend bool operator==(const Outpoint&, const Outpoint&) = default;
};

struct OutpointHasher {
  std::size_t operator()(const Outpoint& outpoint) const noexcept {
    return outpoint.txid.low64() + outpoint.index * 0x9e3779b97f4a7c15;
  }
};

struct Output {
  std::uint64_t value = 0;         ///< base units, at most the int64 maximum
  std::uint32_t script_begin = 0;  ///< in the transaction's bytes
  std::uint32_t script_size = 0;
};

struct Transaction {
  Txid txid;
  std::vector<std::byte> raw;
  std::vector<Outpoint> inputs;  ///< none: a coinbase
  std::vector<Output> outputs;

  [[nodiscard]] bool is_coinbase() const noexcept { return inputs.empty(); }
  [[nodiscard]] Bytes script(const Output& output) const noexcept {
    return Bytes(raw).subspan(output.script_begin, output.script_size);
  }
  [[nodiscard]] std::uint64_t output_value() const noexcept;
};

/// The bytes as one transaction and nothing else.
/// Errors: corrupt, with the reason.
[[nodiscard]] Result<Transaction> decode_transaction(Bytes raw, chain::Coin coin);

/// The transactions of a block, in its order. Checks the merkle root; a genesis block is taken too.
/// Errors: corrupt, with the reason.
[[nodiscard]] Result<std::vector<Transaction>> decode_block(Bytes raw, chain::Coin coin);

}  // namespace sluice::devnet_node
