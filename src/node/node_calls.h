// The node's calls that following, serving and broadcasting need, with checked, typed answers.
//
// Every value a node gives is looked at: a hash has 64 hex digits, a height is in range, a batch has the size that was
// asked for. What does not fit is an Error of kind corrupt that names the call. A call that the node refuses is
// not_found where the node says so (code -5, -8), unsupported for a method it lacks, else io, with the node's code and
// message in the text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash256.h"
#include "chain/coin.h"
#include "node/rpc_client.h"
#include "node/zmq_message.h"

namespace sluice::node {

/// getblockchaininfo.
struct ChainInfo {
  std::string chain;          ///< "main", "test4", "regtest", ...; compare with chain::Network::node_chain
  std::uint32_t blocks = 0;   ///< height of the tip
  std::uint32_t headers = 0;  ///< height of the best header
  BlockHash best_block;
  bool is_pruned = false;
  std::uint32_t prune_height = 0;  ///< lowest block kept; 0 unless pruned
  bool is_initial_download = false;
};

/// getnetworkinfo.
struct NetworkInfo {
  std::uint64_t version = 0;  ///< 1000000 * major + 10000 * minor + 100 * revision; 0 if the node gives no number
  std::string subversion;     ///< "/Radiant:2.0.0/"
  std::string relay_fee;      ///< coins per 1000 bytes, as the node wrote the number
};

/// getmempoolinfo. Fees are numbers as the node wrote them, in coins per 1000 bytes; empty where it gives none, as are
/// the last two.
struct MempoolInfo {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::string mempool_min_fee;
  std::string min_relay_fee;
  std::string incremental_relay_fee;
  std::string unbroadcast_count;  ///< a number
  std::string full_rbf;           ///< "true" or "false"
};

/// nullopt: the node has it no more.
using RawTransaction = std::optional<std::vector<std::byte>>;
/// What the node did with a transaction.
using Broadcast = std::variant<Txid, NodeError>;
/// The node's own JSON, or its error: for passing on.
using Passed = std::variant<std::string, NodeError>;

class NodeCalls {
 public:
  /// The client outlives this. Batches of raw transactions whose answer exceeds answer_bytes_max are asked for in
  /// parts; a list of txids that does is an Error of kind limit.
  NodeCalls(RpcClient& client, const chain::Network& network, std::size_t answer_bytes_max = std::size_t{256} << 20)
      : client_(client), network_(network), answer_bytes_max_(answer_bytes_max) {}

  // For following: retried until stopped.

  [[nodiscard]] Result<ChainInfo> chain_info();
  /// Errors: not_found beyond the tip.
  [[nodiscard]] Result<BlockHash> block_hash(std::uint32_t height);
  /// [count] hashes of the heights from first on; fewer where the chain ends.
  [[nodiscard]] Result<std::vector<BlockHash>> block_hashes(std::uint32_t first, std::uint32_t count);
  /// 80 bytes each, back to back, in the order asked. Each is checked to have its hash.
  /// Errors: not_found if the node lacks one of them.
  [[nodiscard]] Result<std::vector<std::byte>> headers(std::span<const BlockHash> hashes);
  /// A raw block; its header is checked to have the hash, its transactions are not looked at.
  /// Bounds: block_bytes_max.
  /// Errors: not_found; unsupported when the node has pruned it.
  [[nodiscard]] Result<std::vector<std::byte>> block_raw(const BlockHash& hash);
  /// Errors: unsupported if the node's genesis block or its name for its chain is not that of the network.
  [[nodiscard]] Status check_chain(const ChainInfo& info);
  /// Where the node publishes the topics that sluice hears; none for a node without ZMQ.
  [[nodiscard]] Result<std::vector<ZmqSource>> zmq_sources();
  [[nodiscard]] Result<std::vector<Txid>> mempool_txids();
  /// Raw transactions [txids.size()], nullopt for what the mempool no longer has. In batches of transactions_per_batch.
  /// They are not parsed: whether one has its txid is for the caller to see.
  [[nodiscard]] Result<std::vector<RawTransaction>> transactions(std::span<const Txid> txids);

  // For clients that wait: one attempt.

  /// The text goes to the node as it is. A transaction that is in the mempool already has its txid as answer.
  [[nodiscard]] Result<Broadcast> broadcast(std::string_view raw_hex);
  /// submitpackage, of Bitcoin nodes.
  [[nodiscard]] Result<Passed> broadcast_package(std::span<const std::string> raw_hex);
  /// testmempoolaccept. Radiant and Bitcoin Cash nodes take one transaction a call.
  [[nodiscard]] Result<Passed> test_accept(std::span<const std::string> raw_hex);
  /// getrawtransaction verbose, byte for byte.
  [[nodiscard]] Result<Passed> verbose_transaction(const Txid& txid);
  [[nodiscard]] Result<NetworkInfo> network_info();
  [[nodiscard]] Result<MempoolInfo> mempool_info();
  /// The fee as the node wrote it, in coins per 1000 bytes, for a transaction to confirm within that many blocks;
  /// "-1" if it has no estimate. `mode` goes to Bitcoin nodes only: "", "CONSERVATIVE", "ECONOMICAL".
  [[nodiscard]] Result<Passed> estimate_fee(std::uint32_t blocks, std::string_view mode = {});

  static constexpr std::size_t block_bytes_max = std::size_t{256} << 20;
  static constexpr std::size_t transactions_per_batch = 200;  ///< as ElectrumX asks
  static constexpr std::size_t headers_per_batch = 2000;

 private:
  Status fetch_transactions(std::span<const Txid> txids, std::span<RawTransaction> target);

  RpcClient& client_;
  const chain::Network& network_;
  const std::size_t answer_bytes_max_;
};

}  // namespace sluice::node
