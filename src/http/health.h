// What /healthz and /readyz say: from figures to JSON, nothing is looked up here.
//
//   catching_up ──▶ serving ◀──▶ behind | node_away
//
// /healthz is 200 as long as it is answered: the process is there, and restarting it would not help.
// /readyz is 200 while clients are answered from the node's own tip; a block that just came may be on its way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace sluice::http {

struct HealthFacts {
  bool is_listening = false;            ///< the services are open to clients
  bool has_node = true;                 ///< false: nothing is followed, the index is served as it is
  bool node_is_good = false;            ///< it answers, and its chain is ours and whole
  std::string node;                     ///< its condition, in a word
  std::string node_detail;              ///< why, in a line; may be empty
  std::optional<std::uint32_t> height;  ///< of the index, as clients see it
  std::optional<std::uint32_t> node_height;
  std::optional<std::uint32_t> files_height;  ///< while the index is brought to the end of the block files
};

enum class HealthState : std::uint8_t {
  catching_up,  ///< the index is brought to the node's tip before clients are let in
  serving,      ///< clients are answered from the tip
  behind,       ///< clients are answered, from an index with blocks missing
  node_away,    ///< clients are answered, but nobody says what is new
};
[[nodiscard]] std::string_view name_of(HealthState state) noexcept;

/// Blocks that an index may lack and still count as caught up: one is on its way for a moment after it was found.
constexpr std::uint32_t blocks_on_their_way_max = 1;

[[nodiscard]] HealthState state_of(const HealthFacts& facts) noexcept;
/// One line for people: what /readyz says, or the height that is served.
[[nodiscard]] std::string status_line(const HealthFacts& facts);
/// {"state", "node", "height", "node_height"}; heights that are not known are null.
[[nodiscard]] HttpReply health_reply(const HealthFacts& facts);
/// The same members, and "ready" and "reason" ("" if ready). 503 if not ready.
[[nodiscard]] HttpReply readiness_reply(const HealthFacts& facts);

}  // namespace sluice::http
