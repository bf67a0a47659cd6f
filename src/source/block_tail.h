// The end of the block files, read on as the node appends to them: for a server, whose index knows every block before.
//
// Only records that came since are kept, and of those the last few thousand, so that following a long chain takes no
// memory for its length. A block that was written earlier than the place where the tail begins (blocks come out of
// order while a node downloads) is found by beginning anew at the start of the files.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"
#include "source/block_map.h"
#include "source/block_reader.h"

namespace sluice::source {

/// Consecutive blocks of one chain, with their files.
struct Branch {
  std::uint32_t first_height = 0;
  std::vector<ScannedBlock> blocks;  ///< by height from first_height on
};

class BlockTail {
 public:
  /// Records kept when nobody needs them any more.
  static constexpr std::size_t records_kept = 4096;

  /// begin: [file] where the first record to read starts; files beyond are read from their start. Lifetime: the reader
  /// outlives the tail.
  BlockTail(const chain::Network& network, BlockReader& reader, std::vector<std::uint64_t> begin);

  /// Takes in what was appended since; the number of records. Errors: as rescan(); nothing is then taken in.
  [[nodiscard]] Result<std::uint32_t> read_on();

  /// Is the block at this height of the index?
  using IsIndexed = std::function<Result<bool>(std::uint32_t height, const BlockHash& hash)>;
  /// The blocks that lead from the index to `tip` (height and hash); none if it is indexed itself. nullopt: a block on
  /// the way is not among the records. Errors: is_indexed's; corrupt, if the way ends below the genesis block.
  [[nodiscard]] Result<std::optional<Branch>> branch_to(std::uint32_t height, const BlockHash& tip,
                                                        const IsIndexed& is_indexed) const;
  /// Drops all but the latest records_kept records.
  void forget_old();

  [[nodiscard]] const BlockFiles& files() const noexcept { return files_; }

 private:
  const chain::Network& network_;
  BlockReader& reader_;
  BlockFiles files_;
  std::vector<std::uint64_t> data_end_;
  std::vector<ScannedBlock> records_;
  std::unordered_map<BlockHash, std::uint32_t, Hash32Hasher> by_hash_;  ///< positions in records_
};

}  // namespace sluice::source
