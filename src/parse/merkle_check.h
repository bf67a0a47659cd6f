// Merkle roots of all blocks of a batch, verified together.
#pragma once

#include <cstdint>

#include "parse/parse_blocks.h"
#include "parse/tx_batch.h"
#include "source/format/raw_batch.h"

namespace sluice::parse {

/// Compares the merkle root of each block's txids with its header; blocks without transactions in
/// the batch (genesis) are passed over.
/// Errors: merkle_mismatch, merkle_repeated; bad_block is then the block's index in the batch.
/// Cost:   one hash per transaction. Small blocks share each call of the hash kernel, which a tree
///         at a time could not fill; this is why it is not chain's one-tree function.
ParseErrc check_merkle_roots(const source::RawBatch& source, const TxBatch& batch, ParseScratch& scratch,
                             std::uint32_t& bad_block) noexcept;

}  // namespace sluice::parse
