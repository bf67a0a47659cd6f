// What happened to an order, for counters and for who wants to be told.
#pragma once

#include <cstddef>
#include <cstdint>

#include "swap/order.h"

namespace sluice::swap {

enum class ChangeKind : std::uint8_t { opened, replaced, closed, died, reopened, withdrawn, pruned };
inline constexpr std::size_t change_kind_count = 7;
struct OrderChange {
  ChangeKind kind = ChangeKind::opened;
  OrderId id;
  TokenId want{};

  friend bool operator==(const OrderChange&, const OrderChange&) = default;
};

}  // namespace sluice::swap
