#include "verify/deep.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/hex.h"
#include "base/prefix.h"
#include "verify/cursors.h"
#include "verify/live_outputs.h"

namespace sluice::verify {
namespace {

/// The rows of one share as the block files have them.
struct ExpectedRows {
  explicit ExpectedRows(std::uint64_t seed) : live(seed) {}

  LiveOutputs live;
  std::vector<HistoryItem> history;
  std::vector<ScriptKey> scripts;
  std::vector<UndoItem> undo;
  std::vector<RefPlaceItem> places;
  std::uint64_t spends_matched = 0;
  std::uint64_t replaced = 0;  ///< unspent outputs of a coinbase that a later one repeats
};

/// Totals of the chain; the first pass counts them.
struct ChainTotals {
  std::uint64_t outputs = 0;  ///< indexed
  std::uint64_t inputs = 0;
  std::uint64_t matched = 0;  ///< over all passes
  std::uint64_t replaced = 0; ///< over all passes
};

/// Appends to a list in which equal entries often follow each other; sorts and thins it when it has doubled.
class ScriptSet {
 public:
  explicit ScriptSet(std::vector<ScriptKey>& scripts) : scripts_(scripts), recent_(recent_count) {}
  void add(const ScriptHash& scripthash) {
    // Slots begin as zeros, and so does a scripthash of zeros, which no script is known to have; it is kept all the same.
    ScriptHash& recent = recent_[scripthash.low64() >> (64 - recent_bits)];
    if (recent == scripthash && recent != ScriptHash{}) return;
    recent = scripthash;
    std::memcpy(scripts_.emplace_back().data(), scripthash.data(), sizeof(ScriptKey));
    if (scripts_.size() >= limit_) thin();
  }
  void thin() {
    std::sort(scripts_.begin(), scripts_.end());
    scripts_.erase(std::unique(scripts_.begin(), scripts_.end()), scripts_.end());
    limit_ = std::max<std::size_t>(2 * scripts_.size(), std::size_t{1} << 18);
  }

 private:
  static constexpr unsigned recent_bits = 12;
  static constexpr std::size_t recent_count = std::size_t{1} << recent_bits;
  std::vector<ScriptKey>& scripts_;
  std::vector<ScriptHash> recent_;
  std::size_t limit_ = std::size_t{1} << 18;
};

/// One walk's worth of indexing.
class DeepPass {
 public:
  DeepPass(Context& context, const PrefixRange& range, bool is_first, ExpectedRows& rows, ChainTotals& totals)
      : context_(context), range_(range), rows_(rows), totals_(totals), script_set_(rows.scripts), is_first_(is_first) {
    if (is_first) output_refs_ = std::make_unique<OutputRefsCursor>(context, Malformed::passed_over);
    if (is_first) has_output_refs_ = output_refs_->next(next_output_refs_);
  }

  void add_batch(const WalkBatch& batch) {
    std::size_t ref = 0;
    for (std::size_t i = 0; i < batch.raw.blocks.size(); ++i) {
      const std::uint32_t begin = batch.txs.block_tx_begin[i];
      const std::uint32_t end = batch.txs.block_tx_begin[i + 1];
      for (std::uint32_t tx = begin; tx < end; ++tx) add_outputs(batch, tx, ref);
      for (std::uint32_t tx = begin; tx < end; ++tx) spend_inputs(batch, tx, batch.raw.blocks[i].height);
    }
  }

  void finish() {
    script_set_.thin();
    while (is_first_ && has_output_refs_) extra_output_refs();
  }

 private:
  void add_history(std::uint64_t prefix, std::uint64_t tx_number) {
    const HistoryItem item{prefix, tx_number};
    if (rows_.history.empty() || rows_.history.back() != item) rows_.history.push_back(item);
  }

