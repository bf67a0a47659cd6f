#include "devnet/block_maker.h"

#include <algorithm>
#include <numeric>

#include "base/hex.h"

namespace sluice::devnet {
namespace {

std::uint32_t maturity_of(const DevnetOptions& options) {
  if (options.coinbase_maturity != 0) return options.coinbase_maturity;
  return std::clamp(options.blocks / 20, 1U, 100U);
}

// What tells the script hash of an output from others of its form.
std::uint64_t identity_of(const DraftOutput& output) {
  switch (output.form) {
    case ScriptForm::empty:
    case ScriptForm::anyone: return 0;
    case ScriptForm::ref_plain: return output.refs[0];
    default: return output.key;
  }
}

// Bounds: hash as little-endian number at most 7fffff00...00, the target of regtest_bits.
bool meets_easy_target(const Digest& hash) {
  const auto top = [&](std::size_t index) { return static_cast<unsigned>(hash.bytes[index]); };
  return top(31) < 0x7f || (top(31) == 0x7f && (top(30) < 0xff || top(29) < 0xff));
}

constexpr std::uint32_t none = 0xffffffff;

}  // namespace

BlockMaker::BlockMaker(const DevnetOptions& options, const CoinParams& coin)
    : options_(options),
      coin_(coin),
      maturity_(maturity_of(options)),
      mix_(coin.kind, std::uint64_t{options.blocks} * options.txs_per_block, 2 * options.txs_per_block + 8,
           options.swap_percent),
      writer_(coin.kind == CoinKind::radiant) {}

Digest BlockMaker::header_hash(Bytes header) const {
  return coin_.kind == CoinKind::radiant ? double_sha512_256(header) : double_sha256(header);
}

DevnetBlock BlockMaker::genesis() const {
  DevnetBlock block;
  block.raw = from_hex(coin_.genesis_header_hex).value();
  SLUICE_CHECK(block.raw.size() == 80);
  block.hash = hash_cast<BlockHash>(header_hash(block.raw));
  put(block.raw, {0x01});
  put_bytes(block.raw, from_hex(coin_.genesis_coinbase_hex).value());
  return block;
}

// The first and second third of the chain hold the two equal coinbases.
bool BlockMaker::is_duplicate_height(const BlockPlan& plan, std::uint32_t third) const {
  return options_.duplicate_coinbase && plan.branch == 0 && options_.blocks >= 3 &&
         plan.height == options_.blocks * third / 3;
}

void BlockMaker::deposit(State& state, const BlockPlan& plan, const DraftOutput& output, const Digest& txid,
                         std::uint32_t index, bool duplicate, bool counts_unspent) {
  ++state.totals.outputs;
  if (output.destination == Destination::dead) {
    ++state.totals.unindexed;
    return;
  }
  LiveOutput live;
  live.txid = txid, live.index = index, live.value = output.value, live.refs = output.refs;
  live.key = output.key, live.form = output.form;
  live.birth_height = plan.height, live.birth_tx = static_cast<std::uint32_t>(txs_.size());
  live.slot = histories_.slot_of(output.form, identity_of(output));
  if (counts_unspent) ++state.totals.unspent;
  if (plan.branch == 0) histories_.created(live.slot, static_cast<std::uint32_t>(state.totals.txs), counts_unspent);
  if (duplicate || output.destination == Destination::cold) return;
  if (draft_.kind == TxKind::coinbase) state.maturing.push_back(live);
  else if (output.destination == Destination::nft) state.nft.add(live);
  else if (output.destination == Destination::ft) state.ft.add(live);
  else state.plain.add(live);
}

// Writes the draft out, counts it, and gives its outputs to the state.
void BlockMaker::finish_tx(State& state, const BlockPlan& plan, bool duplicate, bool counts_unspent, Random& signer) {
  MadeTx tx;
  tx.begin = body_.size();
  tx.ids = writer_.append(body_, draft_, state.refs, signer);
  tx.size = body_.size() - tx.begin;
  std::uint64_t paid = 0;
  for (const DraftOutput& output : draft_.outputs) paid += output.value;
  if (draft_.kind != TxKind::coinbase) fees_ += draft_.input_value() - paid;

  for (const LiveOutput& input : draft_.inputs) {
    if (input.birth_height == plan.height) tx.first_parent = std::min(tx.first_parent, input.birth_tx);
    has_witness_ |= needs_witness(input.form);
    if (plan.branch == 0) histories_.spent(input.slot, static_cast<std::uint32_t>(state.totals.txs));
    if (state.random.below(1000) == 0) {
      Ref outpoint;
      std::memcpy(outpoint.data(), input.txid.data(), 32);
      store_le(outpoint.data() + 32, input.index);
      if (state.spent_sample.size() < 256) state.spent_sample.push_back(outpoint);
      else state.spent_sample[static_cast<std::size_t>(state.random.below(256))] = outpoint;
    }
  }
  state.totals.inputs += draft_.inputs.size();
  state.totals.unspent -= draft_.inputs.size();
  for (std::uint32_t i = 0; i < draft_.outputs.size(); ++i) {
    deposit(state, plan, draft_.outputs[i], tx.ids.txid, i, duplicate, counts_unspent);
  }
  if (coin_.kind == CoinKind::radiant && draft_.version == 3) ++state.totals.version_three;
  ++state.totals.by_kind[static_cast<std::size_t>(draft_.kind)];
  ++state.totals.txs;
  txs_.push_back(tx);
}

void BlockMaker::make_txs(State& state, const BlockPlan& plan) {
  const std::uint64_t mean = options_.txs_per_block;
  const std::uint64_t count = mean - mean / 4 + state.random.below(mean / 4 * 2 + 1);
  const std::uint64_t shared = plan.diverge ? state.random.below(count + 1) : count;
  if (!plan.diverge) (void)state.random.below(count + 1);  // the same draws on both branches
  for (std::uint64_t i = 0; i < count; ++i) {
    if (plan.diverge && i == shared) {
      state.random = Random(options_.seed * 0x9e3779b97f4a7c15 + (std::uint64_t{plan.branch} << 32) + plan.height);
    }
    if (release(state, plan)) continue;
    if (!mix_.make(state, draft_)) break;
    if (!hold_back(state, plan)) finish_tx(state, plan, false, true, state.random);
  }
}

bool BlockMaker::hold_back(State& state, const BlockPlan& plan) {
  if (options_.swap_percent == 0 || !state.held.empty() || state.random.below(16) != 0) return false;
  HeldTx held{std::make_shared<const Draft>(draft_), state.random.next(), {}, plan.height};
  Buffer unused;
  Random signer(held.signer);
  held.txid = writer_.append(unused, draft_, state.refs, signer).txid;
  state.held.push_back(std::move(held));
  return true;
}

bool BlockMaker::release(State& state, const BlockPlan& plan) {
  if (state.held.empty() || state.held.front().height == plan.height || state.random.below(8) != 0) return false;
  const HeldTx held = std::move(state.held.front());
  state.held.clear();
  draft_ = *held.draft;
  Random signer(held.signer);
  finish_tx(state, plan, false, true, signer);
  SLUICE_CHECK(txs_.back().ids.txid == held.txid);
  return true;
}

void BlockMaker::draft_coinbase(State& state, const BlockPlan& plan) {
  Random& random = state.random;
  draft_.clear();
  if (coin_.kind == CoinKind::radiant && random.below(50) == 0) draft_.version = 3;
  Buffer height;
  put_le(height, plan.height);
  put_push(draft_.coinbase_script, height);
  Buffer extra;
  put_le(extra, plan.branch);
  put_le(extra, options_.seed);
  put_push(draft_.coinbase_script, extra);
  const std::uint32_t halvings = plan.height / coin_.halving_interval;
  const std::uint64_t subsidy = halvings < 63 ? coin_.subsidy >> halvings : 0;
  mix_.make_coinbase(state, draft_, subsidy + fees_, coin_.kind == CoinKind::radiant && random.below(25) == 0);
  if (coin_.kind == CoinKind::radiant && plan.height % 50 == 3) {
    // No subsidy allows it, but amounts that a double cannot hold must come through.
    mix_.add_payment(state, draft_, (std::uint64_t{1} << 53) + 1 + random.below(std::uint64_t{1} << 53), 35);
  }
}

void BlockMaker::add_witness_commitment() {
  std::vector<Digest> ids(1);
  for (const std::uint32_t index : order_) ids.push_back(txs_[index].ids.witness_txid);
  Buffer message;
  put_bytes(message, merkle_root(std::move(ids)).span());
  put_bytes(message, Digest{}.span());
  put(draft_.scripts, {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed});
  put_bytes(draft_.scripts, double_sha256(message).span());
  draft_.add_output(0, ScriptForm::data, 0, Destination::dead);
  draft_.coinbase_witness = true;
}

// Bitcoin keeps the order of making (parents first), Bitcoin Cash sorts by txid, and Radiant has no
// rule: a few transactions move anywhere, and some children step right before a parent.
void BlockMaker::order_txs(State& state) {
  order_.resize(txs_.size());
  std::iota(order_.begin(), order_.end(), 0U);
  if (order_.empty() || coin_.kind == CoinKind::bitcoin) return;
  if (coin_.kind == CoinKind::bitcoin_cash) {
    std::sort(order_.begin(), order_.end(), [&](std::uint32_t left, std::uint32_t right) {
      // As numbers, that is in display order: from the last byte down.
      const auto& a = txs_[left].ids.txid.bytes;
      const auto& b = txs_[right].ids.txid.bytes;
      return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend());
    });
  } else {
    for (std::size_t moves = order_.size() / 64 + 1; moves > 0; --moves) {
      const auto from = static_cast<std::size_t>(state.random.below(order_.size()));
      const auto to = static_cast<std::size_t>(state.random.below(order_.size()));
      std::swap(order_[from], order_[to]);
    }
    for (std::uint32_t child = 0; child < txs_.size(); ++child) {
      if (txs_[child].first_parent == none || state.random.below(6) != 0) continue;
      order_.erase(std::find(order_.begin(), order_.end(), child));
      order_.insert(std::find(order_.begin(), order_.end(), txs_[child].first_parent), child);
    }
  }
  std::vector<std::uint32_t> place(order_.size());
  for (std::uint32_t i = 0; i < order_.size(); ++i) place[order_[i]] = i;
  for (std::uint32_t child = 0; child < txs_.size(); ++child) {
    if (txs_[child].first_parent != none && place[child] < place[txs_[child].first_parent]) ++state.totals.child_first;
  }
}

