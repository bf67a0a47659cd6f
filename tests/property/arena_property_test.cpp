// Chunks are nobody else's while they are out, and come back to be used again.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "base/chunk_arena.h"
#include "base/random.h"

namespace sluice {
namespace {

TEST(ArenaProperty, ChunksAreDistinctAndReused) {
  EXPECT_TRUE(rc::check([] {
    ChunkArena arena(64 * 1024, 1024);
    std::vector<void*> out;
    std::size_t most = 0;
    const auto steps = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::arbitrary<std::uint8_t>());
    for (const std::uint8_t step : steps) {
      if (step % 3 != 0 && out.size() < 64) {
        out.push_back(arena.take());
        std::memset(out.back(), step, 1024);
      } else if (!out.empty()) {
        std::swap(out[step % out.size()], out.back());
        arena.give(out.back());
        out.pop_back();
      }
      most = std::max(most, out.size());
      RC_ASSERT(std::set<void*>(out.begin(), out.end()).size() == out.size());
      RC_ASSERT(arena.used_bytes() == out.size() * 1024);
      RC_ASSERT(arena.peak_bytes() == most * 1024);
    }
    for (void* chunk : out) arena.give(chunk);
    arena.release_pages();
    RC_ASSERT(arena.used_bytes() == 0u);
    RC_ASSERT(arena.peak_bytes() == 0u);
  }));
}

TEST(ArenaProperty, ListsHoldWhatWasPushed) {
  struct Record {
    std::uint64_t number;
    std::uint32_t other;
  };
  EXPECT_TRUE(rc::check([] {
    ChunkArena arena(1 << 20, 1024);
    ChunkList<Record> lists[3];
    std::vector<std::uint64_t> expected[3];
    const auto count = *rc::gen::inRange<std::uint64_t>(0, 2000);
    Random random(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::size_t list = random.below(3);
      lists[list].push(arena, {i, 5});
      expected[list].push_back(i);
      if (random.below(500) == 0) {
        lists[list].release(arena);
        expected[list].clear();
      }
    }
    for (std::size_t list = 0; list < 3; ++list) {
      std::vector<std::uint64_t> got;
      lists[list].for_each_span([&](const Record* records, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i) got.push_back(records[i].number);
      });
      RC_ASSERT(got == expected[list]);
      RC_ASSERT(lists[list].count() == got.size());
      lists[list].release(arena);
      RC_ASSERT(lists[list].count() == 0u);
    }
    RC_ASSERT(arena.used_bytes() == 0u);
  }));
}

TEST(ArenaProperty, ManyThreadsTakeAndGive) {
  constexpr int thread_count = 4, rounds = 5000;
  ChunkArena arena(thread_count * 8 * 1024, 1024);
  std::atomic<int> overwritten{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back([&, thread] {
      Random random(static_cast<std::uint64_t>(thread));
      std::vector<std::uint64_t*> out;
      for (int round = 0; round < rounds; ++round) {
        if (out.empty() || (out.size() < 8 && random.below(2) == 0)) {
          out.push_back(static_cast<std::uint64_t*>(arena.take()));
          for (std::size_t i = 0; i < 128; i += 16) out.back()[i] = static_cast<std::uint64_t>(thread);
        } else {
          for (std::size_t i = 0; i < 128; i += 16) overwritten += out.back()[i] != static_cast<std::uint64_t>(thread);
          arena.give(out.back());
          out.pop_back();
        }
      }
      for (std::uint64_t* chunk : out) arena.give(chunk);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(overwritten.load(), 0);
  EXPECT_EQ(arena.used_bytes(), 0u);
  EXPECT_LE(arena.peak_bytes(), std::size_t{thread_count * 8 * 1024});
}

TEST(ArenaPropertyDeathTest, ExhaustionAndPagesStillOutAreBugs) {
  ChunkArena arena(2048, 1024);
  (void)arena.take();
  EXPECT_DEATH(arena.release_pages(), "used_chunks_");
  (void)arena.take();
  EXPECT_DEATH((void)arena.take(), "fresh_chunks_ < chunk_count_");
}

}  // namespace
}  // namespace sluice
