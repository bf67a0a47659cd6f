// Transactions of the index, read back from the block files by number.
#pragma once

#include <vector>

#include "chain/coin.h"
#include "parse/parse_blocks.h"
#include "source/range_reader.h"
#include "store/database.h"

namespace sluice::store {

/// One transaction, parsed; its outputs' scripts point into raw.
struct StoredTx {
  std::vector<std::byte> raw;
  parse::TxBatch batch;

  [[nodiscard]] Bytes script(std::uint32_t output) const noexcept {
    return Bytes(raw).subspan(batch.script_begin[output], batch.script_size[output]);
  }
};

/// Bytes of a transaction of `block`. last: it is the last one of the block.
/// Errors: io, corrupt (places that contradict each other, a block file cut off).
[[nodiscard]] Result<std::vector<std::byte>> read_raw_tx(const FlatFiles& flat, source::RangeReader& block_files,
                                                         const BlockPlace& block, bool last, std::uint64_t tx_number);

/// Errors: raw's; corrupt, if the block file no longer holds this transaction.
[[nodiscard]] Result<StoredTx> parse_stored_tx(Result<std::vector<std::byte>> raw, chain::Coin coin);

}  // namespace sluice::store
