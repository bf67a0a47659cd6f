// What the fuzz targets share: an input cut into a selector byte and bytes of exactly their size (no
// padding behind them, so that reading one too many is seen), and checks that stop the fuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "chain/coin.h"
#include "classify/script_batch.h"
#include "parse/tx_batch.h"
#include "source/format/raw_batch.h"

namespace sluice::fuzz {

struct FuzzInput {
  std::uint8_t selector = 0;
  std::unique_ptr<std::byte[]> owned;
  Bytes bytes;

  [[nodiscard]] chain::Coin coin() const noexcept { return static_cast<chain::Coin>(selector % 3); }
  [[nodiscard]] bool flag(unsigned bit) const noexcept { return (selector >> bit & 1U) != 0; }
};

inline FuzzInput split_input(const std::uint8_t* data, std::size_t size) {
  FuzzInput input;
  if (size == 0) return input;
  input.selector = data[0];
  input.owned = std::make_unique<std::byte[]>(size - 1);
  if (size > 1) std::memcpy(input.owned.get(), data + 1, size - 1);
  input.bytes = {input.owned.get(), size - 1};
  return input;
}

/// All columns have their lengths, all offsets lie in raw, all ranges ascend.
inline void check_columns(Bytes raw, const parse::TxBatch& batch) {
  const std::size_t tx_count = batch.tx_count();
  SLUICE_CHECK(batch.tx_begin.size() == tx_count && batch.tx_size.size() == tx_count);
  SLUICE_CHECK(batch.input_begin.size() == tx_count + 1 && batch.output_begin.size() == tx_count + 1);
  SLUICE_CHECK(batch.input_begin[tx_count] == batch.input_count());
  SLUICE_CHECK(batch.output_begin[tx_count] == batch.output_count());
  SLUICE_CHECK(batch.script_begin.size() == batch.output_count() && batch.script_size.size() == batch.output_count());
  for (std::size_t tx = 0; tx < tx_count; ++tx) {
    SLUICE_CHECK(batch.input_begin[tx] <= batch.input_begin[tx + 1]);
    SLUICE_CHECK(batch.output_begin[tx] < batch.output_begin[tx + 1]);
    const std::uint64_t tx_end = std::uint64_t{batch.tx_begin[tx]} + batch.tx_size[tx];
    SLUICE_CHECK(tx_end <= raw.size());
    for (std::uint32_t i = batch.input_begin[tx]; i < batch.input_begin[tx + 1]; ++i) {
      SLUICE_CHECK(batch.prevout_offset[i] > batch.tx_begin[tx] && batch.prevout_offset[i] + 36U < tx_end);
    }
    for (std::uint32_t i = batch.output_begin[tx]; i < batch.output_begin[tx + 1]; ++i) {
      SLUICE_CHECK(batch.output_value[i] >> 63 == 0);
      SLUICE_CHECK(batch.script_begin[i] > batch.tx_begin[tx]);
      SLUICE_CHECK(std::uint64_t{batch.script_begin[i]} + batch.script_size[i] < tx_end);
    }
  }
}

}  // namespace sluice::fuzz
