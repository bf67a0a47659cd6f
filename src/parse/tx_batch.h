// Transactions of one batch of blocks, one column per field: what parse hands to classify.
#pragma once

#include <cstdint>

#include "base/column.h"
#include "base/hash256.h"

namespace sluice::parse {

/// Least bytes, as serialised, of what a batch counts.
inline constexpr std::size_t input_bytes_min = 41;  // prevout 36, script size 1, sequence 4
inline constexpr std::size_t output_bytes_min = 9;  // value 8, script size 1
inline constexpr std::size_t tx_bytes_min = 10 + input_bytes_min + output_bytes_min;  // version, two counts, lock time

/// The most that a batch can hold, whatever its bytes say.
struct BatchBounds {
  std::size_t raw_bytes = 0;
  std::size_t blocks = 0;

  [[nodiscard]] constexpr std::size_t txs() const noexcept { return raw_bytes / tx_bytes_min; }
  [[nodiscard]] constexpr std::size_t inputs() const noexcept { return raw_bytes / input_bytes_min; }
  [[nodiscard]] constexpr std::size_t outputs() const noexcept { return raw_bytes / output_bytes_min; }
  [[nodiscard]] constexpr std::size_t refs() const noexcept { return raw_bytes / 37; }  // opcode 1, ref 36
};

/// Shape:  tx columns [tx_count]; *_begin columns [n + 1], the last entry being the total.
/// Units:  values in base units (satoshis, photons); offsets in bytes from the batch's raw bytes.
/// Order:  file order: block by block, transactions as they stand in the block.
/// Special: the genesis block (height 0) has no transactions here, whatever its bytes say.
///         Coinbase transactions have no inputs here: their null prevout is checked and dropped.
struct TxBatch {
  Column<std::uint32_t> block_tx_begin;  ///< [block_count + 1]
  Column<Txid> txid;                     ///< [tx_count]
  Column<std::uint32_t> tx_begin;        ///< [tx_count] offset of the first byte of the transaction
  Column<std::uint32_t> tx_size;         ///< [tx_count] bytes, witness included
  Column<std::uint32_t> input_begin;     ///< [tx_count + 1]
  Column<std::uint32_t> output_begin;    ///< [tx_count + 1]
  Column<std::uint32_t> prevout_offset;  ///< [input_count] where 32 bytes txid + 4 bytes index stand
  Column<std::uint64_t> output_value;    ///< [output_count]
  Column<std::uint32_t> script_begin;    ///< [output_count] offset of the script field as serialised
  Column<std::uint32_t> script_size;     ///< [output_count] bytes

  [[nodiscard]] std::size_t tx_count() const noexcept { return txid.size(); }
  [[nodiscard]] std::size_t input_count() const noexcept { return prevout_offset.size(); }
  [[nodiscard]] std::size_t output_count() const noexcept { return output_value.size(); }

  /// Room for any batch within the bounds.
  void reserve(const BatchBounds& bounds) {
    block_tx_begin.reserve_address_space(bounds.blocks + 1);
    txid.reserve_address_space(bounds.txs());
    tx_begin.reserve_address_space(bounds.txs());
    tx_size.reserve_address_space(bounds.txs());
    input_begin.reserve_address_space(bounds.txs() + 1);
    output_begin.reserve_address_space(bounds.txs() + 1);
    prevout_offset.reserve_address_space(bounds.inputs());
    output_value.reserve_address_space(bounds.outputs());
    script_begin.reserve_address_space(bounds.outputs());
    script_size.reserve_address_space(bounds.outputs());
  }

  void clear() noexcept {
    block_tx_begin.clear(), txid.clear(), tx_begin.clear(), tx_size.clear(), input_begin.clear();
    output_begin.clear(), prevout_offset.clear(), output_value.clear(), script_begin.clear(), script_size.clear();
  }
};

}  // namespace sluice::parse
