// An offer as the classify stage found it, as an order of its own memory.
#pragma once

#include <vector>

#include "classify/script_batch.h"
#include "swap/order.h"

namespace sluice::swap {

/// An order whose terms and signature live as long as this does. Moves, and the views stay good; does not copy.
class Advertisement {
 public:
  /// Bounds: offer came from classify::parse_swap over the same raw bytes.
  Advertisement(Bytes raw, const classify::SwapOffer& offer, AdPlace place);
  Advertisement(Advertisement&&) noexcept = default;
  Advertisement& operator=(Advertisement&&) noexcept = default;

  [[nodiscard]] const Order& order() const noexcept { return order_; }

 private:
  std::vector<std::byte> memory_;  // price terms, then the signature
  Order order_;
};

}  // namespace sluice::swap
