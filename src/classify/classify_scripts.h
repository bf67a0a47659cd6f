// Output scripts to script hashes, kinds, refs and swap offers: the classify stage's core.
//
// Shapes that are told by size and a few bytes (templates.h) come first and are most of any chain.
// On Radiant the rest is scanned once; only a script whose hashed form differs from its bytes is
// copied. Hashes are computed some hundreds at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/column.h"
#include "chain/coin.h"
#include "classify/script_batch.h"
#include "classify/walk.h"
#include "hash/sha256.h"
#include "parse/tx_batch.h"
#include "source/format/raw_batch.h"

namespace sluice::classify {

struct ClassifyOptions {
  chain::Coin coin = chain::Coin::radiant;
  bool parity = false;           ///< the peers' push-length quirk (scripthash.h)
  bool op_number_index = false;  ///< swap index field: see rswp.h
};

/// Working memory, reused from batch to batch. Its contents mean nothing between calls.
struct ClassifyScratch {
  Column<hash::Message> messages;
  Column<std::uint32_t> outputs;  ///< whose script each message is
  Column<Digest> digests;
  Column<std::byte> rewritten;     ///< hashed forms that differ from the raw bytes
  Column<RefOperand> pushed_refs;  ///< of one script

  /// Room for any batch within the bounds.
  void reserve(const parse::BatchBounds& bounds);
};

/// Classifies all outputs of a batch.
/// Shape:  batch was parsed from source; target is overwritten, one entry per output.
///         An output that is not indexed yields no refs.
/// Errors: none: any bytes are a script.
/// Cost:   template scripts: hashing only. Others: one walk, two if rewritten. Allocates only
///         beyond what target and scratch have reserved. See benchmarks/micro/classify_bench.cpp.
void classify_scripts(const source::RawBatch& source, const parse::TxBatch& batch, const ClassifyOptions& options,
                      ScriptBatch& target, ClassifyScratch& scratch, ClassifyCounters& counters) noexcept;

}  // namespace sluice::classify
