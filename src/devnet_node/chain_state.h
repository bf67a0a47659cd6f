// The blocks that the node knows, which of them are the active chain, and what is unspent there.
//
// Blocks are added under any parent that is known, and connected or disconnected at the tip. Connecting adds all
// outputs of a block before it looks at any input, as the nodes do, so a child may precede its parent.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "chain/header.h"
#include "devnet_node/transaction.h"

namespace sluice::devnet_node {

struct Block {
  BlockHash hash;
  chain::Header header;
  std::uint32_t height = 0;
  chain::Uint256 chain_work;  ///< of this block and all before it
  const Block* parent = nullptr;
  std::vector<std::byte> raw;
  std::vector<Txid> txids;              ///< in block order
  std::vector<std::uint32_t> tx_begin;  ///< [txids + 1] offsets in raw

  [[nodiscard]] Bytes tx_bytes(std::size_t index) const noexcept {
    return Bytes(raw).subspan(tx_begin[index], tx_begin[index + 1] - tx_begin[index]);
  }
  [[nodiscard]] Bytes header_bytes() const noexcept { return Bytes(raw).first(chain::header_bytes); }
};

/// Where a transaction of the active chain stands.
struct TxPlace {
  const Block* block = nullptr;
  std::uint32_t index = 0;
};

/// An unspent output of the active chain.
struct Coin {
  std::uint64_t value = 0;
  std::uint32_t height = 0;
  bool is_coinbase = false;
};

class ChainState {
 public:
  /// Starts with the genesis block of the network alone.
  /// Errors: unsupported, a network whose genesis block is not known here; corrupt.
  [[nodiscard]] static Result<ChainState> start(const chain::Network& network, std::vector<std::byte> genesis);

  [[nodiscard]] const chain::Network& network() const noexcept { return *network_; }

  /// Takes a block under a known parent; the active chain does not change. A known block is returned as it is.
  /// Errors: corrupt (bytes, merkle root, proof of work); not_found, the parent is unknown.
  [[nodiscard]] Result<const Block*> add(std::vector<std::byte> raw);

  /// Makes the block the new tip.  Bounds: its parent is the tip.
  /// Errors: corrupt, an input spends what is not there; nothing has changed then.
  [[nodiscard]] Status connect(const Block& block);
  /// Makes the parent of the tip the new tip.  Bounds: the tip is not the genesis block.
  void disconnect();

  [[nodiscard]] const Block& tip() const noexcept { return *active_.back(); }
  [[nodiscard]] std::uint32_t height() const noexcept { return static_cast<std::uint32_t>(active_.size() - 1); }
  /// nullptr above the tip.
  [[nodiscard]] const Block* at(std::uint64_t height) const noexcept {
    return height < active_.size() ? active_[static_cast<std::size_t>(height)] : nullptr;
  }
  [[nodiscard]] bool is_active(const Block& block) const noexcept { return at(block.height) == &block; }
  /// nullptr if no such block is known.
  [[nodiscard]] const Block* find(const BlockHash& hash) const noexcept;
  /// Last blocks of all branches, highest first, the active one before others of its height.
  [[nodiscard]] std::vector<const Block*> tips() const;
  [[nodiscard]] std::size_t block_count() const noexcept { return blocks_.size(); }
  [[nodiscard]] std::uint64_t block_bytes() const noexcept { return block_bytes_; }

  /// A transaction of the active chain.
  [[nodiscard]] std::optional<TxPlace> find_tx(const Txid& txid) const noexcept;
  [[nodiscard]] Result<Transaction> read_tx(const TxPlace& place) const;
  /// An unspent output of the active chain.
  [[nodiscard]] const Coin* coin(const Outpoint& outpoint) const noexcept;
  [[nodiscard]] std::size_t coin_count() const noexcept { return coins_.size(); }

 private:
  explicit ChainState(const chain::Network& network) : network_(&network) {}
  [[nodiscard]] Coin restored(const Outpoint& outpoint) const;

  const chain::Network* network_;
  std::unordered_map<BlockHash, std::unique_ptr<Block>, Hash32Hasher> blocks_;
  std::vector<const Block*> active_;
  std::unordered_map<Outpoint, Coin, OutpointHasher> coins_;
  std::unordered_map<Txid, TxPlace, Hash32Hasher> places_;
  std::uint64_t block_bytes_ = 0;
};

}  // namespace sluice::devnet_node
