// What a client is told without asking: the tip when it changes, the status of a script or outpoint when it is another
// one.
//
//   changes -> mark_notifications() -> marks of the session -> write_notification() -> one line each
//
// Marks are taken when a snapshot is published and written when there is room; the status is that of the moment of
// writing, and is sent only if it differs from the one sent before. So however many snapshots pass while a client
// reads slowly, it is told once, and the truth. News of swap orders are different: each is told, in the order they
// came, with the swap order as it is when the line is written; how many may wait is in swap_topics.h.
#pragma once

#include <string>

#include "serve/server_context.h"
#include "serve/session_state.h"
#include "serve/snapshot.h"

namespace sluice::serve {

/// Marks what changes may mean for this session; true if it has marks.
/// Cost: a look at each subscription, unless everything is touched: then one mark each.
[[nodiscard]] bool mark_notifications(SessionState& session, const Changes& changes);

enum class Notified : std::uint8_t {
  nothing_left,  ///< no marks
  checked,       ///< a mark was worked off that asked for no line
  written,       ///< a line was appended, without newline
};

/// Works off one mark: the tip first, then scripts, outpoints, swap orders.
[[nodiscard]] Notified write_notification(SessionState& session, const ServerContext& context, std::string& line);

}  // namespace sluice::serve