  void add_outputs(const WalkBatch& batch, std::uint32_t tx, std::size_t& ref) {
    const auto& refs = batch.scripts.refs;
    const std::uint64_t tx_number = batch.first_tx + tx;
    const std::size_t first_ref = ref;
    for (std::uint32_t output = batch.txs.output_begin[tx]; output < batch.txs.output_begin[tx + 1]; ++output) {
      const std::size_t output_ref = ref;
      while (ref < refs.size() && refs[ref].output == output) ++ref;
      if (batch.scripts.indexed[output] == 0) continue;
      const std::uint32_t index = output - batch.txs.output_begin[tx];
      if (is_first_) ++totals_.outputs;
      if (is_first_ && ref > output_ref) match_output_refs(batch, tx_number, index, output_ref, ref);
      const ScriptHash& scripthash = batch.scripts.scripthash[output];
      const std::uint64_t prefix = prefix_of(scripthash);
      if (!range_.contains(prefix)) continue;
      const std::uint64_t bits = batch.txs.output_value[output] << 1 | (ref > output_ref ? 1 : 0);
      if (rows_.live.add(batch.txs.txid[tx].data(), {0, 0, prefix, bits, tx_number, index, 0})) ++rows_.replaced;
      add_history(prefix, tx_number);
      script_set_.add(scripthash);
    }
    if (ref > first_ref) add_places(batch, tx, first_ref, ref);
  }

  void spend_inputs(const WalkBatch& batch, std::uint32_t tx, std::uint32_t height) {
    if (is_first_) totals_.inputs += batch.txs.input_begin[tx + 1] - batch.txs.input_begin[tx];
    for (std::uint32_t input = batch.txs.input_begin[tx]; input < batch.txs.input_begin[tx + 1]; ++input) {
      const std::byte* prevout = batch.raw.raw.data() + batch.txs.prevout_offset[input];
      const auto spent = rows_.live.take(prevout, load_le<std::uint32_t>(prevout + 32));
      if (!spent) continue;
      ++rows_.spends_matched;
      add_history(spent->prefix, batch.first_tx + tx);
      if (height < context_.state.undo_first_height) continue;
      rows_.undo.push_back({height, {spent->prefix, spent->tx_number, spent->bits, spent->index}});
    }
  }

  /// Mints and singleton locations of one transaction's refs that belong to the share.
  void add_places(const WalkBatch& batch, std::uint32_t tx, std::size_t first_ref, std::size_t until_ref) {
    std::vector<std::pair<Ref, bool>> pushed;
    for (std::size_t i = first_ref; i < until_ref; ++i) {
      const classify::OutputRef& found = batch.scripts.refs[i];
      if (batch.scripts.indexed[found.output] == 0) continue;
      std::pair<Ref, bool> push{{}, found.type == classify::RefType::singleton};
      std::memcpy(push.first.data(), batch.raw.raw.data() + found.ref_offset, push.first.size());
      if (range_.contains(ref_prefix(push.first))) pushed.push_back(push);
    }
    if (pushed.empty()) return;
    std::vector<Ref> spent;
    for (std::uint32_t input = batch.txs.input_begin[tx]; input < batch.txs.input_begin[tx + 1]; ++input) {
      std::memcpy(spent.emplace_back().data(), batch.raw.raw.data() + batch.txs.prevout_offset[input], sizeof(Ref));
    }
    std::sort(spent.begin(), spent.end());
    std::sort(pushed.begin(), pushed.end());
    for (std::size_t i = 0; i < pushed.size(); ++i) {
      // Sorted, the singleton push of a ref comes last among its pushes.
      if (i + 1 < pushed.size() && pushed[i + 1].first == pushed[i].first) continue;
      const bool is_mint = std::binary_search(spent.begin(), spent.end(), pushed[i].first);
      if (!is_mint && !pushed[i].second) continue;
      rows_.places.push_back({pushed[i].first, static_cast<std::uint8_t>(is_mint ? 0 : 1), batch.first_tx + tx});
    }
  }

  void extra_output_refs() {
    context_.findings.add([&] {
      return fmt::format("table output_refs: a row for {}, which by the block files pushes no ref", output_text(context_, next_output_refs_.tx_number, next_output_refs_.index));
    });
    has_output_refs_ = output_refs_->next(next_output_refs_);
  }

  void match_output_refs(const WalkBatch& batch, std::uint64_t tx_number, std::uint32_t index, std::size_t first_ref, std::size_t until_ref) {
    const auto place = std::tuple(tx_number, index);
    while (has_output_refs_ && next_output_refs_.by_place() < place) extra_output_refs();
    context_.findings.looked_at(1);
    if (!has_output_refs_ || next_output_refs_.by_place() != place) {
      context_.findings.add([&] {
        return fmt::format("table output_refs: no row for {}, which pushes {} refs", output_text(context_, tx_number, index), until_ref - first_ref);
      });
      return;
    }
    bool same = next_output_refs_.pushes.size() == (until_ref - first_ref) * ref_push_bytes;
    for (std::size_t i = first_ref; same && i < until_ref; ++i) {
      const classify::OutputRef& wanted = batch.scripts.refs[i];
      const std::byte* found = next_output_refs_.pushes.data() + (i - first_ref) * ref_push_bytes;
      same = *found == static_cast<std::byte>(wanted.type) && std::equal(found + 1, found + ref_push_bytes, batch.raw.raw.data() + wanted.ref_offset);
    }
    if (!same) {
      context_.findings.add([&] {
        return fmt::format("table output_refs: {}: its refs are not the {} that the block files have", output_text(context_, tx_number, index), until_ref - first_ref);
      });
    }
    has_output_refs_ = output_refs_->next(next_output_refs_);
  }

