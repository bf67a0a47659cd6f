// Shown: every way in which a block can be malformed is found, named and placed; nothing is left
// in the batch; absurd counts cost no memory. One small block is damaged in one way per case.
#include <gtest/gtest.h>

#include <set>

#include "allocation_count.h"
#include "parse/parse_blocks.h"
#include "tx_builder.h"

namespace sluice::parse {
namespace {

using chain::Coin;
using test::BatchBuilder;
using test::block_of;
using test::Buffer;
using test::bytes_from_hex;
using test::serialize;

struct Outcome {
  ParseErrc errc = ParseErrc::ok;
  ParseFault fault;
  std::string text;
};

/// Parses good block, given block: so the fault must name block 1.
Outcome parse_second(const Buffer& block, Coin coin = Coin::radiant) {
  BatchBuilder builder;
  builder.add(block_of({serialize(test::coinbase())})).add(block);
  const source::RawBatch source = builder.batch();
  TxBatch batch;
  ParseScratch scratch;
  ParseCounters counters;
  Outcome outcome;
  outcome.errc = parse_blocks(source, coin, batch, scratch, outcome.fault, counters);
  if (outcome.errc != ParseErrc::ok) {
    EXPECT_EQ(batch.tx_count(), 0U);
    EXPECT_EQ(batch.block_tx_begin.size(), 0U);
    EXPECT_EQ(batch.output_count(), 0U);
    EXPECT_EQ(counters.faults, 1U);
    EXPECT_EQ(counters.txs, 0U);
    EXPECT_EQ(outcome.fault.block, 1U);
    outcome.text = describe_fault(outcome.errc, outcome.fault, source);
  }
  return outcome;
}

Buffer header_and(std::string_view hex) {
  Buffer block(80, std::byte{0});
  test::append(block, bytes_from_hex(hex));
  return block;
}

TEST(ParseFaults, good_block_parses) {
  EXPECT_EQ(parse_second(block_of({serialize(test::coinbase()), serialize(test::payment(1))})).errc, ParseErrc::ok);
}

TEST(ParseFaults, truncated_at_every_byte) {
  const Buffer whole = block_of({serialize(test::coinbase()), serialize(test::payment(1))});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Outcome outcome = parse_second(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    // A cut count of transactions that no longer fit is told at once as oversized.
    EXPECT_TRUE(outcome.errc == ParseErrc::truncated || outcome.errc == ParseErrc::oversized)
        << size << ": " << parse_errc_text(outcome.errc);
    EXPECT_LE(outcome.fault.offset, size);
  }
}

TEST(ParseFaults, no_transactions) {
  const Outcome outcome = parse_second(header_and("00"));
  EXPECT_EQ(outcome.errc, ParseErrc::no_transactions);
  EXPECT_EQ(outcome.fault.offset, 80U);
}

TEST(ParseFaults, trailing_bytes) {
  Buffer block = block_of({serialize(test::coinbase())});
  block.push_back(std::byte{0});
  const Outcome outcome = parse_second(block);
  EXPECT_EQ(outcome.errc, ParseErrc::trailing_bytes);
  EXPECT_EQ(outcome.fault.offset, block.size() - 1);
}

TEST(ParseFaults, compact_sizes_must_be_shortest) {
  for (const std::string_view count :
       {"fd0100", "fdfc00", "fe01000000", "feffff0000", "ff0100000000000000", "ffffffffff00000000"}) {
    const Outcome outcome = parse_second(header_and(std::string(count) + std::string(400, '0')));
    EXPECT_EQ(outcome.errc, ParseErrc::bad_varint) << count;
    EXPECT_EQ(outcome.fault.offset, 80U);
  }
}

TEST(ParseFaults, absurd_counts_fail_at_once_without_memory) {
  const std::string tail(2000, '0');
  const std::string coinbase_head = "01000000";
  const std::string one_input = "01" + std::string(64, '0') + "ffffffff00ffffffff";
  const Buffer blocks[] = {
      header_and("ff0000000000000080" + tail),                                     // 2^63 transactions
      header_and("01" + coinbase_head + "ff0000000000000080" + tail),              // 2^63 inputs
      header_and("01" + coinbase_head + "ffffffffffffffffff" + tail),              // 2^64 - 1 inputs
      header_and("01" + coinbase_head + one_input + "ff0000000000000080" + tail),  // 2^63 outputs
      header_and("01" + coinbase_head + one_input + "feffffffff" + tail),          // 2^32 - 1 outputs
  };
  for (const Buffer& block : blocks) {
    BatchBuilder builder;
    builder.add(block_of({serialize(test::coinbase())})).add(block);
    const source::RawBatch source = builder.batch();
    TxBatch batch;
    ParseScratch scratch;
    ParseFault fault;
    ParseCounters counters;
    EXPECT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters), ParseErrc::oversized);
    const std::uint64_t before = test::allocation_count();
    EXPECT_EQ(parse_blocks(source, Coin::radiant, batch, scratch, fault, counters), ParseErrc::oversized);
    EXPECT_EQ(test::allocation_count(), before);
    EXPECT_LT(batch.prevout_offset.capacity(), 1000U);
    EXPECT_LT(batch.output_value.capacity(), 1000U);
  }
  EXPECT_EQ(parse_second(header_and("01" + coinbase_head + "01" + std::string(64, '0') + "ffffffff" +
                                    "ffffffffffffffffff" + tail))
                .errc,
            ParseErrc::truncated);
}

