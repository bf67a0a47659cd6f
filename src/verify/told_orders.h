// The life of every order, told anew from the blocks as the RSWP reference tells it: a block's spends close what is
// open, then its advertisements come. Shares nothing with swap/order_changes.
#pragma once

#include <array>
#include <map>
#include <span>
#include <vector>

#include "swap/order.h"
#include "verify/block_walk.h"

namespace sluice::verify {

/// What the blocks say of one order.
struct ToldOrder {
  swap::TokenId want{};
  swap::AdPlace ad;
  std::uint32_t spent_height = 0;
  std::uint64_t spent_by = 0;
  bool is_dead = false;
  Digest content;  ///< of all else that the advertisement says
};

/// version, flags, offered and terms type; price terms; signature.
[[nodiscard]] Digest content_of(std::array<std::uint8_t, 4> head, Bytes terms, Bytes signature);

/// Orders of one outpoint stand together.
struct OrderKey {
  Outpoint offered;
  swap::TokenId token{};
  friend auto operator<=>(const OrderKey&, const OrderKey&) = default;
};
struct SupersededKey {
  OrderKey order;
  swap::TokenId want{};
  friend auto operator<=>(const SupersededKey&, const SupersededKey&) = default;
};

/// Orders of some outpoints, block by block.
class ToldOrders {
 public:
  /// Bounds: offered is ascending and distinct, and outlives this.
  explicit ToldOrders(std::span<const Outpoint> offered) : offered_(offered), spent_(offered.size()) {}

  /// Blocks below `block_count`. Bounds: batches come in order, with scripts.
  void add_batch(const WalkBatch& batch, std::uint32_t block_count);

  std::map<OrderKey, ToldOrder> live;     ///< open and dead
  std::map<OrderKey, ToldOrder> history;  ///< of all heights
  std::map<SupersededKey, ToldOrder> superseded;

 private:
  /// offered_.size() if it is none of them.
  [[nodiscard]] std::size_t place_of(const Outpoint& outpoint) const;
  void spend(const Outpoint& outpoint, std::uint64_t spender, std::uint32_t height);
  void advertise(const WalkBatch& batch, const classify::SwapOffer& offer, swap::AdPlace ad);

  std::span<const Outpoint> offered_;
  std::vector<bool> spent_;
};

}  // namespace sluice::verify
