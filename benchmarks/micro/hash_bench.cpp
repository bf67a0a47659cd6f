// SHA-256 kernels against each other and against OpenSSL's one-shot SHA256(), on the shapes of work
// that a sync has: 25-byte scripts once, 250-byte and mixed 200..400-byte transactions twice, 64-byte
// merkle pairs twice, and one message at a time.
//
// Each case first checks its digests against OpenSSL; a wrong one, or an allocation while timed, makes
// the program fail. Bytes/s counts message bytes, items/s messages; allocs counts calls of operator
// new during the timed loop.
#include <benchmark/benchmark.h>
#include <openssl/sha.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "base/random.h"
#include "hash/sha256.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
bool failed = false;  // a wrong digest or an allocation: the program's exit status
}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sluice::hash {
namespace {

/// Messages back to back, like the transactions of a block.
struct Work {
  std::vector<std::byte> bytes;
  std::vector<Message> messages;
  std::vector<Digest> digests;
};

constexpr std::size_t count_in_cache = 2048;
constexpr std::size_t count_beyond_cache = 100'000;  // 30 MB: beyond the caches of one core

Work make_work(std::size_t count, std::size_t size_min, std::size_t size_max) {
  Random random(1);
  std::vector<std::size_t> sizes(count);
  std::size_t total = 0;
  for (std::size_t& size : sizes) total += size = size_min + random.below(size_max - size_min + 1);
  Work work;
  work.bytes.resize(total);
  for (std::byte& b : work.bytes) b = static_cast<std::byte>(random.next());
  std::size_t at = 0;
  for (const std::size_t size : sizes) {
    work.messages.push_back({work.bytes.data() + at, size});
    at += size;
  }
  work.digests.resize(count);
  return work;
}

void openssl_once(const std::byte* data, std::size_t size, Digest& digest) {
  SHA256(reinterpret_cast<const unsigned char*>(data), size, reinterpret_cast<unsigned char*>(digest.data()));
}

void openssl_many(const Work& work, std::vector<Digest>& digests, bool twice) {
  for (std::size_t i = 0; i < work.messages.size(); ++i) {
    openssl_once(work.messages[i].data, work.messages[i].size, digests[i]);
    if (twice) openssl_once(digests[i].data(), sizeof(Digest), digests[i]);
  }
}

enum class Call : std::uint8_t { many, many_twice, pairs, one_by_one_twice };

bool is_twice(Call call) { return call != Call::many; }

void run_kernel(Work& work, Call call) {
  switch (call) {
    case Call::many: return sha256_many(work.messages, work.digests);
    case Call::many_twice: return sha256d_many(work.messages, work.digests);
    case Call::pairs: return sha256d_pairs(work.bytes.data(), work.digests);
    case Call::one_by_one_twice:
      for (std::size_t i = 0; i < work.messages.size(); ++i) {
        work.digests[i] = sha256d({work.messages[i].data, work.messages[i].size});
      }
  }
}

void report(benchmark::State& state, const Work& work, std::uint64_t allocated) {
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.counters["allocs"] = static_cast<double>(allocated);
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(work.bytes.size()));
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(work.messages.size()));
}

struct Case {
  const char* name;
  Call call;
  std::size_t count;
  std::size_t size_min;
  std::size_t size_max;
};

constexpr Case cases[] = {
    {"script_25", Call::many, count_in_cache, 25, 25},
    {"tx_250_double", Call::many_twice, count_in_cache, 250, 250},
    {"tx_200_400_double", Call::many_twice, count_in_cache, 200, 400},
    {"tx_200_400_double_cold", Call::many_twice, count_beyond_cache, 200, 400},
    {"pairs_64_double", Call::pairs, count_in_cache, 64, 64},
    {"single_250_double", Call::one_by_one_twice, count_in_cache, 250, 250},
};

void kernel_case(benchmark::State& state, const std::string& kernel, const Case& c) {
  if (!select_kernel(kernel)) return state.SkipWithError("this processor lacks the kernel");
  Work work = make_work(c.count, c.size_min, c.size_max);
  std::vector<Digest> expected(c.count);
  openssl_many(work, expected, is_twice(c.call));
  run_kernel(work, c.call);
  if (work.digests != expected) {
    failed = true;
    return state.SkipWithError("wrong digest");
  }
  const std::uint64_t before = allocations.load(std::memory_order_relaxed);
  for (auto _ : state) {
    run_kernel(work, c.call);
    benchmark::ClobberMemory();
  }
  const std::uint64_t allocated = allocations.load(std::memory_order_relaxed) - before;
  if (allocated != 0) failed = true;
  report(state, work, allocated);
}

void openssl_case(benchmark::State& state, const Case& c) {
  Work work = make_work(c.count, c.size_min, c.size_max);
  const std::uint64_t before = allocations.load(std::memory_order_relaxed);
  for (auto _ : state) {
    openssl_many(work, work.digests, is_twice(c.call));
    benchmark::ClobberMemory();
  }
  report(state, work, allocations.load(std::memory_order_relaxed) - before);
}

void register_all() {
  for (const Case& c : cases) {
    const std::string name = "hash/" + std::string(c.name) + "/";
    benchmark::RegisterBenchmark((name + "openssl").c_str(), openssl_case, c);
    for (const Kernel kernel : available_kernels()) {
      const std::string kernel_text(kernel_name(kernel));
      benchmark::RegisterBenchmark((name + kernel_text).c_str(), kernel_case, kernel_text, c);
    }
  }
}

}  // namespace
}  // namespace sluice::hash

int main(int argc, char** argv) {
  const std::string_view error = sluice::hash::requested_kernel_error();
  if (!error.empty()) {
    std::fprintf(stderr, "%.*s\n", static_cast<int>(error.size()), error.data());
    return 1;
  }
  sluice::hash::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return failed ? 1 : 0;
}