TEST(ParseFaults, first_transaction_must_be_coinbase) {
  const Outcome outcome = parse_second(block_of({serialize(test::payment(1))}));
  EXPECT_EQ(outcome.errc, ParseErrc::bad_coinbase);
  test::Tx two_inputs = test::coinbase();
  two_inputs.inputs.push_back(test::payment(1).inputs[0]);
  EXPECT_EQ(parse_second(block_of({serialize(two_inputs)})).errc, ParseErrc::bad_coinbase);
  test::Tx zero_txid_only = test::coinbase();
  zero_txid_only.inputs[0].index = 0;
  EXPECT_EQ(parse_second(block_of({serialize(zero_txid_only)})).errc, ParseErrc::bad_coinbase);
}

TEST(ParseFaults, later_transactions_must_not_look_like_coinbases) {
  EXPECT_EQ(parse_second(block_of({serialize(test::coinbase()), serialize(test::coinbase(1))})).errc,
            ParseErrc::bad_inputs);
  test::Tx mixed = test::payment(1);
  mixed.inputs.push_back(test::null_input());
  const Outcome outcome = parse_second(block_of({serialize(test::coinbase()), serialize(mixed)}));
  EXPECT_EQ(outcome.errc, ParseErrc::bad_inputs);
  EXPECT_EQ(outcome.fault.tx, 1U);
}

TEST(ParseFaults, inputs_and_outputs_are_needed) {
  test::Tx no_inputs = test::payment(1);
  no_inputs.inputs.clear();
  no_inputs.outputs.resize(8);
  EXPECT_EQ(parse_second(block_of({serialize(test::coinbase()), serialize(no_inputs)})).errc, ParseErrc::bad_inputs);
  test::Tx no_outputs = test::payment(1);
  no_outputs.outputs.clear();
  no_outputs.inputs[0].script.resize(20);
  EXPECT_EQ(parse_second(block_of({serialize(test::coinbase()), serialize(no_outputs)})).errc, ParseErrc::bad_outputs);
}

TEST(ParseFaults, values_up_to_int64) {
  const std::uint64_t largest = 0x7fff'ffff'ffff'ffff;
  EXPECT_EQ(parse_second(block_of({serialize(test::coinbase(largest))})).errc, ParseErrc::ok);
  const Outcome outcome = parse_second(block_of({serialize(test::coinbase(largest + 1))}));
  EXPECT_EQ(outcome.errc, ParseErrc::bad_value);
  EXPECT_EQ(outcome.fault.offset, 80U + 1 + 4 + 1 + 43 + 1);
}

TEST(ParseFaults, witness) {
  test::Tx tx = test::payment(1);
  const auto with = [&](Buffer raw) {
    return parse_second(block_of({serialize(test::coinbase()), raw}), Coin::bitcoin).errc;
  };
  EXPECT_EQ(with(serialize(tx, true)), ParseErrc::bad_witness);  // nothing in it
  tx.inputs[0].witness = {bytes_from_hex("aa")};
  Buffer raw = serialize(tx, true);
  raw[5] = std::byte{2};
  EXPECT_EQ(with(raw), ParseErrc::bad_witness);
  raw[5] = std::byte{0};
  EXPECT_EQ(with(raw), ParseErrc::bad_inputs);
}

