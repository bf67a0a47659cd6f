// What the typed calls share: the node's refusals as Errors, and members of an answer read with their kinds checked.
// Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "node/json_walk.h"
#include "node/rpc_message.h"

namespace sluice::node {

/// Some nodes (bcoin, bcash) give -1 for all that is missing, and say which in words.
[[nodiscard]] inline bool is_not_found(const NodeError& error) noexcept {
  const bool says_so = error.message.find("not found") != std::string::npos || error.message.starts_with("Not found");
  return error.code == code_not_found || error.code == code_bad_parameter || (error.code == code_other && says_so);
}

/// The node refused the call: not_found, unsupported (no such method, or a pruned block), else io.
[[nodiscard]] inline Error refused(std::string_view method, const NodeError& error) {
  ErrorKind kind = ErrorKind::io;
  const bool is_pruned = error.code == code_other && error.message.find("pruned") != std::string::npos;
  if (is_not_found(error)) kind = ErrorKind::not_found;
  if (error.code == code_no_method || is_pruned) kind = ErrorKind::unsupported;
  return {kind, "node: " + std::string(method) + ": error " + std::to_string(error.code) + ": " + error.message};
}

/// The node's answer is JSON-RPC, but not what the method gives.
[[nodiscard]] inline Error misfit(std::string_view method, std::string_view what) {
  return {ErrorKind::corrupt, "node: " + std::string(method) + ": the answer " + std::string(what)};
}

[[nodiscard]] inline std::optional<std::uint64_t> unsigned_integer(std::string_view value) noexcept {
  const auto number = integer(value);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

[[nodiscard]] inline std::optional<std::uint32_t> height(std::string_view value) noexcept {
  const auto number = unsigned_integer(value);
  if (!number || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

/// A number as it was written; "" for what is none.
[[nodiscard]] inline std::string_view number_text(std::string_view value) noexcept {
  const bool is_number = value.front() == '-' || (value.front() >= '0' && value.front() <= '9');
  return is_number ? value : std::string_view();
}

}  // namespace sluice::node
