// The status of a script: one hash over its history, by which clients see that something changed.
//
//   sha256("txid:height:" of each history item, in order), confirmed ones first; none for a script without history
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/hash256.h"
#include "serve/server_context.h"

namespace sluice::serve {

struct ScripthashStatus {
  std::optional<Digest> hash;
  std::size_t confirmed_items = 0;
  std::size_t mempool_items = 0;
  std::size_t preimage_bytes = 0;
};

/// Cost: linear in the history; in what is new of it where context.statuses has the rest. Errors: the view's.
[[nodiscard]] Result<ScripthashStatus> scripthash_status(const ServerContext& context, const ScriptHash& scripthash);

/// The height that is shown of what is in no block.
[[nodiscard]] inline std::string_view mempool_height(const MempoolHistoryItem& item) noexcept {
  return item.has_unconfirmed_inputs ? "-1" : "0";
}

/// Appends the hash as a JSON string, or null.
void append_status(std::string& target, const std::optional<Digest>& hash);

}  // namespace sluice::serve
