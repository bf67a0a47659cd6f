// Save and load: what comes back is what was there, and no damaged file is taken for one.
#include <gtest/gtest.h>

#include "mempool/saved.h"
#include "pool_builder.h"

namespace sluice::mempool::test {
namespace {

constexpr std::uint32_t magic = 0xdab5'bffa;

Buffer saved(const Mempool& pool) {
  Buffer file;
  save(pool, magic, [&](Bytes bytes) { sluice::test::append(file, bytes); });
  return file;
}

class SavedMempool : public ::testing::Test {
 protected:
  SavedMempool() {
    Outpoint outpoint = chain.coin(1, 1'000'000, 1);
    std::vector<Buffer> raws;
    for (std::uint64_t i = 1; i <= 50; ++i) {  // one long family, each the child of the one before
      raws.push_back(raw_tx({outpoint}, {{1'000'000 - 1000 * i, 2}}));
      outpoint = {txid_of(raws.back()), 0};
    }
    EXPECT_TRUE(pool.add(raws, chain).ok());
    EXPECT_EQ(pool.tx_count(), 50u);
  }
  FakeChain chain;
  Mempool pool{MempoolOptions{}};
};

TEST_F(SavedMempool, ComesBackParentsFirst) {
  const Buffer file = saved(pool);
  const auto raws = read_saved(file, magic);
  ASSERT_TRUE(raws.ok()) << raws.error().message;
  ASSERT_EQ(raws.value().size(), 50u);
  MempoolOptions options;
  options.waiting_bytes_max = 0;  // whoever came before its parent would be lost
  Mempool loaded(options);
  for (const Bytes raw : raws.value()) {
    std::vector<Buffer> one{Buffer(raw.begin(), raw.end())};
    ASSERT_TRUE(loaded.add(std::move(one), chain).ok());
  }
  EXPECT_EQ(loaded.tx_count(), 50u);
  EXPECT_EQ(loaded.publish()->history(scripthash_of(2)).size(), 50u);
}

TEST_F(SavedMempool, AnEmptyPoolIsAFileToo) {
  const auto raws = read_saved(saved(Mempool(MempoolOptions{})), magic);
  ASSERT_TRUE(raws.ok());
  EXPECT_TRUE(raws.value().empty());
}

TEST_F(SavedMempool, EveryDamageIsFound) {
  const Buffer file = saved(pool);
  for (std::size_t i = 0; i < file.size(); ++i) {
    Buffer damaged = file;
    damaged[i] ^= std::byte{0x10};
    EXPECT_FALSE(read_saved(damaged, magic).ok()) << "byte " << i;
  }
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_FALSE(read_saved(Bytes(file).first(size), magic).ok()) << "cut to " << size;
  Buffer longer = file;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(read_saved(longer, magic).ok());
}

TEST_F(SavedMempool, OtherNetworksFileIsRefusedByName) {
  const auto raws = read_saved(saved(pool), magic + 1);
  ASSERT_FALSE(raws.ok());
  EXPECT_EQ(raws.error().kind, ErrorKind::unsupported);
  EXPECT_NE(raws.error().message.find("another network"), std::string::npos);
}

/// A file with a right checksum around wrong contents.
Buffer sealed(Buffer body) {
  const Digest digest = hash::sha256(body);
  sluice::test::append(body, digest.span());
  return body;
}

TEST_F(SavedMempool, SealedNonsenseIsRefused) {
  const Buffer file = saved(Mempool(MempoolOptions{}));
  const Buffer head(file.begin(), file.begin() + 16);
  Buffer no_end = head;
  sluice::test::append_le(no_end, std::uint32_t{4});
  sluice::test::append_le(no_end, std::uint32_t{0});
  EXPECT_FALSE(read_saved(sealed(no_end), magic).ok());
  Buffer too_large = head;
  sluice::test::append_le(too_large, std::uint32_t{0xffff'ffff});
  EXPECT_FALSE(read_saved(sealed(too_large), magic).ok());
  Buffer behind_end = head;
  sluice::test::append_le(behind_end, std::uint64_t{0});
  EXPECT_FALSE(read_saved(sealed(behind_end), magic).ok());
}

}  // namespace
}  // namespace sluice::mempool::test
