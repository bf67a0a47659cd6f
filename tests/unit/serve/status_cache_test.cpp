// Statuses with the cache are those without it, whatever the chain does; and a long history is not read again.
#include "serve/status_cache.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "fake_mempool.h"
#include "fake_view.h"
#include "serve/scripthash_status.h"

namespace sluice::serve::test {
namespace {

constexpr std::uint32_t txs_per_block = 5;

ScriptHash watched(std::uint8_t n) {
  ScriptHash hash;
  hash.bytes[0] = std::byte{n};
  return hash;
}

/// Tells how many items were read.
class CountingView : public FakeView {
 public:
  using FakeView::FakeView;
  mutable std::size_t items_read = 0;

  Result<std::vector<HistoryItem>> history_from(const ScriptHash& scripthash, TxNumber first) const override {
    auto items = FakeView::history_from(scripthash, first);
    if (items) items_read += items.value().size();
    return items;
  }
};

/// Scripts 1 to 3 own every, every other and every 50th transaction. Blocks from `fork` on are those of `salt`.
CountingView chain_of(std::uint32_t blocks, std::uint32_t fork, std::uint32_t salt) {
  std::vector<std::uint32_t> counts(blocks, txs_per_block);
  counts[0] = 0;
  CountingView view(chain::Coin::radiant, counts);
  const CountingView other(chain::Coin::radiant, counts, salt);
  for (std::uint32_t height = fork; height < blocks; ++height) {
    view.replace_header(height, other.header(height).value());
    for (TxNumber number = view.block_first_tx(height); number < view.block_first_tx(height) + txs_per_block; ++number)
      view.replace_txid(number, other.txid(number).value());
  }
  for (std::uint32_t height = 1; height < blocks; ++height) {
    for (TxNumber number = view.block_first_tx(height); number < view.block_first_tx(height) + txs_per_block;
         ++number) {
      view.histories[watched(1)].push_back({number, height});
      if (number % 2 == 0) view.histories[watched(2)].push_back({number, height});
      if (number % 50 == 0) view.histories[watched(3)].push_back({number, height});
    }
  }
  return view;
}

class Mempool : public FakeMempool {
 public:
  std::uint64_t version() const noexcept override { return version_; }
  void add(const ScriptHash& scripthash, std::uint8_t n) {
    Txid txid;
    txid.bytes[5] = std::byte{n};
    histories[scripthash].push_back({txid, 1, 100, false});
    ++version_;
  }

 private:
  std::uint64_t version_ = 1;
};

class Statuses : public testing::Test {
 protected:
  ScripthashStatus status(const ReadView& view, const ScriptHash& scripthash, const MempoolView* mempool = nullptr) {
    ServerContext context;
    context.view = &view;
    context.mempool = mempool;
    const auto plain = scripthash_status(context, scripthash);
    context.statuses = &cache_;
    const auto cached = scripthash_status(context, scripthash);
    EXPECT_TRUE(plain.ok() && cached.ok());
    EXPECT_EQ(cached.value().hash, plain.value().hash);
    EXPECT_EQ(cached.value().confirmed_items, plain.value().confirmed_items);
    EXPECT_EQ(cached.value().mempool_items, plain.value().mempool_items);
    EXPECT_EQ(cached.value().preimage_bytes, plain.value().preimage_bytes);
    return cached.value();
  }
  /// Items that a status with the cache reads.
  std::size_t read_for_status(const CountingView& view, const ScriptHash& scripthash) {
    ServerContext context;
    context.view = &view;
    context.statuses = &cache_;
    view.items_read = 0;
    EXPECT_TRUE(scripthash_status(context, scripthash).ok());
    return view.items_read;
  }

  StatusCache cache_{1 << 20};
};

TEST_F(Statuses, ANewBlockCostsItsItemsOnly) {
  const auto before = chain_of(100, 100, 0);
  const auto after = chain_of(103, 103, 0);
  EXPECT_EQ(read_for_status(before, watched(1)), 99 * txs_per_block);
  EXPECT_EQ(read_for_status(before, watched(1)), 0u);
  EXPECT_EQ(read_for_status(after, watched(1)), 3 * txs_per_block);
  EXPECT_EQ(read_for_status(after, watched(1)), 0u);
  (void)status(after, watched(1));
}

TEST_F(Statuses, WhatAReorgTookAwayIsForgotten) {
  const auto before = chain_of(100, 100, 0);
  const auto other = chain_of(101, 98, 7);
  const auto shorter = chain_of(60, 60, 0);
  const auto first = status(before, watched(1));
  EXPECT_NE(status(other, watched(1)).hash, first.hash);
  EXPECT_EQ(status(before, watched(1)).hash, first.hash);
  EXPECT_NE(status(shorter, watched(1)).hash, first.hash);
}

TEST_F(Statuses, TheMempoolIsHashedBehindIt) {
  const auto view = chain_of(100, 100, 0);
  Mempool mempool;
  const auto without = status(view, watched(1), &mempool);
  mempool.add(watched(1), 1);
  const auto with = status(view, watched(1), &mempool);
  EXPECT_NE(with.hash, without.hash);
  EXPECT_EQ(with.mempool_items, 1u);
  EXPECT_EQ(status(view, watched(1)).hash, without.hash);
  const auto longer = chain_of(101, 101, 0);
  EXPECT_NE(status(longer, watched(1), &mempool).hash, with.hash);
}

TEST_F(Statuses, RandomChainsAndMempools) {
  Random random(20);
  Mempool mempool;
  for (int step = 0; step < 150; ++step) {
    const auto blocks = static_cast<std::uint32_t>(20 + random.below(60));
    const auto fork = static_cast<std::uint32_t>(1 + random.below(blocks));
    // A header names all blocks before it, so chains that part at different heights have different ones.
    const std::uint32_t salt = random.below(3) == 0 ? 0 : 1000 + fork;
    const auto view = chain_of(blocks, fork, salt);
    if (random.below(2) == 0)
      mempool.add(watched(static_cast<std::uint8_t>(1 + random.below(3))), static_cast<std::uint8_t>(step));
    for (std::uint8_t n = 1; n <= 4; ++n) (void)status(view, watched(n), random.below(3) == 0 ? nullptr : &mempool);
  }
}

TEST_F(Statuses, MemoryIsBoundedAndShortHistoriesAreNotKept) {
  const auto view = chain_of(100, 100, 0);
  (void)read_for_status(view, watched(3));
  EXPECT_EQ(cache_.entries(), 0u) << "ten items";
  StatusCache small(3 * StatusCache::entry_bytes);
  StatusProgress progress;
  progress.confirmed_items = StatusCache::kept_from_items;
  for (std::uint8_t n = 1; n <= 4; ++n) {
    small.put(watched(n), progress);
    EXPECT_TRUE(small.find(watched(1)).has_value()) << "used again and again";
  }
  EXPECT_EQ(small.entries(), 3u);
  EXPECT_FALSE(small.find(watched(2)).has_value());
  StatusCache none(0);
  none.put(watched(1), progress);
  EXPECT_EQ(none.entries(), 0u);
}

}  // namespace
}  // namespace sluice::serve::test