  Context& context_;
  PrefixRange range_;
  ExpectedRows& rows_;
  ChainTotals& totals_;
  ScriptSet script_set_;
  bool is_first_;
  std::unique_ptr<OutputRefsCursor> output_refs_;  ///< first pass only
  OutputRefsItem next_output_refs_;
  bool has_output_refs_ = false;
};

/// Compares one share's rows with the tables, table by table.
class Comparison {
 public:
  Comparison(Context& context, const PrefixRange& range, ExpectedRows& rows) : context_(context), range_(range), rows_(rows) {}

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
    context_.findings.add([&] { return fmt::format("table {}: no entry for {}, which the block files have", table, what()); });
  }
  template <typename MakeText>
  void extra(std::string_view table, MakeText what) {
    context_.findings.add([&] { return fmt::format("table {}: an entry for {}, which the block files do not have", table, what()); });
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
        expected, found, self, self, [&](const HistoryItem& item) { missing("history", text(item)); }, [&](const HistoryItem& item) { extra("history", text(item)); },
        [](const HistoryItem&, const HistoryItem&) {});
    rows_.history = {};
  }

  void scripts() {
    context_.findings.looked_at(rows_.scripts.size());
    VectorCursor<ScriptKey> expected(rows_.scripts);
    ScriptsCursor found(context_, Malformed::passed_over, range_);
    const auto text = [](const ScriptKey& key) { return [&] { return "script " + to_hex(key); }; };
    const auto self = [](const ScriptKey& key) { return key; };
    merge<ScriptKey, ScriptKey>(
        expected, found, self, self, [&](const ScriptKey& item) { missing("scripts", text(item)); }, [&](const ScriptKey& item) { extra("scripts", text(item)); },
        [](const ScriptKey&, const ScriptKey&) {});
    rows_.scripts = {};
  }

  template <typename Cursor, typename KeyOf>
  void compare_outputs(std::string_view table, const std::vector<OutputItem>& items, Cursor found, KeyOf key_of) {
    context_.findings.looked_at(items.size());
    VectorCursor<OutputItem> expected(items);
    const auto text = [&](const OutputItem& item) {
      return [&] { return fmt::format("{}, {}, {}", script_text(item.prefix), output_text(context_, item.tx_number, item.index), value_text(item.bits)); };
    };
    merge<OutputItem, OutputItem>(
        expected, found, key_of, key_of, [&](const OutputItem& item) { missing(table, text(item)); }, [&](const OutputItem& item) { extra(table, text(item)); },
        [&](const OutputItem& wanted, const OutputItem& had) {
          if (wanted.bits == had.bits && wanted.prefix == had.prefix) return;
          context_.findings.add([&] { return fmt::format("table {}: {}; expected {}, {}", table, text(had)(), script_text(wanted.prefix), value_text(wanted.bits)); });
        });
  }

