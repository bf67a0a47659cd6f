// Checks of the tables against each other and against txids.dat, without block files.
//
// Tables in different orders meet in passes: one table's rows of a share of all prefixes fit the
// memory budget and are sorted the way the other table is.
#pragma once

#include "verify/context.h"

namespace sluice::verify {

/// What the tables hold; tells the deep checks how many passes to make.
struct TableCounts {
  PrefixHistogram history;  ///< entries
  std::uint64_t scripts = 0;
  std::uint64_t unspent = 0;
  std::uint64_t ref_places = 0;
  std::uint64_t ref_pushes = 0;
  std::uint64_t undo = 0;
};

/// Each transaction id has exactly its row, and no other row exists.
void check_txs(Context& context);
/// Scripts with history and rows of scripts are the same set; no entry twice.
void check_history(Context& context, TableCounts& counts);
/// Outputs: flags agree with output_refs, outpoints add up to the state's sum, count is created - spent.
void check_outputs(Context& context, TableCounts& counts);
/// Unspent rows are the outputs rows in another order, and each has its history entry.
void check_unspent(Context& context, const TableCounts& counts);
/// refs and output_refs agree: each place names a transaction that pushes the ref, each singleton has its place.
void check_refs(Context& context, TableCounts& counts);
/// Of an index of nothing but swaps: what is looked up by script or ref is not there.
void check_left_out(Context& context);
/// Undo rows exist for the heights of the state record; nothing in them is unspent.
void check_undo(Context& context, TableCounts& counts);

}  // namespace sluice::verify
