// The oracle: an index as one would write it with all the time and memory in the world.
//
// It reads raw blocks of the active chain in height order and keeps everything in ordered maps. It
// shares no code with the product: its own reader, its own script walker, its own rules; hashing is
// OpenSSL's. All bytes (ids, scripts, outpoints, refs) are strings, in the order in which they stand
// in the block; an outpoint and a ref are the same 36 bytes: txid, output index.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace sluice::model {

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
    std::string prevout, script, sequence;
  };
  struct Output {
    std::uint64_t value = 0;
    std::string script;
  };
  std::string version, locktime, txid;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::size_t begin = 0;  ///< offset in the block
};

/// Errors: throws std::runtime_error unless the bytes are one whole block.
[[nodiscard]] std::vector<NaiveTx> naive_block_txs(const std::string& block, const NaiveRules& rules);
[[nodiscard]] std::string naive_block_hash(const std::string& header, const NaiveRules& rules);

/// Distinct refs pushed by d0 and d8 in order of first push, each with whether it is a singleton: pushed
/// by d8 and not by d0 as well. Throws if the script cannot be walked.
using NaiveRefs = std::vector<std::pair<std::string, bool>>;
[[nodiscard]] NaiveRefs naive_refs(const std::string& script);
/// SHA-256 of the script as the rules want it; nothing if the output is not indexed.
[[nodiscard]] std::optional<std::string> naive_scripthash(std::string script, const NaiveRules& rules);

struct NaiveIndex {
  using TxNumber = std::uint64_t;  ///< 0 is the first transaction after the genesis block

  explicit NaiveIndex(NaiveRules wanted) : rules(wanted) {}
  /// Adds the next block of the active chain, the genesis block first. Throws if it spends what never was.
  void add_block(const std::string& block);

  NaiveRules rules;
  std::vector<std::string> headers;
  std::vector<TxNumber> block_first_tx;               ///< [height]
  std::vector<std::string> txids;                     ///< [tx number]
  std::vector<std::uint32_t> offsets;                 ///< [tx number]
  std::map<std::string, std::set<TxNumber>> history;  ///< of every scripthash ever indexed
  std::map<std::tuple<std::string, TxNumber, std::uint32_t>, std::uint64_t> unspent;  ///< -> value
  std::map<std::pair<TxNumber, std::uint32_t>, NaiveRefs> refs;                       ///< of outputs; kept when spent
  std::map<std::string, TxNumber> mints;   ///< of a ref: spends the outpoint that it is, and pushes it
  std::map<std::string, TxNumber> latest;  ///< of a ref: last to push it as a singleton, mints apart

 private:
  void add_outputs(const NaiveTx& tx, TxNumber number);
  void spend(const std::string& outpoint, TxNumber number);
  std::map<std::string, std::pair<std::optional<std::string>, TxNumber>> coins_;  ///< outpoint -> owner, created by
};

}  // namespace sluice::model
