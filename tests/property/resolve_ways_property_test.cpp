// The join way and the table way make the same records of the same batches, however the batches are
// spread over workers, partitions and shards.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "fake_batch.h"
#include "resolve/join.h"
#include "resolve/table.h"

namespace sluice::resolve {
namespace {

using test::FakeBatch;
using test::FakeBlock;
using test::FakeTx;
using test::records_of;

/// A chain drawn block by block; spends are of outputs of any age, of the same block in either order,
/// and now and then of nothing the chain has.
class RandomChain {
 public:
  RandomChain(std::uint64_t seed, bool duplicates) : random_(seed), duplicates_(duplicates) {}

  FakeBlock next_block() {
    FakeBlock block{height_++, {}};
    if (random_.below(6) == 0) return block;
    block.txs.push_back(coinbase());
    const std::uint64_t txs = random_.below(12);
    std::vector<Outpoint> fresh;
    for (std::uint64_t i = 0; i < txs; ++i) {
      FakeTx tx{test::numbered_txid(next_txid_++), {}, {}};
      add_outputs(tx, fresh);
      block.txs.push_back(std::move(tx));
    }
    unspent_.insert(unspent_.end(), fresh.begin(), fresh.end());
    for (std::size_t i = 1; i < block.txs.size(); ++i) add_inputs(block.txs[i]);
    return block;
  }

 private:
  using Outpoint = std::pair<Txid, std::uint32_t>;

  void add_outputs(FakeTx& tx, std::vector<Outpoint>& outpoints) {
    for (std::uint64_t i = random_.below(5); i > 0; --i) {
      const bool indexed = random_.below(10) != 0;
      if (indexed) outpoints.emplace_back(tx.txid, static_cast<std::uint32_t>(tx.outputs.size()));
      tx.outputs.push_back({random_.below(1u << 30), test::numbered_script(random_.below(20)), {}, indexed});
      if (random_.below(5) == 0)
        tx.outputs.back().refs.push_back({test::outpoint_bytes(test::numbered_txid(random_.below(next_txid_)), 0),
                                          static_cast<classify::RefType>(random_.below(2))});
    }
  }
  void add_inputs(FakeTx& tx) {
    for (std::uint64_t i = random_.below(4); i > 0; --i) {
      if (random_.below(30) == 0) tx.inputs.emplace_back(test::numbered_txid(1'000'000 + next_txid_), i);
      if (unspent_.empty()) return;
      std::swap(unspent_[random_.below(unspent_.size())], unspent_.back());
      tx.inputs.push_back(unspent_.back());
      unspent_.pop_back();
    }
  }
  FakeTx coinbase() {
    // A repeated coinbase: its older outputs were never spent.
    if (duplicates_ && !coinbases_.empty() && random_.below(4) == 0)
      return coinbases_[random_.below(coinbases_.size())];
    FakeTx tx{test::numbered_txid(next_txid_++), {}, {}};
    std::vector<Outpoint> outpoints;
    add_outputs(tx, outpoints);
    if (duplicates_ && random_.below(2) == 0) coinbases_.push_back(tx);
    else unspent_.insert(unspent_.end(), outpoints.begin(), outpoints.end());
    return tx;
  }

  Random random_;
  bool duplicates_;
  std::uint32_t height_ = 0;
  std::uint64_t next_txid_ = 1;
  std::vector<Outpoint> unspent_;
  std::vector<FakeTx> coinbases_;
};

/// Everything a segment leaves, in an order of its own.
struct Records {
  std::vector<std::tuple<std::uint64_t, std::uint32_t>> history;
  std::vector<std::tuple<std::uint64_t, std::uint32_t>> txs;
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint64_t>> unspent;
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint64_t>> created;
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::uint32_t, std::uint64_t, std::uint64_t>> undo;
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t>> older;  ///< spends for the store
  std::vector<std::tuple<std::uint64_t, std::uint32_t>> replaced;
  std::vector<std::tuple<std::uint64_t, std::uint32_t>> removed;
  std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, test::Ref>> output_refs;
  std::vector<std::tuple<test::Ref, std::uint32_t, std::uint32_t>> places;
  std::set<ScriptKey> scripts;
  OutpointSum sum;
  std::uint64_t outputs_created = 0;
  std::uint64_t outputs_spent = 0;

