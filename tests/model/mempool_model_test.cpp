// A mempool follows a made-up node at random: newcomers, replacements, evictions, blocks that contradict, reorgs,
// fetches in any order and by halves, failing look-ups, restarts through the saved file, a lagging chain. Whenever the
// two agree about the txids, every answer must be the one that a naive walk over the node's transactions gives; every
// script whose answer has changed must have been touched; and every view published before must still say what it said.
//
// SLUICE_TEST_SCALE multiplies the number of seeds; a fraction makes it less.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/random.h"
#include "mempool/saved.h"
#include "pool_builder.h"

namespace sluice::mempool::test {
namespace {

constexpr std::uint32_t script_count = 12;
constexpr std::uint32_t magic = 7;

struct NodeTx {
  Buffer raw;
  std::vector<Outpoint> inputs;
  std::vector<Pay> outputs;
  std::uint64_t fee = 0;
};

using Coins = std::map<Outpoint, Pay>;

struct Block {
  std::uint32_t id = 0;  ///< no two are the same, however empty
  std::vector<Txid> txids;
  std::vector<Outpoint> spent;
};

/// The node: a chain's unspent outputs, and a mempool that is always consistent with them.
class Node {
 public:
  explicit Node(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t i = 0; i < 40; ++i) mine_coin();
  }

  std::map<Txid, NodeTx> all;  ///< every transaction there ever was
  std::set<Txid> mempool;
  Coins unspent;  ///< in the chain
  std::vector<Block> chain;

  void step() {
    switch (random_.below(12)) {
      case 0: evict_one(); break;
      case 1: connect_block(); break;
      case 2:
        if (random_.chance(0.5)) reorganise();
        break;
      case 3: accept(make_tx(true)); break;
      default: accept(make_tx(false)); break;
    }
  }

  void connect_block() {
    Block block;
    block.id = ++block_id_;
    if (random_.chance(0.3)) {  // somebody else's, perhaps against what waits here
      if (const auto foreign = make_tx(random_.chance(0.7), true)) {
        drop_rivals(*foreign);
        enter(block, *foreign);
      }
    }
    for (const Txid& txid : in_order()) {
      const NodeTx& tx = all.at(txid);
      const bool ready = std::ranges::all_of(tx.inputs, [&](const Outpoint& input) { return unspent.contains(input); });
      if (ready && random_.chance(0.6)) {
        mempool.erase(txid);
        enter(block, txid);
      }
    }
    chain.push_back(block);
  }

  void disconnect_block() {
    const Block block = std::move(chain.back());
    chain.pop_back();
    for (auto txid = block.txids.rbegin(); txid != block.txids.rend(); ++txid) {
      const NodeTx& tx = all.at(*txid);
      for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) unspent.erase({*txid, i});
      for (const Outpoint& input : tx.inputs) unspent[input] = coins_.at(input);
      mempool.insert(*txid);
    }
    // Not all come back: some are refused the second time, with their children.
    for (const Txid& txid : block.txids) {
      if (mempool.contains(txid) && random_.chance(0.15)) drop(txid);
    }
  }

  void reorganise() {
    for (std::uint64_t depth = 1 + random_.below(3); depth > 0 && !chain.empty(); --depth) disconnect_block();
    for (std::uint64_t blocks = random_.below(3); blocks > 0; --blocks) connect_block();
  }

  /// Parents before children.
  [[nodiscard]] std::vector<Txid> in_order() const {
    std::vector<Txid> order;
    std::set<Txid> placed;
    const auto place = [&](const auto& self, const Txid& txid) -> void {
      if (!mempool.contains(txid) || !placed.insert(txid).second) return;
      for (const Outpoint& input : all.at(txid).inputs) self(self, input.txid);
      order.push_back(txid);
    };
    for (const Txid& txid : mempool) place(place, txid);
    return order;
  }

 private:
  void mine_coin() {
    FakeChain maker;
    const Pay pay{1'000'000 + random_.below(1'000'000), static_cast<std::uint32_t>(random_.below(script_count))};
    const Outpoint outpoint = maker.coin(coin_number_++, pay.value, pay.script);
    unspent[outpoint] = coins_[outpoint] = pay;
  }

  /// The mempool's transaction that spends an output, if there is one.
  [[nodiscard]] std::optional<Txid> spender(const Outpoint& outpoint) const {
    for (const Txid& txid : mempool) {
      if (std::ranges::count(all.at(txid).inputs, outpoint) != 0) return txid;
    }
    return std::nullopt;
  }

