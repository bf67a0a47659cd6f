// Refs in the mempool: minted there, and a singleton on its way from spender to spender.
#include <gtest/gtest.h>

#include "client.h"
#include "fake_mempool.h"

namespace sluice::serve::test {
namespace {

class Refs : public ::testing::Test {
 protected:
  Refs() {
    client.context.mempool = &mempool;
    named.txid.bytes.fill(std::byte{0x44});
    named.index = 5;
    std::copy(named.txid.bytes.begin(), named.txid.bytes.end(), ref.begin());
    ref[32] = std::byte{5};
  }
  static Txid id(std::uint8_t n) {
    Txid txid;
    txid.bytes.fill(std::byte{n});
    return txid;
  }
  /// A transaction whose second output pushes the ref with this opcode: d0 normal, d8 singleton.
  std::vector<std::byte> pushing(const std::string& opcode) const {
    return *from_hex("0100000001" + std::string(64, '3') + "00000000" + "00" + "ffffffff" + "02" + "0700000000000000" +
                     "0151" + "0100000000000000" + "27" + opcode + to_hex(ref) + "7551" + "00000000");
  }
  void add_unconfirmed(std::uint8_t n, const std::string& opcode, const Outpoint& spends) {
    mempool.add_tx(id(n), pushing(opcode));
    mempool.spenders[spends] = id(n);
  }
  std::string get() { return client.call("blockchain.ref.get", "[\"" + std::string(64, '4') + "00000005\"]"); }
  static std::string place(const Txid& txid, int height) {
    return "{\"tx_hash\":\"" + txid.display() + "\",\"height\":" + std::to_string(height) + "}";
  }

  FakeView view{chain::Coin::radiant, {0, 1, 3, 2}};
  FakeMempool mempool;
  Client client{view};
  Outpoint named;
  std::array<std::byte, 36> ref{};
};

TEST_F(Refs, MintedInTheMempool) {
  add_unconfirmed(1, "d0", {id(0x66), 0});
  EXPECT_EQ(get(), "[]") << "it carries the ref, but spends another outpoint";
  add_unconfirmed(2, "d0", named);
  EXPECT_EQ(get(), "[" + place(id(2), 0) + "," + place(id(2), 0) + "]");
  add_unconfirmed(2, "d8", named);
  add_unconfirmed(3, "d8", {id(2), 1});
  add_unconfirmed(4, "d8", {id(3), 0});  // spends the output beside it
  EXPECT_EQ(get(), "[" + place(id(2), 0) + "," + place(id(3), 0) + "]");
}

TEST_F(Refs, ASpenderThatPushesNoRefMintsNone) {
  mempool.add_tx(
      id(2), *from_hex("0100000001" + std::string(64, '3') + "0000000000ffffffff0107000000000000000151" + "00000000"));
  mempool.spenders[named] = id(2);
  EXPECT_EQ(get(), "[]");
}

TEST_F(Refs, ASingletonGoesOnInTheMempool) {
  view.places_of_refs[ref] = {1, 4};
  view.raw[4] = pushing("d8");
  const Txid mint = view.txid(1).value();
  const Txid latest = view.txid(4).value();
  EXPECT_EQ(get(), "[" + place(mint, 2) + "," + place(latest, 3) + "]");
  add_unconfirmed(7, "d8", {latest, 1});
  add_unconfirmed(8, "d8", {id(7), 1});
  EXPECT_EQ(get(), "[" + place(mint, 2) + "," + place(id(8), 0) + "]");
  mempool.spenders[{id(8), 1}] = id(9);  // not in the mempool any more
  EXPECT_EQ(get(), "[" + place(mint, 2) + "," + place(id(8), 0) + "]");
  mempool.spenders[{id(8), 1}] = id(7);  // what no chain allows still has an end
  EXPECT_TRUE(get().starts_with("[" + place(mint, 2) + ","));
}

TEST_F(Refs, ASingletonThatNeverMovedGoesOnFromItsMint) {
  view.places_of_refs[ref] = {1, std::nullopt};
  view.raw[1] = pushing("d8");
  add_unconfirmed(7, "d8", {view.txid(1).value(), 1});
  EXPECT_EQ(get(), "[" + place(view.txid(1).value(), 2) + "," + place(id(7), 0) + "]");
}

TEST_F(Refs, AConfirmedNormalRefStaysWhereItWasMinted) {
  view.places_of_refs[ref] = {1, std::nullopt};
  view.raw[1] = pushing("d0");
  add_unconfirmed(2, "d0", {view.txid(1).value(), 1});
  EXPECT_EQ(get(), "[" + place(view.txid(1).value(), 2) + "," + place(view.txid(1).value(), 2) + "]");
}

TEST_F(Refs, WhatCannotBeReadIsAnInternalError) {
  view.places_of_refs[ref] = {1, 4};
  add_unconfirmed(7, "d8", {view.txid(4).value(), 1});
  EXPECT_EQ(get(), error_text(-32603, "internal server error"));
}

}  // namespace
}  // namespace sluice::serve::test
