#include "naive_swaps.h"

#include <algorithm>

#include "slow_swap_parser.h"

namespace sluice::model {
namespace {

const std::string no_token(32, '\0');

std::string text(const test::Buffer& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

std::string outpoint_of(const std::string& txid, std::uint32_t index) {
  std::string outpoint = txid;
  for (int shift = 0; shift < 32; shift += 8) outpoint += static_cast<char>(index >> shift & 0xff);
  return outpoint;
}

std::optional<NaiveOrder> advertised(const std::string& script, bool op_number_index) {
  const auto* data = reinterpret_cast<const std::byte*>(script.data());
  const auto offer = test::slow_parse_swap(test::Buffer(data, data + script.size()), op_number_index);
  if (!offer) return std::nullopt;
  NaiveOrder order;
  order.id = {text(offer->token), text(offer->utxo_hash), offer->utxo_index};
  order.want = offer->want ? text(*offer->want) : no_token;
  order.version = offer->version, order.flags = offer->flags;
  order.offered_type = offer->offered_type, order.terms_type = offer->terms_type;
  order.price_terms = text(offer->price_terms), order.signature = text(offer->signature);
  return order;
}

const NaiveSwaps::Rows& rows_at(const NaiveSwaps::WantRows& rows, const std::string& want) {
  static const NaiveSwaps::Rows none;
  const auto found = rows.find(want);
  return found == rows.end() ? none : found->second;
}

NaiveSwaps::Rows of_token(const NaiveSwaps::Rows& rows, const std::string& token) {
  NaiveSwaps::Rows found;
  for (const auto& [id, order] : rows) {
    if (id.token == token) found.emplace(id, order);
  }
  return found;
}

bool stands_on(NaiveSide side, const std::string& token, const NaiveOrder& order) {
  return (side == NaiveSide::offered ? order.id.token : order.want) == token;
}

void drop(NaiveSwaps::WantRows& rows, const std::string& want, const NaiveOrderId& id) {
  rows[want].erase(id);
  if (rows[want].empty()) rows.erase(want);
}

}  // namespace

std::string NaiveOrderId::outpoint() const { return outpoint_of(txid, index); }

void NaivePool::add(const NaiveTx& tx) {
  for (const NaiveTx::Input& input : tx.inputs) spent.insert(input.prevout);
  for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) created.insert(outpoint_of(tx.txid, i));
}

// ------------------------------------------------------------------------------------ blocks in

void NaiveSwaps::node_spend(const std::set<std::string>& spent, const std::map<std::string, NaiveIndex::TxNumber>& by) {
  const Rows before = node_.open;
  for (const auto& [id, order] : before) {
    if (!spent.contains(id.outpoint())) continue;
    NaiveOrder closed = order;
    closed.spent_by = by.at(id.outpoint());
    closed.spent_height = block_count_;
    node_.open.erase(id);
    node_.history[id] = closed;
    if (order.want == no_token) continue;
    drop(node_.open_by, order.want, id);
    node_.history_by[order.want][id] = closed;
  }
}

void NaiveSwaps::node_advertise(const NaiveOrder& order) {
  node_.open[order.id] = order;
  if (order.want != no_token) node_.open_by[order.want][order.id] = order;
}

void NaiveSwaps::advertise(const NaiveOrder& order) {
  for (Rows* rows : {&open_, &dead_}) {
    const auto old = rows->find(order.id);
    if (old == rows->end()) continue;
    if (old->second.want != order.want && old->second.want != no_token)
      superseded_[{old->second.want, order.id}] = old->second;
    rows->erase(old);
  }
  superseded_.erase({order.want, order.id});
  (spent_.contains(order.id.outpoint()) ? dead_ : open_)[order.id] = order;
}

void NaiveSwaps::add_block(const std::string& block) {
  if (block_count_ == 0) {  // the genesis block: no coins, no offers
    ++block_count_;
    block_end_tx_.push_back(0);
    return;
  }
  const std::vector<NaiveTx> txs = naive_block_txs(block, NaiveRules::for_radiant());
  std::set<std::string> spent_here;
  std::map<std::string, NaiveIndex::TxNumber> spender;
  std::vector<NaiveOrder> ads;
  for (std::uint32_t position = 0; position < txs.size(); ++position) {
    const NaiveTx& tx = txs[position];
    for (const NaiveTx::Input& input : tx.inputs) {
      if (position == 0) break;
      spent_here.insert(input.prevout);
      spender[input.prevout] = tx_count_ + position;
    }
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
      const std::string outpoint = outpoint_of(tx.txid, i);
      creator_[outpoint] = tx_count_ + position;
      const std::string& script = tx.outputs[i].script;
      const bool is_false_return = script.substr(0, 2) == std::string{'\0', '\x6a'};
      if (is_false_return || script.substr(0, 1) == "\x6a") data_.insert(outpoint);
      if (!is_false_return) unspent_.insert(outpoint);
      std::optional<NaiveOrder> order = advertised(tx.outputs[i].script, rules_.op_number_index);
      if (!order) continue;
      order->ad_tx = tx_count_ + position;
      order->ad_output = i;
      order->ad_height = block_count_;
      ads.push_back(*order);
    }
  }
  for (const std::string& outpoint : spent_here) {
    unspent_.erase(outpoint);
    spent_.insert(outpoint);
  }