  void outputs() {
    std::vector<OutputItem> items;
    items.reserve(rows_.live.size());
    rows_.live.for_each([&](const LiveOutput& output) { items.push_back({output.prefix, output.tx_number, output.bits, output.index}); });
    rows_.live = LiveOutputs(0);
    const auto by_script = [](const OutputItem& item) { return item.by_script(); };
    const auto by_place = [](const OutputItem& item) { return item.by_place(); };
    std::sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return by_script(a) < by_script(b); });
    compare_outputs("unspent", items, UnspentCursor(context_, Malformed::passed_over, range_), by_script);
    std::sort(items.begin(), items.end(), [&](const auto& a, const auto& b) { return by_place(a) < by_place(b); });
    compare_outputs("outputs", items, OutputsCursor(context_, Malformed::passed_over, range_), by_place);
  }

  void undo() {
    std::sort(rows_.undo.begin(), rows_.undo.end(), [](const UndoItem& a, const UndoItem& b) { return a.key() < b.key(); });
    context_.findings.looked_at(rows_.undo.size());
    VectorCursor<UndoItem> expected(rows_.undo);
    UndoCursor found(context_, Malformed::passed_over, range_);
    const auto text = [&](const UndoItem& item) {
      return [&] {
        return fmt::format("height {}, {}, {}, {}", item.height, script_text(item.output.prefix), output_text(context_, item.output.tx_number, item.output.index),
                           value_text(item.output.bits));
      };
    };
    const auto key = [](const UndoItem& item) { return item.key(); };
    merge<UndoItem, UndoItem>(
        expected, found, key, key, [&](const UndoItem& item) { missing("undo", text(item)); }, [&](const UndoItem& item) { extra("undo", text(item)); },
        [&](const UndoItem& wanted, const UndoItem& had) {
          if (wanted.output.bits == had.output.bits && wanted.output.prefix == had.output.prefix) return;
          context_.findings.add([&] { return fmt::format("table undo: {}; expected {}, {}", text(had)(), script_text(wanted.output.prefix), value_text(wanted.output.bits)); });
        });
  }

  void places() {
    std::sort(rows_.places.begin(), rows_.places.end());
    context_.findings.looked_at(rows_.places.size());
    VectorCursor<RefPlaceItem> expected(rows_.places);
    RefsCursor found(context_, Malformed::passed_over, range_);
    const auto text = [&](const RefPlaceItem& item) {
      return [&] { return fmt::format("{} of ref {} in {}", item.is_location != 0 ? "location" : "mint", ref_text(item.ref.data()), tx_text(context_, item.tx_number)); };
    };
    const auto self = [](const RefPlaceItem& item) { return item; };
    merge<RefPlaceItem, RefPlaceItem>(
        expected, found, self, self, [&](const RefPlaceItem& item) { missing("refs", text(item)); }, [&](const RefPlaceItem& item) { extra("refs", text(item)); },
        [](const RefPlaceItem&, const RefPlaceItem&) {});
  }

  Context& context_;
  PrefixRange range_;
  ExpectedRows& rows_;
};

void check_totals(Context& context, const ChainTotals& totals) {
  if (totals.matched != totals.inputs) {
    context.findings.add(fmt::format("block files: {} of {} inputs spend outputs that no block created", totals.inputs - totals.matched, totals.inputs));
  }
  if (context.state.outputs_created != totals.outputs || context.state.outputs_spent != totals.inputs + totals.replaced) {
    context.findings.add(fmt::format("table state: {} outputs created and {} spent, by the block files {} and {}", context.state.outputs_created, context.state.outputs_spent,
                                     totals.outputs, totals.inputs + totals.replaced));
  }
}

}  // namespace

std::uint32_t deep_passes(const Context& context, const TableCounts& counts) noexcept {
  if (context.options.deep_passes != 0) return context.options.deep_passes;
  // Vectors grow by doubling; half of the time they hold a third more than they need, and twice that while they move.
  const std::uint64_t history = (context.state.outputs_created + context.state.outputs_spent) * sizeof(HistoryItem) * 3 / 2;
  const std::uint64_t scripts = counts.scripts * sizeof(ScriptKey) * 3;
  const std::uint64_t live = counts.unspent * (sizeof(LiveOutput) * 3 + sizeof(OutputItem));
  const std::uint64_t others = (counts.undo * sizeof(UndoItem) + counts.ref_places * sizeof(RefPlaceItem)) * 2;
  return passes_for(context.options, history + scripts + live + others);
}

void check_deep(Context& context, BlockWalk& walk, std::uint32_t passes) {
  ChainTotals totals;
  std::random_device device;
  for (std::uint32_t pass = 0; pass < passes && !context.stopped(); ++pass) {
    const PrefixRange range = share_of_prefixes(pass, passes);
    ExpectedRows rows(static_cast<std::uint64_t>(device()) << 32 | device());
    DeepPass deep(context, range, pass == 0, rows, totals);
    const bool walked = walk.run(true, [&](const WalkBatch& batch) {
      if (pass == 0) {
        context.findings.enter_check("block files");
        match_flat(context, batch);
        context.findings.enter_check("deep");
      }
      deep.add_batch(batch);
    });
    if (!walked) return;  // stopped, or told
    deep.finish();
    Comparison(context, range, rows).run();
    totals.matched += rows.spends_matched;
    totals.replaced += rows.replaced;
  }
  if (!context.stopped()) check_totals(context, totals);
}

}  // namespace sluice::verify
