// The chain's blocks, read from the node's files in height order, parsed and (if asked) classified.
//
// The index says where its blocks stand. All those places are looked at first; if one is wrong, the
// block files are scanned for the chain anew, so that one damaged record of blocks.dat does not keep
// the rest from being checked.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "classify/script_batch.h"
#include "parse/tx_batch.h"
#include "source/block_map.h"
#include "source/block_reader.h"
#include "source/format/raw_batch.h"
#include "verify/context.h"

namespace sluice::verify {

/// Some blocks in a row.
struct WalkBatch {
  source::RawBatch raw;
  const parse::TxBatch& txs;
  const classify::ScriptBatch& scripts;  ///< empty unless asked for
  std::uint64_t first_tx = 0;            ///< tx number of the first transaction, counted in the files
};

class BlockWalk {
 public:
  /// Errors: io, not_found, as source::list_block_files; config for a bad SLUICE_IO.
  static Result<std::unique_ptr<BlockWalk>> open(Context& context);

  /// Compares each record of blocks.dat with what stands there. false if the chain's blocks cannot be
  /// found at all: that is among the findings then.
  [[nodiscard]] bool check_places();

  /// Reads all blocks of the index once. Bounds: check_places() returned true.
  /// Returns false if a block cannot be read or parsed: a finding; the batches before it were visited.
  using Visit = std::function<void(const WalkBatch&)>;
  [[nodiscard]] bool run(bool classify, const Visit& visit);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return map_.best_bytes; }

 private:
  explicit BlockWalk(Context& context) : context_(context) {}
  void map_by_index();
  [[nodiscard]] bool map_by_scan();

  Context& context_;
  std::unique_ptr<source::BlockReader> reader_;
  source::BlockMap map_;
};

/// The first look at the files: transaction ids and places of the index are those of the files.
void match_flat(Context& context, const WalkBatch& batch);

}  // namespace sluice::verify