  /// contradicting: at least one input is an output that another transaction spends.
  std::optional<Txid> make_tx(bool contradicting, bool confirmed_only = false) {
    std::vector<Outpoint> free;
    std::vector<Outpoint> taken;
    const auto sort_in = [&](const Outpoint& outpoint) { (spender(outpoint) ? taken : free).push_back(outpoint); };
    for (const auto& [outpoint, pay] : unspent) sort_in(outpoint);
    for (const Txid& txid : mempool) {
      if (confirmed_only) break;
      for (std::uint32_t i = 0; i < all.at(txid).outputs.size(); ++i) sort_in({txid, i});
    }
    std::set<Outpoint> inputs;
    if (contradicting && !taken.empty()) inputs.insert(taken[random_.below(taken.size())]);
    for (std::uint64_t more = 1 + random_.below(3); more > 0 && !free.empty(); --more)
      inputs.insert(free[random_.below(free.size())]);
    if (inputs.empty()) return std::nullopt;
    NodeTx tx;
    tx.inputs.assign(inputs.begin(), inputs.end());
    std::uint64_t value = 0;
    for (const Outpoint& input : tx.inputs) value += coins_.at(input).value;
    for (std::uint64_t outputs = 1 + random_.below(4); outputs > 0; --outputs) {
      const std::uint64_t paid = random_.below(value + 1);
      value -= paid;
      tx.outputs.push_back({paid, static_cast<std::uint32_t>(random_.below(script_count))});
    }
    tx.fee = value;
    tx.raw = raw_tx(tx.inputs, tx.outputs, lock_time_++);
    const Txid txid = txid_of(tx.raw);
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) coins_[{txid, i}] = tx.outputs[i];
    all[txid] = std::move(tx);
    return txid;
  }

  void accept(const std::optional<Txid>& txid) {
    if (!txid) return;
    drop_rivals(*txid);
    // A rival may have been a parent.
    for (const Outpoint& input : all.at(*txid).inputs) {
      if (!unspent.contains(input) && !mempool.contains(input.txid)) return;
    }
    mempool.insert(*txid);
  }

  void drop_rivals(const Txid& txid) {
    for (const Outpoint& input : all.at(txid).inputs) {
      if (const auto rival = spender(input)) drop(*rival);
    }
  }

  void drop(const Txid& txid) {
    for (std::uint32_t i = 0; i < all.at(txid).outputs.size(); ++i) {
      if (const auto child = spender({txid, i})) drop(*child);
    }
    mempool.erase(txid);
  }

  void evict_one() {
    if (mempool.empty()) return;
    drop(*std::next(mempool.begin(), static_cast<std::ptrdiff_t>(random_.below(mempool.size()))));
  }

  void enter(Block& block, const Txid& txid) {
    const NodeTx& tx = all.at(txid);
    for (const Outpoint& input : tx.inputs) {
      unspent.erase(input);
      block.spent.push_back(input);
    }
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) unspent[{txid, i}] = tx.outputs[i];
    block.txids.push_back(txid);
  }

  Random random_;
  Coins coins_;  ///< every output there ever was
  std::uint32_t coin_number_ = 1;
  std::uint32_t block_id_ = 0;
  std::uint32_t lock_time_ = 0;
};

std::string text_of(const Outpoint& outpoint) { return outpoint.txid.display() + ":" + std::to_string(outpoint.index); }

/// One text per script: history, unspent, spent, balance.
using Answers = std::map<std::uint32_t, std::string>;

Answers answers_of(const serve::MempoolView& view) {
  Answers answers;
  for (std::uint32_t script = 0; script < script_count; ++script) {
    std::string& text = answers[script];
    const ScriptHash scripthash = scripthash_of(script);
    for (const auto& item : view.history(scripthash)) {
      text += item.txid.display() + (item.has_unconfirmed_inputs ? " -1 " : " 0 ") + std::to_string(item.fee) + " " +
              std::to_string(item.size) + "\n";
    }
    for (const auto& item : view.unspent(scripthash)) {
      EXPECT_TRUE(std::ranges::equal(item.script, script_of(script)));
      text += "+ " + text_of({item.txid, item.output_index}) + " " + std::to_string(item.value) + "\n";
    }
    for (const Outpoint& outpoint : view.spent(scripthash)) text += "- " + text_of(outpoint) + "\n";
    text += std::to_string(view.balance(scripthash).delta) + " of " + std::to_string(view.balance(scripthash).count);
  }
  return answers;
}

