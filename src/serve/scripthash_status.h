// The status of a script: one hash over its history, by which clients see that something changed.
//
//   sha256("txid:height:" of each history item, in order); none for a script without history
#pragma once

#include <cstddef>
#include <optional>

#include "base/error.h"
#include "base/hash256.h"
#include "serve/server_context.h"

namespace sluice::serve {

struct ScripthashStatus {
  std::optional<Digest> hash;
  std::size_t history_items = 0;
  std::size_t preimage_bytes = 0;
};

/// Cost: linear in the history. Errors: the view's.
[[nodiscard]] Result<ScripthashStatus> scripthash_status(const ServerContext& context, const ScriptHash& scripthash);

/// Appends the hash as a JSON string, or null.
void append_status(std::string& target, const std::optional<Digest>& hash);

}  // namespace sluice::serve
