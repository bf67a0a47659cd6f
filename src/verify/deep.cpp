#include "verify/deep.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "base/prefix.h"
#include "verify/cursors.h"
#include "verify/expected_rows.h"

namespace sluice::verify {
namespace {

/// Totals of the chain; the first pass counts them.
struct ChainTotals {
  std::uint64_t outputs = 0;  ///< indexed
  std::uint64_t inputs = 0;
  std::uint64_t matched = 0;   ///< over all passes
  std::uint64_t replaced = 0;  ///< over all passes
};

/// Appends to a list in which equal entries often follow each other; sorts and thins it when it has doubled.
class ScriptSet {
 public:
  explicit ScriptSet(std::vector<ScriptKey>& scripts) : scripts_(scripts), recent_(recent_count) {}
  void add(const ScriptHash& scripthash) {
    // Slots begin as zeros; a scripthash of zeros is not taken for seen.
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
      for (std::uint32_t tx = begin; tx < end; ++tx) add_outputs(batch, tx, batch.raw.blocks[i].height, ref);
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

  void add_outputs(const WalkBatch& batch, std::uint32_t tx, std::uint32_t height, std::size_t& ref) {
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
      if (const auto replaced = rows_.live.add(batch.txs.txid[tx].data(), {0, 0, prefix, bits, tx_number, index, 0})) {
        ++rows_.replaced;
        add_undo(height, *replaced);
      }
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
      add_undo(height, *spent);
    }
  }

  void add_undo(std::uint32_t height, const LiveOutput& ended) {
    if (height < context_.state.undo_first_height) return;
    rows_.undo.push_back({height, {ended.prefix, ended.tx_number, ended.bits, ended.index}});
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
      return fmt::format("table output_refs: a row for {}, which by the block files pushes no ref",
                         output_text(context_, next_output_refs_.tx_number, next_output_refs_.index));
    });
    has_output_refs_ = output_refs_->next(next_output_refs_);
  }

  void match_output_refs(const WalkBatch& batch, std::uint64_t tx_number, std::uint32_t index, std::size_t first_ref,
                         std::size_t until_ref) {
    const auto place = std::tuple(tx_number, index);
    while (has_output_refs_ && next_output_refs_.by_place() < place) extra_output_refs();
    context_.findings.looked_at(1);
    if (!has_output_refs_ || next_output_refs_.by_place() != place) {
      context_.findings.add([&] {
        return fmt::format("table output_refs: no row for {}, which pushes {} refs",
                           output_text(context_, tx_number, index), until_ref - first_ref);
      });
      return;
    }
    bool same = next_output_refs_.pushes.size() == (until_ref - first_ref) * ref_push_bytes;
    for (std::size_t i = first_ref; same && i < until_ref; ++i) {
      const classify::OutputRef& wanted = batch.scripts.refs[i];
      const std::byte* found = next_output_refs_.pushes.data() + (i - first_ref) * ref_push_bytes;
      same = *found == static_cast<std::byte>(wanted.type) &&
             std::equal(found + 1, found + ref_push_bytes, batch.raw.raw.data() + wanted.ref_offset);
    }
    if (!same) {
      context_.findings.add([&] {
        return fmt::format("table output_refs: {}: its refs are not the {} that the block files have",
                           output_text(context_, tx_number, index), until_ref - first_ref);
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

void check_totals(Context& context, const ChainTotals& totals) {
  if (totals.matched != totals.inputs) {
    context.findings.add(fmt::format("block files: {} of {} inputs spend outputs that no block created",
                                     totals.inputs - totals.matched, totals.inputs));
  }
  if (context.state.outputs_created != totals.outputs ||
      context.state.outputs_spent != totals.inputs + totals.replaced) {
    context.findings.add(fmt::format("table state: {} outputs created and {} spent, by the block files {} and {}",
                                     context.state.outputs_created, context.state.outputs_spent, totals.outputs,
                                     totals.inputs + totals.replaced));
  }
}

}  // namespace

namespace {

/// Each output is funded once and spent once at most; a transaction that does either twice has one entry.
std::uint64_t history_entries_max(const store::State& state) noexcept {
  return state.outputs_created + std::min(state.outputs_spent, state.outputs_created);
}

}  // namespace

PrefixShares deep_shares(const Context& context, const TableCounts& counts) {
  if (context.options.deep_passes != 0) return balanced_shares(counts.history, context.options.deep_passes);
  const std::uint64_t history = history_entries_max(context.state) * sizeof(HistoryItem);
  const std::uint64_t scripts = counts.scripts * sizeof(ScriptKey) * 3;
  // The table of live outputs is a power of two of slots, a quarter of them or more empty; old and new while it grows.
  const std::uint64_t live = counts.unspent * (sizeof(LiveOutput) * 3 + sizeof(OutputItem));
  const std::uint64_t others = (counts.undo * sizeof(UndoItem) + counts.ref_places * sizeof(RefPlaceItem)) * 2;
  return balanced_shares(counts.history, passes_for(context.options, history + scripts + live + others));
}

void check_deep(Context& context, BlockWalk& walk, const PrefixShares& shares, DeepSwaps* swaps) {
  ChainTotals totals;
  std::random_device device;
  ExpectedRows rows(static_cast<std::uint64_t>(device()) << 32 | device());
  // A transaction that touches a script in several places has several entries until they are sorted.
  rows.history.reserve(shares.entries_max + shares.entries_max / 8);
  for (std::size_t pass = 0; pass < shares.ranges.size() && !context.stopped(); ++pass) {
    const PrefixRange& range = shares.ranges[pass];
    rows.clear();
    DeepPass deep(context, range, pass == 0, rows, totals);
    const bool walked = walk.run(true, [&](const WalkBatch& batch) {
      if (pass == 0) {
        context.findings.enter_check("block files");
        match_flat(context, batch);
        context.findings.enter_check("deep");
        if (swaps != nullptr) swaps->collect(batch);
      }
      deep.add_batch(batch);
    });
    if (!walked) return;  // stopped, or told
    deep.finish();
    compare_rows(context, range, rows);
    totals.matched += rows.spends_matched;
    totals.replaced += rows.replaced;
  }
  if (context.stopped()) return;
  check_totals(context, totals);
  if (swaps == nullptr) return;
  context.findings.enter_check("deep swaps");
  swaps->check_orders(walk);
}

void check_deep_swaps(Context& context, BlockWalk& walk, DeepSwaps& swaps) {
  const bool walked = walk.run(true, [&](const WalkBatch& batch) {
    match_flat(context, batch);
    swaps.collect(batch);
  });
  if (!walked) return;  // stopped, or told
  context.findings.enter_check("deep swaps");
  swaps.check_orders(walk);
}

}  // namespace sluice::verify
