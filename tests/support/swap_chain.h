// A chain of nothing but swaps, made at random, and what its orders are by the letter of the RSWP reference (sections 4
// and 5, with its decisions on dead orders): all blocks are gone through from the first one, and nothing is kept.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "swap/order_changes.h"

namespace sluice::test {

struct SwapAd {
  swap::OrderId id;
  swap::TokenId want{};
  std::uint64_t tx_number = 0;
  std::string terms;
};
struct SwapSpend {
  Outpoint outpoint;
  std::uint64_t tx_number = 0;
};
struct SwapBlock {
  std::vector<Outpoint> created;  ///< by the block's first transaction
  std::vector<SwapSpend> spends;
  std::vector<SwapAd> ads;
};

inline constexpr std::uint64_t swap_txs_per_block = 1000;
inline std::uint32_t swap_height_of(std::uint64_t tx_number) {
  return static_cast<std::uint32_t>(tx_number / swap_txs_per_block);
}

/// Few outpoints, tokens and wanted tokens, so that everything happens to some of them.
class SwapChain {
 public:
  struct Shape {
    unsigned outpoints = 8;  ///< that may be created, in all
    unsigned tokens = 2;
    unsigned wants = 3;  ///< and none
    unsigned ads_per_block_max = 3;
    unsigned spends_per_block_max = 2;
    double empty_blocks = 0.3;
  };

  std::vector<SwapBlock> blocks;

  void add_random_block(Random& random, const Shape& shape) {
    const std::uint64_t first_tx = blocks.size() * swap_txs_per_block;
    SwapBlock& block = blocks.emplace_back();
    if (random.chance(shape.empty_blocks)) return;
    std::set<Outpoint> unspent, known;
    for (const SwapBlock& each : blocks) {
      unspent.insert(each.created.begin(), each.created.end());
      for (const SwapSpend& spend : each.spends) unspent.erase(spend.outpoint);
    }
    for (const SwapBlock& each : blocks) known.insert(each.created.begin(), each.created.end());
    for (unsigned number = 0; number < shape.outpoints; ++number) {
      if (known.contains(outpoint(number)) || !random.chance(0.3)) continue;
      block.created.push_back(outpoint(number));
      unspent.insert(outpoint(number));
    }
    for (auto left = random.below(shape.spends_per_block_max + 1); left > 0 && !unspent.empty(); --left) {
      const auto spent = std::next(unspent.begin(), static_cast<std::ptrdiff_t>(random.below(unspent.size())));
      block.spends.push_back({*spent, first_tx + 1 + block.spends.size()});
      unspent.erase(spent);
    }
    for (auto left = random.below(shape.ads_per_block_max + 1); left > 0; --left) {
      SwapAd ad;
      ad.id = {token(1 + static_cast<unsigned>(random.below(shape.tokens))),
               outpoint(static_cast<unsigned>(random.below(shape.outpoints)))};
      ad.want = token(static_cast<unsigned>(random.below(shape.wants + 1)));
      ad.tx_number = first_tx + 500 + block.ads.size();
      ad.terms = std::string(random.below(20), static_cast<char>('a' + random.below(26)));
      block.ads.push_back(ad);
    }
  }

  static swap::TokenId token(unsigned number) {
    swap::TokenId token{};
    token.front() = static_cast<std::byte>(number);
    return token;
  }
  /// Two outputs a transaction; the first bytes are the same for all.
  static Outpoint outpoint(unsigned number) {
    Outpoint outpoint;
    outpoint.txid.bytes.fill(std::byte{0xc3});
    outpoint.txid.bytes.back() = static_cast<std::byte>(number / 2);
    outpoint.index = number % 2;
    return outpoint;
  }
  static swap::Order order(const SwapAd& ad) {
    swap::Order order;
    order.id = ad.id;
    order.want = ad.want;
    order.version = 2;
    order.ad = {ad.tx_number, 1};
    order.price_terms = std::as_bytes(std::span(ad.terms));
    return order;
  }