  node_spend(spent_here, spender);
  const Rows before = open_;
  for (const auto& [id, order] : before) {
    if (!spent_here.contains(id.outpoint())) continue;
    NaiveOrder closed = order;
    closed.spent_by = spender.at(id.outpoint());
    closed.spent_height = block_count_;
    open_.erase(id);
    history_[id] = closed;
  }
  for (const NaiveOrder& order : ads) {
    node_advertise(order);
    advertise(order);
    tokens_.insert({order.id.token, order.want});
    ids_.insert(order.id);
  }
  tx_count_ += txs.size();
  block_end_tx_.push_back(tx_count_);
  ++block_count_;
}

// --------------------------------------------------------------------------------- by our rules

bool NaiveSwaps::is_kept(const NaiveOrder& order) const {
  return rules_.history_blocks == 0 || std::uint64_t{order.spent_height} + rules_.history_blocks >= tip();
}

std::vector<NaiveListed> NaiveSwaps::open(NaiveSide side, const std::string& token, bool as_node) const {
  std::map<NaiveOrderId, NaiveListed> found;
  for (const auto& [id, order] : open_)
    if (stands_on(side, token, order)) found[id] = {order, NaiveStanding::open};
  if (as_node) {
    for (const auto& [id, order] : dead_)
      if (stands_on(side, token, order)) found[id] = {order, NaiveStanding::dead};
    for (const auto& [key, order] : superseded_)
      if (side == NaiveSide::wanted && key.first == token) found[key.second] = {order, NaiveStanding::superseded};
  }
  std::vector<NaiveListed> listing;
  for (const auto& [id, listed] : found) listing.push_back(listed);
  return listing;
}

std::vector<NaiveListed> NaiveSwaps::history(NaiveSide side, const std::string& token) const {
  std::vector<NaiveListed> listing;
  for (const auto& [id, order] : history_)
    if (stands_on(side, token, order) && is_kept(order)) listing.push_back({order, NaiveStanding::history});
  return listing;
}

NaiveCounts NaiveSwaps::counts(NaiveSide side, const std::string& token) const {
  NaiveCounts counts;
  for (const NaiveListed& listed : open(side, token, true)) {
    counts.open += listed.standing == NaiveStanding::open;
    counts.dead += listed.standing == NaiveStanding::dead;
    counts.superseded += listed.standing == NaiveStanding::superseded;
  }
  counts.history = history(side, token).size();
  return counts;
}

NaiveCounts NaiveSwaps::totals() const {
  const auto kept =
      std::count_if(history_.begin(), history_.end(), [&](const auto& row) { return is_kept(row.second); });
  return {open_.size(), dead_.size(), superseded_.size(), static_cast<std::uint64_t>(kept)};
}

std::vector<NaiveListed> NaiveSwaps::offered(const std::string& outpoint) const {
  std::vector<NaiveListed> listing;
  for (const NaiveOrderId& id : ids_) {
    if (id.outpoint() != outpoint) continue;
    if (open_.contains(id)) listing.push_back({open_.at(id), NaiveStanding::open});
    if (dead_.contains(id)) listing.push_back({dead_.at(id), NaiveStanding::dead});
    if (history_.contains(id) && is_kept(history_.at(id))) listing.push_back({history_.at(id), NaiveStanding::history});
  }
  return listing;
}

std::optional<NaiveListed> NaiveSwaps::find(const NaiveOrderId& id) const {
  if (open_.contains(id)) return NaiveListed{open_.at(id), NaiveStanding::open};
  if (dead_.contains(id)) return NaiveListed{dead_.at(id), NaiveStanding::dead};
  if (history_.contains(id) && is_kept(history_.at(id))) return NaiveListed{history_.at(id), NaiveStanding::history};
  return std::nullopt;
}

std::uint32_t NaiveSwaps::height_of(NaiveIndex::TxNumber number) const {
  const auto found = std::upper_bound(block_end_tx_.begin(), block_end_tx_.end(), number);
  return static_cast<std::uint32_t>(found - block_end_tx_.begin());
}

