// The table of live outputs, half full: one output in, one out, at random; with and without asking for
// the cache line ahead of time as the resolver does. Sizes from a core's cache to well beyond it.
#include <vector>

#include "base/random.h"
#include "record_bench.h"
#include "resolve/table.h"

namespace sluice::resolve {
namespace {

template <bool ahead>
void insert_and_take(benchmark::State& state) {
  const auto slots = static_cast<std::size_t>(state.range(0));
  constexpr std::size_t distance = 16;
  LiveTable table(slots);
  Random random(1);
  std::vector<std::uint64_t> keys(slots / 2);
  for (std::uint64_t& key : keys) {
    key = random.next();
    bench::require(table.replace({key, key + 1, {}, 0, 0, 0}).key == 0, "keys are distinct");
  }
  for (const std::uint64_t key : keys) {
    bench::require(table.take(key).prefix == key + 1, "what was put is taken");
    (void)table.replace({key, key + 1, {}, 0, 0, 0});
  }
  bench::require(table.size() == keys.size(), "nothing is lost");

  // The victims come in a fixed random order, so that the loop itself draws and misses little.
  std::vector<std::uint32_t> order(keys.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  std::size_t at = 0;
  std::uint64_t missing = 0;
  const bench::NoAllocations allocations(state);
  for (auto _ : state) {
    std::uint64_t& key = keys[order[at]];
    if (ahead) table.prefetch(keys[order[at + distance < order.size() ? at + distance : at]]);
    missing += table.take(key).prefix != key + 1;
    key = random.next();
    missing += table.replace({key, key + 1, {}, 0, 0, 0}).key != 0;
    if (++at == order.size()) at = 0;
  }
  allocations.finish();
  if (missing != 0 || table.size() != keys.size()) state.SkipWithError("outputs lost");
  state.SetItemsProcessed(2 * state.iterations());
  state.SetBytesProcessed(2 * state.iterations() * static_cast<std::int64_t>(sizeof(LiveOutput)));
}

BENCHMARK_TEMPLATE(insert_and_take, false)->Arg(1 << 12)->Arg(1 << 16)->Arg(1 << 20);
BENCHMARK_TEMPLATE(insert_and_take, true)->Arg(1 << 12)->Arg(1 << 16)->Arg(1 << 20);

}  // namespace
}  // namespace sluice::resolve

BENCHMARK_MAIN();