TEST(ParseFaults, unwalkable_script_in_version_3) {
  test::Tx tx = test::payment(1);
  tx.version = 3;
  tx.outputs[0].script = bytes_from_hex("4c05aabb");
  const Buffer block = block_of({serialize(test::coinbase()), serialize(tx)});
  const Outcome outcome = parse_second(block);
  EXPECT_EQ(outcome.errc, ParseErrc::bad_script);
  EXPECT_EQ(outcome.fault.tx, 1U);
  EXPECT_EQ(outcome.fault.offset, 81U + serialize(test::coinbase()).size());
  EXPECT_EQ(parse_second(block, Coin::bitcoin_cash).errc, ParseErrc::ok);
}

TEST(ParseFaults, merkle_root) {
  Buffer block = block_of({serialize(test::coinbase()), serialize(test::payment(1))});
  block[40] ^= std::byte{1};
  EXPECT_EQ(parse_second(block).errc, ParseErrc::merkle_mismatch);
  block[40] ^= std::byte{1};
  block.back() ^= std::byte{1};  // lock time of the last transaction
  EXPECT_EQ(parse_second(block).errc, ParseErrc::merkle_mismatch);
}

TEST(ParseFaults, repeated_tail_has_the_same_root_but_is_refused) {
  const Buffer a = serialize(test::coinbase());
  const Buffer b = serialize(test::payment(1));
  const Buffer c = serialize(test::payment(2));
  const Digest root = test::merkle_root({hash::sha256d(a), hash::sha256d(b), hash::sha256d(c)});
  ASSERT_EQ(root, test::merkle_root({hash::sha256d(a), hash::sha256d(b), hash::sha256d(c), hash::sha256d(c)}));
  EXPECT_EQ(parse_second(block_of({a, b, c}, root)).errc, ParseErrc::ok);
  EXPECT_EQ(parse_second(block_of({a, b, c, c}, root)).errc, ParseErrc::merkle_repeated);
  // Six leaves: the repeated pair is one level up.
  std::vector<Buffer> six{
      a, b, c, serialize(test::payment(3)), serialize(test::payment(4)), serialize(test::payment(5))};
  std::vector<Buffer> eight = six;
  eight.push_back(six[4]);
  eight.push_back(six[5]);
  std::vector<Digest> txids;
  for (const Buffer& tx : six) txids.push_back(hash::sha256d(tx));
  EXPECT_EQ(parse_second(block_of(six, test::merkle_root(txids))).errc, ParseErrc::ok);
  EXPECT_EQ(parse_second(block_of(eight, test::merkle_root(txids))).errc, ParseErrc::merkle_repeated);
}

TEST(ParseFaults, text_names_file_offset_height_transaction_and_reason) {
  Buffer block = block_of({serialize(test::coinbase())});
  block.push_back(std::byte{0});
  const Outcome outcome = parse_second(block);
  const std::size_t first_size = block.size() - 1;
  EXPECT_NE(outcome.text.find("blk00007.dat, offset " + std::to_string(1000 + 2 * first_size)), std::string::npos)
      << outcome.text;
  EXPECT_NE(outcome.text.find("height 2"), std::string::npos);
  EXPECT_NE(outcome.text.find("transaction 1"), std::string::npos);
  EXPECT_NE(outcome.text.find("bytes remain behind the last transaction"), std::string::npos);
  EXPECT_EQ(outcome.text.find('\n'), std::string::npos);
  std::set<std::string_view> texts;
  for (int errc = 0; errc < static_cast<int>(ParseErrc::count_); ++errc)
    texts.insert(parse_errc_text(static_cast<ParseErrc>(errc)));
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(ParseErrc::count_));
}

TEST(ParseFaults, genesis_bytes_are_not_looked_at) {
  BatchBuilder builder;
  builder.add(header_and("ffffff"), 0).add(block_of({serialize(test::coinbase())}), 1);
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ParseCounters counters;
  ASSERT_EQ(parse_blocks(builder.batch(), Coin::radiant, batch, scratch, fault, counters), ParseErrc::ok);
  ASSERT_EQ(batch.block_tx_begin.size(), 3U);
  EXPECT_EQ(batch.block_tx_begin[1], 0U);
  EXPECT_EQ(batch.block_tx_begin[2], 1U);
}

}  // namespace
}  // namespace sluice::parse