  /// At the tip of the first `count` blocks.
  [[nodiscard]] swap::CoinFound coin(const Outpoint& outpoint, std::size_t count) const {
    swap::CoinFound found;
    for (std::size_t height = 0; height < count; ++height) {
      for (const Outpoint& created : blocks[height].created)
        if (created == outpoint) found = {swap::CoinStanding::unspent, height * swap_txs_per_block};
      for (const SwapSpend& spend : blocks[height].spends)
        if (spend.outpoint == outpoint) found.standing = swap::CoinStanding::spent;
    }
    return found;
  }
  [[nodiscard]] Status settle(swap::OrderChanges& changes) const {
    const std::size_t count = changes.state().block_count;
    return changes.settle(
        [this, count](const Outpoint& outpoint) -> Result<swap::CoinFound> { return coin(outpoint, count); },
        swap_height_of);
  }
  [[nodiscard]] Status add_block_to(swap::OrderChanges& changes) const {
    const std::uint32_t height = changes.state().block_count;
    const SwapBlock& block = blocks[height];
    changes.begin_block(height, height * swap_txs_per_block);
    for (const SwapSpend& spend : block.spends)
      if (Status status = changes.spend(spend.outpoint, spend.tx_number); !status) return status;
    for (const SwapAd& ad : block.ads)
      if (Status status = changes.advertise(order(ad)); !status) return status;
    return changes.end_block();
  }
};

/// An order of the model, comparable: standing is a swap::RowType.
struct ModelOrder {
  swap::RowType standing;
  SwapAd ad;
  std::uint64_t spent_by = 0;
  bool is_backed = false;

  [[nodiscard]] auto tied() const {
    return std::tie(standing, ad.id, ad.want, ad.tx_number, ad.terms, spent_by, is_backed);
  }
  friend bool operator<(const ModelOrder& a, const ModelOrder& b) { return a.tied() < b.tied(); }
  friend bool operator==(const ModelOrder& a, const ModelOrder& b) { return a.tied() == b.tied(); }
};

inline std::set<ModelOrder> model_orders(const SwapChain& chain, std::size_t count, std::uint32_t history_blocks) {
  using swap::RowType;
  using ByWant = std::pair<swap::TokenId, swap::OrderId>;
  struct Closed {
    SwapAd ad;
    std::uint64_t spent_by;
  };
  std::map<swap::OrderId, SwapAd> open;     // the node's rows "o"
  std::map<ByWant, SwapAd> open_by_want;    // "p"
  std::map<swap::OrderId, Closed> history;  // "h"
  std::map<Outpoint, std::uint32_t> created, spent;
  for (std::uint32_t height = 0; height < count; ++height) {
    const SwapBlock& block = chain.blocks[height];
    for (const Outpoint& outpoint : block.created) created[outpoint] = height;
    for (const SwapSpend& spend : block.spends) {
      spent[spend.outpoint] = height;
      std::vector<SwapAd> closed;
      for (const auto& [id, ad] : open)
        if (id.offered == spend.outpoint) closed.push_back(ad);
      for (const SwapAd& ad : closed) {
        open.erase(ad.id);
        open_by_want.erase({ad.want, ad.id});
        history.insert_or_assign(ad.id, Closed{ad, spend.tx_number});
      }
    }
    for (const SwapAd& ad : block.ads) {
      open.insert_or_assign(ad.id, ad);
      if (ad.want != swap::TokenId{}) open_by_want.insert_or_assign({ad.want, ad.id}, ad);
    }
    std::erase_if(history, [&](const auto& item) {
      return history_blocks != 0 && swap_height_of(item.second.spent_by) + history_blocks < height;
    });
  }
  std::set<ModelOrder> orders;
  for (const auto& [id, ad] : open) {
    const auto spent_at = spent.find(id.offered);
    const auto created_at = created.find(id.offered);
    const bool is_dead = spent_at != spent.end();  // what was spent later is in the history
    const bool is_backed =
        !is_dead && created_at != created.end() && created_at->second <= swap_height_of(ad.tx_number);
    orders.insert({is_dead ? RowType::dead : RowType::open, ad, 0, is_backed});
  }
  for (const auto& [key, ad] : open_by_want) {
    const auto current = open.find(key.second);
    if (current == open.end() || current->second.want != key.first) orders.insert({RowType::superseded, ad});
  }
  for (const auto& [id, closed] : history) orders.insert({RowType::history, closed.ad, closed.spent_by});
  return orders;
}

}  // namespace sluice::test
