#include "verify/check_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/prefix.h"
#include "resolve/outpoint_key.h"
#include "verify/cursors.h"

namespace sluice::verify {
namespace {

/// A cursor over (prefix, ...) entries as a cursor over its distinct prefixes.
template <typename Cursor, typename Item, typename PrefixOf>
class PrefixGroups {
 public:
  PrefixGroups(Cursor& cursor, PrefixOf prefix_of_item, std::uint64_t& items)
      : cursor_(cursor), prefix_of_item_(prefix_of_item), items_(items) {}
  [[nodiscard]] bool next(std::uint64_t& prefix) {
    Item item{};
    while (cursor_.next(item)) {
      ++items_;
      const std::uint64_t found = prefix_of_item_(item);
      if (has_last_ && found == last_) continue;
      has_last_ = true;
      last_ = prefix = found;
      return true;
    }
    return false;
  }

 private:
  Cursor& cursor_;
  PrefixOf prefix_of_item_;
  std::uint64_t& items_;
  std::uint64_t last_ = 0;
  bool has_last_ = false;
};

}  // namespace

// Rows are counted off against txids.dat in shares of the tx numbers, so that neither side is read
// at random. A key holds prefix and number, so a number with the right prefix can have one row only.
void check_txs(Context& context) {
  constexpr std::uint64_t bytes_each = 9;
  const std::uint64_t tx_count = context.state.tx_count;
  const std::uint32_t passes = passes_for(context.options, tx_count * bytes_each);
  const std::uint64_t share = (tx_count + passes - 1) / passes;
  FlatWindow txids(context, context.database.flat().txids, 32);
  std::vector<std::uint64_t> prefixes;
  std::vector<bool> seen;
  for (std::uint64_t first = 0; first < tx_count && !context.stopped(); first += share) {
    const std::uint64_t count = std::min(share, tx_count - first);
    prefixes.resize(count);
    seen.assign(count, false);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::byte* txid = txids.at(first + i);
      if (txid == nullptr) return;
      prefixes[i] = prefix_of(Txid::from_bytes(txid));
    }
    TxsCursor rows(context, first == 0 ? Malformed::told : Malformed::passed_over);
    for (write::PrefixTx row{}; rows.next(row);) {
      if (row.tx_number < first || row.tx_number - first >= count) continue;
      context.findings.looked_at(1);
      const std::uint64_t i = row.tx_number - first;
      if (prefixes[i] == row.prefix) seen[i] = true;
      else
        context.findings.add([&] {
          return fmt::format("table txs: row {:016x} -> {}: not the id of that transaction", row.prefix,
                             tx_text(context, row.tx_number));
        });
    }
    for (std::uint64_t i = 0; i < count && !context.stopped(); ++i) {
      if (!seen[i])
        context.findings.add([&] { return fmt::format("table txs: no row for {}", tx_text(context, first + i)); });
    }
  }
  if (tx_count > 0) return;
  TxsCursor rows(context, Malformed::told);
  for (write::PrefixTx row{}; rows.next(row);) context.findings.looked_at(1);
}

void check_history(Context& context, TableCounts& counts) {
  HistoryCursor history(context, Malformed::told);
  ScriptsCursor scripts(context, Malformed::told);
  std::uint64_t entries = 0;
  const auto of_history = [&](const HistoryItem& item) {
    counts.history.add(item.prefix);
    return item.prefix;
  };
  const auto of_script = [](const ScriptKey& key) { return prefix_of_key(key); };
  PrefixGroups<HistoryCursor, HistoryItem, decltype(of_history)> left(history, of_history, entries);
  PrefixGroups<ScriptsCursor, ScriptKey, decltype(of_script)> right(scripts, of_script, counts.scripts);
  const auto self = [](std::uint64_t prefix) { return prefix; };
  merge<std::uint64_t, std::uint64_t>(
      left, right, self, self,
      [&](std::uint64_t prefix) {
        context.findings.add(
            [&] { return fmt::format("table scripts: no row for {}, which has history", script_text(prefix)); });
      },
      [&](std::uint64_t prefix) {
        context.findings.add([&] {
          return fmt::format("table history: no entry for {}, which is in table scripts", script_text(prefix));
        });
      },
      [](std::uint64_t, std::uint64_t) {});
  context.findings.looked_at(entries + counts.scripts);
}

void check_outputs(Context& context, TableCounts& counts) {
  OutputsCursor outputs(context, Malformed::told);
  OutputRefsCursor refs(context, Malformed::passed_over);  // told with the refs
  FlatWindow txids(context, context.database.flat().txids, 32);
  resolve::OutpointSum sum;
  const auto take = [&](const OutputItem& item, bool pushes_refs) {
    ++counts.unspent;
    if (const std::byte* txid = txids.at(item.tx_number)) sum.add(resolve::outpoint_term(txid, item.index));
    if (((item.bits & 1) != 0) == pushes_refs) return;
    context.findings.add([&] {
      return fmt::format("table outputs: {}: marked as {}, but table output_refs {}",
                         output_text(context, item.tx_number, item.index),
                         pushes_refs ? "without refs" : "pushing refs", pushes_refs ? "has a row for it" : "has none");
    });
  };
  const auto by_place = [](const auto& item) { return item.by_place(); };
  merge<OutputItem, OutputRefsItem>(
      outputs, refs, by_place, by_place, [&](const OutputItem& item) { take(item, false); },
      [](const OutputRefsItem&) {}, [&](const OutputItem& item, const OutputRefsItem&) { take(item, true); });
  context.findings.looked_at(counts.unspent);
  const store::State& state = context.state;
  if (sum != state.outpoint_sum) {
    context.findings.add(
        fmt::format("table outputs: the outpoints add up to {:016x}{:016x}, the state record says {:016x}{:016x}",
                    sum.high, sum.low, state.outpoint_sum.high, state.outpoint_sum.low));
  }
  if (counts.unspent != state.outputs_created - state.outputs_spent) {
    context.findings.add(fmt::format("table outputs: {} outputs, but the state record counts {} created and {} spent",
                                     counts.unspent, state.outputs_created, state.outputs_spent));
  }
}

