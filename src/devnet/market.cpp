// A busy swap market: few tokens, many advertisements for one outpoint, and makers and takers who spend what is offered
// right away. Everything that the life of an order knows comes up within a few blocks.
#include <algorithm>

#include "devnet/mix.h"

namespace sluice::devnet {
namespace {

constexpr std::size_t offers_remembered = 48;
constexpr std::size_t spends_remembered = 32;
constexpr std::uint64_t made_up_tokens = 6;

template <typename T>
void remember(std::vector<T>& recent, const T& item, std::size_t most) {
  recent.push_back(item);
  if (recent.size() > most) recent.erase(recent.begin());
}

/// Mostly of the last few. Bounds: not empty.
template <typename T>
const T& pick_recent(const std::vector<T>& recent, Random& random) {
  const std::size_t reach = random.below(2) == 0 ? std::min<std::size_t>(recent.size(), 4) : recent.size();
  return recent[recent.size() - 1 - static_cast<std::size_t>(random.below(reach))];
}

Ref outpoint_ref(const Digest& txid, std::uint32_t index) {
  Ref ref;
  std::memcpy(ref.data(), txid.data(), 32);
  store_le(ref.data() + 32, index);
  return ref;
}

std::array<std::byte, 32> market_token(const State& state, Random& random) {
  if (random.below(16) == 0) return {};  // plain RXD
  Digest digest;
  if (!state.refs.empty() && random.below(2) == 0)
    digest = sha256(state.refs[static_cast<std::size_t>(random.below(std::min<std::size_t>(state.refs.size(), 6)))]);
  else digest = sha256(bytes_of(random.below(made_up_tokens)));
  return digest.bytes;
}

}  // namespace

OfferParts Mix::next_market_offer(State& state) const {
  Random& random = state.random;
  OfferParts parts;
  parts.token = market_token(state, random);
  if (random.below(2) == 0) parts.want = market_token(state, random);
  const std::uint64_t draw = random.below(100);
  if (draw < 28 && !state.offers.empty()) {  // again: other terms, and often another wanted token
    const OfferParts& old = pick_recent(state.offers, random);
    parts.token = old.token, parts.utxo = old.utxo;
    if (random.below(3) == 0) parts.want = old.want;
  } else if (draw < 36 && !state.offers.empty()) {  // another token on the same outpoint
    parts.utxo = pick_recent(state.offers, random).utxo;
  } else if (draw < 44 && !state.recent_spends.empty()) {
    parts.utxo = pick_recent(state.recent_spends, random);
  } else if (draw < 50 && !state.recent_spends.empty()) {  // beside it: change, an OP_RETURN, or no output at all
    parts.utxo = pick_recent(state.recent_spends, random);
    store_le(parts.utxo.data() + 32, static_cast<std::uint32_t>(random.below(5)));
  } else if (draw < 58 && !state.held.empty()) {  // created by a later block
    parts.utxo = outpoint_ref(state.held.front().txid, static_cast<std::uint32_t>(random.below(2)));
  } else if (draw < 62) {  // never created
    Buffer missing;
    put_random(missing, random, 32);
    std::copy(missing.begin(), missing.end(), parts.utxo.begin());
  } else {
    const std::uint64_t from = random.below(10);
    const Pool& pool = from < 2 && !state.nft.empty()  ? state.nft
                       : from < 3 && !state.ft.empty() ? state.ft
                                                       : state.plain;
    if (!pool.empty()) {
      const LiveOutput& offered = pool.peek(random);
      parts.utxo = outpoint_ref(offered.txid, offered.index);
    }
  }
  remember(state.offers, parts, offers_remembered);
  return parts;
}

// A taker, or the maker who thought better of it: spends what was offered.
bool Mix::take_offered(State& state, Draft& draft) const {
  if (state.offers.empty()) return false;
  const std::optional<LiveOutput> output = state.plain.take(pick_recent(state.offers, state.random).utxo);
  if (output) draft.inputs.push_back(*output);
  return output.has_value();
}

void Mix::make_market(State& state, Draft& draft) const {
  Random& random = state.random;
  const bool takes = random.below(3) == 0 && take_offered(state, draft);
  if (!takes) take_plain(state, draft, 1);
  const std::uint64_t offers = takes ? random.below(2) : 1 + random.below(3);
  for (std::uint64_t i = 0; i < offers; ++i) put_market_offer(state, draft);
  add_change(state, draft, draft.input_value());
}

void Mix::put_market_offer(State& state, Draft& draft) const {
  ++state.totals.offers;
  if (!put_offer(draft.scripts, next_market_offer(state), state.random)) ++state.totals.offers_malformed;
  draft.add_output(0, ScriptForm::data, 0, Destination::dead);
}

void Mix::remember_spends(State& state, const Draft& draft) const {
  for (const LiveOutput& input : draft.inputs)
    remember(state.recent_spends, outpoint_ref(input.txid, input.index), spends_remembered);
}

}  // namespace sluice::devnet
