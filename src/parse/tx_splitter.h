// Boundaries of one transaction: bytes to columns, no hashing.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "chain/coin.h"
#include "parse/parse_blocks.h"
#include "parse/tx_batch.h"

namespace sluice::parse {

/// What the first input must, may not, or may be.
enum class CoinbaseRule : std::uint8_t { required, forbidden, allowed };

class TxSplitter {
 public:
  TxSplitter(Bytes raw, chain::Coin coin, TxBatch& target) noexcept
      : raw_(raw), has_segwit_(coin == chain::Coin::bitcoin), target_(target) {}

  /// Reads the transaction at `at` into place `tx_index` of the tx columns (which exist already)
  /// and appends its inputs and outputs; `at` then stands behind it, or where it went wrong.
  /// input_begin and output_begin get the entry behind tx_index too.
  ParseErrc split(const std::byte*& at, const std::byte* end, CoinbaseRule rule, std::size_t tx_index) noexcept;

  /// Offset in raw of the witness of the transaction split last; 0 if it has none.
  [[nodiscard]] std::uint32_t witness_begin() const noexcept { return witness_begin_; }

 private:
  ParseErrc split_inputs(const std::byte*& at, const std::byte* end, CoinbaseRule rule) noexcept;
  ParseErrc split_outputs(const std::byte*& at, const std::byte* end) noexcept;
  ParseErrc skip_witness(const std::byte*& at, const std::byte* end) noexcept;
  [[nodiscard]] std::uint32_t offset_of(const std::byte* at) const noexcept {
    return static_cast<std::uint32_t>(at - raw_.data());
  }

  Bytes raw_;
  bool has_segwit_;
  TxBatch& target_;
  std::uint64_t input_count_ = 0;  ///< as serialised: a coinbase has one
  std::uint32_t witness_begin_ = 0;
};

}  // namespace sluice::parse