  friend bool operator==(const Records&, const Records&) = default;

  void add(const RecordSet& set) {
    for (const auto& r : records_of(set.history)) history.emplace_back(r.prefix, r.rel);
    for (const auto& r : records_of(set.txs)) txs.emplace_back(r.txid_prefix, r.rel);
    for (const auto& r : records_of(set.unspent)) unspent.emplace_back(r.prefix, r.tx_number, r.index, r.value.bits);
    for (const auto& r : records_of(set.created)) created.emplace_back(r.prefix, r.tx_number, r.index, r.value.bits);
    for (const auto& r : records_of(set.removed)) removed.emplace_back(r.tx_number, r.index);
    for (const auto& r : records_of(set.undo))
      undo.emplace_back(r.height, r.tx_number, r.index, r.prefix, r.value.bits);
    for (const auto& r : records_of(set.output_refs)) output_refs.emplace_back(r.rel, r.index, r.order, r.type, r.ref);
    for (const auto& r : records_of(set.ref_places)) places.emplace_back(r.ref, r.rel, r.is_location);
    for (const auto& r : records_of(set.scripts)) scripts.insert(r);
    sum.add(set.sum);
    outputs_created += set.outputs_created;
    outputs_spent += set.outputs_spent;
  }
  void add_older(const SpendRecord& spend) { older.emplace_back(spend.key, spend.txid_prefix, spend.index, spend.rel); }
  void sort() {
    const auto sort_all = [](auto&... lists) { (std::sort(lists.begin(), lists.end()), ...); };
    sort_all(history, txs, unspent, created, undo, older, replaced, removed, output_refs, places);
  }
};

struct Setup {
  std::size_t partitions;
  std::uint32_t workers;
  std::uint32_t until_duplicate_height;
};

class JoinWay {
 public:
  JoinWay(const Setup& setup, std::uint64_t seed, bool carry)
      : setup_(setup), random_(seed), carry_(carry), carried_(setup.partitions) {
    for (std::uint32_t i = 0; i < setup.workers; ++i) {
      scatters_.push_back(
          std::make_unique<Scatter>(arena_, test::test_hasher, setup.partitions, setup.until_duplicate_height));
      sets_.push_back(std::make_unique<RecordSet>(setup.partitions));
      sources_.push_back(sets_.back().get());
    }
  }

  Records run(const std::vector<FakeBatch>& batches, const SegmentContext& segment) {
    for (auto& scatter : scatters_) scatter->begin_segment();
    for (const FakeBatch& batch : batches) {
      const std::size_t worker = random_.below(setup_.workers);
      scatters_[worker]->add_batch(batch.input(), *sets_[worker]);
    }
    Records records;
    JoinLeft left;
    for (std::size_t p = 0; p < setup_.partitions; ++p) {
      ResolveFault fault;
      const std::size_t worker = random_.below(setup_.workers);
      RC_ASSERT(join_partition(p, sources_, segment, arena_, scratch_, carried_[p], *sets_[worker], left, fault) ==
                ResolveErrc::ok);
      if (!carry_) carried_[p].clear();
    }
    for (const SpendRecord& spend : left.spends) records.add_older(spend);
    for (const auto& [tx_number, index] : left.replaced) records.replaced.emplace_back(tx_number, index);
    for (auto& set : sets_) {
      records.add(*set);
      set->release(arena_);
    }
    RC_ASSERT(arena_.used_bytes() == 0u);
    records.sort();
    return records;
  }

  /// What lives after the last segment, by key. Bounds: carrying.
  [[nodiscard]] std::map<std::uint64_t, LiveOutput> live() const {
    std::map<std::uint64_t, LiveOutput> outputs;
    for (const auto& partition : carried_) {
      for (const LiveOutput& output : partition) RC_ASSERT(outputs.emplace(output.key, output).second);
    }
    return outputs;
  }

