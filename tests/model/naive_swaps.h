// The swap index as one would write it from the RSWP reference with all the time and memory in the world: every book
// an ordered map, every question a walk through one.
//
// Two tellings of the same chain stand side by side. `node()` has the rows of a node that indexed the chain in one
// pass, written as the reference tells its code (§4, §5), quirks and all. The others follow our own rules: an
// advertisement for an outpoint that is spent already is dead, one that is overwritten with another wanted token is
// superseded, and neither is an open order. check() says whether the two agree.
//
// It shares no code with the product. Bytes are strings as they stand in the block; an outpoint is 36 of them.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "naive_index.h"

namespace sluice::model {

struct NaiveOrderId {
  std::string token, txid;
  std::uint32_t index = 0;

  [[nodiscard]] std::string outpoint() const;
  friend auto operator<=>(const NaiveOrderId&, const NaiveOrderId&) = default;
};

struct NaiveOrder {
  NaiveOrderId id;
  std::string want;  ///< 32 zeros: none
  int version = 0, flags = 0, offered_type = 0, terms_type = 0;
  std::string price_terms, signature;
  NaiveIndex::TxNumber ad_tx = 0;  ///< tx number of the advertisement; its output is ad_output
  std::uint32_t ad_output = 0, ad_height = 0;
  std::optional<NaiveIndex::TxNumber> spent_by;  ///< tx number; history only
  std::uint32_t spent_height = 0;                ///< history only

  /// As the node shows it.
  [[nodiscard]] std::uint32_t block_height() const { return spent_by ? spent_height : ad_height; }
  friend bool operator==(const NaiveOrder&, const NaiveOrder&) = default;
};

enum class NaiveSide { offered, wanted };
enum class NaiveStanding { open, dead, superseded, history };
struct NaiveListed {
  NaiveOrder order;
  NaiveStanding standing = NaiveStanding::open;
  friend bool operator==(const NaiveListed&, const NaiveListed&) = default;
};
struct NaiveCounts {
  std::uint64_t open = 0, dead = 0, superseded = 0, history = 0;
  friend bool operator==(const NaiveCounts&, const NaiveCounts&) = default;
};

/// What unconfirmed transactions spend and create, as outpoints.
struct NaivePool {
  std::set<std::string> spent, created;
  void add(const NaiveTx& tx);
};

/// The parameters of the node's listings.
struct NaivePage {
  std::uint64_t limit = 100, offset = 0;
  std::optional<std::uint64_t> max_age;
};

struct NaiveSwapRules {
  bool op_number_index = false;          ///< OP_1..OP_16 as index: 0 as the node, or the number
  std::uint32_t history_blocks = 10000;  ///< 0: for ever
};

class NaiveSwaps {
 public:
  using Rows = std::map<NaiveOrderId, NaiveOrder>;
  using WantRows = std::map<std::string, Rows>;  ///< by wanted token

  explicit NaiveSwaps(NaiveSwapRules rules = {}) : rules_(rules) {}
  /// The next block of the active chain, the genesis block first. A reorganisation: begin anew, or keep copies.
  void add_block(const std::string& block);

  /// Our own rules. History is what is kept at this tip; the wanted side of 32 zeros has the orders that want nothing.
  [[nodiscard]] std::vector<NaiveListed> open(NaiveSide side, const std::string& token, bool as_node) const;
  [[nodiscard]] std::vector<NaiveListed> history(NaiveSide side, const std::string& token) const;
  [[nodiscard]] NaiveCounts counts(NaiveSide side, const std::string& token) const;
  [[nodiscard]] NaiveCounts totals() const;
  [[nodiscard]] std::vector<NaiveListed> offered(const std::string& outpoint) const;
  [[nodiscard]] std::optional<NaiveListed> find(const NaiveOrderId& id) const;
  /// All tokens that were ever offered or wanted, well formed.
  [[nodiscard]] const std::set<std::string>& tokens() const { return tokens_; }
  [[nodiscard]] const std::set<NaiveOrderId>& ids() const { return ids_; }

  /// The node's calls, by its own rules (as_node) or by ours: filtered before paging, age 0 is shown, and what is
  /// spent in the mempool follows the stored history.
  [[nodiscard]] std::vector<NaiveOrder> open_page(NaiveSide side, const std::string& token, const NaivePage& page,
                                                  const NaivePool& pool, bool as_node) const;
  [[nodiscard]] std::vector<NaiveOrder> history_page(NaiveSide side, const std::string& token, const NaivePage& page,
                                                     const NaivePool& pool, bool as_node) const;
  /// {open, history} as the node counts them: nobody looks at coins.
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> node_counts(NaiveSide side, const std::string& token) const;

  /// What is wrong between the two tellings; empty: nothing.
  [[nodiscard]] std::string check() const;
  [[nodiscard]] std::uint32_t tip() const { return block_count_ - 1; }
  [[nodiscard]] std::uint32_t history_blocks() const { return rules_.history_blocks; }
  [[nodiscard]] NaiveIndex::TxNumber tx_count() const { return tx_count_; }
  /// Of the block that a transaction is in. Bounds: it is in one.
  [[nodiscard]] std::uint32_t height_of(NaiveIndex::TxNumber number) const;
  /// Tx number of the transaction that created an outpoint, data outputs too.
  [[nodiscard]] std::optional<NaiveIndex::TxNumber> creator(const std::string& outpoint) const;
  /// Is an output that was created one that no index keeps?
  [[nodiscard]] bool is_data(const std::string& outpoint) const { return data_.contains(outpoint); }
  [[nodiscard]] bool is_spent(const std::string& outpoint) const { return spent_.contains(outpoint); }

 private:
  struct Books {
    Rows open, history;            // o, h
    WantRows open_by, history_by;  // p, q
  };
  void node_spend(const std::set<std::string>& spent, const std::map<std::string, NaiveIndex::TxNumber>& by);
  void node_advertise(const NaiveOrder& order);
  void advertise(const NaiveOrder& order);
  [[nodiscard]] bool is_kept(const NaiveOrder& order) const;
  [[nodiscard]] bool has_coin(const std::string& outpoint, const NaivePool& pool) const;

  NaiveSwapRules rules_;
  std::uint32_t block_count_ = 0;
  NaiveIndex::TxNumber tx_count_ = 0;
  std::vector<NaiveIndex::TxNumber> block_end_tx_;       // [height]
  std::map<std::string, NaiveIndex::TxNumber> creator_;  // of outpoints
  std::set<std::string> data_;                           // outpoints whose script begins with 6a or 00 6a
  std::set<std::string> unspent_, spent_;                // outpoints; unspent: what the node has as coins, 6a... too
  Books node_;
  Rows open_, dead_, history_;
  std::map<std::pair<std::string, NaiveOrderId>, NaiveOrder> superseded_;  // by the token that is no longer wanted
  std::set<std::string> tokens_;
  std::set<NaiveOrderId> ids_;
};

}  // namespace sluice::model
