#include "verify/check_swaps.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "store/swap_rows.h"
#include "swap/order_rows.h"
#include "swap/rows_check.h"
#include "verify/told_orders.h"

namespace sluice::verify {
namespace {

using swap::Order;
using swap::OrderId;
using swap::RowType;
using swap::TokenId;

std::string token_text(const TokenId& token) {
  std::array<std::byte, 32> reversed{};
  std::reverse_copy(token.begin(), token.end(), reversed.begin());
  return to_hex(reversed);
}

/// The order rows of a share against what the blocks tell.
class OrderComparison {
 public:
  /// Bounds: `share` is a part of `offered`, which is ascending.
  OrderComparison(Context& context, const swap::SwapState& state, std::span<const Outpoint> offered,
                  std::span<const Outpoint> share, ToldOrders& told)
      : context_(context), state_(state), offered_(offered), share_(share), told_(told) {
    std::erase_if(told.history,
                  [&](const auto& order) { return order.second.spent_height < state.history_first_height; });
  }

  void run() {
    for (const RowType type : {RowType::open, RowType::dead, RowType::history, RowType::superseded}) match_rows(type);
    for (const auto& [key, order] : told_.live) missing(order.is_dead ? RowType::dead : RowType::open, key, order);
    for (const auto& [key, order] : told_.history) missing(RowType::history, key, order);
    for (const auto& [key, order] : told_.superseded) missing(RowType::superseded, key.order, order);
  }

 private:
  void match_rows(RowType type) {
    const swap::RowKey first = swap::type_key(type);
    const swap::RowKey until = swap::type_key(static_cast<RowType>(static_cast<std::uint8_t>(type) + 1));
    const store::SwapRows rows(context_.database, {}, false);
    const Status walked = rows.walk(first.span(), until.span(), [&](Bytes key, Bytes value) {
      match_row(type, key, value);
      return true;
    });
    if (!walked) context_.findings.add("table swaps: " + walked.error().message);
  }

  void match_row(RowType type, Bytes key, Bytes value) {
    std::optional<OrderId> id = swap::decode_order_key(key);
    TokenId want{};
    if (type == RowType::superseded) {
      const auto by_want = swap::decode_want_key(key);
      id = by_want ? std::optional(by_want->id) : std::nullopt;
      if (by_want) want = by_want->want;
    }
    const auto order = id ? swap::decode_order(*id, value) : std::nullopt;
    if (!order) return;  // told by the check of the rows
    if (!std::binary_search(share_.begin(), share_.end(), id->offered)) {
      const bool is_first_share = share_.data() == offered_.data();
      if (is_first_share && !std::binary_search(offered_.begin(), offered_.end(), id->offered))
        unexpected(type, *order);
      return;
    }
    context_.findings.looked_at(1);
    const OrderKey place{id->offered, id->token};
    switch (type) {
      case RowType::history: return match(type, *order, told_.history, place);
      case RowType::superseded: return match(type, *order, told_.superseded, SupersededKey{place, want});
      default: return match_live(type, *order, place);
    }
  }

  void match_live(RowType type, const Order& order, const OrderKey& place) {
    const auto found = told_.live.find(place);
    if (found == told_.live.end()) return unexpected(type, order);
    const RowType told = found->second.is_dead ? RowType::dead : RowType::open;
    // What is not settled yet stands as open.
    const bool is_unsettled = type == RowType::open && state_.settled_blocks < state_.block_count;
    if (told != type && !is_unsettled) {
      context_.findings.add(
          [&] { return fmt::format("{}: by the block files it is {}", text(type, place, order.ad), name_of(told)); });
    }
    match(type, order, told_.live, place);
  }

  template <typename Told, typename Key>
  void match(RowType type, const Order& order, Told& told, const Key& key) {
    const auto found = told.find(key);
    if (found == told.end()) return unexpected(type, order);
    const ToldOrder& wanted = found->second;
    const Digest content = content_of({order.version, order.flags, order.offered_type, order.terms_type},
                                      order.price_terms, order.signature);
    const bool same = order.want == wanted.want && order.ad == wanted.ad && order.spent_by == wanted.spent_by &&
                      content == wanted.content;
    if (!same) {
      context_.findings.add([&] {
        return text(type, {order.id.offered, order.id.token}, wanted.ad) + ": says other than its advertisement";
      });
    }
    told.erase(found);
  }

  void unexpected(RowType type, const Order& order) {
    context_.findings.add([&] {
      return text(type, {order.id.offered, order.id.token}, order.ad) + ": the block files have no such order";
    });
  }
  void missing(RowType type, const OrderKey& key, const ToldOrder& order) {
    context_.findings.looked_at(1);
    context_.findings.add([&] { return text(type, key, order.ad) + ": no row, by the block files there is one"; });
  }

  [[nodiscard]] std::string text(RowType type, const OrderKey& key, const swap::AdPlace& ad) const {
    return fmt::format("table swaps: {} order of token {} for {}:{} (advertised at height {})", name_of(type),
                       token_text(key.token), key.offered.txid.display(), key.offered.index,
                       context_.height_of(ad.tx_number));
  }

  Context& context_;
  const swap::SwapState& state_;
  std::span<const Outpoint> offered_;
  std::span<const Outpoint> share_;
  ToldOrders& told_;
};

}  // namespace

bool has_swap_rows(const Context& context) {
  const auto rows = context.database.iterate(store::Table::swaps, false);
  rows->SeekToFirst();
  return rows->Valid() || !rows->status().ok();
}

std::optional<swap::SwapState> check_swap_rows(Context& context) {
  const auto height_of = [&](std::uint64_t tx_number) {
    return tx_number < context.state.tx_count ? context.height_of(tx_number) : context.state.block_count;
  };
  const auto found = [&](swap::RowFault, const std::string& text) { context.findings.add("table swaps: " + text); };
  const auto checked = swap::check_rows(store::SwapRows(context.database, {}, false), height_of, found);
  if (!checked) {
    context.findings.add("table swaps: " + checked.error().message);
    return std::nullopt;
  }
  context.findings.looked_at(checked.value().rows);
  const auto& state = checked.value().state;
  if (state) context.op_number_index = state->op_number_index;
  if (state && state->block_count > context.state.block_count) {
    context.findings.add(fmt::format("table swaps: state: {} blocks, but the index has {}", state->block_count,
                                     context.state.block_count));
    return std::nullopt;
  }
  return state;
}

void DeepSwaps::collect(const WalkBatch& batch) {
  for (const classify::SwapOffer& offer : batch.scripts.offers)
    offered_.push_back({Txid::from_bytes(batch.raw.raw.data() + offer.utxo_hash_offset), offer.utxo_index});
}

void DeepSwaps::check_orders(BlockWalk& walk) {
  std::sort(offered_.begin(), offered_.end());
  offered_.erase(std::unique(offered_.begin(), offered_.end()), offered_.end());
  constexpr std::uint64_t order_bytes = 256;  // of a node of a map, and what goes with it
  const std::uint32_t shares = passes_for(context_.options, offered_.size() * order_bytes * 2);
  for (std::uint32_t share = 0; share < shares && !context_.stopped(); ++share) {
    const std::size_t begin = offered_.size() * share / shares, end = offered_.size() * (share + 1) / shares;
    const auto part = std::span<const Outpoint>(offered_).subspan(begin, end - begin);
    ToldOrders told(part);
    if (!part.empty() && !walk.run(true, [&](const WalkBatch& batch) { told.add_batch(batch, state_.block_count); }))
      return;  // stopped, or told
    OrderComparison(context_, state_, offered_, part, told).run();
  }
}

}  // namespace sluice::verify
