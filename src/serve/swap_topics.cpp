#include "serve/swap_topics.h"

#include <vector>

namespace sluice::serve {
namespace {

/// The topics that an item belongs to, each once.
std::vector<SwapTopic> topics_of(const SwapNews& news) {
  const auto& token = news.id.token;
  std::vector<SwapTopic> topics{{TopicKind::token, token, {}}, {TopicKind::pair, token, news.want}};
  if (news.want != token) {
    topics.push_back({TopicKind::token, news.want, {}});
    topics.push_back({TopicKind::pair, news.want, token});
  }
  if (!is_of_blocks(news.kind)) return topics;
  if (news.maker && news.kind != NewsKind::superseded) topics.push_back({TopicKind::maker, news.maker->bytes, {}});
  if (!news.has_quote) return topics;
  for (const bool is_buy : {false, true}) {
    // An order that cannot be read any more may have been on either side.
    if (news.is_buy.value_or(is_buy && news.want != token) != is_buy) continue;
    const auto& base = is_buy ? news.want : token;
    const auto& quote = is_buy ? token : news.want;
    topics.push_back({TopicKind::book, base, quote});
    if (news.kind == NewsKind::closed) topics.push_back({TopicKind::fills, base, quote});
  }
  return topics;
}

}  // namespace

void mark_swap_notices(SwapSubscriptions& subscriptions, const SwapNewsList& news) {
  if (subscriptions.topics.empty()) return;
  if (news.is_cut) {
    subscriptions.notices.clear();
    subscriptions.has_lost_notices = true;
  }
  for (const SwapNews& item : news.items) {
    for (const SwapTopic& topic : topics_of(item)) {
      if (!subscriptions.topics.contains(topic)) continue;
      if (subscriptions.notices.size() == swap_notices_max) {
        subscriptions.notices.clear();
        subscriptions.has_lost_notices = true;
      }
      subscriptions.notices.push_back({topic, item});
    }
  }
}

}  // namespace sluice::serve
