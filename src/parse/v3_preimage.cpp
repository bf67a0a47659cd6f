//   4  version                32  sha256d( per input:  prevout 36 | sha256d(script) 32 )
//   4  input count            32  sha256d( per input:  sequence 4 )
//   4  output count           32  sha256d( per output: value 8 | sha256d(script) 32 | ref count 4 | refs hash 32 )
//   4  lock time
//
// The refs of an output are those that d0 and d8 push, each once, ascending as 288-bit
// little-endian numbers (so compared from their last byte); their hash is sha256d of them all, or
// zeros if there are none.
#include "parse/v3_preimage.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "parse/compact_size.h"
#include "parse/script_walk.h"

namespace sluice::parse {
namespace {

/// a < b as 36-byte little-endian numbers.
[[nodiscard]] bool ref_less(const std::byte* a, const std::byte* b) noexcept {
  const auto top_a = load_le<std::uint32_t>(a + 32);
  const auto top_b = load_le<std::uint32_t>(b + 32);
  if (top_a != top_b) return top_a < top_b;
  for (std::size_t word = 4; word-- > 0;) {
    const auto word_a = load_le<std::uint64_t>(a + 8 * word);
    const auto word_b = load_le<std::uint64_t>(b + 8 * word);
    if (word_a != word_b) return word_a < word_b;
  }
  return false;
}

/// Distinct pushed refs of a script, in hash order, into refs. false if the script cannot be walked.
[[nodiscard]] bool collect_refs(Bytes script, Column<const std::byte*>& refs) noexcept {
  refs.clear();
  std::size_t at = 0;
  ScriptOp op;
  WalkStep step;
  while ((step = next_op(script, OpSet::radiant, at, op)) == WalkStep::operation) {
    if (pushes_ref(op.opcode)) refs.push_back(script.data() + op.data_begin);
  }
  if (step == WalkStep::truncated) return false;
  if (refs.size() < 2) return true;
  std::sort(refs.begin(), refs.end(), ref_less);
  const auto until = std::unique(refs.begin(), refs.end(), [](const std::byte* a, const std::byte* b) {
    return std::memcmp(a, b, ref_bytes) == 0;
  });
  refs.resize(static_cast<std::size_t>(until - refs.begin()));
  return true;
}

/// Compact size in bytes that were checked when the transaction was split.
[[nodiscard]] std::uint64_t take_size(const std::byte*& at, const std::byte* end) noexcept {
  std::uint64_t value = 0;
  SLUICE_CHECK(read_compact_size(at, end, value) == ParseErrc::ok);
  return value;
}

struct Parts {
  std::size_t input_count = 0;
  std::size_t output_count = 0;
  const std::byte* lock_time = nullptr;
};

/// Fills scratch.fields (prevouts, then values) and scratch.scripts (input, then output scripts).
[[nodiscard]] Parts split_parts(Bytes tx, ParseScratch& scratch) noexcept {
  scratch.fields.clear();
  scratch.scripts.clear();
  Parts parts;
  const std::byte* at = tx.data() + 4;
  const std::byte* const end = tx.data() + tx.size();
  parts.input_count = take_size(at, end);
  for (std::size_t i = 0; i < parts.input_count; ++i) {
    scratch.fields.push_back(at);
    at += ref_bytes;
    const std::uint64_t size = take_size(at, end);
    scratch.scripts.push_back({at, size});
    at += size + 4;
  }
  parts.output_count = take_size(at, end);
  for (std::size_t i = 0; i < parts.output_count; ++i) {
    scratch.fields.push_back(at);
    at += 8;
    const std::uint64_t size = take_size(at, end);
    scratch.scripts.push_back({at, size});
    at += size;
  }
  parts.lock_time = at;
  SLUICE_CHECK(end - at == 4);
  return parts;
}

void hash_inputs(const Parts& parts, const ParseScratch& scratch, std::byte* prevouts_hash,
                 std::byte* sequences_hash) noexcept {
  hash::Sha256 prevouts;
  hash::Sha256 sequences;
  for (std::size_t i = 0; i < parts.input_count; ++i) {
    prevouts.update({scratch.fields[i], ref_bytes}).update(scratch.script_digests[i].span());
    sequences.update({scratch.scripts[i].data + scratch.scripts[i].size, 4});
  }
  std::memcpy(prevouts_hash, prevouts.finish_double().data(), 32);
  std::memcpy(sequences_hash, sequences.finish_double().data(), 32);
}

[[nodiscard]] bool hash_outputs(const Parts& parts, ParseScratch& scratch, std::byte* outputs_hash) noexcept {
  hash::Sha256 outputs;
  for (std::size_t i = parts.input_count; i < parts.input_count + parts.output_count; ++i) {
    const hash::Message script = scratch.scripts[i];
    if (!collect_refs({script.data, static_cast<std::size_t>(script.size)}, scratch.refs)) return false;
    Digest refs_hash;
    if (!scratch.refs.empty()) {
      hash::Sha256 refs;
      for (const std::byte* ref : scratch.refs) refs.update({ref, ref_bytes});
      refs_hash = refs.finish_double();
    }
    const auto ref_count = static_cast<std::uint32_t>(scratch.refs.size());
    outputs.update({scratch.fields[i], 8})
        .update(scratch.script_digests[i].span())
        .update(bytes_of(ref_count))
        .update(refs_hash.span());
  }
  std::memcpy(outputs_hash, outputs.finish_double().data(), 32);
  return true;
}

}  // namespace

bool write_v3_preimage(Bytes tx, ParseScratch& scratch, std::byte* target) noexcept {
  const Parts parts = split_parts(tx, scratch);
  scratch.script_digests.resize(scratch.scripts.size());
  hash::sha256d_many(scratch.scripts.span(), scratch.script_digests.span());
  std::memcpy(target, tx.data(), 4);
  store_le(target + 4, static_cast<std::uint32_t>(parts.input_count));
  hash_inputs(parts, scratch, target + 8, target + 40);
  store_le(target + 72, static_cast<std::uint32_t>(parts.output_count));
  if (!hash_outputs(parts, scratch, target + 76)) return false;
  std::memcpy(target + 108, parts.lock_time, 4);
  return true;
}

}  // namespace sluice::parse