/// The same from first principles. coin_of: any output's value and script.
Answers naive_answers(const Node& node, const std::set<Txid>& pool, const Coins& chain_coins) {
  const auto coin_of = [&](const Outpoint& outpoint) {
    const auto tx = node.all.find(outpoint.txid);
    return tx == node.all.end() ? chain_coins.at(outpoint) : tx->second.outputs[outpoint.index];
  };
  struct Item {
    bool chained;
    std::string txid;
    std::string text;
    auto operator<=>(const Item&) const = default;
  };
  std::map<std::uint32_t, std::set<Item>> histories;
  std::map<std::uint32_t, std::set<std::pair<std::string, std::string>>> unspent;
  std::map<std::uint32_t, std::set<Outpoint>> spent;
  std::map<std::uint32_t, std::int64_t> delta;
  std::set<Outpoint> spent_here;
  for (const Txid& txid : pool) spent_here.insert(node.all.at(txid).inputs.begin(), node.all.at(txid).inputs.end());
  for (const Txid& txid : pool) {
    const NodeTx& tx = node.all.at(txid);
    const bool chained = std::ranges::any_of(tx.inputs, [&](const auto& input) { return pool.contains(input.txid); });
    const Item item{chained, txid.display(), std::to_string(tx.fee) + " " + std::to_string(tx.raw.size())};
    for (const Outpoint& input : tx.inputs) {
      const Pay coin = coin_of(input);
      histories[coin.script].insert(item);
      spent[coin.script].insert(input);
      delta[coin.script] -= static_cast<std::int64_t>(coin.value);
    }
    for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
      histories[tx.outputs[i].script].insert(item);
      delta[tx.outputs[i].script] += static_cast<std::int64_t>(tx.outputs[i].value);
      if (!spent_here.contains({txid, i}))
        unspent[tx.outputs[i].script].insert({text_of({txid, i}), std::to_string(tx.outputs[i].value)});
    }
  }
  Answers answers;
  for (std::uint32_t script = 0; script < script_count; ++script) {
    std::string& text = answers[script];
    for (const Item& item : histories[script]) text += item.txid + (item.chained ? " -1 " : " 0 ") + item.text + "\n";
    for (const auto& [outpoint, value] : unspent[script]) text += "+ " + outpoint + " " + value + "\n";
    for (const Outpoint& outpoint : spent[script]) text += "- " + text_of(outpoint) + "\n";
    text += std::to_string(delta[script]) + " of " + std::to_string(histories[script].size());
  }
  return answers;
}

/// What the server knows: its own chain, some blocks behind the node's at times, and the mempool under test.
class Follower {
 public:
  Follower(Node& node, std::uint64_t seed)
      : node_(node), random_(seed), options_(draw_options()), pool_(options_), unspent_(node.unspent) {}

  /// As far as it comes in one go.
  void follow() {
    const bool lag = random_.chance(0.3);  // it hears of the mempool before it hears of the block
    if (!lag) follow_chain();
    follow_mempool();
    if (random_.chance(0.1)) restart();
  }

  /// Until both agree; they must, once the node rests.
  void settle() {
    for (int round = 0; round < 4; ++round) {
      follow_chain();
      const auto difference = pool_.difference(listed());
      if (round > 0 && difference.fetch.empty() && difference.gone.empty()) return;
      pool_.remove(difference.gone);
      ASSERT_TRUE(add_all(difference.fetch));
    }
    FAIL() << "the mempool does not come to rest";
  }

  void check() {
    const auto view = pool_.publish();
    std::set<Txid> present;
    for (const Txid& txid : node_.mempool) {
      if (view->find_tx(txid)) present.insert(txid);
    }
    ASSERT_EQ(view->tx_count(), present.size());
    if (options_.budget_bytes == 0) {
      ASSERT_EQ(present, node_.mempool);
    } else {
      ASSERT_LE(pool_.footprint_bytes(), options_.budget_bytes);
    }
    for (const Txid& txid : present) {
      for (const Outpoint& input : node_.all.at(txid).inputs) {
        ASSERT_EQ(view->spender(input), txid);
        ASSERT_TRUE(present.contains(input.txid) || node_.unspent.contains(input));
      }
      ASSERT_TRUE(std::ranges::equal(view->find_tx(txid)->raw, node_.all.at(txid).raw));
    }
    const Answers answers = answers_of(*view);
    ASSERT_EQ(answers, naive_answers(node_, present, node_.unspent));
    for (const ScriptHash& scripthash : pool_.take_touched()) touched_.insert(scripthash);
    for (const auto& [script, text] : answers) {
      if (answers_before_.contains(script) && answers_before_[script] != text) {
        ASSERT_TRUE(touched_.contains(scripthash_of(script))) << "script " << script << " changed untouched";
      }
    }
    touched_.clear();
    answers_before_ = answers;
    check_histogram(*view, present);
    for (const auto& [old_view, said] : published_) ASSERT_EQ(answers_of(*old_view), said);
    if (published_.size() < 5) published_.emplace_back(view, answers);
    else published_[random_.below(5)] = {view, answers};
  }

