// Rings: order, bounds, closing, sleeping, and stress over many threads (also run under TSan).
#include "flow/ring.h"

#include <gtest/gtest.h>
#include <time.h>

#include <chrono>
#include <thread>
#include <vector>

namespace sluice::flow {
namespace {

using Ring = MpmcRing<std::uint32_t>;

TEST(MpmcRing, HoldsExactlyItsCapacityInOrder) {
  for (const std::uint32_t capacity : {1u, 2u, 3u, 7u, 8u}) {
    Ring ring(capacity);
    std::uint32_t next_in = 0, next_out = 0;
    for (int lap = 0; lap < 20; ++lap) {
      while (ring.try_push(next_in) == RingResult::done) ++next_in;
      EXPECT_EQ(ring.size(), capacity);
      EXPECT_EQ(next_in - next_out, capacity);
      for (std::uint32_t i = 0; i < (capacity + 1) / 2; ++i) {
        std::uint32_t item = 0;
        ASSERT_EQ(ring.try_pop(item), RingResult::done);
        EXPECT_EQ(item, next_out++);
      }
    }
    EXPECT_EQ(ring.high_water(), capacity);
  }
}

TEST(MpmcRing, EmptyAndFullSayAgain) {
  Ring ring(1);
  std::uint32_t item = 7;
  EXPECT_EQ(ring.try_pop(item), RingResult::again);
  EXPECT_EQ(ring.high_water(), 0u);
  EXPECT_EQ(ring.try_push(1), RingResult::done);
  EXPECT_EQ(ring.try_push(2), RingResult::again);
  EXPECT_EQ(ring.try_pop(item), RingResult::done);
  EXPECT_EQ(item, 1u);
  EXPECT_EQ(ring.try_pop(item), RingResult::again);
}

TEST(MpmcRing, CloseRefusesPushesButDrains) {
  Ring ring(4);
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.is_closed());
  ring.close();
  ring.close();
  EXPECT_TRUE(ring.is_closed());
  EXPECT_EQ(ring.size(), 2u);
  EXPECT_EQ(ring.try_push(3), RingResult::closed);
  EXPECT_FALSE(ring.push(3));
  std::uint32_t item = 0;
  EXPECT_TRUE(ring.pop(item));
  EXPECT_EQ(item, 1u);
  EXPECT_EQ(ring.try_pop(item), RingResult::done);
  EXPECT_EQ(item, 2u);
  EXPECT_EQ(ring.try_pop(item), RingResult::closed);
  EXPECT_FALSE(ring.pop(item));
}

TEST(MpmcRing, CloseWakesASleepingProducer) {
  Ring ring(1);
  ASSERT_TRUE(ring.push(1));
  std::thread producer([&] { EXPECT_FALSE(ring.push(2)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ring.close();
  producer.join();
}

TEST(MpmcRing, CloseWakesASleepingConsumer) {
  Ring ring(1);
  std::thread consumer([&] {
    std::uint32_t item = 0;
    EXPECT_FALSE(ring.pop(item));
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  ring.close();
  consumer.join();
}

TEST(MpmcRing, WaitingUsesNoProcessorTime) {
  Ring ring(1);
  double cpu_ms = 1e9;
  std::thread consumer([&] {
    std::uint32_t item = 0;
    EXPECT_TRUE(ring.pop(item));
    EXPECT_EQ(item, 42u);
    timespec used{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    cpu_ms = static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) * 1e-6;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ASSERT_TRUE(ring.push(42));
  consumer.join();
  EXPECT_LT(cpu_ms, 100.0);
}

/// Every item of every producer comes out once, each producer's items in order at each consumer.
template <typename Ring>
void stress(Ring& ring, std::uint32_t producers, std::uint32_t consumers, std::uint32_t items_each, bool blocking) {
  std::vector<std::vector<std::uint32_t>> taken(consumers);
  std::vector<std::thread> sinks, sources;
  for (std::uint32_t c = 0; c < consumers; ++c) {
    sinks.emplace_back([&, c] {
      std::uint32_t item = 0;
      for (;;) {
        if (blocking) {
          if (!ring.pop(item)) return;
        } else {
          const RingResult result = ring.try_pop(item);
          if (result == RingResult::closed) return;
          if (result == RingResult::again) {
            std::this_thread::yield();
            continue;
          }
        }
        taken[c].push_back(item);
      }
    });
  }
  for (std::uint32_t p = 0; p < producers; ++p) {
    sources.emplace_back([&, p] {
      for (std::uint32_t i = 0; i < items_each; ++i) {
        const std::uint32_t item = p * items_each + i;
        if (blocking) {
          ASSERT_TRUE(ring.push(item));
        } else {
          while (ring.try_push(item) != RingResult::done) std::this_thread::yield();
        }
      }
    });
  }
  for (auto& thread : sources) thread.join();
  ring.close();
  for (auto& thread : sinks) thread.join();

  std::vector<std::uint8_t> seen(std::size_t{producers} * items_each, 0);
  for (const auto& list : taken) {
    std::vector<std::int64_t> last(producers, -1);
    for (const std::uint32_t item : list) {
      ASSERT_LT(item, seen.size());
      EXPECT_EQ(seen[item]++, 0) << "item " << item << " came out twice";
      EXPECT_LT(last[item / items_each], static_cast<std::int64_t>(item)) << "order lost";
      last[item / items_each] = item;
    }
  }
  std::size_t total = 0;
  for (const auto& list : taken) total += list.size();
  EXPECT_EQ(total, seen.size());
  EXPECT_GE(ring.high_water(), 1u);
  EXPECT_LE(ring.high_water(), ring.capacity());
  EXPECT_EQ(ring.size(), 0u);
}

TEST(MpmcRing, Stress) {
  for (const std::uint32_t capacity : {1u, 2u, 3u, 64u}) {
    for (const auto& [producers, consumers] :
         {std::pair{1u, 1u}, std::pair{4u, 1u}, std::pair{1u, 4u}, std::pair{4u, 4u}}) {
      for (const bool blocking : {true, false}) {
        Ring ring(capacity);
        stress(ring, producers, consumers, 4'000, blocking);
      }
    }
  }
}

/// close() against running pushes: what push said went in, comes out; nothing else does.
TEST(MpmcRing, CloseInTheMiddleLosesNothing) {
  for (int round = 0; round < 200; ++round) {
    Ring ring(3);
    std::atomic<std::uint32_t> pushed{0}, popped{0};
    std::vector<std::thread> threads;
    for (int p = 0; p < 3; ++p) {
      threads.emplace_back([&] {
        while (ring.push(1)) pushed.fetch_add(1);
      });
    }
    for (int c = 0; c < 3; ++c) {
      threads.emplace_back([&] {
        std::uint32_t item = 0;
        while (ring.pop(item)) popped.fetch_add(1);
      });
    }
    while (popped.load() < 50) std::this_thread::yield();
    ring.close();
    for (auto& thread : threads) thread.join();
    ASSERT_EQ(pushed.load(), popped.load());
  }
}

}  // namespace
}  // namespace sluice::flow
