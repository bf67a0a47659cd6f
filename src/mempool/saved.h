// The file that a pool is saved to at shutdown and loaded from at start.
//
//   "sluicemp" | version u32 | network magic u32 | transactions | 0 u32 | sha256 of all before
//   transaction: size u32, raw bytes; parents before children
//
// The checksum finds accidents; the transactions are parsed and resolved again like any from the node.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "hash/sha256.h"
#include "mempool/mempool.h"

namespace sluice::mempool {

using ByteSink = std::function<void(Bytes)>;

/// Writes the pool, piece by piece. Who is left out or waits is not in it.
void save(const Mempool& mempool, std::uint32_t network_magic, const ByteSink& sink);

/// The raw transactions in a saved file, as views into it.
/// Errors: corrupt (cut short, changed), unsupported (another version or network). The message says what is wrong,
///         not which file: the caller knows.
[[nodiscard]] Result<std::vector<Bytes>> read_saved(Bytes file, std::uint32_t network_magic);

}  // namespace sluice::mempool