 private:
  MempoolOptions draw_options() {
    MempoolOptions options;
    if (random_.chance(0.25)) options.budget_bytes = 12'000 + random_.below(40'000);
    return options;
  }

  [[nodiscard]] std::vector<Txid> listed() const { return {node_.mempool.begin(), node_.mempool.end()}; }

  void follow_chain() {
    std::size_t fork = 0;
    while (fork < chain_.size() && fork < node_.chain.size() && chain_[fork].id == node_.chain[fork].id) ++fork;
    std::vector<Txid> disconnected;
    for (std::size_t i = fork; i < chain_.size(); ++i)
      disconnected.insert(disconnected.end(), chain_[i].txids.begin(), chain_[i].txids.end());
    chain_.assign(node_.chain.begin(), node_.chain.end());
    unspent_ = node_.unspent;
    if (!disconnected.empty()) pool_.unconfirm(disconnected);
    for (std::size_t i = fork; i < chain_.size(); ++i) pool_.confirm(chain_[i].txids, chain_[i].spent);
    ASSERT_TRUE(add_all({}));
  }

  void follow_mempool() {
    const auto difference = pool_.difference(listed());
    if (random_.chance(0.9)) pool_.remove(difference.gone);
    std::vector<Txid> fetch = difference.fetch;
    if (random_.chance(0.3)) fetch.resize(random_.below(fetch.size() + 1));
    if (random_.chance(0.1)) outputs_.broken = true;
    (void)add_all(fetch);
    outputs_.broken = false;
  }

  /// In random order, in random batches. false if the chain could not be read.
  bool add_all(std::vector<Txid> txids) {
    for (std::size_t i = txids.size(); i > 1; --i) std::swap(txids[i - 1], txids[random_.below(i)]);
    outputs_.unspent.clear();
    for (const auto& [outpoint, pay] : unspent_)
      outputs_.unspent[outpoint] = {scripthash_of(pay.script), pay.value, true};
    std::vector<Buffer> batch;
    for (std::size_t i = 0; i <= txids.size(); ++i) {
      if (i == txids.size() || random_.chance(0.2)) {
        if (!pool_.add(std::exchange(batch, {}), outputs_)) return false;
      }
      if (i < txids.size()) batch.push_back(node_.all.at(txids[i]).raw);
    }
    EXPECT_EQ(pool_.counters().refused, 0u) << pool_.last_refusal();
    return true;
  }

  void restart() {
    Buffer file;
    save(pool_, magic, [&](Bytes bytes) { sluice::test::append(file, bytes); });
    for (const ScriptHash& scripthash : pool_.take_touched()) touched_.insert(scripthash);
    pool_ = Mempool(options_);
    const auto raws = read_saved(file, magic);
    ASSERT_TRUE(raws.ok());
    std::vector<Buffer> batch;
    for (const Bytes raw : raws.value()) batch.emplace_back(raw.begin(), raw.end());
    (void)add_all({});  // brings the chain's outputs up to date
    ASSERT_TRUE(pool_.add(std::move(batch), outputs_).ok());
    // Nobody is subscribed over a restart.
    answers_before_.clear();
  }

  void check_histogram(const serve::MempoolView& view, const std::set<Txid>& present) {
    FeeHistogram histogram;
    for (const Txid& txid : present) {
      const NodeTx& tx = node_.all.at(txid);
      histogram.add(tx.fee * 10 / tx.raw.size(), tx.raw.size());
    }
    ASSERT_TRUE(std::ranges::equal(view.fee_histogram(), histogram.compact()));
  }

  Node& node_;
  Random random_;
  MempoolOptions options_;
  Mempool pool_;
  FakeChain outputs_;
  std::vector<Block> chain_;
  Coins unspent_;
  std::set<ScriptHash> touched_;
  Answers answers_before_;
  std::vector<std::pair<std::shared_ptr<const serve::MempoolView>, Answers>> published_;
};

TEST(MempoolModel, AnswersAreTheNaiveOnes) {
  const char* scale = std::getenv("SLUICE_TEST_SCALE");
  const auto seeds = static_cast<std::uint64_t>(150 * (scale == nullptr ? 1.0 : std::strtod(scale, nullptr)));
  std::size_t transactions = 0;
  std::size_t blocks = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Node node(seed);
    Follower follower(node, random.next());
    for (int round = 0; round < 25; ++round) {
      for (std::uint64_t steps = random.below(12); steps > 0; --steps) node.step();
      ASSERT_NO_FATAL_FAILURE(follower.follow());
      if (!random.chance(0.5)) continue;
      ASSERT_NO_FATAL_FAILURE(follower.settle());
      ASSERT_NO_FATAL_FAILURE(follower.check());
    }
    transactions += node.all.size();
    blocks += node.chain.size();
  }
  EXPECT_GT(transactions, seeds * 40);
  EXPECT_GT(blocks, seeds * 3);
}

}  // namespace
}  // namespace sluice::mempool::test
