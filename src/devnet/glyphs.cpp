// Radiant tokens: outputs that push refs.
//
// What consensus asks of them holds here: a ref is minted by spending the outpoint it names, and
// later pushed only by transactions that spend an output which carries it. A singleton (d8) is in
// one output at a time, a normal ref (d0) may be in several.
#include <algorithm>

#include "devnet/mix.h"

namespace sluice::devnet {
namespace {

std::uint32_t mint_ref(State& state, const LiveOutput& spent) {
  Ref ref;
  std::memcpy(ref.data(), spent.txid.data(), 32);
  store_le(ref.data() + 32, spent.index);
  state.refs.push_back(ref);
  ++state.totals.refs_minted;
  return static_cast<std::uint32_t>(state.refs.size());
}

}  // namespace

void Mix::add_ref_output(State& state, Draft& draft, ScriptForm form, std::uint64_t value,
                         std::array<std::uint32_t, 2> refs) const {
  const std::uint32_t key = pick_key(state, 25);
  const Ref& first = state.refs[refs[0] - 1];
  put_ref_script(draft.scripts, form, key, first, has_two_refs(form) ? state.refs[refs[1] - 1] : first, state.random);
  DraftOutput& output = draft.add_output(value, form, key, is_nft(form) ? Destination::nft : Destination::ft);
  output.refs = refs;
}

void Mix::mint(State& state, Draft& draft, ScriptForm form) const {
  Random& random = state.random;
  take_plain(state, draft, has_two_refs(form) ? 2 : 1);
  if (has_two_refs(form) && draft.inputs.size() < 2) form = ScriptForm::nft;
  std::array<std::uint32_t, 2> refs{mint_ref(state, draft.inputs[0]), 0};
  if (has_two_refs(form)) refs[1] = mint_ref(state, draft.inputs[1]);
  std::uint64_t rest = draft.input_value();
  const std::uint64_t copies = is_nft(form) ? 1 : 1 + random.below(6);
  for (std::uint64_t i = 0; i < copies; ++i) {
    const std::uint64_t value =
        is_nft(form) ? std::min<std::uint64_t>(rest, random.below(8) == 0 ? 0 : 1) : random.below(rest / 8 + 1);
    add_ref_output(state, draft, form, value, refs);
    rest -= value;
  }
  if (!is_nft(form) && random.below(12) == 0) {
    // A ref behind OP_RETURN counts for a version-3 id, and for no index.
    put(draft.scripts, {0x6a, 0xd0});
    put_bytes(draft.scripts, state.refs[refs[0] - 1]);
    draft.add_output(0, ScriptForm::data, 0, Destination::dead).refs = {refs[0], 0};
  }
  add_change(state, draft, rest);
}

void Mix::transfer_nft(State& state, Draft& draft) const {
  const LiveOutput moved = state.nft.take(state.random);
  draft.inputs.push_back(moved);
  take_plain(state, draft, 1);
  if (state.random.below(2) == 0) std::reverse(draft.inputs.begin(), draft.inputs.end());
  ScriptForm form = moved.form;
  if (form == ScriptForm::nft && state.random.below(50) == 0) form = ScriptForm::nft_guard;
  std::uint64_t rest = draft.input_value();
  const std::uint64_t value = std::min<std::uint64_t>(rest, std::max<std::uint64_t>(moved.value, 1));
  add_ref_output(state, draft, form, value, moved.refs);
  rest -= value;
  if (state.random.below(4) == 0) {
    const std::uint64_t price = state.random.below(rest / 2 + 1);
    add_payment(state, draft, price, 35);
    rest -= price;
  }
  add_change(state, draft, rest);
}

void Mix::transfer_ft(State& state, Draft& draft) const {
  const LiveOutput moved = state.ft.take(state.random);
  draft.inputs.push_back(moved);
  take_plain(state, draft, 1);
  std::uint64_t rest = draft.input_value();
  const std::uint64_t parts = 1 + state.random.below(3);
  std::uint64_t amount = moved.value;
  for (std::uint64_t i = 0; i < parts; ++i) {
    const std::uint64_t value = i + 1 == parts ? amount : state.random.below(amount + 1);
    add_ref_output(state, draft, moved.form, value, moved.refs);
    amount -= value, rest -= value;
  }
  add_change(state, draft, rest);
}

void Mix::burn(State& state, Draft& draft) const {
  draft.inputs.push_back(state.nft.take(state.random));
  take_plain(state, draft, 1);
  add_change(state, draft, draft.input_value());
}

void Mix::make_token(State& state, Draft& draft) const {
  Random& random = state.random;
  if (random.below(10) == 0) draft.version = 3;
  const std::uint64_t draw = random.below(1000);
  if (draw < 400 && !state.ft.empty()) return transfer_ft(state, draft);
  if (draw < 700 && !state.nft.empty()) return transfer_nft(state, draft);
  if (draw < 720 && !state.nft.empty()) return burn(state, draft);
  if (draw < 860) return mint(state, draft, ScriptForm::nft);
  if (draw < 950) return mint(state, draft, ScriptForm::ft);
  constexpr ScriptForm rare[] = {ScriptForm::nft_pair,  ScriptForm::nft_pair, ScriptForm::nft_guard,
                                 ScriptForm::ft_pair,   ScriptForm::ft_pair,  ScriptForm::ft_twice,
                                 ScriptForm::ref_plain, ScriptForm::nft_both};
  mint(state, draft, rare[random.below(std::size(rare))]);
}

}  // namespace sluice::devnet
