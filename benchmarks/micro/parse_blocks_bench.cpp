// parse_blocks on a recorded Bitcoin block (999,887 bytes, 1,557 transactions), 1 and 8 in a batch,
// and its parts: finding boundaries alone, and hashing alone (txids and merkle levels with the
// boundaries known), which is the ceiling that parse is measured against.
//
// Answers are checked first: counts, and every txid against one-message hashing.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "hash/sha256.h"
#include "parse/merkle_check.h"
#include "parse/parse_blocks.h"
#include "parse/tx_splitter.h"
#include "parse/txids.h"
#include "real_blocks.h"

namespace sluice::parse {
namespace {

constexpr chain::Coin coin = chain::Coin::bitcoin;
constexpr std::size_t txs_per_block = 1557;

struct Fixture {
  explicit Fixture(std::size_t times) : block(bench::repeat_block(bench::read_real_block("btc-413567.raw"), times)) {
    source = block.batch();
    for (int i = 0; i < 2; ++i) {  // twice: the buffers that swap places have then seen their largest size
      bench::expect(parse_blocks(source, coin, batch, scratch, fault, counters) == ParseErrc::ok, "block parses");
    }
    bench::expect(batch.tx_count() == txs_per_block * times, "transactions");
    bench::expect(batch.input_count() == (4887 - 1) * times, "inputs");
    bench::expect(batch.output_count() == 3581 * times, "outputs");
    for (std::size_t i = 0; i < batch.tx_count(); ++i) {
      const Digest expected = hash::sha256d(source.raw.subspan(batch.tx_begin[i], batch.tx_size[i]));
      bench::expect(hash_cast<Digest>(batch.txid[i]) == expected, "txid");
    }
  }
  bench::RepeatedBlock block;
  source::RawBatch source;
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ParseCounters counters;
};

void report(benchmark::State& state, const Fixture& fixture, std::uint64_t allocations_before) {
  state.counters["allocs"] =
      static_cast<double>(bench::allocations.load(std::memory_order_relaxed) - allocations_before);
  state.SetBytesProcessed(static_cast<std::int64_t>(fixture.source.raw.size()) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(fixture.batch.tx_count()) * state.iterations());
}

void parse_blocks_bench(benchmark::State& state) {
  Fixture fixture(static_cast<std::size_t>(state.range(0)));
  const std::uint64_t before = bench::allocations.load(std::memory_order_relaxed);
  for (auto _ : state) {
    const ParseErrc errc =
        parse_blocks(fixture.source, coin, fixture.batch, fixture.scratch, fixture.fault, fixture.counters);
    benchmark::DoNotOptimize(errc);
  }
  report(state, fixture, before);
}
BENCHMARK(parse_blocks_bench)->Arg(1)->Arg(8)->Unit(benchmark::kMicrosecond);

/// Columns only: what is left of parse when hashing costs nothing.
void boundaries_only(benchmark::State& state) {
  Fixture fixture(static_cast<std::size_t>(state.range(0)));
  TxBatch batch;
  TxSplitter splitter(fixture.source.raw, coin, batch);
  const std::size_t tx_count = fixture.batch.tx_count();
  batch.tx_begin.resize(tx_count), batch.tx_size.resize(tx_count);
  batch.input_begin.resize(tx_count + 1), batch.output_begin.resize(tx_count + 1);
  batch.prevout_offset.reserve(fixture.batch.input_count() + fixture.source.blocks.size());
  batch.output_value.reserve(fixture.batch.output_count());
  batch.script_begin.reserve(fixture.batch.output_count()), batch.script_size.reserve(fixture.batch.output_count());
  const std::uint64_t before = bench::allocations.load(std::memory_order_relaxed);
  for (auto _ : state) {
    batch.prevout_offset.clear(), batch.output_value.clear(), batch.script_begin.clear(), batch.script_size.clear();
    std::size_t tx = 0;
    for (const source::RawBlock& place : fixture.source.blocks) {
      const std::byte* at = fixture.source.raw.data() + place.begin + 83;  // header, three-byte count
      const std::byte* const end = fixture.source.raw.data() + place.begin + place.size;
      for (std::size_t i = 0; i < txs_per_block; ++i, ++tx) {
        const ParseErrc errc = splitter.split(at, end, i == 0 ? CoinbaseRule::required : CoinbaseRule::forbidden, tx);
        benchmark::DoNotOptimize(errc);
      }
    }
  }
  bench::expect(batch.output_count() == fixture.batch.output_count(), "outputs of boundaries_only");
  report(state, fixture, before);
}
BENCHMARK(boundaries_only)->Arg(1)->Arg(8)->Unit(benchmark::kMicrosecond);

/// Txids and merkle roots with every boundary known: the ceiling.
void hashing_only(benchmark::State& state) {
  Fixture fixture(static_cast<std::size_t>(state.range(0)));
  fixture.scratch.witness_begin.resize(fixture.batch.tx_count());
  std::fill(fixture.scratch.witness_begin.begin(), fixture.scratch.witness_begin.end(), 0U);
  std::size_t bad_tx = 0;
  std::uint32_t bad_block = 0;
  bench::expect(compute_txids(fixture.source.raw, coin, 0, fixture.batch.tx_count(), fixture.batch, fixture.scratch,
                              bad_tx) == ParseErrc::ok,
                "txids");
  const std::uint64_t before = bench::allocations.load(std::memory_order_relaxed);
  for (auto _ : state) {
    ParseErrc errc =
        compute_txids(fixture.source.raw, coin, 0, fixture.batch.tx_count(), fixture.batch, fixture.scratch, bad_tx);
    benchmark::DoNotOptimize(errc);
    errc = check_merkle_roots(fixture.source, fixture.batch, fixture.scratch, bad_block);
    benchmark::DoNotOptimize(errc);
  }
  report(state, fixture, before);
}
BENCHMARK(hashing_only)->Arg(1)->Arg(8)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sluice::parse

BENCHMARK_MAIN();
