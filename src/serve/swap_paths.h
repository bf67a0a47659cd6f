// The swap calls as paths, for programs that speak no JSON-RPC.
//
//   orders/TOKEN   {"orders":[...],"next_cursor":"..."|null,"height":n}   open ones; max_age in blocks
//   history/TOKEN  the same of closed ones
//   count/TOKEN    {"open":n,"history":n,"height":n}
//
// TOKEN: 64 hex digits, as displayed. Behind '?', joined by '&': want=1 (the token is wanted, not offered), limit,
// offset, max_age, cursor; the limit is 1 to 1000, 100 if left out.
// Errors: {"error":{"code":n,"message":"..."}} with status 400 for what is wrong with the request, 404 for another
// path, 500 for an index that cannot be read, 503 without a swap index.
#pragma once

#include <string_view>

#include "serve/fault.h"
#include "serve/rpc_post.h"

namespace sluice::serve {

/// path: behind "/swap/". Bounds: context.view; any bytes.
[[nodiscard]] WebAnswer answer_swap_path(std::string_view path, std::string_view query, const ServerContext& context);
/// `{"error":{...}}`
[[nodiscard]] WebAnswer web_error(unsigned status, const Fault& fault);

}  // namespace sluice::serve
