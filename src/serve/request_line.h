// One line in, one reply out: the whole of serve.
//
//   line -> JsonDocument -> dialect -> request | batch -> method -> reply
#pragma once

#include <string>
#include <string_view>

#include "serve/json_document.h"
#include "serve/server_context.h"
#include "serve/session_state.h"

namespace sluice::serve {

/// Answers one line. Appends the reply to `reply` without a newline; appends nothing if there is
/// nothing to say (notifications). Sets session.close_after_reply when the client must go.
/// Bounds: any bytes at all in line; the reply respects max_send (plus the framing of an error).
/// Threads: `document` is the caller's own; the context may be shared.
void handle_line(std::string_view line, SessionState& session, const ServerContext& context, JsonDocument& document,
                 std::string& reply);

}  // namespace sluice::serve
