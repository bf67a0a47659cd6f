// The rows of one share of the scripts and refs as the block files have them, and their comparison with
// the tables.
#pragma once

#include <vector>

#include "verify/cursors.h"
#include "verify/live_outputs.h"

namespace sluice::verify {

/// The rows of one share as the block files have them. Memory is kept from pass to pass: giving it back
/// and taking it again in other sizes costs more of it than one share does.
struct ExpectedRows {
  explicit ExpectedRows(std::uint64_t seed) : live(seed) {}

  void clear() noexcept {
    live.clear();
    history.clear(), scripts.clear(), undo.clear(), places.clear();
    spends_matched = replaced = 0;
  }

  LiveOutputs live;
  std::vector<HistoryItem> history;
  std::vector<ScriptKey> scripts;
  std::vector<UndoItem> undo;
  std::vector<RefPlaceItem> places;
  std::vector<OutputItem> outputs;  ///< what lived, for the comparison
  std::uint64_t spends_matched = 0;
  std::uint64_t replaced = 0;  ///< unspent outputs of a coinbase that a later one repeats
};

/// Names every entry of the share that is missing from a table, should not be in it, or says something else.
/// Sorts the rows in place. Bounds: rows.scripts are sorted and distinct.
void compare_rows(Context& context, const PrefixRange& range, ExpectedRows& rows);

}  // namespace sluice::verify