std::optional<NaiveIndex::TxNumber> NaiveSwaps::creator(const std::string& outpoint) const {
  const auto found = creator_.find(outpoint);
  return found == creator_.end() ? std::nullopt : std::optional(found->second);
}

// ------------------------------------------------------------------------------ the node's calls

bool NaiveSwaps::has_coin(const std::string& outpoint, const NaivePool& pool) const {
  return !pool.spent.contains(outpoint) && (unspent_.contains(outpoint) || pool.created.contains(outpoint));
}

std::vector<NaiveOrder> NaiveSwaps::open_page(NaiveSide side, const std::string& token, const NaivePage& page,
                                              const NaivePool& pool, bool as_node) const {
  std::vector<NaiveOrder> raw;
  if (as_node) {
    for (const auto& [id, order] :
         side == NaiveSide::offered ? of_token(node_.open, token) : rows_at(node_.open_by, token))
      raw.push_back(order);
  } else {
    for (const NaiveListed& listed : open(side, token, false)) raw.push_back(listed.order);
  }
  const auto is_shown = [&](const NaiveOrder& order) {
    if (!has_coin(order.id.outpoint(), pool)) return false;
    if (!page.max_age) return true;
    if (as_node && tip() <= order.ad_height) return false;
    return tip() - order.ad_height <= *page.max_age;
  };
  const std::uint64_t limit = std::min<std::uint64_t>(page.limit, 1000);
  std::vector<NaiveOrder> shown;
  std::uint64_t place = 0;  // in the listing that offset and limit count in
  for (const NaiveOrder& order : raw) {
    if (!as_node && !is_shown(order)) continue;
    const bool on_page = place >= page.offset && place - page.offset < limit;
    ++place;
    if (on_page && is_shown(order)) shown.push_back(order);
  }
  return shown;
}

std::vector<NaiveOrder> NaiveSwaps::history_page(NaiveSide side, const std::string& token, const NaivePage& page,
                                                 const NaivePool& pool, bool as_node) const {
  const std::uint64_t limit = std::min<std::uint64_t>(page.limit, 1000);
  std::vector<NaiveOrder> all, spent_in_pool;
  if (as_node) {
    const Rows rows = side == NaiveSide::offered ? of_token(node_.history, token) : rows_at(node_.history_by, token);
    for (const auto& [id, order] : rows)
      if (is_kept(order)) all.push_back(order);
    std::uint64_t scanned = 0;
    for (const auto& [id, order] :
         side == NaiveSide::offered ? of_token(node_.open, token) : rows_at(node_.open_by, token)) {
      if (++scanned > 1000) break;
      if (pool.spent.contains(id.outpoint())) spent_in_pool.push_back(order);
    }
  } else {
    for (const NaiveListed& listed : history(side, token)) all.push_back(listed.order);
    for (const NaiveListed& listed : open(side, token, false))
      if (pool.spent.contains(listed.order.id.outpoint())) all.push_back(listed.order);
  }
  std::vector<NaiveOrder> shown;
  for (std::uint64_t i = page.offset; i < all.size() && shown.size() < limit; ++i) shown.push_back(all[i]);
  for (const NaiveOrder& order : spent_in_pool)
    if (shown.size() < limit) shown.push_back(order);
  return shown;
}

std::pair<std::uint64_t, std::uint64_t> NaiveSwaps::node_counts(NaiveSide side, const std::string& token) const {
  constexpr std::uint64_t most = 100'000;
  const auto count = [&](const Rows& rows, bool prunes) {
    std::uint64_t number = 0;
    for (const auto& [id, order] : rows) number += !prunes || is_kept(order);
    return std::min(number, most);
  };
  if (side == NaiveSide::offered)
    return {count(of_token(node_.open, token), false), count(of_token(node_.history, token), true)};
  return {count(rows_at(node_.open_by, token), false), count(rows_at(node_.history_by, token), true)};
}

std::string NaiveSwaps::check() const {
  Rows open_or_dead = open_;
  open_or_dead.insert(dead_.begin(), dead_.end());
  if (open_or_dead != node_.open) return "open and dead orders are not the node's open ones";
  if (history_ != node_.history) return "history is not the node's";
  WantRows by_want, history_by;
  for (const auto& [key, order] : superseded_) by_want[key.first][key.second] = order;
  for (const auto& [id, order] : open_or_dead) {
    if (order.want == no_token) continue;
    if (!by_want[order.want].emplace(id, order).second) return "an order is superseded by its own wanted token";
  }
  for (const auto& [id, order] : history_)
    if (order.want != no_token) history_by[order.want][id] = order;
  if (by_want != node_.open_by) return "open, dead and superseded orders by want are not the node's";
  return history_by == node_.history_by ? "" : "history by want is not the node's";
}

}  // namespace sluice::model
