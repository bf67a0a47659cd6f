// From the words of `sluice call` to a JSON-RPC request, and from a line of the server to what is printed. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace sluice::call {

/// The request as one line without its end. Each parameter that is JSON goes in as it is written, any
/// other as a string; one single object is sent as named parameters.
/// Errors: a method or text parameter that is not UTF-8.
[[nodiscard]] Result<std::string> make_request(std::string_view method, const std::vector<std::string>& params);

struct Reply {
  enum class Kind { result, error, other };  ///< other: a notification, or an answer to somebody else
  Kind kind = Kind::other;
  std::string text;  ///< the result or error laid out for reading, without a line end
};

/// Takes a line of the server apart. Tokens stay as the server wrote them.
/// Errors: corrupt if the line is no JSON-RPC message.
[[nodiscard]] Result<Reply> read_reply(std::string_view line);

}  // namespace sluice::call
