// Shown: parsing what was serialised gives the same fields back (random transactions, all coins,
// random split into blocks and batches); hashing groups of any number agree with one at a time;
// a second pass over the same batch allocates nothing.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "allocation_count.h"
#include "parse/parse_blocks.h"
#include "tx_builder.h"

namespace sluice::parse {
namespace {

using chain::Coin;
using test::Buffer;

rc::Gen<Buffer> buffers(int size_max) {
  return rc::gen::mapcat(rc::gen::inRange(0, size_max), [](int size) {
    return rc::gen::container<Buffer>(static_cast<std::size_t>(size), rc::gen::map(rc::gen::inRange(0, 256), [](int b) {
                                        return static_cast<std::byte>(b);
                                      }));
  });
}

test::Tx arbitrary_tx(bool segwit) {
  test::Tx tx;
  tx.version = *rc::gen::element(1, 2, -1, 7);
  tx.lock_time = *rc::gen::arbitrary<std::uint32_t>();
  const int input_count = *rc::gen::weightedElement<int>({{8, 1}, {4, 2}, {1, 300}});
  for (int i = 0; i < input_count; ++i) {
    test::Input input;
    // Few generator calls for the many-input case: the seed byte varies, the rest follows from i.
    input.txid.bytes.fill(static_cast<std::byte>(i + 1));
    input.index =
        i < 3 ? *rc::gen::element<std::uint32_t>(0, 1, 0xffff'ffff, 0x8000'0000) : static_cast<std::uint32_t>(i);
    if (i < 3) input.script = *buffers(300);
    input.sequence = static_cast<std::uint32_t>(i) * 77;
    if (segwit && i < 3) input.witness = *rc::gen::container<std::vector<Buffer>>(buffers(80));
    tx.inputs.push_back(input);
  }
  const int output_count = *rc::gen::weightedElement<int>({{8, 1}, {8, 2}, {1, 260}});
  for (int i = 0; i < output_count; ++i) {
    test::Output output;
    output.value = i < 3 ? *rc::gen::arbitrary<std::uint64_t>() >> 1 : static_cast<std::uint64_t>(i);
    if (i < 3) output.script = *buffers(300);
    tx.outputs.push_back(output);
  }
  return tx;
}

bool has_witness(const test::Tx& tx) {
  for (const test::Input& input : tx.inputs) {
    if (!input.witness.empty()) return true;
  }
  return false;
}

void check_fields(const TxBatch& batch, Bytes raw, std::size_t index, const test::Tx& tx, const Buffer& serialized,
                  bool is_coinbase) {
  RC_ASSERT(batch.txid[index] == hash_cast<Txid>(hash::sha256d(test::serialize(tx))));
  RC_ASSERT(batch.tx_size[index] == serialized.size());
  RC_ASSERT(std::equal(serialized.begin(), serialized.end(), raw.begin() + batch.tx_begin[index]));
  const std::size_t inputs = batch.input_begin[index + 1] - batch.input_begin[index];
  RC_ASSERT(inputs == (is_coinbase ? 0 : tx.inputs.size()));
  for (std::size_t i = 0; i < inputs; ++i) {
    const std::byte* const prevout = raw.data() + batch.prevout_offset[batch.input_begin[index] + i];
    RC_ASSERT(Txid::from_bytes(prevout) == tx.inputs[i].txid);
    RC_ASSERT(load_le<std::uint32_t>(prevout + 32) == tx.inputs[i].index);
  }
  RC_ASSERT(batch.output_begin[index + 1] - batch.output_begin[index] == tx.outputs.size());
  for (std::size_t i = 0; i < tx.outputs.size(); ++i) {
    const std::size_t output = batch.output_begin[index] + i;
    RC_ASSERT(batch.output_value[output] == tx.outputs[i].value);
    RC_ASSERT(batch.script_size[output] == tx.outputs[i].script.size());
    RC_ASSERT(
        std::equal(tx.outputs[i].script.begin(), tx.outputs[i].script.end(), raw.begin() + batch.script_begin[output]));
  }
}

void round_trip(Coin coin, TxBatch& batch, ParseScratch& scratch) {
  test::BatchBuilder builder;
  std::vector<std::vector<test::Tx>> blocks(*rc::gen::inRange<std::size_t>(1, 5));
  std::vector<std::vector<Buffer>> serialized(blocks.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    blocks[b].push_back(test::coinbase(b));
    const int more = *rc::gen::inRange(0, 6);
    for (int i = 0; i < more; ++i) {
      blocks[b].push_back(arbitrary_tx(coin == Coin::bitcoin));
      blocks[b].back().lock_time = static_cast<std::uint32_t>(i);  // no two alike: a repeated pair would be refused
    }
    std::vector<Digest> txids;
    for (const test::Tx& tx : blocks[b]) {
      serialized[b].push_back(test::serialize(tx, has_witness(tx)));
      txids.push_back(hash::sha256d(test::serialize(tx)));
    }
    builder.add(test::block_of(serialized[b], test::merkle_root(txids)));
  }
  ParseFault fault;
  ParseCounters counters;
  const source::RawBatch source = builder.batch();
  const ParseErrc errc = parse_blocks(source, coin, batch, scratch, fault, counters);
  RC_ASSERT(errc == ParseErrc::ok);
  RC_ASSERT(batch.block_tx_begin.size() == blocks.size() + 1);
  std::size_t index = 0;
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    RC_ASSERT(batch.block_tx_begin[b] == index);
    for (std::size_t i = 0; i < blocks[b].size(); ++i, ++index)
      check_fields(batch, source.raw, index, blocks[b][i], serialized[b][i], i == 0);
  }
  RC_ASSERT(batch.tx_count() == index);
  RC_ASSERT(counters.txs == index);
}

TEST(ParseRoundTrip, random_blocks) {
  TxBatch batch;
  ParseScratch scratch;
  for (const Coin coin : {Coin::radiant, Coin::bitcoin, Coin::bitcoin_cash}) {
    EXPECT_TRUE(rc::check([&] { round_trip(coin, batch, scratch); }));
  }
}

/// Enough transactions that several hashing groups are needed and blocks straddle them.
test::BatchBuilder large_batch() {
  test::BatchBuilder builder;
  std::uint32_t serial = 0;
  for (int b = 0; b < 40; ++b) {
    std::vector<Buffer> txs{test::serialize(test::coinbase(static_cast<std::uint64_t>(b)))};
    for (int i = 0; i < 160; ++i) {
      test::Tx tx = test::payment(static_cast<std::uint8_t>(i));
      tx.lock_time = ++serial;
      tx.inputs[0].script.resize(static_cast<std::size_t>(i * 3));
      txs.push_back(test::serialize(tx));
    }
    builder.add(test::block_of(txs));
  }
  return builder;
}

TEST(ParseRoundTrip, groups_do_not_change_txids) {
  const test::BatchBuilder builder = large_batch();
  const source::RawBatch source = builder.batch();
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ParseCounters counters;
  ASSERT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters), ParseErrc::ok);
  ASSERT_EQ(batch.tx_count(), 40U * 161U);
  for (std::size_t i = 0; i < batch.tx_count(); ++i) {
    ASSERT_EQ(hash_cast<Digest>(batch.txid[i]), hash::sha256d(source.raw.subspan(batch.tx_begin[i], batch.tx_size[i])))
        << i;
  }
}

