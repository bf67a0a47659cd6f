// The state record: what the index is an index of, and how far it goes.
//
// It is committed in one atomic step with the rows, so every other part of the index is read up to
// what it says and cut back to it at start.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/hash256.h"
#include "base/prefix.h"
#include "resolve/records.h"

namespace sluice::store {

/// Raised with every change of what is on disk.
inline constexpr std::uint32_t format_version = 1;

struct State {
  std::string coin;
  std::string net;
  bool parity = false;
  bool swap_only = false;  ///< only what swaps need: tables txs, outputs, undo, swaps
  std::uint32_t prefix_bits = prefix_bits_kept;
  std::uint32_t block_count = 0;  ///< blocks indexed: tip height + 1
  BlockHash tip;                  ///< meaningless while block_count is 0
  std::uint64_t tx_count = 0;
  std::uint64_t outputs_created = 0;  ///< indexed outputs, ever, on this chain
  std::uint64_t outputs_spent = 0;
  resolve::OutpointSum outpoint_sum;    ///< of the unspent outpoints
  std::uint32_t undo_first_height = 0;  ///< undo rows exist for heights from here to the tip

  friend bool operator==(const State&, const State&) = default;
};

/// Lines of `name=value`, in a fixed order, the format version first.
[[nodiscard]] std::string encode_state(const State& state);
/// Errors: unsupported for another format version or prefix width, corrupt for anything unreadable.
[[nodiscard]] Result<State> decode_state(std::string_view text);

/// Does the index hold what is asked of it? Errors: config, naming the directory and what to do.
[[nodiscard]] Status check_contents(const std::string& directory, const State& state, bool swap_only);

}  // namespace sluice::store
