// What the naive index knows about bytes: blocks, transactions, scripts. Its own code throughout.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::model {

using NaiveRef = std::array<std::byte, 36>;  ///< operand form: txid internal order, output index LE
using NaiveOutpoint = std::pair<Txid, std::uint32_t>;

struct NaiveRules {
  bool radiant = true;        ///< SHA-512/256 block hashes, version-3 txids, ref-zeroed scripthashes, refs
  bool segwit = false;        ///< Bitcoin: marker, flag, witness
  bool token_prefix = false;  ///< Bitcoin Cash: scripthash of what follows a well-formed prefix
  bool length_quirk = false;  ///< Radiant parity: a zeroed script loses the length bytes of PUSHDATA pushes

  [[nodiscard]] static NaiveRules for_radiant(bool parity = false) { return {true, false, false, parity}; }
  [[nodiscard]] static NaiveRules for_bitcoin() { return {false, true, false, false}; }
  [[nodiscard]] static NaiveRules for_bitcoin_cash() { return {false, false, true, false}; }
};

struct NaiveTx {
  struct Input {
    NaiveOutpoint prevout;
    Bytes script;
    std::uint32_t sequence = 0;
  };
  struct Output {
    std::uint64_t value = 0;
    Bytes script;
  };
  std::int32_t version = 0;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::uint32_t locktime = 0;
  Txid txid;
  bool coinbase = false;
  std::uint32_t begin = 0;  ///< offset in the block's bytes
  std::uint32_t size = 0;   ///< witness included
};

/// Errors: throws std::runtime_error unless the bytes are one whole block. Spans point into raw.
[[nodiscard]] std::vector<NaiveTx> naive_block_txs(Bytes raw, const NaiveRules& rules);
[[nodiscard]] BlockHash naive_block_hash(Bytes header, const NaiveRules& rules);
/// Errors: throws std::runtime_error unless the bytes are one whole transaction.
[[nodiscard]] NaiveTx naive_tx(Bytes raw, const NaiveRules& rules);

struct NaiveRefPush {
  NaiveRef ref{};
  bool singleton = false;  ///< pushed by d8 and not by d0 as well
  friend bool operator==(const NaiveRefPush&, const NaiveRefPush&) = default;
};

/// Distinct refs pushed by d0 and d8, in order of first push. False if the script cannot be walked.
[[nodiscard]] bool naive_refs(Bytes script, std::vector<NaiveRefPush>& target);
/// SHA-256 of the script as the rules want it; false if the output is not indexed.
[[nodiscard]] bool naive_scripthash(Bytes script, const NaiveRules& rules, ScriptHash& target);

}  // namespace sluice::model