TEST(ParseRoundTrip, nothing_is_allocated_after_the_first_batch) {
  const test::BatchBuilder builder = large_batch();
  const source::RawBatch source = builder.batch();
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ParseCounters counters;
  ASSERT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters), ParseErrc::ok);
  ASSERT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters),
            ParseErrc::ok);  // swapped buffers settle
  const std::uint64_t before = test::allocation_count();
  for (int i = 0; i < 3; ++i)
    ASSERT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters), ParseErrc::ok);
  EXPECT_EQ(test::allocation_count(), before);
}

/// As many of one thing as a batch of these bytes can hold: transactions, inputs, outputs, refs.
std::vector<test::Tx> densest(int what) {
  test::Tx tx;
  tx.inputs.resize(1);
  tx.inputs[0].txid.bytes.fill(std::byte{1});
  tx.outputs.resize(1);
  switch (what) {
    case 0: return std::vector<test::Tx>(5000, tx);
    case 1: tx.inputs.resize(5000, tx.inputs[0]); break;
    case 2: tx.outputs.resize(20'000); break;
    default:
      tx.version = 3;
      for (int i = 0; i < 5000; ++i) {
        tx.outputs[0].script.push_back(std::byte{0xd8});
        for (int byte = 0; byte < 36; ++byte) tx.outputs[0].script.push_back(static_cast<std::byte>(i >> byte % 8));
      }
  }
  return {tx};
}

TEST(ParseRoundTrip, reserved_columns_hold_the_densest_blocks) {
  for (int what = 0; what < 4; ++what) {
    SCOPED_TRACE(what);
    std::vector<Buffer> txs{test::serialize(test::coinbase())};
    std::uint32_t lock_time = 0;  // equal neighbours in the merkle tree would be refused
    for (test::Tx& tx : densest(what)) {
      tx.lock_time = ++lock_time;
      txs.push_back(test::serialize(tx));
    }
    test::BatchBuilder builder;
    builder.add(test::block_of(txs));
    const source::RawBatch source = builder.batch();
    const BatchBounds bounds{.raw_bytes = source.raw.size(), .blocks = 1};
    TxBatch batch;
    ParseScratch scratch;
    ParseFault fault;
    ParseCounters counters;
    batch.reserve(bounds);
    scratch.reserve(bounds);
    const std::uint64_t before = test::allocation_count();
    // The builder's merkle root is over plain hashes: a version-3 block gets all the way to it, and no further.
    ASSERT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters),
              what == 3 ? ParseErrc::merkle_mismatch : ParseErrc::ok);
    EXPECT_EQ(test::allocation_count(), before);
  }
}

}  // namespace
}  // namespace sluice::parse
