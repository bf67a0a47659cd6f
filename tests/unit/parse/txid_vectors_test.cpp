// Shown: txids by the rule of each coin. Known transactions with ids computed elsewhere (the chain
// facts' vectors); segwit ids against a serialisation that never had a witness.
#include <gtest/gtest.h>

#include "parse/parse_blocks.h"
#include "tx_builder.h"

namespace sluice::parse {
namespace {

using chain::Coin;
using test::bytes_from_hex;

constexpr std::string_view v3_head =
    "03000000011111111111111111111111111111111111111111111111111111111111111111000000000151ffffffff02e80300000000000019"
    "76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388acd007000000000000";
constexpr std::string_view ref_a = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01000000";
constexpr std::string_view ref_b = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00000000";
constexpr std::string_view pay_to_key = "76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac";

std::string txid_of(std::string_view hex, Coin coin) {
  const test::Buffer raw = bytes_from_hex(hex);
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  const ParseErrc errc = parse_transaction(raw, coin, batch, scratch, fault);
  EXPECT_EQ(errc, ParseErrc::ok) << parse_errc_text(errc);
  return batch.tx_count() == 1 ? batch.txid[0].display() : "";
}

std::string two_ref_tx(std::string_view version) {
  return std::string(version) + std::string(v3_head.substr(8)) + "65d0" + std::string(ref_a) + "d0" +
         std::string(ref_b) + "7575" + std::string(pay_to_key) + "00000000";
}

TEST(Txid, genesis_coinbases) {
  EXPECT_EQ(txid_of("01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff5004ffff001d0104"
                    "48546865204e657720596f726b2054696d65732031322f4d61792f3230323220546865204d696c6b792057617927732042"
                    "6c61636b20486f6c6520436f6d657320746f204c69676874ffffffff01005039278c0400001976a9144f9ab47a237441c0"
                    "dc61dcd39fd92709f281b03388ac00000000",
                    Coin::radiant),
            "027c3f6ae3858a75e2c287a915b3d82a50c48ee7021b715eedae9497f8ba2c37");
  EXPECT_EQ(txid_of("01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2704ffff001d0104"
                    "1f5468697320697320612052616469616e742074657374696e6720626c6f636bffffffff01005039278c0400001976a914"
                    "4f9ab47a237441c0dc61dcd39fd92709f281b03388ac00000000",
                    Coin::radiant),
            "364459380841db3f0ea491e8099bf98a6b7ffc5693d8ee6e46b3f8183e0257dc");
}

TEST(Txid, version_3_two_refs_sorted_from_their_last_byte) {
  EXPECT_EQ(txid_of(two_ref_tx("03000000"), Coin::radiant),
            "c60cf4bee3e156f51e94de58e0ffcd2a2e707d7096789f4d43c41d781b1c9171");
}

TEST(Txid, version_3_singleton_and_lock_time) {
  EXPECT_EQ(txid_of(std::string(v3_head) + "3fd8" + std::string(ref_a) + "75" + std::string(pay_to_key) + "07000000",
                    Coin::radiant),
            "60f8681c396dadd977ba2d3ce6a4db0425a07f793cbda2789fc6c2c5bafc0f0c");
}

TEST(Txid, same_bytes_other_version_or_coin_hash_plainly) {
  EXPECT_EQ(txid_of(two_ref_tx("02000000"), Coin::radiant),
            "53a4a8caeca7a99f855c97a879e8b7e0abf962c40510aeb74f524f6fb9b2f6cb");
  EXPECT_EQ(txid_of(two_ref_tx("03000000"), Coin::bitcoin_cash),
            "cfe2836ce1ff2979577b53c8072731cf60be3fda629d222d6c6d87e1bdf5206e");
  EXPECT_EQ(txid_of(two_ref_tx("03000000"), Coin::bitcoin),
            "cfe2836ce1ff2979577b53c8072731cf60be3fda629d222d6c6d87e1bdf5206e");
}

TEST(Txid, only_d0_and_d8_push_refs_in_version_3) {
  const std::string once =
      std::string(v3_head) + "4bd0" + std::string(ref_a) + "d1" + std::string(ref_b) + "51" + "00000000";
  const test::Buffer raw = bytes_from_hex(once);
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ASSERT_EQ(parse_transaction(raw, Coin::radiant, batch, scratch, fault), ParseErrc::ok);
  // The preimage by hand: one output row has 1 ref (d1 pushes nothing).
  test::Buffer outputs;
  const auto add_output = [&](std::uint64_t value, const test::Buffer& script, std::uint32_t refs,
                              const Digest& refs_hash) {
    test::append_le(outputs, value);
    test::append(outputs, hash::sha256d(script).span());
    test::append_le(outputs, refs);
    test::append(outputs, refs_hash.span());
  };
  add_output(1000, bytes_from_hex(pay_to_key), 0, Digest{});
  add_output(2000, bytes_from_hex("d0" + std::string(ref_a) + "d1" + std::string(ref_b) + "51"), 1,
             hash::sha256d(bytes_from_hex(ref_a)));
  test::Buffer preimage = bytes_from_hex(
      "0300000001000000c8a8835c1b0459e9f5c4b637b4e61533f8f1cf2250fc95d607620256ce7a34283bb13029ce7b1f559ef5e747fcac439f"
      "1455a2ec7c5f09b72290795e7066504402000000");
  test::append(preimage, hash::sha256d(outputs).span());
  test::append_le(preimage, std::uint32_t{0});
  EXPECT_EQ(batch.txid[0].display(), hash::sha256d(preimage).display());
}

TEST(Txid, segwit_is_hashed_without_marker_flag_and_witness) {
  test::Tx tx = test::payment(9);
  tx.inputs.push_back(test::payment(5).inputs[0]);
  tx.inputs[0].witness = {bytes_from_hex("30440220"), bytes_from_hex("")};
  const test::Buffer with_witness = test::serialize(tx, true);
  const test::Buffer without = test::serialize(tx, false);
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  ASSERT_EQ(parse_transaction(with_witness, Coin::bitcoin, batch, scratch, fault), ParseErrc::ok);
  EXPECT_EQ(batch.txid[0].display(), hash::sha256d(without).display());
  EXPECT_EQ(batch.tx_size[0], with_witness.size());
  EXPECT_EQ(batch.input_count(), 2U);
  ASSERT_EQ(parse_transaction(without, Coin::bitcoin, batch, scratch, fault), ParseErrc::ok);
  EXPECT_EQ(batch.txid[0].display(), hash::sha256d(without).display());
}

TEST(Txid, segwit_form_is_malformed_on_the_other_coins) {
  test::Tx tx = test::payment(9);
  tx.inputs[0].witness = {bytes_from_hex("30440220")};
  const test::Buffer raw = test::serialize(tx, true);
  TxBatch batch;
  ParseScratch scratch;
  ParseFault fault;
  EXPECT_EQ(parse_transaction(raw, Coin::radiant, batch, scratch, fault), ParseErrc::bad_inputs);
  EXPECT_EQ(parse_transaction(raw, Coin::bitcoin_cash, batch, scratch, fault), ParseErrc::bad_inputs);
}

}  // namespace
}  // namespace sluice::parse
