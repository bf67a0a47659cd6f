// swap.subscribe and its kin: who is told of swap orders. What is told is in swap_notices.h.
#include <vector>

#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/token_argument.h"
#include "serve/token_name.h"

namespace sluice::serve {
namespace {

/// A ref may mean two tokens (token_name.h): whatever is about either is told.
struct TopicArgument {
  std::vector<SwapTopic> topics;
  TopicNames names;
};

/// Faults: no swap index, no such name.
Coerced<std::vector<swap::TokenId>> meanings_of(const Call& call, const JsonValue& value) {
  if (Outcome fault = need_swaps(call)) return *fault;
  const auto name = value && value.is(JsonKind::string) ? read_token_name(value.text()) : std::nullopt;
  if (!name) return not_a_token(value);
  if (!name->by_ref) return std::vector{name->id};
  return std::vector{name->id, *name->by_ref};
}

Coerced<TopicArgument> token_topic_argument(const Call& call) {
  const auto tokens = meanings_of(call, call.argument[0]);
  if (!tokens.ok()) return tokens.fault();
  TopicArgument argument{{}, {call.argument[0].text(), {}}};
  for (const swap::TokenId& token : tokens.value()) argument.topics.push_back({TopicKind::token, token, {}});
  return argument;
}

Coerced<TopicArgument> pair_argument(const Call& call, TopicKind kind) {
  const auto firsts = meanings_of(call, call.argument[0]);
  if (!firsts.ok()) return firsts.fault();
  const auto seconds = meanings_of(call, call.argument[1]);
  if (!seconds.ok()) return seconds.fault();
  TopicArgument argument{{}, {call.argument[0].text(), call.argument[1].text()}};
  for (const swap::TokenId& first : firsts.value()) {
    for (const swap::TokenId& second : seconds.value()) argument.topics.push_back({kind, first, second});
  }
  return argument;
}

Coerced<TopicArgument> maker_argument(const Call& call) {
  if (Outcome fault = need_swaps(call)) return *fault;
  const auto scripthash = to_scripthash(call.argument[0]);
  if (!scripthash.ok()) return scripthash.fault();
  return TopicArgument{{{TopicKind::maker, scripthash.value().bytes, {}}}, {call.argument[0].text(), {}}};
}

/// One token, or a pair.
Coerced<TopicArgument> own_argument(const Call& call) {
  return is_given(call.argument[1]) ? pair_argument(call, TopicKind::pair) : token_topic_argument(call);
}

Outcome add_topics(const Call& call, const TopicArgument& wanted) {
  auto& swaps = call.session.swaps;
  for (const SwapTopic& topic : wanted.topics) {
    if (!swaps || !swaps->topics.contains(topic)) {
      if (Outcome fault = take_one_more_subscription(call)) return fault;
      if (swaps && swaps->topics.size() >= swap_topics_max)
        return Fault{FaultCode::limit_exceeded, "too many subscriptions to swap orders: at most " +
                                                    std::to_string(swap_topics_max) + " in one session"};
    }
    if (!swaps) swaps = std::make_unique<SwapSubscriptions>();
    swaps->topics.insert_or_assign(topic, wanted.names);
  }
  return std::nullopt;
}

/// Appends whether there was such a subscription.
void drop_topics(Call& call, const TopicArgument& named) {
  bool was_there = false;
  for (const SwapTopic& topic : named.topics)
    was_there |= call.session.swaps && call.session.swaps->topics.erase(topic) != 0;
  call.reply += was_there ? "true" : "false";
}

/// RXinDexer's subscriptions: true, or what is wrong as the result.
Outcome subscribe_as_peer(Call& call, const Coerced<TopicArgument>& wanted) {
  call.cost += 1.0;
  const Outcome fault = wanted.ok() ? add_topics(call, wanted.value()) : wanted.fault();
  if (!fault) {
    call.reply += "true";
    return std::nullopt;
  }
  if (fault->code == FaultCode::internal_error) return fault;
  call.reply += "{\"error\":";
  append_json_string(call.reply, fault->message);
  call.reply += fault->code == FaultCode::limit_exceeded ? ",\"limit_exceeded\":true}" : "}";
  return std::nullopt;
}

Outcome unsubscribe_as_peer(Call& call, const Coerced<TopicArgument>& wanted) {
  call.cost += 0.1;
  if (wanted.ok()) drop_topics(call, wanted.value());
  else call.reply += "false";
  return std::nullopt;
}

}  // namespace

Outcome swap_subscribe(Call& call) {
  call.cost += 1.0;
  const auto wanted = own_argument(call);
  if (!wanted.ok()) return wanted.fault();
  if (Outcome fault = add_topics(call, wanted.value())) return fault;
  call.reply += "{\"height\":";
  append_number(call.reply, call.view().tip_height());
  call.reply += '}';
  return std::nullopt;
}

Outcome swap_unsubscribe(Call& call) {
  call.cost += 0.1;
  const auto wanted = own_argument(call);
  if (!wanted.ok()) return wanted.fault();
  drop_topics(call, wanted.value());
  return std::nullopt;
}

Outcome swap_subscribe_orderbook(Call& call) { return subscribe_as_peer(call, pair_argument(call, TopicKind::book)); }
Outcome swap_subscribe_fills(Call& call) { return subscribe_as_peer(call, pair_argument(call, TopicKind::fills)); }
Outcome swap_subscribe_user_orders(Call& call) { return subscribe_as_peer(call, maker_argument(call)); }
Outcome swap_unsubscribe_orderbook(Call& call) {
  return unsubscribe_as_peer(call, pair_argument(call, TopicKind::book));
}
Outcome swap_unsubscribe_fills(Call& call) { return unsubscribe_as_peer(call, pair_argument(call, TopicKind::fills)); }
Outcome swap_unsubscribe_user_orders(Call& call) { return unsubscribe_as_peer(call, maker_argument(call)); }

}  // namespace sluice::serve
