#include "devnet_node/tx_maker.h"

#include "base/check.h"
#include "devnet_node/output_form.h"

namespace sluice::devnet_node {
namespace {

/// With fewer spendable outputs the mix splits coins first.
constexpr std::uint32_t pool_wanted = 64;

/// Of a payment to a given script, base units; and the most outputs it is put together from.
constexpr std::uint64_t pay_fee = 10'000;
constexpr std::size_t pay_inputs_max = 500;

}  // namespace

TxMaker::TxMaker(const chain::Network& network, const devnet::CoinParams& coin, std::uint64_t seed,
                 std::uint32_t maturity, std::uint64_t chain_txs, std::uint32_t swap_percent)
    : network_(network),
      coin_(coin),
      maturity_(maturity),
      state_(seed ^ 0x6c6976656e6f6465),  // not the numbers that the chain was made with
      mix_(coin.kind, chain_txs, pool_wanted, swap_percent),
      writer_(coin.kind == devnet::CoinKind::radiant) {
  state_.fresh_key = 1U << 28;
}

std::uint32_t TxMaker::ref_number(const devnet::Ref& ref) {
  // The mix mints refs of its own.
  for (; refs_known_ < state_.refs.size(); ++refs_known_)
    ref_numbers_.emplace(state_.refs[refs_known_], static_cast<std::uint32_t>(refs_known_ + 1));
  const auto [found, fresh] = ref_numbers_.try_emplace(ref, static_cast<std::uint32_t>(state_.refs.size() + 1));
  if (fresh) state_.refs.push_back(ref), ++refs_known_;
  return found->second;
}

std::optional<devnet::LiveOutput> TxMaker::live_output(const Transaction& tx, std::uint32_t index) {
  const Output& output = tx.outputs[index];
  const std::optional<OutputForm> form = recognise_output(tx.script(output), network_.coin);
  if (!form) return std::nullopt;
  devnet::LiveOutput live;
  live.txid = hash_cast<Digest>(tx.txid);
  live.index = index;
  live.value = output.value;
  live.form = form->form;
  for (std::size_t i = 0; i < form->refs.size(); ++i) live.refs[i] = ref_number(form->refs[i]);
  return live;
}

void TxMaker::add(const devnet::LiveOutput& output) {
  if (devnet::is_nft(output.form)) state_.nft.add(output);
  else if (devnet::has_ref(output.form)) state_.ft.add(output);
  else state_.plain.add(output);
}

void TxMaker::add_outputs(const Transaction& tx, std::uint32_t height, const ChainState& chain,
                          const Mempool& mempool) {
  const bool is_confirmed = height <= chain.height();
  for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
    const Outpoint outpoint{tx.txid, i};
    if (mempool.spender(outpoint) != nullptr || (is_confirmed && chain.coin(outpoint) == nullptr)) continue;
    std::optional<devnet::LiveOutput> live = live_output(tx, i);
    if (!live) continue;
    live->birth_height = height;
    if (tx.is_coinbase() && height + maturity_ > chain.height() + 1) state_.maturing.push_back(*live);
    else add(*live);
  }
}

void TxMaker::read_pools(const ChainState& chain, const Mempool& mempool, Reach reach) {
  state_.plain = {}, state_.ft = {}, state_.nft = {};
  state_.maturing.clear();
  for (std::uint32_t height = 1; height <= chain.height(); ++height) {
    const Block& block = *chain.at(height);
    for (std::uint32_t i = 0; i < block.txids.size(); ++i) {
      const Result<Transaction> tx = chain.read_tx({&block, i});
      SLUICE_CHECK(tx.ok());  // it came in with its block
      add_outputs(tx.value(), height, chain, mempool);
    }
  }
  holds_unconfirmed_ = reach == Reach::unconfirmed;
  if (holds_unconfirmed_) {
    for (const MempoolEntry* entry : mempool.in_order()) add_outputs(entry->tx, chain.height() + 1, chain, mempool);
  }
  is_current_ = true;
}

void TxMaker::deposit(const devnet::DraftOutput& output, const Digest& txid, std::uint32_t index,
                      std::uint32_t height) {
  if (output.destination == devnet::Destination::dead || output.destination == devnet::Destination::cold) return;
  devnet::LiveOutput live;
  live.txid = txid, live.index = index, live.value = output.value, live.refs = output.refs;
  live.key = output.key, live.form = output.form, live.birth_height = height;
  if (draft_.kind == devnet::TxKind::coinbase) state_.maturing.push_back(live);
  else add(live);
}

Transaction TxMaker::write_draft() {
  devnet::Buffer raw;
  const devnet::TxIds ids = writer_.append(raw, draft_, state_.refs, state_.random);
  Result<Transaction> tx = decode_transaction(raw, network_.coin);
  SLUICE_CHECK(tx.ok());
  SLUICE_CHECK(hash_cast<Digest>(tx.value().txid) == ids.txid);
  return std::move(tx).value();
}

