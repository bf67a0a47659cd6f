// Merkle nodes that outlive a request: of the header chain, and of a few big blocks. Also where a block hash is.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "chain/coin.h"
#include "serve/merkle_tree.h"
#include "serve/read_view.h"

namespace sluice::serve {

/// Proofs of headers against a checkpoint height, and heights by block hash.
///
/// The cache follows the chain: each segment remembers the hash of its last header, and a proof
/// first makes sure that the view still has that header, so a reorg drops what it replaced.
/// Cost: the first proof hashes all headers up to the checkpoint once; later ones about 128.
/// Memory: 4 bytes a header, and 64 a segment of 64.
/// Threads: safe from several; the lock is held for one proof, or one search.
class HeaderMerkleCache {
 public:
  explicit HeaderMerkleCache(chain::Coin coin) : coin_(coin) {}
  /// Bounds: height <= checkpoint_height <= view.tip_height(). Errors: the view's.
  [[nodiscard]] Result<MerkleProof> prove(const ReadView& view, std::uint32_t height, std::uint32_t checkpoint_height);
  /// nullopt if the chain has no such block. Errors: the view's.
  /// Cost: a scan of 4 bytes a header, by measurement 0.2 ms for a million.
  [[nodiscard]] Result<std::optional<std::uint32_t>> height_of(const ReadView& view, const BlockHash& hash);
  /// Hashes the chain in advance, so that no client waits for it. Errors: the view's.
  Status warm(const ReadView& view);

 private:
  [[nodiscard]] Result<std::vector<Digest>> leaves(const ReadView& view, std::uint64_t first,
                                                   std::uint64_t count) const;
  [[nodiscard]] Result<bool> still_there(const ReadView& view, std::uint64_t segment) const;
  Status follow(const ReadView& view, std::uint64_t count);
  [[nodiscard]] Result<std::optional<std::uint32_t>> height_in(const ReadView& view, const BlockHash& hash,
                                                               std::uint64_t first, std::uint64_t count) const;

  chain::Coin coin_;
  std::mutex mutex_;
  MerkleForest forest_;
  std::vector<Digest> segment_end_;         ///< hash of the last header of each segment
  std::vector<std::uint32_t> hash_prefix_;  ///< of the segments' headers, by height
};

/// Proofs of transactions. Small blocks are hashed each time; of big ones the complete nodes are
/// kept, some 4 bytes for each transaction, the least recently used forgotten.
class BlockMerkleCache {
 public:
  static constexpr std::uint32_t cached_from_tx_count = 2 * MerkleForest::segment_leaves;
  static constexpr std::size_t blocks_max = 1024;
  static constexpr std::uint64_t tx_total_max = 1'000'000;  ///< of all blocks together, but for the newest one

  /// Bounds: position < view.block_tx_count(height). Errors: the view's.
  [[nodiscard]] Result<MerkleProof> prove(const ReadView& view, std::uint32_t height, std::uint32_t position);

 private:
  struct Entry {
    std::uint32_t height = 0;
    std::uint32_t tx_count = 0;
    TxNumber first_tx = 0;
    Txid last_txid;  ///< tells a block from the one that replaced it
    MerkleForest forest;
  };
  [[nodiscard]] Result<const Entry*> entry_for(const ReadView& view, std::uint32_t height, std::uint32_t tx_count,
                                               TxNumber first_tx);

  std::mutex mutex_;
  void forget(std::list<Entry>::iterator entry);

  std::list<Entry> entries_;  ///< most recently used first
  std::unordered_map<std::uint32_t, std::list<Entry>::iterator> by_height_;
  std::uint64_t tx_total_ = 0;
};

struct MerkleCaches {
  explicit MerkleCaches(chain::Coin coin) : headers(coin) {}
  HeaderMerkleCache headers;
  BlockMerkleCache blocks;
};

}  // namespace sluice::serve
