// The node's swap calls as the body of an HTTP POST: JSON-RPC, one request or a batch, to the same methods that a
// session has under these names, and to no others.
//
//   "jsonrpc":"2.0"   the answer in 2.0 form, status 200 whether it is a result or an error. Wallets take a status that
//                     is not 2xx for a server that is broken and would not show the error's text.
//   any other, none   the node's own form, "result" and "error" both there, and its status: 500 for an error,
//                     404 for a method that is unknown, 400 for what is no request.
//
// A batch has status 200, each answer the form of its request. It ends in refusals when its answers would be too large
// or are too much work: a client sends fewer at once.
#pragma once

#include <string>
#include <string_view>

#include "serve/json_document.h"
#include "serve/server_context.h"

namespace sluice::serve {

/// Requests of one batch.
inline constexpr std::uint32_t post_batch_max = 100;
/// Work of one batch, in units of a session's cost: half a second or so.
inline constexpr double post_cost_max = 1'000;

struct WebAnswer {
  unsigned status = 200;  ///< of HTTP; 204: a notification, nothing is said
  std::string json;
};

/// Bounds: context.view; any bytes in body; the answer keeps to max_send, plus the framing of errors.
/// Of the context methods, observer and node are not looked at.
[[nodiscard]] WebAnswer answer_post(std::string_view body, ServerContext context, JsonDocument& document);

}  // namespace sluice::serve
