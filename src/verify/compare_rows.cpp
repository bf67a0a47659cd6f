#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "verify/expected_rows.h"

namespace sluice::verify {
namespace {

/// Compares one share's rows with the tables, table by table.
class Comparison {
 public:
  Comparison(Context& context, const PrefixRange& range, ExpectedRows& rows)
      : context_(context), range_(range), rows_(rows) {}

  void run() {
    history();
    scripts();
    outputs();
    undo();
    places();
  }

 private:
  template <typename MakeText>
  void missing(std::string_view table, MakeText what) {
    context_.findings.add(
        [&] { return fmt::format("table {}: no entry for {}, which the block files have", table, what()); });
  }
  template <typename MakeText>
  void extra(std::string_view table, MakeText what) {
    context_.findings.add(
        [&] { return fmt::format("table {}: an entry for {}, which the block files do not have", table, what()); });
  }

  void history() {
    std::sort(rows_.history.begin(), rows_.history.end());
    rows_.history.erase(std::unique(rows_.history.begin(), rows_.history.end()), rows_.history.end());
    context_.findings.looked_at(rows_.history.size());
    VectorCursor<HistoryItem> expected(rows_.history);
    HistoryCursor found(context_, Malformed::passed_over, range_);
    const auto text = [&](const HistoryItem& item) {
      return [&] { return fmt::format("{}, {}", script_text(item.prefix), tx_text(context_, item.tx_number)); };
    };
    const auto self = [](const HistoryItem& item) { return item; };
    merge<HistoryItem, HistoryItem>(
        expected, found, self, self, [&](const HistoryItem& item) { missing("history", text(item)); },
        [&](const HistoryItem& item) { extra("history", text(item)); }, [](const HistoryItem&, const HistoryItem&) {});
  }

  void scripts() {
    context_.findings.looked_at(rows_.scripts.size());
    VectorCursor<ScriptKey> expected(rows_.scripts);
    ScriptsCursor found(context_, Malformed::passed_over, range_);
    const auto text = [](const ScriptKey& key) { return [&] { return "script " + to_hex(key); }; };
    const auto self = [](const ScriptKey& key) { return key; };
    merge<ScriptKey, ScriptKey>(
        expected, found, self, self, [&](const ScriptKey& item) { missing("scripts", text(item)); },
        [&](const ScriptKey& item) { extra("scripts", text(item)); }, [](const ScriptKey&, const ScriptKey&) {});
  }

  template <typename Cursor, typename KeyOf>
  void compare_outputs(std::string_view table, const std::vector<OutputItem>& items, Cursor found, KeyOf key_of) {
    context_.findings.looked_at(items.size());
    VectorCursor<OutputItem> expected(items);
    const auto text = [&](const OutputItem& item) {
      return [&] {
        return fmt::format("{}, {}, {}", script_text(item.prefix), output_text(context_, item.tx_number, item.index),
                           value_text(item.bits));
      };
    };
    merge<OutputItem, OutputItem>(
        expected, found, key_of, key_of, [&](const OutputItem& item) { missing(table, text(item)); },
        [&](const OutputItem& item) { extra(table, text(item)); },
        [&](const OutputItem& wanted, const OutputItem& had) {
          if (wanted.bits == had.bits && wanted.prefix == had.prefix) return;
          context_.findings.add([&] {
            return fmt::format("table {}: {}; expected {}, {}", table, text(had)(), script_text(wanted.prefix),
                               value_text(wanted.bits));
          });
        });
  }

  void outputs() {
    std::vector<OutputItem>& items = rows_.outputs;
    items.clear();
    items.reserve(rows_.live.size());
    rows_.live.for_each([&](const LiveOutput& output) {
      items.push_back({output.prefix, output.tx_number, output.bits, output.index});
    });
    const auto by_script = [](const OutputItem& item) { return item.by_script(); };
    const auto by_place = [](const OutputItem& item) { return item.by_place(); };
    std::sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return by_script(a) < by_script(b); });
    compare_outputs("unspent", items, UnspentCursor(context_, Malformed::passed_over, range_), by_script);
    std::sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return by_place(a) < by_place(b); });
    compare_outputs("outputs", items, OutputsCursor(context_, Malformed::passed_over, range_), by_place);
  }

  void undo() {
    std::sort(rows_.undo.begin(), rows_.undo.end(),
              [](const UndoItem& a, const UndoItem& b) { return a.key() < b.key(); });
    context_.findings.looked_at(rows_.undo.size());
    VectorCursor<UndoItem> expected(rows_.undo);
    UndoCursor found(context_, Malformed::passed_over, range_);
    const auto text = [&](const UndoItem& item) {
      return [&] {
        return fmt::format("height {}, {}, {}, {}", item.height, script_text(item.output.prefix),
                           output_text(context_, item.output.tx_number, item.output.index),
                           value_text(item.output.bits));
      };
    };
    const auto key = [](const UndoItem& item) { return item.key(); };
    merge<UndoItem, UndoItem>(
        expected, found, key, key, [&](const UndoItem& item) { missing("undo", text(item)); },
        [&](const UndoItem& item) { extra("undo", text(item)); },
        [&](const UndoItem& wanted, const UndoItem& had) {
          if (wanted.output.bits == had.output.bits && wanted.output.prefix == had.output.prefix) return;
          context_.findings.add([&] {
            return fmt::format("table undo: {}; expected {}, {}", text(had)(), script_text(wanted.output.prefix),
                               value_text(wanted.output.bits));
          });
        });
  }

  void places() {
    std::sort(rows_.places.begin(), rows_.places.end());
    context_.findings.looked_at(rows_.places.size());
    VectorCursor<RefPlaceItem> expected(rows_.places);
    RefsCursor found(context_, Malformed::passed_over, range_);
    const auto text = [&](const RefPlaceItem& item) {
      return [&] {
        return fmt::format("{} of ref {} in {}", item.is_location != 0 ? "location" : "mint", ref_text(item.ref.data()),
                           tx_text(context_, item.tx_number));
      };
    };
    const auto self = [](const RefPlaceItem& item) { return item; };
    merge<RefPlaceItem, RefPlaceItem>(
        expected, found, self, self, [&](const RefPlaceItem& item) { missing("refs", text(item)); },
        [&](const RefPlaceItem& item) { extra("refs", text(item)); }, [](const RefPlaceItem&, const RefPlaceItem&) {});
  }

  Context& context_;
  PrefixRange range_;
  ExpectedRows& rows_;
};

}  // namespace

void compare_rows(Context& context, const PrefixRange& range, ExpectedRows& rows) {
  Comparison(context, range, rows).run();
}

}  // namespace sluice::verify
