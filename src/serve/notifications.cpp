#include "serve/notifications.h"

#include "base/prefix.h"
#include "serve/json_text.h"
#include "serve/notification_line.h"
#include "serve/outpoint_status.h"
#include "serve/reply_parts.h"
#include "serve/scripthash_status.h"
#include "serve/swap_notices.h"

namespace sluice::serve {
namespace {

Notified write_tip(SessionState& session, const ServerContext& context, std::string& line) {
  const std::size_t begin = line.size();
  begin_notification(line, session, "blockchain.headers.subscribe");
  if (const auto read = append_tip(line, *context.view); !read) {
    line.resize(begin);
    if (context.on_failure) context.on_failure(read.error());
    return Notified::checked;
  }
  end_notification(line, session);
  return Notified::written;
}

Notified write_script(SessionState& session, const ServerContext& context, std::string& line) {
  const ScriptHash scripthash = session.marked_scripts.back();
  session.marked_scripts.pop_back();
  const auto subscription = session.scripts.find(scripthash);
  if (subscription == session.scripts.end()) return Notified::checked;
  subscription->second.marked = false;
  const auto status = scripthash_status(context, scripthash);
  if (!status) {
    if (context.on_failure) context.on_failure(status.error());
    return Notified::checked;
  }
  if (status.value().hash == subscription->second.told) return Notified::checked;
  subscription->second.told = status.value().hash;
  const bool by_address = subscription->second.by_address;
  begin_notification(line, session, by_address ? "blockchain.address.subscribe" : "blockchain.scripthash.subscribe");
  append_json_string(line, subscription->second.text);
  line += ',';
  append_status(line, status.value().hash);
  end_notification(line, session);
  return Notified::written;
}

Notified write_outpoint(SessionState& session, const ServerContext& context, std::string& line) {
  const Outpoint outpoint = session.marked_outpoints.back();
  session.marked_outpoints.pop_back();
  const auto found = session.outpoints.find(outpoint);
  if (found == session.outpoints.end()) return Notified::checked;
  OutpointSubscription& subscription = found->second;
  subscription.marked = false;
  auto status = outpoint_status(context, outpoint);
  if (!status) {
    if (context.on_failure) context.on_failure(status.error());
    return Notified::checked;
  }
  session.cost += status.value().cost;
  if (status.value().scripthash) subscription.scripthash = status.value().scripthash;
  // A spender that is not found now may be found after the next change.
  if (status.value().is_spender_unknown || status.value().json == subscription.told) return Notified::checked;
  subscription.told = std::move(status).value().json;
  begin_notification(line, session, "blockchain.outpoint.subscribe");
  line += '[';
  append_json_hash(line, outpoint.txid.span());
  line += ',';
  append_number(line, outpoint.index);
  line += "],";
  line += subscription.told;
  end_notification(line, session);
  return Notified::written;
}

}  // namespace

bool mark_notifications(SessionState& session, const Changes& changes) {
  if (changes.tip_changed && session.headers_subscribed) session.tip_marked = true;
  for (auto& [scripthash, subscription] : session.scripts) {
    if (subscription.marked || !changes.touches(prefix_of(scripthash))) continue;
    subscription.marked = true;
    session.marked_scripts.push_back(scripthash);
  }
  const bool anything_changed = changes.tip_changed || changes.everything_touched || !changes.touched.empty();
  for (auto& [outpoint, subscription] : session.outpoints) {
    const bool may_differ =
        subscription.scripthash ? changes.touches(prefix_of(*subscription.scripthash)) : anything_changed;
    if (subscription.marked || !may_differ) continue;
    subscription.marked = true;
    session.marked_outpoints.push_back(outpoint);
  }
  if (session.swaps) mark_swap_notices(*session.swaps, changes.swaps);
  return session.tip_marked || !session.marked_scripts.empty() || !session.marked_outpoints.empty() ||
         (session.swaps && session.swaps->has_marks());
}

Notified write_notification(SessionState& session, const ServerContext& context, std::string& line) {
  if (session.tip_marked) {
    session.tip_marked = false;
    return write_tip(session, context, line);
  }
  if (!session.marked_scripts.empty()) return write_script(session, context, line);
  if (!session.marked_outpoints.empty()) return write_outpoint(session, context, line);
  if (session.swaps && session.swaps->has_marks()) return write_swap_notice(*session.swaps, session, context, line);
  return Notified::nothing_left;
}

}  // namespace sluice::serve
