#include "resolve/scatter.h"

#include <algorithm>
#include <cstring>

#include "base/prefix.h"

namespace sluice::resolve {

Scatter::Scatter(ChunkArena& arena, const OutpointHasher& hasher, std::size_t partition_count,
                 std::uint32_t until_duplicate_height)
    : arena_(arena),
      hasher_(hasher),
      partition_shift_(partition_shift(partition_count)),
      until_duplicate_height_(until_duplicate_height) {
  SLUICE_CHECK(std::has_single_bit(partition_count));
}

void Scatter::add_common(const BatchInput& batch, RecordSet& target) {
  const parse::TxBatch& txs = *batch.txs;
  const classify::ScriptBatch& scripts = *batch.scripts;
  const auto refs = scripts.refs.span();
  std::size_t ref = 0;
  for (std::size_t tx = 0; tx < txs.tx_count(); ++tx) {
    const auto rel = static_cast<std::uint32_t>(batch.first_rel + tx);
    const std::uint64_t txid_prefix = prefix_of(txs.txid[tx]);
    target.txs[partition_of(txid_prefix, partition_shift_)].push(arena_, {txid_prefix, rel});
    for (std::uint32_t output = txs.output_begin[tx]; output < txs.output_begin[tx + 1]; ++output) {
      if (scripts.indexed[output] == 0) continue;
      if (target.by_script) add_script(scripts.scripthash[output], rel, target);
      ++target.outputs_created;
      target.sum.add(outpoint_term(txs.txid[tx].data(), output - txs.output_begin[tx]));
    }
    const std::size_t first_ref = ref;
    while (ref < refs.size() && refs[ref].output < txs.output_begin[tx + 1]) ++ref;
    if (ref > first_ref && target.by_script) add_refs(batch, tx, first_ref, ref, target);
  }
  for (const std::uint32_t at : txs.prevout_offset) {
    const std::byte* prevout = batch.raw.raw.data() + at;
    target.sum.subtract(outpoint_term(prevout, load_le<std::uint32_t>(prevout + 32)));
  }
  target.outputs_spent += txs.input_count();
  add_replacements(batch, target);
}

void Scatter::add_script(const ScriptHash& scripthash, std::uint32_t rel, RecordSet& target) {
  const std::uint64_t prefix = prefix_of(scripthash);
  const std::size_t partition = partition_of(prefix, partition_shift_);
  target.history[partition].push(arena_, {prefix, rel});
  if (recent_.replace(scripthash)) target.scripts[partition].push(arena_, ScriptKey::of(scripthash));
}

// A repeated coinbase replaces the older outputs of the same outpoints. Asking the store for them is
// cheap: one question an output of the few coinbases that could repeat.
void Scatter::add_replacements(const BatchInput& batch, RecordSet& target) {
  const parse::TxBatch& txs = *batch.txs;
  for (std::size_t block = 0; block < batch.raw.blocks.size(); ++block) {
    const std::uint32_t tx = txs.block_tx_begin[block];
    if (batch.raw.blocks[block].height >= until_duplicate_height_ || tx == txs.block_tx_begin[block + 1]) continue;
    for (std::uint32_t index = 0; index < txs.output_begin[tx + 1] - txs.output_begin[tx]; ++index) {
      const std::uint64_t key = hasher_(txs.txid[tx].data(), index);
      target.spends[partition_of(key, partition_shift_)].push(
          arena_, {key, prefix_of(txs.txid[tx]), index | replaces_older, batch.first_rel + tx});
    }
  }
}

void Scatter::add_batch(const BatchInput& batch, RecordSet& target) {
  add_common(batch, target);
  const parse::TxBatch& txs = *batch.txs;
  RefCursor refs(*batch.scripts);
  for (std::size_t tx = 0; tx < txs.tx_count(); ++tx) {
    const auto rel = static_cast<std::uint32_t>(batch.first_rel + tx);
    for (std::uint32_t output = txs.output_begin[tx]; output < txs.output_begin[tx + 1]; ++output) {
      if (batch.scripts->indexed[output] == 0) continue;
      const std::uint32_t index = output - txs.output_begin[tx];
      const std::uint64_t key = hasher_(txs.txid[tx].data(), index);
      target.outputs[partition_of(key, partition_shift_)].push(
          arena_, {key, prefix_of(batch.scripts->scripthash[output]),
                   ValueFlags::of(txs.output_value[output], target.by_script && refs.has_refs(output)), rel, index});
    }
    for (std::uint32_t input = txs.input_begin[tx]; input < txs.input_begin[tx + 1]; ++input) {
      const std::byte* prevout = batch.raw.raw.data() + txs.prevout_offset[input];
      const auto index = load_le<std::uint32_t>(prevout + 32);
      const std::uint64_t key = hasher_(prevout, index);
      target.spends[partition_of(key, partition_shift_)].push(
          arena_, {key, load_be<std::uint64_t>(prevout) & prefix_mask, index & ~replaces_older, rel});
    }
  }
}

// A transaction can push hundreds of thousands of refs and spend tens of thousands of outputs, so
// the two sets meet through a sorted array and never pairwise.
void Scatter::add_refs(const BatchInput& batch, std::size_t tx, std::size_t first_ref, std::size_t until_ref,
                       RecordSet& target) {
  const parse::TxBatch& txs = *batch.txs;
  const auto rel = static_cast<std::uint32_t>(batch.first_rel + tx);
  const std::byte* raw = batch.raw.raw.data();
  tx_refs_.reserve_address_space(batch.scripts->refs.capacity());  // as many as any batch may hold
  tx_refs_.clear();
  std::uint32_t order = 0;
  std::uint32_t last_output = ~0u;
  for (std::size_t i = first_ref; i < until_ref; ++i) {
    const classify::OutputRef& found = batch.scripts->refs[i];
    order = found.output == last_output ? order + 1 : 0;
    last_output = found.output;
    OutputRefRecord record{rel, found.output - txs.output_begin[tx], order, static_cast<std::uint32_t>(found.type), {}};
    std::memcpy(record.ref.data(), raw + found.ref_offset, 36);
    target.output_refs.push(arena_, record);
    tx_refs_.push_back({record.ref, found.type == classify::RefType::singleton, false});
  }
  std::sort(tx_refs_.begin(), tx_refs_.end(), [](const TxRef& a, const TxRef& b) { return a.ref < b.ref; });
  std::size_t count = 0;
  for (const TxRef& found : tx_refs_) {
    if (count > 0 && tx_refs_[count - 1].ref == found.ref) tx_refs_[count - 1].singleton |= found.singleton;
    else tx_refs_[count++] = found;
  }
  tx_refs_.resize(count);
  for (std::uint32_t input = txs.input_begin[tx]; input < txs.input_begin[tx + 1]; ++input) {
    std::array<std::byte, 36> outpoint;
    std::memcpy(outpoint.data(), raw + txs.prevout_offset[input], 36);
    TxRef* at = std::lower_bound(tx_refs_.begin(), tx_refs_.end(), outpoint,
                                 [](const TxRef& a, const auto& b) { return a.ref < b; });
    if (at != tx_refs_.end() && at->ref == outpoint) at->minted = true;
  }
  for (const TxRef& found : tx_refs_) {
    if (found.minted || found.singleton) target.ref_places.push(arena_, {found.ref, rel, found.minted ? 0u : 1u});
  }
}

}  // namespace sluice::resolve
