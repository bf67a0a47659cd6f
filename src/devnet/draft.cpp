#include "devnet/draft.h"

#include <algorithm>

namespace sluice::devnet {
namespace {

// The node keeps the refs of an output in a set that compares from the last byte to the first.
bool ref_before(const Ref& left, const Ref& right) {
  return std::lexicographical_compare(left.rbegin(), left.rend(), right.rbegin(), right.rend());
}

Digest refs_hash(std::vector<Ref> refs) {
  if (refs.empty()) return Digest{};
  std::sort(refs.begin(), refs.end(), ref_before);
  Buffer joined;
  for (const Ref& ref : refs) put_bytes(joined, ref);
  return double_sha256(joined);
}

std::vector<Ref> pushed_refs(const DraftOutput& output, const std::vector<Ref>& refs) {
  std::vector<Ref> pushed;
  for (const std::uint32_t ref : output.refs) {
    if (ref != 0) pushed.push_back(refs[ref - 1]);
  }
  return pushed;
}

}  // namespace

Digest TxWriter::version_three_id(const Buffer& body, const Draft& draft, const std::vector<Ref>& refs) {
  Buffer prevouts, sequences, outputs;
  for (std::size_t i = 0; i < script_sigs_.size(); ++i) {
    const Place& place = script_sigs_[i];
    // The 36 bytes of the outpoint stand before the compact size of the script.
    const std::size_t size_bytes = place.size < 0xfd ? 1 : place.size <= 0xffff ? 3 : 5;
    put_bytes(prevouts, Bytes(body).subspan(place.begin - size_bytes - 36, 36));
    put_bytes(prevouts, double_sha256(Bytes(body).subspan(place.begin, place.size)).span());
    put_le(sequences, sequences_[i]);
  }
  for (const DraftOutput& output : draft.outputs) {
    const std::vector<Ref> pushed = pushed_refs(output, refs);
    put_le(outputs, output.value);
    put_bytes(outputs, double_sha256(Bytes(draft.scripts).subspan(output.script_begin, output.script_size)).span());
    put_le(outputs, static_cast<std::uint32_t>(pushed.size()));
    put_bytes(outputs, refs_hash(pushed).span());
  }
  Buffer preimage;
  put_le(preimage, draft.version);
  put_le(preimage, static_cast<std::uint32_t>(script_sigs_.size()));
  put_bytes(preimage, double_sha256(prevouts).span());
  put_bytes(preimage, double_sha256(sequences).span());
  put_le(preimage, static_cast<std::uint32_t>(draft.outputs.size()));
  put_bytes(preimage, double_sha256(outputs).span());
  put_le(preimage, draft.locktime);
  return double_sha256(preimage);
}

TxIds TxWriter::append(Buffer& body, const Draft& draft, const std::vector<Ref>& refs, Random& random) {
  const std::size_t begin = body.size();
  const bool coinbase = draft.inputs.empty();
  bool witness = draft.coinbase_witness;
  for (const LiveOutput& input : draft.inputs) witness |= needs_witness(input.form);
  script_sigs_.clear(), sequences_.clear();

  put_le(body, draft.version);
  if (witness) put(body, {0x00, 0x01});
  const std::size_t core_begin = body.size();
  put_compact(body, coinbase ? 1 : draft.inputs.size());
  const auto add_script_sig = [&](const Buffer& script, std::uint32_t sequence) {
    put_compact(body, script.size());
    script_sigs_.push_back({body.size(), script.size()});
    put_bytes(body, script);
    put_le(body, sequence);
    sequences_.push_back(sequence);
  };
  if (coinbase) {
    put_bytes(body, Digest{}.span());  // null txid
    put_le(body, std::uint32_t{0xffffffff});
    add_script_sig(draft.coinbase_script, 0xffffffff);
  }
  for (const LiveOutput& input : draft.inputs) {
    put_bytes(body, input.txid.span());
    put_le(body, input.index);
    scratch_.clear();
    put_script_sig(scratch_, input.form, random);
    add_script_sig(scratch_, random.below(4) == 0 ? 0xfffffffe : 0xffffffff);
  }
  put_compact(body, draft.outputs.size());
  for (const DraftOutput& output : draft.outputs) {
    put_le(body, output.value);
    put_compact(body, output.script_size);
    put_bytes(body, Bytes(draft.scripts).subspan(output.script_begin, output.script_size));
  }
  const std::size_t core_end = body.size();
  if (draft.coinbase_witness) {
    put(body, {0x01, 0x20});
    put_bytes(body, Digest{}.span());
  } else if (witness) {
    for (const LiveOutput& input : draft.inputs) put_witness(body, input.form, random);
  }
  put_le(body, draft.locktime);

  if (version_three_ && draft.version == 3) {
    const Digest id = version_three_id(body, draft, refs);
    return {id, id};
  }
  const Digest whole = double_sha256(Bytes(body).subspan(begin));
  if (!witness) return {whole, whole};
  stripped_.clear();
  put_le(stripped_, draft.version);
  put_bytes(stripped_, Bytes(body).subspan(core_begin, core_end - core_begin));
  put_le(stripped_, draft.locktime);
  return {double_sha256(stripped_), whole};
}

}  // namespace sluice::devnet
