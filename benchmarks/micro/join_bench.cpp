// One partition of a segment: 20,000 outputs meet 16,000 spends, 1,000 of them of older outputs.
//
// Filling the lists is timed with it: joining gives their chunks back, so there is no joining twice.
// "fill" alone is beside it, to be taken off.
#include "base/random.h"
#include "record_bench.h"
#include "resolve/join.h"

namespace sluice::resolve {
namespace {

constexpr std::size_t output_count = 20'000, spend_count = 16'000, older_count = 1'000;

struct Fixture {
  Fixture() {
    segment.block_first_rel = {0};
    segment.tx_count = 1u << 20;
    segment.undo_first_height = 1;
    Random random(1);
    for (std::uint32_t i = 0; i < output_count; ++i)
      outputs.push_back({random.next(), random.next(), ValueFlags::of(i, false), i * 4, i & 3});
    for (std::uint32_t i = 0; i < spend_count; ++i) {
      const std::uint64_t key = i < older_count ? random.next() : outputs[i].key;
      spends.push_back({key, random.next(), i & 3, static_cast<std::uint32_t>(random.below(segment.tx_count))});
    }
    for (std::size_t i = spends.size(); i > 1; --i) std::swap(spends[i - 1], spends[random.below(i)]);
    left.spends.reserve(older_count);
  }

  void fill() {
    for (std::size_t i = 0; i < outputs.size(); ++i) workers[i & 1]->outputs[0].push(arena, outputs[i]);
    for (std::size_t i = 0; i < spends.size(); ++i) workers[i & 1]->spends[0].push(arena, spends[i]);
  }
  void clear() {
    target.release(arena);
    for (RecordSet* worker : workers) worker->release(arena);
    left.spends.clear();
  }
  bool join() {
    ResolveFault fault;
    live.clear();
    return join_partition(0, workers, segment, arena, scratch, live, target, left, fault) == ResolveErrc::ok;
  }

  std::vector<OutputRecord> outputs;
  std::vector<SpendRecord> spends;
  ChunkArena arena{64u << 20, 64u << 10};
  RecordSet first{1}, second{1}, target{1};
  RecordSet* workers[2] = {&first, &second};
  SegmentContext segment;
  JoinScratch scratch;
  Column<LiveOutput> live;
  JoinLeft left;
};

void check(Fixture& fixture) {
  fixture.fill();
  bench::require(fixture.join(), "the join succeeds");
  bench::require(fixture.left.spends.size() == older_count, "older spends are left");
  bench::require(fixture.target.history[0].count() == spend_count - older_count, "matched spends have history");
  bench::require(fixture.target.unspent[0].count() == output_count - spend_count + older_count, "the others live");
  fixture.clear();
}

void fill_partition(benchmark::State& state) {
  Fixture fixture;
  check(fixture);
  const bench::NoAllocations allocations(state);
  for (auto _ : state) {
    fixture.fill();
    fixture.clear();
  }
  allocations.finish();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(output_count + spend_count));
}

void join_one_partition(benchmark::State& state) {
  Fixture fixture;
  check(fixture);
  const bench::NoAllocations allocations(state);
  for (auto _ : state) {
    fixture.fill();
    if (!fixture.join()) state.SkipWithError("the join failed");
    fixture.clear();
  }
  allocations.finish();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(output_count + spend_count));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(output_count * sizeof(OutputRecord) +
                                                                         spend_count * sizeof(SpendRecord)));
}

BENCHMARK(fill_partition);
BENCHMARK(join_one_partition);

}  // namespace
}  // namespace sluice::resolve

BENCHMARK_MAIN();
