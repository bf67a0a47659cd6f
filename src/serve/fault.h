// What a request can fail with, as the protocol numbers it.
#pragma once

#include <optional>
#include <string>

namespace sluice::serve {

enum class FaultCode : int {
  bad_request = 1,     ///< the content of a parameter, or what it names, is wrong
  daemon_error = 2,    ///< the node answered an error, or there is no node
  limit_exceeded = 4,  ///< Fulcrum's; the other peers have no such limit
  parse_error = -32700,
  invalid_request = -32600,  ///< not a request; also: the answer would be too large
  method_not_found = -32601,
  invalid_arguments = -32602,
  internal_error = -32603,
  node_misc = -1,       ///< of the node's own calls: its RPC_MISC_ERROR
  node_parameter = -8,  ///< and its RPC_INVALID_PARAMETER
  excessive_resource_usage = -101,
  server_busy = -102,
};

struct Fault {
  FaultCode code = FaultCode::internal_error;
  std::string message;
};

/// nullopt: done.
using Outcome = std::optional<Fault>;

[[nodiscard]] inline Fault bad_request(std::string message) { return {FaultCode::bad_request, std::move(message)}; }
[[nodiscard]] inline Fault internal_error() { return {FaultCode::internal_error, "internal server error"}; }
/// The node's RPC_MISC_ERROR.
inline constexpr int rpc_misc_error = -1;
/// `daemon error: DaemonError({...})` around the node's own code and message.
[[nodiscard]] Fault daemon_error(int code, const std::string& message);
/// `response too large (over 10,000,000 bytes`: the closing parenthesis is missing on purpose,
/// because it is missing in the answer that clients know.
[[nodiscard]] Fault response_too_large(std::size_t limit_bytes);

}  // namespace sluice::serve