namespace {

/// Unspent rows of one share of the scripts against the same share of the outputs table.
void match_unspent(Context& context, const PrefixRange& range, Malformed malformed) {
  std::vector<OutputItem> expected;
  OutputsCursor outputs(context, Malformed::passed_over, range);
  for (OutputItem item; outputs.next(item);) expected.push_back(item);
  std::sort(expected.begin(), expected.end(),
            [](const OutputItem& a, const OutputItem& b) { return a.by_script() < b.by_script(); });
  VectorCursor<OutputItem> left(expected);
  UnspentCursor right(context, malformed, range);
  const auto by_script = [](const OutputItem& item) { return item.by_script(); };
  merge<OutputItem, OutputItem>(
      left, right, by_script, by_script,
      [&](const OutputItem& item) {
        context.findings.add([&] {
          return fmt::format("table unspent: no row for {}, {}, which table outputs has ({})", script_text(item.prefix),
                             output_text(context, item.tx_number, item.index), value_text(item.bits));
        });
      },
      [&](const OutputItem& item) {
        context.findings.looked_at(1);
        context.findings.add([&] {
          return fmt::format("table outputs: no entry for {}, {}, which table unspent has ({})",
                             script_text(item.prefix), output_text(context, item.tx_number, item.index),
                             value_text(item.bits));
        });
      },
      [&](const OutputItem& wanted, const OutputItem& found) {
        context.findings.looked_at(1);
        if (wanted.bits == found.bits) return;
        context.findings.add([&] {
          return fmt::format("table unspent: {}, {}: {}, but table outputs says {}", script_text(found.prefix),
                             output_text(context, found.tx_number, found.index), value_text(found.bits),
                             value_text(wanted.bits));
        });
      });
}

/// Entries of table unspent, several outputs of a transaction to one script taken as one.
class FundedCursor {
 public:
  explicit FundedCursor(Context& context) : rows_(context, Malformed::passed_over) {}
  [[nodiscard]] bool next(HistoryItem& item) {
    for (OutputItem output; rows_.next(output);) {
      const HistoryItem found{output.prefix, output.tx_number};
      if (has_last_ && found == last_) continue;
      has_last_ = true;
      item = last_ = found;
      return true;
    }
    return false;
  }

 private:
  UnspentCursor rows_;
  HistoryItem last_;
  bool has_last_ = false;
};

}  // namespace

void check_unspent(Context& context, const TableCounts& counts) {
  const std::uint32_t passes = passes_for(context.options, counts.unspent * 2 * sizeof(OutputItem));
  for (std::uint32_t pass = 0; pass < passes && !context.stopped(); ++pass) {
    match_unspent(context, share_of_prefixes(pass, passes), Malformed::told);
  }
  FundedCursor left(context);
  HistoryCursor right(context, Malformed::passed_over);
  const auto self = [](const HistoryItem& item) { return item; };
  merge<HistoryItem, HistoryItem>(
      left, right, self, self,
      [&](const HistoryItem& item) {
        context.findings.add([&] {
          return fmt::format("table history: no entry for {}, {}, which has an unspent output to it",
                             script_text(item.prefix), tx_text(context, item.tx_number));
        });
      },
      [](const HistoryItem&) {}, [](const HistoryItem&, const HistoryItem&) {});
}

void check_left_out(Context& context) {
  for (const store::Table table : {store::Table::history, store::Table::scripts, store::Table::unspent,
                                   store::Table::output_refs, store::Table::refs}) {
    const auto rows = context.database.iterate(table, false);
    rows->SeekToFirst();
    if (rows->Valid())
      context.findings.add(
          fmt::format("table {}: has rows, but the index holds nothing but swaps", store::table_name(table)));
  }
}

void check_undo(Context& context, TableCounts& counts) {
  const store::State& state = context.state;
  const store::Table live = state.swap_only ? store::Table::outputs : store::Table::unspent;
  std::vector<std::uint32_t> heights;
  UndoCursor rows(context, Malformed::told, {}, &heights);
  for (UndoItem item; rows.next(item);) {
    ++counts.undo;
    const write::Key key = state.swap_only
                               ? write::place_key(item.output.tx_number, item.output.index)
                               : write::unspent_key(item.output.prefix, item.output.tx_number, item.output.index);
    const auto unspent = context.database.get(live, key.span());
    if (!unspent)
      return context.findings.add(fmt::format("table {}: {}", store::table_name(live), unspent.error().message));
    if (!unspent.value()) continue;
    context.findings.add([&] {
      return fmt::format("table undo: height {}: {} is said to be spent there, but is in table {}", item.height,
                         output_text(context, item.output.tx_number, item.output.index), store::table_name(live));
    });
  }
  context.findings.looked_at(counts.undo);
  if (context.stopped()) return;
  std::size_t at = 0;
  for (std::uint32_t height = state.undo_first_height; height < state.block_count; ++height) {
    while (at < heights.size() && heights[at] < height) ++at;
    if (at == heights.size() || heights[at] != height)
      context.findings.add(fmt::format("table undo: no row for height {}", height));
  }
  for (const std::uint32_t height : heights) {
    if (height >= state.undo_first_height && height < state.block_count) continue;
    context.findings.add(fmt::format("table undo: a row for height {}, expected are {} to {}", height,
                                     state.undo_first_height, state.block_count - 1));
  }
}

}  // namespace sluice::verify