std::array<std::byte, 80> BlockMaker::mine(const BlockPlan& plan, const Digest& root, Digest& hash) const {
  std::array<std::byte, 80> header{};
  store_le(header.data(), std::uint32_t{0x20000000});
  std::memcpy(header.data() + 4, plan.previous.data(), 32);
  std::memcpy(header.data() + 36, root.data(), 32);
  store_le(header.data() + 68, coin_.genesis_time + plan.height * coin_.spacing_seconds + plan.branch % 60);
  store_le(header.data() + 72, regtest_bits);
  for (std::uint32_t nonce = 0;; ++nonce) {
    store_le(header.data() + 76, nonce);
    hash = header_hash(header);
    if (meets_easy_target(hash)) return header;
  }
}

DevnetBlock BlockMaker::make(State& state, const BlockPlan& plan) {
  body_.clear(), txs_.clear();
  fees_ = 0, has_witness_ = false;
  while (!state.maturing.empty() && state.maturing.front().birth_height + maturity_ <= plan.height) {
    state.plain.add(state.maturing.front());
    state.maturing.pop_front();
  }
  make_txs(state, plan);
  order_txs(state);

  const bool first_twin = is_duplicate_height(plan, 1);
  const bool second_twin = is_duplicate_height(plan, 2);
  if (first_twin || second_twin) {
    draft_.clear();
    draft_.kind = TxKind::coinbase;
    put(draft_.coinbase_script, {0x04, 0x74, 0x77, 0x69, 0x6e});
    for (std::uint32_t i = 0; i < 2; ++i) {
      put_script(draft_.scripts, ScriptForm::p2pkh, 3 + i);
      draft_.add_output(coin_.subsidy / 2, ScriptForm::p2pkh, 3 + i, Destination::plain);
    }
  } else {
    draft_coinbase(state, plan);
    if (has_witness_) add_witness_commitment();
  }
  // The outputs of the first twin cannot be spent: the second one overwrites them.
  finish_tx(state, plan, first_twin, !second_twin, state.random);

  std::vector<Digest> ids{txs_.back().ids.txid};
  for (const std::uint32_t index : order_) ids.push_back(txs_[index].ids.txid);
  DevnetBlock block;
  block.height = plan.height, block.branch = plan.branch;
  Digest hash;
  const auto header = mine(plan, merkle_root(std::move(ids)), hash);
  block.hash = hash_cast<BlockHash>(hash);
  block.raw.reserve(body_.size() + 90);
  put_bytes(block.raw, header);
  put_compact(block.raw, txs_.size());
  const auto copy = [&](const MadeTx& tx) { put_bytes(block.raw, Bytes(body_).subspan(tx.begin, tx.size)); };
  copy(txs_.back());
  for (const std::uint32_t index : order_) copy(txs_[index]);
  return block;
}

}  // namespace sluice::devnet
