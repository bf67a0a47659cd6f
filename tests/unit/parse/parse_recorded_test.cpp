// Shown: blocks recorded from real nodes parse to the counts their notes give. Merkle roots are
// verified by the parser, so every txid of them is right (the Radiant file has version-3 ones).
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "fixture_files.h"
#include "parse/parse_blocks.h"
#include "tx_builder.h"

namespace sluice::parse {
namespace {

using chain::Coin;
using test::Buffer;

struct Parsed {
  TxBatch batch;
  ParseCounters counters;
};

void parse_one(const std::string& file, Coin coin, std::string_view header_hash, Parsed& parsed) {
  const Buffer block = test::read_fixture(file);
  ASSERT_GT(block.size(), 80U);
  EXPECT_EQ(hash::sha256d(Bytes(block).first(80)).display(), header_hash);
  test::BatchBuilder builder;
  builder.add(block, 1);
  ParseScratch scratch;
  ParseFault fault;
  const ParseErrc errc = parse_blocks(builder.batch(), coin, parsed.batch, scratch, fault, parsed.counters);
  ASSERT_EQ(errc, ParseErrc::ok) << describe_fault(errc, fault, builder.batch());
  EXPECT_EQ(parsed.counters.bytes, block.size());
}

TEST(ParseRecorded, bitcoin_413567) {
  Parsed parsed;
  ASSERT_NO_FATAL_FAILURE(parse_one("btc-413567.raw", Coin::bitcoin,
                                    "0000000000000000025aff8be8a55df8f89c77296db6198f272d6577325d4069", parsed));
  EXPECT_EQ(parsed.counters.bytes, 999'887U);
  EXPECT_EQ(parsed.counters.txs, 1557U);
  EXPECT_EQ(parsed.counters.inputs, 4887U - 1U);  // the coinbase's is dropped
  EXPECT_EQ(parsed.counters.outputs, 3581U);
}

TEST(ParseRecorded, bitcoin_cash_833705) {
  Parsed parsed;
  ASSERT_NO_FATAL_FAILURE(parse_one("bch-833705.raw", Coin::bitcoin_cash,
                                    "000000000000000001900fef5f37e48acf123e617dd02c12280803103bdb1426", parsed));
  EXPECT_EQ(parsed.counters.bytes, 205'538U);
  EXPECT_EQ(parsed.counters.txs, 357U);
  EXPECT_EQ(parsed.counters.inputs, 1079U - 1U);
  EXPECT_EQ(parsed.counters.outputs, 1051U);
  // Canonical order: after the coinbase, ascending by displayed txid.
  const TxBatch& batch = parsed.batch;
  EXPECT_TRUE(std::is_sorted(batch.txid.begin() + 1, batch.txid.end(),
                             [](const Txid& a, const Txid& b) { return a.display() < b.display(); }));
}

TEST(ParseRecorded, a_flipped_bit_anywhere_is_noticed) {
  const Buffer block = test::read_fixture("bch-833705.raw");
  ASSERT_GT(block.size(), 80U);
  TxBatch batch;
  ParseScratch scratch;
  ParseCounters counters;
  Random random(17);
  for (int round = 0; round < 200; ++round) {
    Buffer damaged = block;
    // The rest of the header is the source's to check; every other byte is under the merkle root.
    const std::size_t at = round % 20 == 0 ? 36 + random.below(32) : 80 + random.below(block.size() - 80);
    damaged[at] ^= std::byte{1} << random.below(8);
    test::BatchBuilder builder;
    builder.add(damaged, 1);
    ParseFault fault;
    EXPECT_NE(parse_blocks(builder.batch(), Coin::bitcoin_cash, batch, scratch, fault, counters), ParseErrc::ok) << at;
  }
}

TEST(ParseRecorded, radiant_regtest_chain) {
  const Buffer file = test::read_fixture("blk00000.dat");
  ASSERT_GT(file.size(), 88U);
  test::BatchBuilder builder;
  std::uint32_t height = 0;
  std::size_t at = 0;
  for (; at + 8 <= file.size() && load_le<std::uint32_t>(file.data() + at) == 0xdab5bffa; ++height) {
    const std::size_t size = load_le<std::uint32_t>(file.data() + at + 4);
    ASSERT_LE(size, file.size() - at - 8);
    builder.add(Buffer(file.begin() + static_cast<std::ptrdiff_t>(at + 8),
                       file.begin() + static_cast<std::ptrdiff_t>(at + 8 + size)),
                height);
    at += 8 + size;
  }
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ParseCounters counters;
  const ParseErrc errc = parse_blocks(builder.batch(), Coin::radiant, batch, scratch, fault, counters);
  ASSERT_EQ(errc, ParseErrc::ok) << describe_fault(errc, fault, builder.batch());
  EXPECT_EQ(counters.blocks, 301U + 5U);  // genesis and 300, and five that are stale
  EXPECT_EQ(batch.block_tx_begin[1], 0U);
  std::size_t version_3 = 0;
  for (std::size_t i = 0; i < batch.tx_count(); ++i) {
    const Bytes tx = builder.batch().raw.subspan(batch.tx_begin[i], batch.tx_size[i]);
    if (load_le<std::int32_t>(tx.data()) == 3) ++version_3;
    else ASSERT_EQ(hash_cast<Digest>(batch.txid[i]), hash::sha256d(tx));
  }
  EXPECT_GT(version_3, 0U);
  EXPECT_GT(counters.txs, 5500U);
}

}  // namespace
}  // namespace sluice::parse
