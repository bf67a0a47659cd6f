// Txids of a run of transactions, hashed together.
#pragma once

#include <cstddef>

#include "base/bytes.h"
#include "chain/coin.h"
#include "parse/parse_blocks.h"
#include "parse/tx_batch.h"

namespace sluice::parse {

/// Computes txid[first_tx .. until_tx) of batch.
/// Shape:  scratch.witness_begin[i] belongs to transaction first_tx + i.
/// Errors: bad_script, and bad_tx then names the transaction. (The only way to fail: everything
///         else about these bytes has been checked.)
/// Cost:   plain transactions are hashed where they stand; only segwit ones are copied.
ParseErrc compute_txids(Bytes raw, chain::Coin coin, std::size_t first_tx, std::size_t until_tx, TxBatch& batch,
                        ParseScratch& scratch, std::size_t& bad_tx) noexcept;

}  // namespace sluice::parse
