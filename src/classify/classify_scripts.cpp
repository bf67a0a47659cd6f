#include "classify/classify_scripts.h"

#include <cstring>

#include "base/check.h"
#include "classify/distinct_refs.h"
#include "classify/rswp.h"
#include "classify/scripthash.h"
#include "classify/templates.h"
#include "classify/token_prefix.h"

namespace sluice::classify {
namespace {

constexpr std::size_t hash_group_scripts = 2048;
constexpr std::size_t rewritten_bytes_max = 128 * 1024;     // with the group's raw bytes still in the near cache
constexpr std::size_t copied_script_bytes_max = 32 * 1024;  // larger ones are hashed piece by piece

class Classifier {
 public:
  Classifier(Bytes raw, const ClassifyOptions& options, ScriptBatch& target, ClassifyScratch& scratch,
             ClassifyCounters& counters) noexcept
      : raw_(raw), options_(options), target_(target), scratch_(scratch), counters_(counters) {
    scratch_.messages.resize(hash_group_scripts);
    scratch_.outputs.resize(hash_group_scripts);
    scratch_.digests.resize(hash_group_scripts);
    scratch_.rewritten.resize(rewritten_bytes_max);
  }

  void add(std::uint32_t output, std::uint32_t begin, std::uint32_t size) noexcept {
    Bytes script = raw_.subspan(begin, size);
    if (options_.coin == chain::Coin::bitcoin_cash) script = strip_token_prefix(script);
    ScriptKind kind = match_template(script);
    bool indexed = true;
    if (kind != ScriptKind::other) [[likely]] {
      hash_later(output, script);
    } else if (script.empty()) {
      kind = ScriptKind::empty;
      hash_later(output, script);
    } else if (is_unspendable(script)) {
      kind = add_unspendable(output, begin, script);
      indexed = false;
    } else if (options_.coin == chain::Coin::radiant) {
      kind = add_scanned(output, begin, script);
      indexed = kind != ScriptKind::unwalkable;
    } else {
      if (options_.coin == chain::Coin::bitcoin && is_witness_program(script)) kind = ScriptKind::witness;
      hash_later(output, script);
    }
    target_.kind[output] = kind;
    target_.indexed[output] = indexed ? 1 : 0;
    counters_.outputs_indexed += indexed ? 1 : 0;
  }

  /// Hashes what has been gathered.
  void flush() noexcept {
    hash::sha256_many({scratch_.messages.data(), count_}, {scratch_.digests.data(), count_});
    for (std::size_t i = 0; i < count_; ++i)
      target_.scripthash[scratch_.outputs[i]] = hash_cast<ScriptHash>(scratch_.digests[i]);
    count_ = 0;
    rewritten_bytes_ = 0;
  }

 private:
  [[nodiscard]] ScriptKind add_unspendable(std::uint32_t output, std::uint32_t begin, Bytes script) noexcept {
    if (options_.coin != chain::Coin::radiant) return ScriptKind::op_return;
    SwapParse swap = parse_swap(script, begin, {options_.op_number_index});
    if (swap.verdict == SwapVerdict::refused) ++counters_.refused[static_cast<int>(swap.refusal)];
    if (swap.verdict != SwapVerdict::offer) return ScriptKind::op_return;
    swap.offer.output = output;
    target_.offers.push_back(swap.offer);
    ++counters_.offers;
    return ScriptKind::rswp;
  }

  [[nodiscard]] ScriptKind add_scanned(std::uint32_t output, std::uint32_t begin, Bytes script) noexcept {
    if (const std::size_t ref = match_token(script); ref != 0) {
      add_token(output, begin, script, ref);
      return ScriptKind::with_refs;
    }
    scratch_.pushed_refs.clear();
    const ScriptFacts facts = scan_script(script, &scratch_.pushed_refs);
    if (!facts.walkable) return ScriptKind::unwalkable;
    if (!needs_rewrite(facts, options_.parity)) hash_later(output, script);
    else if (script.size() <= copied_script_bytes_max) hash_rewritten_later(output, script);
    else target_.scripthash[output] = script_hash(script, options_.coin, options_.parity);
    if (!facts.has_pushed_ref) return ScriptKind::other;
    append_distinct_refs(raw_, begin, output, scratch_.pushed_refs.span(), target_.refs);
    return ScriptKind::with_refs;
  }

  /// What the scan would find, known beforehand: one ref to zero and to note.
  void add_token(std::uint32_t output, std::uint32_t begin, Bytes script, std::size_t ref) noexcept {
    const bool is_singleton = script[ref - 1] == std::byte{parse::op_push_input_ref_singleton};
    target_.refs.push_back(
        {output, begin + static_cast<std::uint32_t>(ref), is_singleton ? RefType::singleton : RefType::normal});
    if (rewritten_bytes_ + script.size() > rewritten_bytes_max) flush();
    std::byte* const copy = scratch_.rewritten.data() + rewritten_bytes_;
    std::memcpy(copy, script.data(), script.size());
    std::memset(copy + ref, 0, parse::ref_bytes);
    rewritten_bytes_ += script.size();
    hash_later(output, {copy, script.size()});
  }

  void hash_later(std::uint32_t output, Bytes script) noexcept {
    scratch_.messages[count_] = {script.data(), script.size()};
    scratch_.outputs[count_] = output;
    if (++count_ == hash_group_scripts) flush();
  }

  /// The rewritten form is never longer than the script.
  void hash_rewritten_later(std::uint32_t output, Bytes script) noexcept {
    if (rewritten_bytes_ + script.size() > rewritten_bytes_max) flush();
    const std::byte* const begin = scratch_.rewritten.data() + rewritten_bytes_;
    for_each_rewritten_piece(script, options_.parity, [this](Bytes piece) {
      std::memcpy(scratch_.rewritten.data() + rewritten_bytes_, piece.data(), piece.size());
      rewritten_bytes_ += piece.size();
    });
    hash_later(output, {begin, scratch_.rewritten.data() + rewritten_bytes_});
  }

  Bytes raw_;
  const ClassifyOptions& options_;
  ScriptBatch& target_;
  ClassifyScratch& scratch_;
  ClassifyCounters& counters_;
  std::size_t count_ = 0;            ///< messages gathered
  std::size_t rewritten_bytes_ = 0;  ///< of scratch_.rewritten in use
};

}  // namespace

void ClassifyScratch::reserve(const parse::BatchBounds& bounds) {
  messages.reserve_address_space(hash_group_scripts);
  outputs.reserve_address_space(hash_group_scripts);
  digests.reserve_address_space(hash_group_scripts);
  rewritten.reserve_address_space(rewritten_bytes_max);
  pushed_refs.reserve_address_space(bounds.refs());
}

void classify_scripts(const source::RawBatch& source, const parse::TxBatch& batch, const ClassifyOptions& options,
                      ScriptBatch& target, ClassifyScratch& scratch, ClassifyCounters& counters) noexcept {
  SLUICE_CHECK(batch.block_tx_begin.size() == source.blocks.size() + 1);
  target.clear();
  const std::size_t output_count = batch.output_count();
  target.scripthash.resize(output_count);
  target.kind.resize(output_count);
  target.indexed.resize(output_count);
  counters.outputs += output_count;
  Classifier classifier(source.raw, options, target, scratch, counters);
  for (std::uint32_t output = 0; output < output_count; ++output)
    classifier.add(output, batch.script_begin[output], batch.script_size[output]);
  classifier.flush();
  counters.refs += target.refs.size();
}

}  // namespace sluice::classify
