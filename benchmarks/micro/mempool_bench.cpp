// A pool of 100,000 transactions: loaded, changed by 100 beside a reader's snapshot, compared with the node's list,
// asked, confirmed by a block. Each has two inputs and two outputs of ordinary size; a third of the inputs spend
// outputs within the pool; 60,000 scripts share all outputs.
//
// Answers are checked first. Heap bytes a transaction are those of the C library's allocator, and are what
// PoolTx::footprint_bytes() is set by.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "pool_builder.h"

namespace sluice::mempool {
namespace {

using test::Buffer;
using test::FakeChain;

constexpr std::size_t pool_txs = 100'000;
constexpr std::size_t changed_txs = 100;
constexpr std::uint32_t scripts = 60'000;
constexpr std::size_t batch_txs = 1000;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "mempool_bench: wrong answer: %s\n", what);
  std::exit(1);
}

Buffer p2pkh(std::uint32_t number) {
  Buffer script(25);
  const auto put = [&](std::size_t at, unsigned value) { script[at] = static_cast<std::byte>(value); };
  put(0, 0x76), put(1, 0xa9), put(2, 0x14), put(23, 0x88), put(24, 0xac);
  store_le(script.data() + 3, number);
  return script;
}

/// Every confirmed output exists; what it is worth is the fee, since nearly nothing is passed on.
struct EveryOutput : ConfirmedOutputs {
  Status find(std::span<const Outpoint> outpoints, std::span<std::optional<Output>> found) override {
    for (std::size_t i = 0; i < outpoints.size(); ++i) {
      const auto number = static_cast<std::uint32_t>(outpoints[i].txid.low64() % scripts);
      found[i] = Output{classify::script_hash(p2pkh(number), chain::Coin::radiant, false),
                        3'000'000 + outpoints[i].txid.low64() % 1'000'000, true};
    }
    return {};
  }
};

