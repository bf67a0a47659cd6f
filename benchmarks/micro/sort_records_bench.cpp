// History records of one partition of 256: sort_records beside std::sort and std::stable_sort, on
// scripts all different and on scripts of which few are busy. Copying the unsorted records back is
// timed with each of them.
#include <algorithm>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "record_bench.h"
#include "resolve/scatter.h"
#include "write/sort_records.h"

namespace sluice::write {
namespace {

using resolve::HistoryRecord;

constexpr std::size_t record_count = 50'000;
constexpr std::uint32_t rel_until = 1u << 20;

bool before(const HistoryRecord& a, const HistoryRecord& b) {
  const std::uint64_t left = a.prefix, right = b.prefix;
  return left != right ? left < right : a.rel < b.rel;
}

/// scripts: how many different ones; 0 means one a record.
std::vector<HistoryRecord> random_records(std::uint64_t scripts) {
  Random random(1);
  std::vector<HistoryRecord> records;
  for (std::size_t i = 0; i < record_count; ++i) {
    const std::uint64_t prefix = scripts == 0 ? random.next() : Random(random.below(scripts)).next();
    records.push_back({(prefix >> 8) | std::uint64_t{7} << 56, static_cast<std::uint32_t>(random.below(rel_until))});
  }
  return records;
}

enum class Way { radix, std_sort, std_stable_sort };

template <Way way>
void sort_history(benchmark::State& state) {
  const std::vector<HistoryRecord> records = random_records(static_cast<std::uint64_t>(state.range(0)));
  Column<HistoryRecord> column, scratch;
  const auto sort = [&] {
    column.resize(records.size());
    std::copy(records.begin(), records.end(), column.begin());
    if constexpr (way == Way::radix) {
      sort_records(column, scratch, resolve::partition_shift(256), rel_until,
                   [](const HistoryRecord& record) { return record.prefix; });
    } else if constexpr (way == Way::std_sort) {
      std::sort(column.begin(), column.end(), before);
    } else {
      std::stable_sort(column.begin(), column.end(), before);
    }
    benchmark::DoNotOptimize(column.data());
    benchmark::ClobberMemory();
  };
  sort();
  std::vector<HistoryRecord> expected = records;
  std::stable_sort(expected.begin(), expected.end(), before);
  bench::require(std::memcmp(expected.data(), column.data(), expected.size() * sizeof(HistoryRecord)) == 0, "sorted");
  const std::uint64_t allocations_before = test::allocation_count();
  for (auto _ : state) sort();
  state.counters["allocations/sort"] = benchmark::Counter(
      static_cast<double>(test::allocation_count() - allocations_before), benchmark::Counter::kAvgIterations);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(record_count));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(record_count * sizeof(HistoryRecord)));
}

BENCHMARK_TEMPLATE(sort_history, Way::radix)->Arg(0)->Arg(100);
BENCHMARK_TEMPLATE(sort_history, Way::std_sort)->Arg(0)->Arg(100);
BENCHMARK_TEMPLATE(sort_history, Way::std_stable_sort)->Arg(0)->Arg(100);

}  // namespace
}  // namespace sluice::write

BENCHMARK_MAIN();
