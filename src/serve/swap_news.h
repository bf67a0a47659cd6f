// What is new about swap orders between two snapshots, each order told once.
//
// Blocks: what the order was before is said by the first of its changes, what it is now by the newer snapshot. So an
// order that a reorg took out and brought back, or that came and went between two snapshots, is told as what became of
// it. Mempool: the advertisements that came and went, and the spenders of offered outputs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/hash256.h"
#include "swap/order.h"

namespace sluice::serve {

struct Snapshot;
struct Changes;

enum class NewsKind : std::uint8_t {
  opened,
  replaced,     ///< advertised again, or in another block after a reorg
  superseded,   ///< advertised again, wanting another token: of the pair that it is no longer in
  closed,       ///< its coin was spent; once more if a reorg may have made the spender another one
  reopened,     ///< by a reorg that took the spender out
  withdrawn,    ///< by a reorg that took the advertisement out; or its coin turned out to be spent before it
  unconfirmed,  ///< its advertisement is in the mempool
  dropped,      ///< its advertisement left the mempool without a block
  spending,     ///< an unconfirmed transaction spends its coin
  released,     ///< it does so no more, nor did a block
};
[[nodiscard]] std::string_view name_of(NewsKind kind) noexcept;
[[nodiscard]] constexpr bool is_of_blocks(NewsKind kind) noexcept { return kind < NewsKind::unconfirmed; }

struct SwapNews {
  NewsKind kind = NewsKind::opened;
  swap::OrderId id;
  swap::TokenId want{};
  // As far as the order can still be read:
  std::optional<bool> is_buy;       ///< on which side of RXinDexer's book (market_order.h)
  bool has_quote = true;            ///< it is in a pair's book there
  std::optional<ScriptHash> maker;  ///< who is paid
  // Of unconfirmed and dropped:
  Txid ad_txid;
  std::uint32_t ad_output = 0;
};

struct SwapNewsList {
  std::vector<SwapNews> items;
  bool is_cut = false;  ///< there was more than is told of; items is empty
};

/// Orders told of at most between two snapshots.
inline constexpr std::size_t swap_news_max = 2'000;

/// Errors: the view's.
/// Cost: a look-up for each order that changed; a walk over the unconfirmed offers and the spenders of offered
/// outputs if the mempool changed.
[[nodiscard]] Result<SwapNewsList> swap_news(const Snapshot& before, const Snapshot& after, const Changes& changes);

}  // namespace sluice::serve