 private:
  Setup setup_;
  Random random_;
  bool carry_;
  std::vector<Column<LiveOutput>> carried_;
  ChunkArena arena_{64u << 20, 1024};
  JoinScratch scratch_;
  std::vector<std::unique_ptr<Scatter>> scatters_;
  std::vector<std::unique_ptr<RecordSet>> sets_;
  std::vector<RecordSet*> sources_;
};

class TableWay {
 public:
  TableWay(const Setup& setup, std::size_t capacity)
      : scatter_(arena_, test::test_hasher, setup.partitions, setup.until_duplicate_height) {
    for (std::uint32_t i = 0; i < setup.workers; ++i) {
      resolvers_.push_back(std::make_unique<TableResolver>(arena_, test::test_hasher, capacity, i, setup.workers));
      sets_.push_back(std::make_unique<RecordSet>(setup.partitions));
    }
  }

  Records run(const std::vector<FakeBatch>& batches, const SegmentContext& segment) {
    Records records;
    scatter_.begin_segment();
    for (auto& resolver : resolvers_)
      resolver->begin_segment(segment.first_tx, segment.undo_first_height, segment.duplicate_coinbases);
    for (const FakeBatch& batch : batches) {
      scatter_.add_common(batch.input(), *sets_[0]);
      for (std::size_t i = 0; i < sets_.size(); ++i) {
        ResolveFault fault;
        RC_ASSERT(resolvers_[i]->add_batch(batch.input(), *sets_[i], fault) == ResolveErrc::ok);
      }
    }
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      resolvers_[i]->finish_segment(segment, *sets_[i]);
      for (const PriorSpend& prior : resolvers_[i]->prior()) {
        records.add_older(prior.spend);
        RC_ASSERT(prior.output.tx_number < segment.first_tx);
        RC_ASSERT(prior.output.index == prior.spend.index);
      }
      for (const auto& [tx_number, index] : resolvers_[i]->replaced()) records.replaced.emplace_back(tx_number, index);
      for (const SpendRecord& spend : records_of(sets_[i]->spends)) records.add_older(spend);
      records.add(*sets_[i]);
      sets_[i]->release(arena_);
    }
    records.sort();
    return records;
  }

