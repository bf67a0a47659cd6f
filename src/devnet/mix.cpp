#include "devnet/mix.h"

#include <algorithm>
#include <bit>

#include "devnet/swap_offers.h"

namespace sluice::devnet {
namespace {

// Shares of the kinds in a busy chain, of ten thousand; the rest are plain payments.
struct Share {
  TxKind kind;
  std::uint32_t per_ten_thousand;
};
constexpr Share shares[] = {
    {TxKind::pay_two_two, 1300}, {TxKind::pay_one_one, 700}, {TxKind::pay_many, 600}, {TxKind::consolidation, 50},
    {TxKind::fan_out, 160},      {TxKind::data, 800},        {TxKind::token, 950},    {TxKind::swap, 240},
};

std::uint64_t fee_of(std::uint64_t value, Random& random) { return std::min(value / 8, 200 + random.below(20'000)); }

}  // namespace

Mix::Mix(CoinKind coin, std::uint64_t chain_txs, std::uint32_t pool_wanted, std::uint32_t swap_percent)
    : coin_(coin),
      key_bits_(std::clamp(static_cast<unsigned>(std::bit_width(chain_txs)) - 3U, 4U, 14U)),
      pool_wanted_(pool_wanted),
      swap_percent_(coin == CoinKind::radiant ? swap_percent : 0) {}

TxKind Mix::next_kind(State& state) const {
  if (state.plain.size() < pool_wanted_ && state.random.below(2) == 0) return TxKind::fan_out;
  if (swap_percent_ > 0 && state.random.below(100) < swap_percent_) return TxKind::swap;
  std::uint64_t draw = state.random.below(10'000);
  for (const Share& share : shares) {
    if (draw < share.per_ten_thousand) {
      if (share.kind == TxKind::token && coin_ == CoinKind::bitcoin) return TxKind::pay_one_two;
      if (share.kind == TxKind::swap && coin_ != CoinKind::radiant) return TxKind::pay_one_two;
      return share.kind;
    }
    draw -= share.per_ten_thousand;
  }
  return TxKind::pay_one_two;
}

// Ranks fall off as 1/rank: a uniform choice of a power of two, then of a rank in its octave.
// Whole numbers only, so that every machine draws the same.
std::uint32_t Mix::pick_key(State& state, unsigned fresh_percent) const {
  if (state.random.below(100) < fresh_percent) return state.fresh_key++;
  const auto octave = static_cast<std::uint32_t>(state.random.below(key_bits_));
  return (1U << octave) + static_cast<std::uint32_t>(state.random.below(std::uint64_t{1} << octave));
}

ScriptForm Mix::pick_form(Random& random) const {
  const std::uint64_t draw = random.below(1000);
  if (coin_ == CoinKind::bitcoin && draw < 400) {
    return draw < 280 ? ScriptForm::witness_key : draw < 320 ? ScriptForm::witness_script : ScriptForm::taproot;
  }
  if (draw < 905) return ScriptForm::p2pkh;
  if (draw < 945) return ScriptForm::p2sh;
  if (draw < 965) return ScriptForm::p2pk;
  if (draw < 970) return ScriptForm::p2pk_long;
  if (draw < 980) return ScriptForm::multisig;
  if (draw < 986) return ScriptForm::hash_puzzle;
  if (draw < 990) return ScriptForm::pushdata_check;
  if (draw < 994) return ScriptForm::pushdata_plain;
  if (draw < 996) return ScriptForm::empty;
  if (draw < 998) return ScriptForm::anyone;
  return coin_ == CoinKind::radiant ? ScriptForm::p2pkh : ScriptForm::truncated;
}

void Mix::add_payment(State& state, Draft& draft, std::uint64_t value, unsigned fresh_percent) const {
  const std::uint32_t key = pick_key(state, fresh_percent);
  // The most used address is a hoard: plain, and hardly ever spent from.
  const bool hoard = key == 1;
  const ScriptForm form = hoard ? ScriptForm::p2pkh : pick_form(state.random);
  put_script(draft.scripts, form, key);
  const bool cold = hoard && state.random.below(32) != 0;
  draft.add_output(value, form, key, cold ? Destination::cold : Destination::plain);
}

void Mix::take_plain(State& state, Draft& draft, std::size_t count) const {
  for (std::size_t i = 0; i < count && !state.plain.empty(); ++i)
    draft.inputs.push_back(state.plain.take(state.random));
}

void Mix::pay(State& state, Draft& draft, std::size_t outputs) const {
  Random& random = state.random;
  const std::uint64_t sum = draft.input_value();
  std::uint64_t rest = sum - fee_of(sum, random);
  for (std::size_t i = 0; i + 1 < outputs; ++i) {
    // On average an even split; one output in 200 is worth nothing.
    std::uint64_t value = std::min(rest, random.below(rest / (outputs - i) * 2 + 1));
    if (random.below(200) == 0) value = 0;
    add_payment(state, draft, value, 35);
    rest -= value;
  }
  add_payment(state, draft, rest, 65);  // change
}

void Mix::make_data(State& state, Draft& draft) const {
  take_plain(state, draft, 1);
  put_data_script(draft.scripts, state.random);
  draft.add_output(state.random.below(20) == 0 ? std::min<std::uint64_t>(1, draft.input_value()) : 0, ScriptForm::data,
                   0, Destination::dead);
  add_change(state, draft, draft.input_value() - draft.outputs[0].value);
}

void Mix::add_change(State& state, Draft& draft, std::uint64_t value) const {
  add_payment(state, draft, value - fee_of(value, state.random), 65);
}

void Mix::add_offer(State& state, Draft& draft) const {
  Random& random = state.random;
  // A token id is the hash of the ref as the script pushes it, written back to front.
  const auto token = [&] {
    std::array<std::byte, 32> id{};
    Digest digest;
    if (state.refs.empty() || random.below(50) == 0) digest = sha256(bytes_of(random.next()));
    else
      digest =
          sha256(state.refs[static_cast<std::size_t>(random.below(std::min<std::size_t>(state.refs.size(), 200)))]);
    std::reverse_copy(digest.bytes.begin(), digest.bytes.end(), id.begin());
    return id;
  };
  OfferParts parts;
  parts.token = token();
  if (random.below(2) == 0) parts.want = token();
  const std::uint64_t draw = random.below(100);
  const Pool& pool = draw < 55 && !state.nft.empty()  ? state.nft
                     : draw < 75 && !state.ft.empty() ? state.ft
                                                      : state.plain;
  if (draw >= 95 || pool.empty()) {  // an outpoint that never existed
    Buffer missing;
    put_random(missing, random, 32);
    put_le(missing, static_cast<std::uint32_t>(random.below(3)));
    std::copy(missing.begin(), missing.end(), parts.utxo.begin());
  } else if (draw >= 90 && !state.spent_sample.empty()) {  // spent long ago
    parts.utxo = state.spent_sample[static_cast<std::size_t>(random.below(state.spent_sample.size()))];
  } else {
    const LiveOutput& offered = pool.peek(random);
    std::memcpy(parts.utxo.data(), offered.txid.data(), 32);
    store_le(parts.utxo.data() + 32, offered.index);
  }
  ++state.totals.offers;
  if (!put_offer(draft.scripts, parts, random)) ++state.totals.offers_malformed;
  draft.add_output(0, ScriptForm::data, 0, Destination::dead);
}

void Mix::make_swap(State& state, Draft& draft) const {
  take_plain(state, draft, 1);
  add_offer(state, draft);
  if (state.random.below(20) == 0) add_offer(state, draft);
  add_change(state, draft, draft.input_value());
}

void Mix::make_cash_token(State& state, Draft& draft) const {
  take_plain(state, draft, 1 + static_cast<std::size_t>(state.random.below(2)));
  const Digest category = draft.inputs[0].txid;
  const std::size_t tokens = 1 + static_cast<std::size_t>(state.random.below(3));
  std::uint64_t rest = draft.input_value();
  for (std::size_t i = 0; i < tokens; ++i) {
    const std::uint64_t value = std::min<std::uint64_t>(rest, 1000);
    const std::uint32_t key = pick_key(state, 35);
    Random prefix(state.random.next());
    Random again = prefix;
    Buffer bytes;
    put_token_prefix(bytes, category.span(), prefix);
    put_bytes(draft.scripts, bytes);
    put_script(draft.scripts, ScriptForm::p2pkh, key);
    // A malformed prefix makes the whole field the script, which nobody but this output has.
    const bool malformed = again.below(16) == 15;
    draft.add_output(value, malformed ? ScriptForm::truncated : ScriptForm::p2pkh, malformed ? state.fresh_key++ : key,
                     Destination::plain);
    rest -= value;
  }
  add_change(state, draft, rest);
}

bool Mix::make(State& state, Draft& draft) const {
  if (state.plain.empty()) return false;
  Random& random = state.random;
  draft.clear();
  draft.kind = next_kind(state);
  draft.version = random.below(3) == 0 ? 1 : 2;
  if (coin_ == CoinKind::radiant && random.below(100) < 3) draft.version = 3;
  if (random.below(50) == 0) draft.locktime = static_cast<std::uint32_t>(random.below(1000));
  switch (draft.kind) {
    case TxKind::pay_two_two:
      take_plain(state, draft, 2);
      pay(state, draft, 2);
      break;
    case TxKind::pay_one_one:
      take_plain(state, draft, 1);
      pay(state, draft, 1);
      break;
    case TxKind::pay_many:
      take_plain(state, draft, 3 + static_cast<std::size_t>(random.below(5)));
      pay(state, draft, 2);
      break;
    case TxKind::consolidation:
      // A young chain must keep something to go on with.
      take_plain(state, draft,
                 std::min<std::size_t>(50 + static_cast<std::size_t>(random.below(251)), state.plain.size() / 2 + 1));
      pay(state, draft, 1);
      break;
    case TxKind::fan_out:
      take_plain(state, draft, 1);
      pay(state, draft, random.below(4) != 0 ? 5 + static_cast<std::size_t>(random.below(30)) : 200);
      break;
    case TxKind::data: make_data(state, draft); break;
    case TxKind::token:
      if (coin_ == CoinKind::radiant) make_token(state, draft);
      else make_cash_token(state, draft);
      break;
    case TxKind::swap:
      if (swap_percent_ > 0) make_market(state, draft);
      else make_swap(state, draft);
      break;
    default: take_plain(state, draft, 1); pay(state, draft, 2);
  }
  if (swap_percent_ > 0) remember_spends(state, draft);
  return true;
}

void Mix::make_coinbase(State& state, Draft& draft, std::uint64_t value, bool with_offer) const {
  draft.kind = TxKind::coinbase;
  const std::uint64_t miners = 1 + state.random.below(3);
  for (std::uint64_t i = 1; i < miners; ++i) {
    add_payment(state, draft, value / 2, 10);
    value -= value / 2;
  }
  add_payment(state, draft, value, 10);
  if (swap_percent_ > 0 && state.random.below(4) == 0) put_market_offer(state, draft);
  if (with_offer) add_offer(state, draft);
}

}  // namespace sluice::devnet
