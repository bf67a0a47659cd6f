// The oracle: an index as one would write it with all the time and memory in the world.
//
// It reads raw blocks of the active chain in height order and keeps everything in ordered maps. It
// shares src/base (types and checks) with the product and nothing else: its own reader, its own
// script walker, its own rules; hashing is OpenSSL's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"
#include "naive_block.h"

namespace sluice::model {

using TxNumber = std::uint64_t;  ///< 0 is the first transaction after the genesis block

struct NaivePlace {
  std::uint32_t height = 0;
  std::uint32_t position = 0;  ///< in its block
  std::uint32_t begin = 0;     ///< offset in the block's bytes
  std::uint32_t size = 0;      ///< witness included
};

/// Position of an output: (transaction, output index).
using NaiveOutput = std::pair<TxNumber, std::uint32_t>;

class NaiveIndex {
 public:
  explicit NaiveIndex(NaiveRules rules) : rules_(rules) {}

  /// Adds the next block of the active chain; the first one is the genesis block.
  /// Errors: throws std::runtime_error if the block cannot be read or spends what never was.
  void add_block(Bytes raw);

  std::vector<std::array<std::byte, 80>> headers;
  std::vector<BlockHash> block_hashes;
  std::vector<TxNumber> block_first_tx;              ///< [height]
  std::vector<Txid> txids;                           ///< [tx number]
  std::vector<NaivePlace> places;                    ///< [tx number]
  std::map<ScriptHash, std::set<TxNumber>> history;  ///< its keys are all scripthashes ever indexed
  std::map<std::tuple<ScriptHash, TxNumber, std::uint32_t>, std::uint64_t> unspent;  ///< -> value
  std::map<NaiveOutput, std::vector<NaiveRefPush>> refs;  ///< in order of first push; kept when spent
  std::map<NaiveRef, TxNumber> mints;                     ///< spends the outpoint the ref names, and pushes it
  std::map<NaiveRef, TxNumber> latest;  ///< last transaction by number that pushes it as a singleton, mints apart

  /// Highest transaction number with this txid (twins existed on Bitcoin).
  [[nodiscard]] const TxNumber* find(const Txid& txid) const;

 private:
  struct Coin {
    ScriptHash scripthash;
    TxNumber tx_number = 0;
    std::uint64_t value = 0;
  };
  void add_outputs(const NaiveTx& tx, TxNumber number);
  void spend_inputs(const NaiveTx& tx, TxNumber number);

  NaiveRules rules_;
  std::map<NaiveOutpoint, Coin> coins_;
  std::set<NaiveOutpoint> unindexed_;
  std::map<Txid, TxNumber> numbers_;
};

}  // namespace sluice::model
