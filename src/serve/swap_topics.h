// What a session wants to be told of swap orders, and what it is still to be told.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "serve/swap_news.h"

namespace sluice::serve {

enum class TopicKind : std::uint8_t {
  book,   ///< RXinDexer's: a pair's book; first: base, second: quote
  fills,  ///< RXinDexer's: what of a pair's book is taken
  maker,  ///< RXinDexer's: the orders that pay a script; first: its hash
  token,  ///< whatever is about a token
  pair,   ///< whatever offers the first token for the second, or the other way round
};

struct SwapTopic {
  TopicKind kind = TopicKind::token;
  std::array<std::byte, 32> first{};
  std::array<std::byte, 32> second{};

  friend auto operator<=>(const SwapTopic&, const SwapTopic&) = default;
};

/// As the client wrote them: notifications echo it.
struct TopicNames {
  std::string first;
  std::string second;
};

struct SwapNotice {
  SwapTopic topic;
  SwapNews news;
};

/// Topics of one session.
inline constexpr std::size_t swap_topics_max = 1'000;
/// Notices that wait for a client to read. One more, and all are dropped for a word that some were left out: who gets
/// it reads the orders again, and would have to anyway.
inline constexpr std::size_t swap_notices_max = 1'000;

struct SwapSubscriptions {
  std::map<SwapTopic, TopicNames> topics;
  std::deque<SwapNotice> notices;
  bool has_lost_notices = false;

  [[nodiscard]] bool has_marks() const noexcept { return has_lost_notices || !notices.empty(); }
};

/// Marks what the session is to be told. Cost: at most ten look-ups an item.
void mark_swap_notices(SwapSubscriptions& subscriptions, const SwapNewsList& news);

}  // namespace sluice::serve
