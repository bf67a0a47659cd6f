#include "mempool/mempool.h"

#include <algorithm>

#include "base/check.h"
#include "mempool/snapshot.h"

namespace sluice::mempool {
namespace {

/// Over budget, the pool is cut to this share of it, so that the next few newcomers do not cut again.
constexpr std::size_t budget_kept_sixteenths = 15;
/// When the pool has shrunk to this share of what was left after the cut, those left out may come back.
constexpr std::size_t reopened_sixteenths = 12;
/// A left out transaction is remembered, so that it is not fetched again, at about so many bytes.
constexpr std::size_t left_out_bytes = 64;
/// Heap bytes of a script's entry in its map: benchmarks/micro/mempool_bench.cpp.
constexpr std::size_t script_bytes = 144;

}  // namespace

/// The outputs that the chain was asked for.
struct Mempool::Plan {
  std::vector<Outpoint> outpoints;  ///< sorted
  std::vector<std::optional<Output>> found;

  [[nodiscard]] const Output* find(const Outpoint& outpoint) const {
    const auto at = std::ranges::lower_bound(outpoints, outpoint);
    if (at == outpoints.end() || *at != outpoint) return nullptr;
    const auto& output = found[static_cast<std::size_t>(at - outpoints.begin())];
    return output ? &*output : nullptr;
  }
};

Mempool::Mempool(const MempoolOptions& options) : options_(options), waiting_(options.waiting_bytes_max) {}

std::size_t Mempool::footprint_bytes() const noexcept {
  return txs_footprint_bytes_ + maps_.scripts.size() * script_bytes;
}

bool Mempool::knows(const Txid& txid) const {
  return maps_.txs.find(txid) != nullptr || waiting_.contains(txid) || left_out_.contains(txid);
}

// -------------------------------------------------------------------------------- newcomers
Status Mempool::add(std::vector<std::vector<std::byte>> raws, ConfirmedOutputs& confirmed) {
  Drafts drafts;
  parse_new(std::move(raws), drafts);
  call_waiting(drafts);
  Plan plan;
  for (const auto& [txid, draft] : drafts) {
    for (std::uint32_t i = 0; i < draft.tx->input_count(); ++i) {
      const Outpoint prevout = draft.tx->prevout(i);
      if (maps_.txs.find(prevout.txid) == nullptr && !drafts.contains(prevout.txid)) plan.outpoints.push_back(prevout);
    }
  }
  std::ranges::sort(plan.outpoints);
  plan.outpoints.erase(std::unique(plan.outpoints.begin(), plan.outpoints.end()), plan.outpoints.end());
  plan.found.resize(plan.outpoints.size());
  if (Status status = confirmed.find(plan.outpoints, plan.found); !status) return status;

  for (const auto& [txid, draft] : drafts) waiting_.erase(txid);
  try_all_waiting_ = false;
  settle_drafts(drafts, plan);
  fit_budget();
  return {};
}

void Mempool::parse_new(std::vector<std::vector<std::byte>> raws, Drafts& drafts) {
  for (auto& raw : raws) {
    Shared<PoolTx> tx;
    const parse::ParseErrc errc = PoolTx::parse(std::move(raw), options_.rules, batch_, scratch_, tx);
    if (errc != parse::ParseErrc::ok) refuse(nullptr, parse::parse_errc_text(errc));
    else if (knows(tx->txid()) || !drafts.try_emplace(tx->txid(), Draft{tx}).second) ++counters_.duplicates;
  }
}

/// Those who wait come along if what they wait for comes; after a block all of them do.
void Mempool::call_waiting(Drafts& drafts) const {
  std::vector<Txid> coming;
  if (try_all_waiting_) {
    for (auto& tx : waiting_.all()) drafts.try_emplace(tx->txid(), Draft{tx});
    return;
  }
  for (const auto& [txid, draft] : drafts) coming.push_back(txid);
  while (!coming.empty()) {
    const Txid parent = coming.back();
    coming.pop_back();
    for (auto& tx : waiting_.waiting_for(parent)) {
      if (drafts.try_emplace(tx->txid(), Draft{tx}).second) coming.push_back(tx->txid());
    }
  }
}

void Mempool::settle_drafts(Drafts& drafts, const Plan& plan) {
  std::unordered_map<Txid, std::vector<Draft*>, Hash32Hasher> children;
  std::vector<Draft*> ready;
  for (auto& [txid, draft] : drafts) {
    for (std::uint32_t i = 0; i < draft.tx->input_count(); ++i) {
      const Txid parent = draft.tx->prevout(i).txid;
      if (!drafts.contains(parent)) continue;
      ++draft.parents_ahead;
      children[parent].push_back(&draft);
    }
    if (draft.parents_ahead == 0) ready.push_back(&draft);
  }
  while (!ready.empty()) {
    Draft* const draft = ready.back();
    ready.pop_back();
    Txid missing;
    const Settled settled = settle(draft->tx, plan, missing);
    if (settled == Settled::waits) wait_for(draft->tx, missing);
    const auto found = children.find(draft->tx->txid());
    if (found == children.end()) continue;
    // Whether the parent came in or not, its children find out for themselves.
    for (Draft* const child : found->second) {
      if (--child->parents_ahead == 0) ready.push_back(child);
    }
  }
}

/// Bounds: everything that could be a parent is in the pool already, or will not come.
Mempool::Settled Mempool::settle(const Shared<PoolTx>& tx, const Plan& plan, Txid& missing) {
  for (std::uint32_t i = 0; i < tx->input_count(); ++i) {
    // What the node took last is what it has: the other spender is gone there.
    if (const SpendEntry* rival = maps_.spends.find(tx->prevout(i))) evict(rival->tx->txid(), counters_.replaced);
  }
  for (std::uint32_t i = 0; i < tx->input_count(); ++i) {
    const Outpoint prevout = tx->prevout(i);
    const Output* output = nullptr;
    if (const TxEntry* parent = maps_.txs.find(prevout.txid)) {
      if (prevout.index >= parent->tx->output_count()) {
        refuse(&tx->txid(), "spends an output that its parent in the mempool does not have");
        return Settled::refused;
      }
      output = &parent->tx->output(prevout.index);
    } else {
      output = plan.find(prevout);
    }
    if (output == nullptr) {
      if (const auto parent = left_out_.find(prevout.txid); parent != left_out_.end()) {
        leave_out(tx->txid(), Txid(parent->second));
        return Settled::refused;
      }
      missing = prevout.txid;
      return Settled::waits;
    }
    tx->resolve_input(i, *output);
  }
  if (!tx->settle()) {
    refuse(&tx->txid(), "its outputs are worth more than its inputs");
    return Settled::refused;
  }
  insert(TxRef(tx.get()));
  return Settled::in_pool;
}

void Mempool::wait_for(const Shared<PoolTx>& tx, const Txid& missing) {
  counters_.forgotten += waiting_.add(tx, missing);
}

void Mempool::refuse(const Txid* txid, std::string_view why) {
  ++counters_.refused;
  last_refusal_ = "mempool transaction " + (txid == nullptr ? std::string("of the node") : txid->display()) +
                  " refused: " + std::string(why);
}

// ------------------------------------------------------------------------------ the maps
void Mempool::add_to_script(const TxRef& tx, const ScriptHash& scripthash, std::int64_t delta) {
  ScriptEntry& entry = maps_.scripts.edit_or_create(scripthash, [&] { return ScriptEntry{scripthash, {}, 0}; });
  entry.txs.insert(tx.get());
  entry.delta += delta;
  touched_.push_back(scripthash);
}

void Mempool::take_from_script(const TxRef& tx, const ScriptHash& scripthash, std::int64_t delta) {
  ScriptEntry* entry = maps_.scripts.edit(scripthash);
  SLUICE_CHECK(entry != nullptr && entry->txs.erase(tx.get()));
  entry->delta -= delta;
  if (entry->txs.empty()) maps_.scripts.erase(scripthash);
  touched_.push_back(scripthash);
}

/// The heights that histories show change with the first and the last unconfirmed input.
void Mempool::count_unconfirmed_input(const PoolTx& child, bool more) {
  TxEntry* entry = maps_.txs.edit(child.txid());
  SLUICE_CHECK(entry != nullptr && (more || entry->unconfirmed_inputs > 0));
  entry->unconfirmed_inputs += more ? 1u : ~0u;
  if (entry->unconfirmed_inputs != (more ? 1u : 0u)) return;
  child.for_each_script([&](const ScriptHash& scripthash, auto) { touched_.push_back(scripthash); });
}

void Mempool::insert(const TxRef& tx) {
  TxEntry entry{tx, 0};
  for (std::uint32_t i = 0; i < tx->input_count(); ++i) {
    if (maps_.txs.find(tx->prevout(i).txid) != nullptr) ++entry.unconfirmed_inputs;
    maps_.spends.put({tx.get(), i});
    if (options_.may_be_offered && options_.may_be_offered(tx->prevout(i))) maps_.offered_spends.put({tx.get(), i});
  }
  maps_.txs.put(entry);
  tx->for_each_script(
      [&](const ScriptHash& scripthash, auto coins) { add_to_script(tx, scripthash, tx->delta(coins)); });
  // After a reorg a parent comes back to children that are here already.
  for (std::uint32_t i = 0; i < tx->output_count(); ++i) {
    if (const SpendEntry* child = maps_.spends.find({tx->txid(), i})) count_unconfirmed_input(*child->tx, true);
  }
  if (!tx->offers().empty()) maps_.offer_txs.put({tx.get()});
  histogram_.add(tx->rate_tenths(), tx->size());
  maps_.tx_bytes += tx->raw().size();
  txids_.insert(tx->txid());
  txs_footprint_bytes_ += tx->footprint_bytes();
  ++counters_.added;
  changed_ = true;
}

void Mempool::detach(const TxRef& tx) {
  for (std::uint32_t i = 0; i < tx->input_count(); ++i) {
    SLUICE_CHECK(maps_.spends.erase(tx->prevout(i)));
    maps_.offered_spends.erase(tx->prevout(i));
  }
  for (std::uint32_t i = 0; i < tx->output_count(); ++i) {
    if (const SpendEntry* child = maps_.spends.find({tx->txid(), i})) count_unconfirmed_input(*child->tx, false);
  }
  tx->for_each_script(
      [&](const ScriptHash& scripthash, auto coins) { take_from_script(tx, scripthash, tx->delta(coins)); });
  if (!tx->offers().empty()) maps_.offer_txs.erase(tx->txid());
  histogram_.remove(tx->rate_tenths(), tx->size());
  maps_.tx_bytes -= tx->raw().size();
  txids_.erase(tx->txid());
  txs_footprint_bytes_ -= tx->footprint_bytes();
  SLUICE_CHECK(maps_.txs.erase(tx->txid()));
  changed_ = true;
}

std::vector<TxRef> Mempool::with_descendants(std::span<const TxRef> first) const {
  std::vector<TxRef> family(first.begin(), first.end());
  std::unordered_set<Txid, Hash32Hasher> seen;
  for (const TxRef& tx : family) seen.insert(tx->txid());
  for (std::size_t at = 0; at < family.size(); ++at) {
    for (std::uint32_t i = 0; i < family[at]->output_count(); ++i) {
      const SpendEntry* child = maps_.spends.find({family[at]->txid(), i});
      if (child != nullptr && seen.insert(child->tx->txid()).second)
        family.push_back(maps_.txs.find(child->tx->txid())->tx);
    }
  }
  return family;
}

/// Takes out a transaction and all that spends its outputs.
void Mempool::evict(const Txid& txid, std::uint64_t& counter) {
  const TxRef first = maps_.txs.find(txid)->tx;
  for (const TxRef& tx : with_descendants(std::span(&first, 1))) {
    detach(tx);
    ++counter;
  }
}

/// Sends transactions and all that spends their outputs from the pool back to the waiting room; the first ones
/// only if `keep_first`.
/// missing: transactions that are no longer there for their children.
void Mempool::suspend(std::span<const TxRef> first, bool keep_first, TxidSet missing) {
  const std::vector<TxRef> family = with_descendants(first);
  for (const TxRef& tx : family) {
    detach(tx);
    missing.insert(tx->txid());
  }
  for (std::size_t at = keep_first ? 0 : first.size(); at < family.size(); ++at) {
    const PoolTx& tx = *family[at];
    std::uint32_t input = 0;
    while (!missing.contains(tx.prevout(input).txid)) ++input;
    // A copy: snapshots still show this one, and a later parent may be another output.
    wait_for(Shared<PoolTx>(new PoolTx(tx)), tx.prevout(input).txid);
  }
}

// ------------------------------------------------------------------------------ departures
void Mempool::remove(std::span<const Txid> txids) {
  const TxidSet named(txids.begin(), txids.end());
  std::vector<TxRef> gone;
  for (const Txid& txid : named) {
    if (const TxEntry* entry = maps_.txs.find(txid)) gone.push_back(entry->tx);
    else if (waiting_.erase(txid)) ++counters_.removed;
    left_out_.erase(txid);
  }
  counters_.removed += gone.size();
  suspend(gone, false, {});
  reopen();
}

void Mempool::confirm(std::span<const Txid> block_txids, std::span<const Outpoint> spent) {
  TxidSet confirmed_left_out;
  for (const Txid& txid : block_txids) {
    if (const TxEntry* entry = maps_.txs.find(txid)) {
      detach(TxRef(entry->tx));
      ++counters_.confirmed;
    } else if (!waiting_.erase(txid) && left_out_.erase(txid) != 0) {
      confirmed_left_out.insert(txid);
    }
  }
  // Who was left out because of a parent may come now.
  if (!confirmed_left_out.empty())
    std::erase_if(left_out_, [&](const auto& item) { return confirmed_left_out.contains(item.second); });
  for (const Outpoint& outpoint : spent) {
    if (const SpendEntry* rival = maps_.spends.find(outpoint)) evict(rival->tx->txid(), counters_.conflicts);
  }
  try_all_waiting_ = true;
  reopen();
}

void Mempool::unconfirm(std::span<const Txid> block_txids) {
  TxidSet disconnected;
  for (const Txid& txid : block_txids) {
    if (maps_.txs.find(txid) == nullptr) disconnected.insert(txid);
  }
  std::vector<TxRef> parentless;
  maps_.txs.for_each([&](const TxEntry& entry) {
    const PoolTx& tx = *entry.tx;
    std::uint32_t input = 0;
    while (input < tx.input_count() && !disconnected.contains(tx.prevout(input).txid)) ++input;
    if (input < tx.input_count()) parentless.push_back(entry.tx);
  });
  suspend(parentless, true, std::move(disconnected));
  try_all_waiting_ = true;  // outputs that the block had spent are free again
}

// ---------------------------------------------------------------------------------- budget
void Mempool::leave_out(const Txid& txid, const Txid& cause) {
  ++counters_.left_out;
  left_out_.insert_or_assign(txid, cause);
  if (left_out_.size() * left_out_bytes <= options_.budget_bytes / 4) return;
  left_out_.erase(left_out_.begin());
  ++counters_.forgotten;
}

void Mempool::fit_budget() {
  if (options_.budget_bytes == 0 || footprint_bytes() <= options_.budget_bytes) return;
  std::vector<TxRef> by_rate;
  by_rate.reserve(maps_.txs.size());
  maps_.txs.for_each([&](const TxEntry& entry) { by_rate.push_back(entry.tx); });
  std::ranges::sort(by_rate, [](const TxRef& a, const TxRef& b) {
    const std::uint64_t rate_a = a->rate_tenths();
    const std::uint64_t rate_b = b->rate_tenths();
    return rate_a != rate_b ? rate_a < rate_b : a->txid() < b->txid();
  });
  const std::size_t kept_bytes = options_.budget_bytes / 16 * budget_kept_sixteenths;
  for (const TxRef& lowest : by_rate) {
    if (footprint_bytes() <= kept_bytes) break;
    if (maps_.txs.find(lowest->txid()) == nullptr) continue;  // went with a parent
    for (const TxRef& tx : with_descendants(std::span(&lowest, 1))) {
      detach(tx);
      leave_out(tx->txid(), lowest->txid());
    }
  }
  reopen_below_bytes_ = footprint_bytes() / 16 * reopened_sixteenths;
}

/// With room again, those left out are unknown again, so that difference() asks for them.
void Mempool::reopen() {
  if (footprint_bytes() <= reopen_below_bytes_) left_out_.clear();
}

// --------------------------------------------------------------------------------- answers
Mempool::Difference Mempool::difference(std::span<const Txid> node_txids) {
  Difference difference;
  TxidSet others;  // listed, and not in the pool
  txids_.compare(
      node_txids,
      [&](const Txid& txid) {
        const bool known = waiting_.contains(txid) || left_out_.contains(txid);
        if (others.insert(txid).second && !known) difference.fetch.push_back(txid);
      },
      [&](const Txid& txid) { difference.gone.push_back(txid); });
  const auto check = [&](const Txid& txid) {
    if (!others.contains(txid)) difference.gone.push_back(txid);
  };
  for (const auto& tx : waiting_.all()) check(tx->txid());
  for (const auto& [txid, cause] : left_out_) check(txid);
  return difference;
}

std::shared_ptr<const serve::MempoolView> Mempool::publish() {
  if (changed_) published_ = std::make_shared<const Snapshot>(++version_, maps_, histogram_.compact());
  changed_ = false;
  return published_;
}

std::vector<ScriptHash> Mempool::take_touched() {
  std::ranges::sort(touched_);
  touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
  return std::exchange(touched_, {});
}

void Mempool::for_each_in_order(const std::function<void(Bytes)>& visit) const {
  TxidSet visited;
  std::vector<std::pair<const PoolTx*, std::uint32_t>> path;  // and the next input to look behind
  maps_.txs.for_each([&](const TxEntry& entry) {
    if (visited.insert(entry.tx->txid()).second) path.emplace_back(entry.tx.get(), 0);
    while (!path.empty()) {
      auto& [tx, input] = path.back();
      if (input == tx->input_count()) {
        visit(tx->raw());
        path.pop_back();
        continue;
      }
      const TxEntry* parent = maps_.txs.find(tx->prevout(input++).txid);
      if (parent != nullptr && visited.insert(parent->tx->txid()).second) path.emplace_back(parent->tx.get(), 0);
    }
  });
}

}  // namespace sluice::mempool
