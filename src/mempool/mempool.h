// The unconfirmed transactions: one writer, and snapshots for everybody else.
//
//   add ----> waiting room (inputs unknown) ----> pool ----> publish() -> snapshot
//                     ^                            |
//                     +---- unconfirm, remove -----+----> left out (over budget), confirmed, evicted
//
// The writer follows the node: what it says is in its mempool is right, so a newcomer that spends what another spends
// replaces it. Order does not matter within a batch nor between batches: children wait for their parents.
//
// Invariants
// - Every input of a transaction in the pool is an output of another one in the pool, or was one of the chain.
// - No output is spent twice within the pool; nobody spends an output of a transaction that was evicted.
// - A script's delta is the sum over its transactions; the histogram is the sum over all.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "mempool/fee_histogram.h"
#include "mempool/pool_maps.h"
#include "mempool/txid_index.h"
#include "mempool/waiting.h"
#include "serve/mempool_view.h"

namespace sluice::mempool {

struct MempoolOptions {
  PoolRules rules;
  /// Memory for transactions in the pool, as Mempool::footprint_bytes() counts it; 0: no limit. Beyond it those of the
  /// lowest fee rates are left out, with all that spends their outputs.
  std::size_t budget_bytes = 0;
  std::size_t waiting_bytes_max = std::size_t{16} << 20;
  /// May a swap order of the chain offer this output? Asked once for each input that comes into the pool; a yes too
  /// many costs a little memory. Empty: none does.
  std::function<bool(const Outpoint&)> may_be_offered{};
};

struct MempoolCounters {
  std::uint64_t added = 0;
  std::uint64_t refused = 0;     ///< malformed, or impossible: see last_refusal()
  std::uint64_t duplicates = 0;  ///< given again
  std::uint64_t confirmed = 0;
  std::uint64_t removed = 0;    ///< because the node has them no more
  std::uint64_t replaced = 0;   ///< by one that spends the same output
  std::uint64_t conflicts = 0;  ///< with a block
  std::uint64_t left_out = 0;   ///< for the budget
  std::uint64_t forgotten = 0;  ///< dropped from the waiting room
};

/// The chain's outputs, as far as nobody has spent them there.
class ConfirmedOutputs {
 public:
  virtual ~ConfirmedOutputs() = default;
  /// Shape:  outpoints sorted, each once; found[i] belongs to outpoints[i], and stays empty if the chain has none.
  virtual Status find(std::span<const Outpoint> outpoints, std::span<std::optional<Output>> found) = 0;
};

class Mempool {
 public:
  explicit Mempool(const MempoolOptions& options);

  /// Takes raw transactions in any order; parents may come later.
  /// Errors: the resolver's; nothing has changed then. Bad transactions are refused and counted, the others taken.
  /// Cost:   each is parsed once, wherever it waits.
  Status add(std::vector<std::vector<std::byte>> raws, ConfirmedOutputs& confirmed);

  /// The node has these no more. What spends their outputs and is not named waits for what comes next: a block that
  /// confirms the parent, or its own removal.
  void remove(std::span<const Txid> txids);
  /// A block was connected: its transactions leave the pool; whoever else spends what it spent is evicted with all
  /// that spends their outputs. The next add() tries all who wait, so follow with one, be it empty.
  void confirm(std::span<const Txid> block_txids, std::span<const Outpoint> spent);
  /// Blocks were disconnected: who spends their outputs waits until the node gives the parents back. An add() follows
  /// as after confirm().
  void unconfirm(std::span<const Txid> block_txids);

  /// What is to be fetched and what to be removed so that the pool is the node's.
  struct Difference {
    std::vector<Txid> fetch;
    std::vector<Txid> gone;
  };
  /// Cost: some 50 ns per txid.
  [[nodiscard]] Difference difference(std::span<const Txid> node_txids);
  /// In the pool, waiting, or left out?
  [[nodiscard]] bool knows(const Txid& txid) const;

  /// The pool as it is now; the same view again if nothing has changed.
  [[nodiscard]] std::shared_ptr<const serve::MempoolView> publish();
  /// Scripts whose history, balance or heights have changed since the last call; sorted, each once.
  [[nodiscard]] std::vector<ScriptHash> take_touched();

  [[nodiscard]] const MempoolCounters& counters() const noexcept { return counters_; }
  /// Why a transaction was refused last; empty if none was.
  [[nodiscard]] const std::string& last_refusal() const noexcept { return last_refusal_; }
  [[nodiscard]] std::size_t tx_count() const noexcept { return maps_.txs.size(); }
  /// What the budget is compared with.
  [[nodiscard]] std::size_t footprint_bytes() const noexcept;
  [[nodiscard]] std::size_t waiting_count() const noexcept { return waiting_.count(); }
  [[nodiscard]] std::size_t left_out_count() const noexcept { return left_out_.size(); }

  /// Calls visit(raw) with every transaction of the pool, parents before children.
  void for_each_in_order(const std::function<void(Bytes)>& visit) const;

 private:
  /// A newcomer on its way into the pool.
  struct Draft {
    Shared<PoolTx> tx;
    std::uint32_t parents_ahead = 0;  ///< inputs whose prevout's transaction is another draft not in the pool yet
  };
  using Drafts = std::unordered_map<Txid, Draft, Hash32Hasher>;
  struct Plan;
  using TxidSet = std::unordered_set<Txid, Hash32Hasher>;

  void parse_new(std::vector<std::vector<std::byte>> raws, Drafts& drafts);
  void call_waiting(Drafts& drafts) const;
  void settle_drafts(Drafts& drafts, const Plan& plan);
  enum class Settled : std::uint8_t { in_pool, waits, refused };
  Settled settle(const Shared<PoolTx>& tx, const Plan& plan, Txid& missing);
  void insert(const TxRef& tx);
  void detach(const TxRef& tx);
  void evict(const Txid& txid, std::uint64_t& counter);
  void suspend(std::span<const TxRef> first, bool keep_first, TxidSet missing);
  void wait_for(const Shared<PoolTx>& tx, const Txid& missing);
  void leave_out(const Txid& txid, const Txid& cause);
  void reopen();
  void refuse(const Txid* txid, std::string_view why);
  void fit_budget();
  [[nodiscard]] std::vector<TxRef> with_descendants(std::span<const TxRef> first) const;
  void add_to_script(const TxRef& tx, const ScriptHash& scripthash, std::int64_t delta);
  void take_from_script(const TxRef& tx, const ScriptHash& scripthash, std::int64_t delta);
  void count_unconfirmed_input(const PoolTx& child, bool more);

  MempoolOptions options_;
  PoolMaps maps_;
  TxidIndex txids_;  ///< of maps_.txs
  FeeHistogram histogram_;
  WaitingRoom waiting_;
  bool try_all_waiting_ = false;
  std::unordered_map<Txid, Txid, Hash32Hasher> left_out_;  ///< and the one of low rate for which it was left out
  std::size_t reopen_below_bytes_ = 0;
  std::size_t txs_footprint_bytes_ = 0;
  std::vector<ScriptHash> touched_;
  MempoolCounters counters_;
  std::string last_refusal_;
  std::uint64_t version_ = 0;
  bool changed_ = true;  ///< since the last publish
  std::shared_ptr<const serve::MempoolView> published_;
  parse::TxBatch batch_;
  parse::ParseScratch scratch_;
};

}  // namespace sluice::mempool
