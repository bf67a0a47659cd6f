// classify_scripts on three kinds of outputs: those of a recorded Bitcoin block (nearly all plain
// payments), the same outputs told to be Radiant's (so that the rest is walked), and a made-up
// batch where every output is a Glyph token (walked, rewritten, refs taken). Beside them hashing
// alone, with the messages ready: the ceiling.
//
// Answers are checked first: every script hash against the one-script function, every ref counted.
#include <benchmark/benchmark.h>

#include "classify/classify_scripts.h"
#include "classify/scripthash.h"
#include "parse/parse_blocks.h"
#include "real_blocks.h"

namespace sluice::classify {
namespace {

struct Fixture {
  bench::RepeatedBlock block;
  source::RawBatch source;
  parse::TxBatch batch;
  ClassifyOptions options;
  ScriptBatch found;
  ClassifyScratch scratch;
  ClassifyCounters counters;
  std::uint64_t script_bytes = 0;

  void run() noexcept { classify_scripts(source, batch, options, found, scratch, counters); }

  void check() {
    run();
    for (std::size_t i = 0; i < batch.output_count(); ++i) {
      const Bytes script = source.raw.subspan(batch.script_begin[i], batch.script_size[i]);
      script_bytes += script.size();
      bench::expect((found.indexed[i] != 0) == is_indexed(script, options.coin), "indexed or not");
      if (found.indexed[i] == 0) continue;
      bench::expect(found.scripthash[i] == script_hash(script, options.coin, options.parity), "script hash");
    }
    run();
  }
};

/// The recorded block's outputs under the rules of a coin (its transactions parse under any).
void make_recorded(Fixture& fixture, chain::Coin coin) {
  fixture.block = bench::repeat_block(bench::read_real_block("btc-413567.raw"), 8);
  fixture.source = fixture.block.batch();
  fixture.options.coin = coin;
  parse::ParseScratch scratch;
  parse::ParseFault fault;
  parse::ParseCounters counters;
  const parse::ParseErrc errc = parse::parse_blocks(fixture.source, coin, fixture.batch, scratch, fault, counters);
  bench::expect(errc == parse::ParseErrc::ok, "block parses");
  fixture.check();
}

/// Scripts back to back: NFTs (d8 ref 75 P2PKH) and FTs (P2PKH bd d0 ref ...), all to different keys.
void make_tokens(Fixture& fixture) {
  constexpr std::size_t output_count = 16384;
  constexpr unsigned char nft_head[] = {0xd8}, nft_middle[] = {0x75}, ft_middle[] = {0xbd, 0xd0};
  constexpr unsigned char ft_tail[] = {0xde, 0xc0, 0xe9, 0xaa, 0x76, 0xe3, 0x78, 0xe4, 0xa2, 0x69, 0xe6, 0x9d};
  auto& raw = fixture.block.raw;
  std::uint32_t serial = 0;
  const auto append = [&](const auto& bytes) {
    for (const unsigned char b : bytes) raw.push_back(static_cast<std::byte>(b));
  };
  const auto append_ref = [&] {
    for (int i = 0; i < 9; ++i) raw.insert(raw.end(), 4, static_cast<std::byte>(serial >> (i % 3 * 8)));
  };
  const auto append_p2pkh = [&] {
    constexpr unsigned char head[] = {0x76, 0xa9, 0x14}, tail[] = {0x88, 0xac};
    append(head);
    for (int i = 0; i < 5; ++i) raw.insert(raw.end(), 4, static_cast<std::byte>(serial >> (i % 2 * 8)));
    append(tail);
  };
  for (; serial < output_count; ++serial) {
    fixture.batch.script_begin.push_back(static_cast<std::uint32_t>(raw.size()));
    if (serial % 2 == 0) append(nft_head), append_ref(), append(nft_middle), append_p2pkh();
    else append_p2pkh(), append(ft_middle), append_ref(), append(ft_tail);
    fixture.batch.script_size.push_back(static_cast<std::uint32_t>(raw.size()) - fixture.batch.script_begin.back());
    fixture.batch.output_value.push_back(1);
  }
  raw.resize(raw.size() + source::raw_padding_bytes);
  source::RawBlock place;
  place.height = 1;
  fixture.block.blocks.push_back(place);
  fixture.batch.txid.resize(1);
  fixture.batch.block_tx_begin.push_back(0), fixture.batch.block_tx_begin.push_back(1);
  fixture.batch.output_begin.push_back(0), fixture.batch.output_begin.push_back(output_count);
  fixture.source = fixture.block.batch();
  fixture.options.coin = chain::Coin::radiant;
  fixture.check();
  bench::expect(fixture.found.refs.size() == output_count, "one ref in each token output");
}

void report(benchmark::State& state, const Fixture& fixture, std::uint64_t allocations_before) {
  state.counters["allocs"] =
      static_cast<double>(bench::allocations.load(std::memory_order_relaxed) - allocations_before);
  state.SetBytesProcessed(static_cast<std::int64_t>(fixture.script_bytes) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(fixture.batch.output_count()) * state.iterations());
}

void run_timed(benchmark::State& state, Fixture& fixture) {
  const std::uint64_t before = bench::allocations.load(std::memory_order_relaxed);
  for (auto _ : state) fixture.run();
  report(state, fixture, before);
}

void recorded_bitcoin(benchmark::State& state) {
  Fixture fixture;
  make_recorded(fixture, chain::Coin::bitcoin);
  run_timed(state, fixture);
}
BENCHMARK(recorded_bitcoin)->Unit(benchmark::kMicrosecond);

void recorded_as_radiant(benchmark::State& state) {
  Fixture fixture;
  make_recorded(fixture, chain::Coin::radiant);
  run_timed(state, fixture);
}
BENCHMARK(recorded_as_radiant)->Unit(benchmark::kMicrosecond);

void tokens(benchmark::State& state) {
  Fixture fixture;
  make_tokens(fixture);
  run_timed(state, fixture);
}
BENCHMARK(tokens)->Unit(benchmark::kMicrosecond);

void hash_all(benchmark::State& state, const Fixture& fixture) {
  Column<hash::Message> messages;
  for (std::size_t i = 0; i < fixture.batch.output_count(); ++i) {
    messages.push_back({fixture.source.raw.data() + fixture.batch.script_begin[i], fixture.batch.script_size[i]});
  }
  Column<Digest> digests;
  digests.resize(messages.size());
  const std::uint64_t before = bench::allocations.load(std::memory_order_relaxed);
  for (auto _ : state) {
    hash::sha256_many(messages.span(), digests.span());
    benchmark::DoNotOptimize(digests.data());
  }
  report(state, fixture, before);
}

void hashing_only_recorded(benchmark::State& state) {
  Fixture fixture;
  make_recorded(fixture, chain::Coin::bitcoin);
  hash_all(state, fixture);
}
BENCHMARK(hashing_only_recorded)->Unit(benchmark::kMicrosecond);

void hashing_only_tokens(benchmark::State& state) {
  Fixture fixture;
  make_tokens(fixture);
  hash_all(state, fixture);
}
BENCHMARK(hashing_only_tokens)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace sluice::classify

BENCHMARK_MAIN();
