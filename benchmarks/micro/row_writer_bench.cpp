// History rows of one partition of 256, from lists to a sink that only adds up what it gets: gathering,
// sorting, merging, encoding. Filling the lists is timed with it (the writer gives their chunks back).
#include "base/random.h"
#include "record_bench.h"
#include "write/row_writer.h"

namespace sluice::write {
namespace {

constexpr std::size_t record_count = 50'000;

class CountingSink final : public RowSink {
 public:
  void put(Bytes key, Bytes value) override {
    ++rows;
    bytes += key.size() + value.size();
    const auto row = decode_prefix_tx(key);
    well_formed &= row && for_each_history(row->tx_number, value, [&](std::uint64_t) { ++numbers; });
  }
  void remove(Bytes) override { well_formed = false; }

  std::uint64_t rows = 0, bytes = 0, numbers = 0;
  bool well_formed = true;
};

void write_history_rows(benchmark::State& state) {
  const auto scripts = static_cast<std::uint64_t>(state.range(0));
  ChunkArena arena(64u << 20, 64u << 10);
  resolve::RecordSet first(256), second(256);
  resolve::RecordSet* workers[] = {&first, &second};
  resolve::SegmentContext segment;
  segment.tx_count = 1u << 20;
  Random random(1);
  std::vector<resolve::HistoryRecord> records;
  for (std::size_t i = 0; i < record_count; ++i) {
    // Ascending numbers, each script's twice as often as not: as funding and spending leave them.
    const auto rel = static_cast<std::uint32_t>(i * 8);
    records.push_back({Random(random.below(scripts)).next() >> 8 | std::uint64_t{7} << 56, rel});
    if (random.below(2) == 0) records.push_back(records.back());
  }
  WriteScratch scratch;
  const auto run = [&](RowSink& sink) {
    for (std::size_t i = 0; i < records.size(); ++i) workers[i & 1]->history[7].push(arena, records[i]);
    write_history(7, workers, segment, arena, scratch, sink);
  };
  CountingSink once;
  run(once);
  bench::require(once.well_formed && once.numbers == record_count, "each transaction of a script once");
  bench::require(once.rows >= scripts / 2 && arena.used_bytes() == 0, "rows for the scripts, chunks given back");

  CountingSink sink;
  const bench::NoAllocations allocations(state);
  for (auto _ : state) run(sink);
  allocations.finish();
  if (!sink.well_formed) state.SkipWithError("malformed rows");
  state.counters["rows"] = static_cast<double>(once.rows);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(records.size()));
  state.SetBytesProcessed(static_cast<std::int64_t>(sink.bytes));
}

BENCHMARK(write_history_rows)->Arg(100)->Arg(20'000);

}  // namespace
}  // namespace sluice::write

BENCHMARK_MAIN();
