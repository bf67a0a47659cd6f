#include "http/health.h"

#include <array>

#include "observe/json_writer.h"

namespace sluice::http {
namespace {

std::string text_of(const std::optional<std::uint32_t>& height) {
  return height ? std::to_string(*height) : std::string("an unknown height");
}

std::string reason_of(const HealthFacts& facts) {
  switch (state_of(facts)) {
    case HealthState::catching_up:
      if (facts.files_height)
        return "the services open when the index is at the node's tip: it is at " + text_of(facts.height) + " of " +
               text_of(facts.files_height) + " in the block files";
      return "the services open when the index is at the node's tip: it is at " + text_of(facts.height) +
             ", the node (" + facts.node + ") at " + text_of(facts.node_height);
    case HealthState::behind:
      return "the index is at " + text_of(facts.height) + ", the node at " + text_of(facts.node_height);
    case HealthState::node_away:
      return "the node is " + facts.node + (facts.node_detail.empty() ? "" : ": " + facts.node_detail);
    case HealthState::serving: break;
  }
  return "";
}

void append_height(observe::JsonWriter& json, std::string_view key, const std::optional<std::uint32_t>& height) {
  if (height) json.field(key, *height);
  else json.field(key, nullptr);
}

HttpReply json_reply(unsigned status, const HealthFacts& facts, const std::string* reason) {
  observe::JsonWriter json;
  json.begin_object();
  json.field("state", name_of(state_of(facts)));
  json.field("node", std::string_view(facts.node));
  append_height(json, "height", facts.height);
  append_height(json, "node_height", facts.node_height);
  if (reason != nullptr) {
    json.field("ready", reason->empty());
    json.field("reason", std::string_view(*reason));
  }
  json.end_object();
  HttpReply reply;
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = json.text();
  return reply;
}

}  // namespace

std::string_view name_of(HealthState state) noexcept {
  static constexpr std::array<std::string_view, 4> names{"catching_up", "serving", "behind", "node_away"};
  return names[static_cast<std::size_t>(state)];
}

HealthState state_of(const HealthFacts& facts) noexcept {
  if (!facts.is_listening) return HealthState::catching_up;
  if (!facts.has_node) return HealthState::serving;
  if (!facts.node_is_good) return HealthState::node_away;
  if (!facts.height || !facts.node_height) return HealthState::behind;
  const bool lacks_blocks =
      *facts.node_height > *facts.height && *facts.node_height - *facts.height > blocks_on_their_way_max;
  return lacks_blocks ? HealthState::behind : HealthState::serving;
}

std::string status_line(const HealthFacts& facts) {
  std::string reason = reason_of(facts);
  return reason.empty() ? "serving, height " + text_of(facts.height)
                        : std::string(name_of(state_of(facts))) + ": " + reason;
}

HttpReply health_reply(const HealthFacts& facts) { return json_reply(200, facts, nullptr); }

HttpReply readiness_reply(const HealthFacts& facts) {
  const std::string reason = reason_of(facts);
  return json_reply(reason.empty() ? 200 : 503, facts, &reason);
}

}  // namespace sluice::http