void TxMaker::prepare(const ChainState& chain, const Mempool& mempool, Reach reach) {
  const bool wants_unconfirmed = reach == Reach::unconfirmed;
  if (!is_current_ || (wants_unconfirmed != holds_unconfirmed_ && mempool.size() > 0))
    read_pools(chain, mempool, reach);
  holds_unconfirmed_ = wants_unconfirmed;
  while (!state_.maturing.empty() && state_.maturing.front().birth_height + maturity_ <= chain.height() + 1) {
    add(state_.maturing.front());
    state_.maturing.pop_front();
  }
}

std::optional<Transaction> TxMaker::next(const ChainState& chain, const Mempool& mempool, Reach reach) {
  prepare(chain, mempool, reach);
  if (!mix_.make(state_, draft_)) return std::nullopt;
  Transaction tx = write_draft();
  for (std::uint32_t i = 0; i < draft_.outputs.size(); ++i)
    deposit(draft_.outputs[i], hash_cast<Digest>(tx.txid), i, chain.height() + 1);
  return tx;
}

std::optional<Transaction> TxMaker::pay(const ChainState& chain, const Mempool& mempool, Bytes script,
                                        std::uint64_t value) {
  prepare(chain, mempool, Reach::unconfirmed);
  draft_.clear();
  draft_.kind = devnet::TxKind::pay_one_two;
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < pay_inputs_max && (sum < value || sum - value < pay_fee); ++i) {
    if (state_.plain.empty()) break;
    draft_.inputs.push_back(state_.plain.take(state_.random));
    sum += draft_.inputs.back().value;
  }
  if (sum < value || sum - value < pay_fee) {
    changed();
    return std::nullopt;
  }
  devnet::put_bytes(draft_.scripts, script);
  draft_.add_output(value, devnet::ScriptForm::anyone, 0, devnet::Destination::dead);
  if (sum - value > pay_fee) mix_.add_payment(state_, draft_, sum - value - pay_fee, 65);
  Transaction tx = write_draft();
  for (std::uint32_t i = 0; i < draft_.outputs.size(); ++i)
    deposit(draft_.outputs[i], hash_cast<Digest>(tx.txid), i, chain.height() + 1);
  return tx;
}

std::optional<Transaction> TxMaker::double_spend(const Transaction& victim, const ChainState& chain,
                                                 const Mempool& mempool) {
  const Outpoint& spent = victim.inputs.front();
  std::optional<devnet::LiveOutput> input;
  if (const auto place = chain.find_tx(spent.txid)) {
    const Result<Transaction> parent = chain.read_tx(*place);
    SLUICE_CHECK(parent.ok());
    input = live_output(parent.value(), spent.index);
  } else if (const MempoolEntry* entry = mempool.find(spent.txid)) {
    input = live_output(entry->tx, spent.index);
  }
  // A token would have to be carried on.
  if (!input || devnet::has_ref(input->form)) return std::nullopt;
  changed();
  draft_.clear();
  draft_.kind = devnet::TxKind::pay_one_one;
  draft_.inputs.push_back(*input);
  mix_.add_payment(state_, draft_, input->value - input->value / 8, 100);
  return write_draft();
}

Transaction TxMaker::coinbase(const ChainState& chain, std::uint64_t fees, const std::vector<Digest>& witness_ids) {
  const std::uint32_t height = chain.height() + 1;
  const bool is_radiant = coin_.kind == devnet::CoinKind::radiant;
  Random& random = state_.random;
  draft_.clear();
  if (is_radiant && random.below(50) == 0) draft_.version = 3;
  devnet::Buffer pushed;
  devnet::put_le(pushed, height);
  devnet::put_push(draft_.coinbase_script, pushed);
  // Tells blocks of one height apart, also from those of the generator.
  pushed.clear();
  devnet::put_le(pushed, ++coinbases_);
  devnet::put_le(pushed, random.next());
  devnet::put_push(draft_.coinbase_script, pushed);
  const std::uint32_t halvings = height / coin_.halving_interval;
  const std::uint64_t subsidy = halvings < 63 ? coin_.subsidy >> halvings : 0;
  mix_.make_coinbase(state_, draft_, subsidy + fees, is_radiant && random.below(25) == 0);
  if (!witness_ids.empty()) {
    std::vector<Digest> ids(1);
    ids.insert(ids.end(), witness_ids.begin(), witness_ids.end());
    devnet::Buffer message;
    devnet::put_bytes(message, devnet::merkle_root(std::move(ids)).span());
    devnet::put_bytes(message, Digest{}.span());
    devnet::put(draft_.scripts, {0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed});
    devnet::put_bytes(draft_.scripts, devnet::double_sha256(message).span());
    draft_.add_output(0, devnet::ScriptForm::data, 0, devnet::Destination::dead);
    draft_.coinbase_witness = true;
  }
  Transaction tx = write_draft();
  for (std::uint32_t i = 0; i < draft_.outputs.size(); ++i)
    deposit(draft_.outputs[i], hash_cast<Digest>(tx.txid), i, height);
  return tx;
}

}  // namespace sluice::devnet_node