 private:
  ChunkArena arena_{64u << 20, 1024};
  Scatter scatter_;
  std::vector<std::unique_ptr<TableResolver>> resolvers_;
  std::vector<std::unique_ptr<RecordSet>> sets_;
};

std::uint32_t tx_count(const std::vector<FakeBlock>& blocks) {
  std::size_t count = 0;
  for (const FakeBlock& block : blocks) count += block.txs.size();
  return static_cast<std::uint32_t>(count);
}

/// The join way that carries finds the older outputs at hand: `plain` with what its look-ups would have found.
void settle_older(Records& plain, const std::map<std::uint64_t, LiveOutput>& live, const SegmentContext& segment) {
  const auto end = [&](const LiveOutput& output) {
    plain.removed.emplace_back(output.tx_number, output.index);
    plain.unspent.emplace_back(output.prefix, output.tx_number, output.index, output.value.bits);
  };
  decltype(plain.older) replacements, unknown;
  std::set<std::uint64_t> spent;
  for (const auto& older : plain.older) {
    const auto [key, txid_prefix, index, rel] = older;
    if ((index & replaces_older) != 0) {
      replacements.push_back(older);
      continue;
    }
    const auto found = live.find(key);
    if (found == live.end()) {
      unknown.push_back(older);
      continue;
    }
    const LiveOutput& output = found->second;
    spent.insert(key);
    end(output);
    plain.history.emplace_back(output.prefix, rel);
    if (const std::uint32_t height = segment.undo_height(rel); height != no_undo)
      plain.undo.emplace_back(height, output.tx_number, output.index, output.prefix, output.value.bits);
  }
  std::set<std::uint64_t> replaced;
  for (const auto& [key, txid_prefix, index, rel] : replacements) {
    const auto found = live.find(key);
    if (found == live.end() || spent.count(key) > 0 || !replaced.insert(key).second) continue;
    const LiveOutput& output = found->second;
    end(output);
    plain.replaced.emplace_back(output.tx_number, output.index);
    if (const std::uint32_t height = segment.undo_height(rel); height != no_undo)
      plain.undo.emplace_back(height, output.tx_number, output.index, output.prefix, output.value.bits);
  }
  plain.older = std::move(unknown);
  plain.older.insert(plain.older.end(), replacements.begin(), replacements.end());
  plain.sort();
}

void expect_same_records() {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  const auto duplicates = *rc::gen::arbitrary<bool>();
  const auto segments = *rc::gen::inRange(1, 5);
  const auto workers = *rc::gen::inRange<std::uint32_t>(1, 5);
  const auto partitions = *rc::gen::element<std::size_t>(1, 2, 8, 32);
  const auto batch_blocks = *rc::gen::inRange<std::size_t>(1, 6);
  const Setup setup{partitions, workers, duplicates ? ~0u : 0u};
  RandomChain chain(seed, duplicates);
  JoinWay join(setup, seed, false);
  JoinWay carrying(setup, seed + 1, true);
  // A small table forgets outputs between segments, a large one none.
  TableWay table(setup, *rc::gen::element<std::size_t>(1024, 1 << 14));
  std::uint64_t first_tx = 0;
  std::uint32_t height = 0;
  bool undo = false, replaced = false, older = false;
  for (int i = 0; i < segments; ++i) {
    SegmentContext segment;
    segment.first_tx = first_tx;
    segment.first_height = height;
    segment.duplicate_coinbases = duplicates;
    segment.undo_first_height = height + *rc::gen::inRange<std::uint32_t>(0, 30);
    std::vector<FakeBatch> batches;
    const auto batch_count = *rc::gen::inRange(0, 8);
    for (int b = 0; b < batch_count; ++b) {
      std::vector<FakeBlock> blocks;
      std::uint32_t rel = segment.tx_count;
      for (std::size_t k = 0; k < batch_blocks; ++k) {
        blocks.push_back(chain.next_block());
        segment.block_first_rel.push_back(rel);
        rel += static_cast<std::uint32_t>(blocks.back().txs.size());
      }
      batches.emplace_back(blocks, segment.tx_count);
      segment.tx_count += tx_count(blocks);
      height += static_cast<std::uint32_t>(blocks.size());
    }
    Records joined = join.run(batches, segment);
    const Records tabled = table.run(batches, segment);
    RC_ASSERT(joined.history == tabled.history);
    RC_ASSERT(joined.unspent == tabled.unspent);
    RC_ASSERT(joined.unspent.size() == joined.created.size());
    RC_ASSERT(joined.undo == tabled.undo);
    RC_ASSERT(joined.older == tabled.older);
    RC_ASSERT(joined.replaced == tabled.replaced);
    RC_ASSERT(joined == tabled);
    undo |= !joined.undo.empty();
    replaced |= !joined.replaced.empty();
    older |= !joined.older.empty();
    const auto live = carrying.live();
    const Records carried = carrying.run(batches, segment);
    settle_older(joined, live, segment);
    RC_ASSERT(carried.history == joined.history);
    RC_ASSERT(carried.removed == joined.removed);
    RC_ASSERT(carried.replaced == joined.replaced);
    RC_ASSERT(carried == joined);
    first_tx += segment.tx_count;
  }
  RC_CLASSIFY(undo, "undo");
  RC_CLASSIFY(replaced, "replaced");
  RC_CLASSIFY(older, "older");
}

TEST(ResolveWaysProperty, TheWaysAgree) { EXPECT_TRUE(rc::check(expect_same_records)); }

}  // namespace
}  // namespace sluice::resolve