/// Parents stand before their children.
std::vector<Buffer> make_txs(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<Buffer> raws;
  std::vector<Outpoint> open;
  for (std::size_t i = 0; i < count; ++i) {
    sluice::test::Tx tx;
    for (int input = 0; input < 2; ++input) {
      Outpoint outpoint;
      if (!open.empty() && random.below(3) == 0) {
        std::swap(open[random.below(open.size())], open.back());
        outpoint = open.back();
        open.pop_back();
      } else {
        for (std::size_t word = 0; word < 4; ++word) store_le(outpoint.txid.data() + 8 * word, random.next());
      }
      tx.inputs.push_back({outpoint.txid, outpoint.index, Buffer(107), 0xffff'ffff, {}});
    }
    for (int output = 0; output < 2; ++output)
      tx.outputs.push_back({1, p2pkh(static_cast<std::uint32_t>(random.below(scripts)))});
    raws.push_back(sluice::test::serialize(tx));
    const Txid txid = test::txid_of(raws.back());
    open.push_back({txid, 0}), open.push_back({txid, 1});
  }
  return raws;
}

void add(Mempool& pool, const std::vector<Buffer>& raws, std::size_t begin, std::size_t end) {
  EveryOutput chain;
  while (begin < end) {
    const std::size_t until = std::min(end, begin + batch_txs);
    std::vector<Buffer> batch(raws.begin() + static_cast<std::ptrdiff_t>(begin),
                              raws.begin() + static_cast<std::ptrdiff_t>(until));
    expect(pool.add(std::move(batch), chain).ok(), "add");
    begin = until;
  }
}

const std::vector<Buffer>& txs() {
  static const std::vector<Buffer> raws = make_txs(pool_txs + 20'000, 1);
  return raws;
}

std::size_t heap_bytes() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

void load(benchmark::State& state) {
  const auto& raws = txs();
  double per_tx = 0;
  double counted_per_tx = 0;
  for (auto _ : state) {
    const std::size_t before = heap_bytes();
    Mempool pool{MempoolOptions{}};
    add(pool, raws, 0, pool_txs);
    benchmark::DoNotOptimize(pool.publish());
    state.PauseTiming();
    expect(pool.tx_count() == pool_txs && pool.waiting_count() == 0, "all are in");
    (void)pool.take_touched();
    per_tx = static_cast<double>(heap_bytes() - before) / pool_txs;
    counted_per_tx = static_cast<double>(pool.footprint_bytes()) / pool_txs;
    state.ResumeTiming();
  }
  state.counters["heap_bytes_per_tx"] = per_tx;
  state.counters["counted_bytes_per_tx"] = counted_per_tx;
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(pool_txs));
}
BENCHMARK(load)->Unit(benchmark::kMillisecond)->UseRealTime();

/// A poll: the node's list compared, the newcomers added, the departed removed, the result published while a reader
/// still holds the view before.
void change_100(benchmark::State& state) {
  const auto& raws = txs();
  Mempool pool{MempoolOptions{}};
  add(pool, raws, 0, pool_txs);
  std::vector<Txid> node;
  for (const Buffer& raw : raws) node.push_back(test::txid_of(raw));
  (void)pool.take_touched();  // of the load
  auto reader = pool.publish();
  std::size_t begin = pool_txs;
  std::size_t list_end = pool_txs;
  for (auto _ : state) {
    state.PauseTiming();
    if (begin + changed_txs / 2 > raws.size()) begin = pool_txs;
    std::vector<Txid> listed(node.begin(), node.begin() + static_cast<std::ptrdiff_t>(pool_txs));
    listed.insert(listed.end(), node.begin() + static_cast<std::ptrdiff_t>(begin),
                  node.begin() + static_cast<std::ptrdiff_t>(begin + changed_txs / 2));
    state.ResumeTiming();
    const auto difference = pool.difference(listed);
    pool.remove(difference.gone);
    add(pool, raws, begin, begin + changed_txs / 2);
    auto next = pool.publish();
    const auto touched = pool.take_touched();
    state.PauseTiming();
    expect(difference.fetch.size() == changed_txs / 2 && !touched.empty(), "the difference is the change");
    reader = std::move(next);
    begin += changed_txs / 2;
    list_end = begin;
    state.ResumeTiming();
  }
  benchmark::DoNotOptimize(list_end);
}
BENCHMARK(change_100)->Unit(benchmark::kMillisecond)->UseRealTime();

/// What is left of it when the notifications of the node say what has changed.
void publish_after_100(benchmark::State& state) {
  const auto& raws = txs();
  Mempool pool{MempoolOptions{}};
  add(pool, raws, 0, pool_txs);
  auto reader = pool.publish();
  std::size_t begin = pool_txs;
  for (auto _ : state) {
    if (begin + changed_txs > raws.size()) state.SkipWithError("out of transactions");
    add(pool, raws, begin, begin + changed_txs);
    begin += changed_txs;
    reader = pool.publish();
  }
}
BENCHMARK(publish_after_100)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(150);

/// The departed are freed by the last reader that shows them, which is not timed.
void confirm_5000(benchmark::State& state) {
  const auto& raws = txs();
  std::vector<Txid> block;
  for (std::size_t i = 0; i < 5000; ++i) block.push_back(test::txid_of(raws[i]));
  for (auto _ : state) {
    state.PauseTiming();
    {
      Mempool pool{MempoolOptions{}};
      add(pool, raws, 0, pool_txs);
      const auto reader = pool.publish();
      state.ResumeTiming();
      pool.confirm(block, {});
      const auto next = pool.publish();
      state.PauseTiming();
      expect(next->tx_count() == pool_txs - 5000, "the block is out");
    }
    state.ResumeTiming();
  }
}
BENCHMARK(confirm_5000)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

void balance_and_history(benchmark::State& state) {
  const auto& raws = txs();
  Mempool pool{MempoolOptions{}};
  add(pool, raws, 0, pool_txs);
  const auto view = pool.publish();
  std::uint32_t script = 0;
  std::size_t items = 0;
  for (auto _ : state) {
    const ScriptHash scripthash = classify::script_hash(p2pkh(script), chain::Coin::radiant, false);
    script = (script + 1) % scripts;
    benchmark::DoNotOptimize(view->balance(scripthash));
    items += view->history(scripthash).size();
  }
  expect(items > 0, "scripts have history");
}
BENCHMARK(balance_and_history);

}  // namespace
}  // namespace sluice::mempool

BENCHMARK_MAIN();
