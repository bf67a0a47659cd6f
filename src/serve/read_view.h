// What the protocol needs to know about the chain: one consistent height, read only.
//
// serve declares it; the store implements it; tests use a fake. Every call answers from the same
// tip for as long as the view lives. Calls are const and may run on several threads at once.
// What comes from disk is a Result. Errors: io, corrupt; they name the file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash256.h"
#include "chain/header.h"

namespace sluice::serve {

/// Position of a transaction in the chain: 0 is the first transaction after the genesis block.
using TxNumber = std::uint64_t;

struct HistoryItem {
  TxNumber tx_number = 0;
  std::uint32_t height = 0;
};

struct UnspentItem {
  TxNumber tx_number = 0;
  std::uint32_t height = 0;
  std::uint32_t output_index = 0;
  std::uint64_t value = 0;  ///< base units; can exceed 2^53
  bool has_refs = false;
};

struct RefItem {
  std::array<std::byte, 36> ref{};  ///< operand form: txid internal order, index LE
  bool singleton = false;
};

struct TxPlace {
  TxNumber tx_number = 0;
  std::uint32_t height = 0;
  std::uint32_t position = 0;  ///< in its block
};

/// First (mint) and latest (singleton location) transaction of a ref.
struct RefPlaces {
  std::optional<TxNumber> mint;
  std::optional<TxNumber> latest;
};

/// A limit that no history reaches.
inline constexpr std::size_t history_unlimited = std::size_t{1} << 40;

class ReadView {
 public:
  virtual ~ReadView() = default;

  [[nodiscard]] virtual std::uint32_t tip_height() const = 0;
  /// Bounds: height <= tip_height().
  [[nodiscard]] virtual Result<chain::RawHeader> header(std::uint32_t height) const = 0;
  /// count headers back to back. Bounds: start + count - 1 <= tip_height().
  [[nodiscard]] virtual Result<std::vector<std::byte>> headers(std::uint32_t start, std::uint32_t count) const = 0;
  /// Number of transactions of a block (0 for genesis). Bounds: height <= tip_height().
  [[nodiscard]] virtual std::uint32_t block_tx_count(std::uint32_t height) const = 0;
  /// Number of the first transaction of a block.
  [[nodiscard]] virtual TxNumber block_first_tx(std::uint32_t height) const = 0;
  /// Txids of a block in order.
  [[nodiscard]] virtual Result<std::vector<Txid>> block_txids(std::uint32_t height) const = 0;
  [[nodiscard]] virtual Result<Txid> txid(TxNumber tx_number) const = 0;
  /// Txids of many transactions in the order given; fastest when the numbers ascend. This one asks one by one.
  /// Shape: target [tx_numbers.size()].
  [[nodiscard]] virtual Status read_txids(std::span<const TxNumber> tx_numbers, std::span<Txid> target) const {
    for (std::size_t i = 0; i < tx_numbers.size(); ++i) {
      auto read = txid(tx_numbers[i]);
      if (!read) return std::move(read).error();
      target[i] = read.value();
    }
    return {};
  }
  /// nullopt if the chain has no such transaction.
  [[nodiscard]] virtual Result<std::optional<TxPlace>> find_tx(const Txid& txid) const = 0;
  [[nodiscard]] virtual TxPlace place_of(TxNumber tx_number) const = 0;
  /// Raw transaction from the block file (witness included).
  [[nodiscard]] virtual Result<std::vector<std::byte>> raw_tx(TxNumber tx_number) const = 0;

  /// Confirmed history in chain order, each transaction once; at most `limit` + 1 items, so that
  /// the caller sees when there are more.
  [[nodiscard]] virtual Result<std::vector<HistoryItem>> history(const ScriptHash& scripthash,
                                                                 std::size_t limit) const = 0;
  /// The part of a complete history from a tx number on. This one reads all of it.
  [[nodiscard]] virtual Result<std::vector<HistoryItem>> history_from(const ScriptHash& scripthash,
                                                                      TxNumber first) const {
    auto items = history(scripthash, history_unlimited);
    if (items) std::erase_if(items.value(), [first](const HistoryItem& item) { return item.tx_number < first; });
    return items;
  }
  /// Confirmed unspent outputs in chain order (tx number, output index).
  [[nodiscard]] virtual Result<std::vector<UnspentItem>> unspent(const ScriptHash& scripthash) const = 0;
  /// Is this output one that has rows, and that no transaction of the chain spent? Bounds: any numbers.
  /// Cost: one row.
  [[nodiscard]] virtual Result<bool> is_unspent(TxNumber tx_number, std::uint32_t output_index) const = 0;
  /// Sum and number of the confirmed unspent outputs.
  struct Balance {
    std::uint64_t value = 0;
    std::uint64_t outputs = 0;
  };
  [[nodiscard]] virtual Result<Balance> balance(const ScriptHash& scripthash) const = 0;
  /// Distinct refs pushed by one output, in order of first occurrence.
  [[nodiscard]] virtual Result<std::vector<RefItem>> refs_of(TxNumber tx_number, std::uint32_t output_index) const = 0;
  [[nodiscard]] virtual Result<RefPlaces> ref_places(const std::array<std::byte, 36>& ref) const = 0;
};

}  // namespace sluice::serve
