// Shown: every rule of the Bitcoin Cash token prefix, each broken alone, and that no byte string
// makes the parser claim more than there is.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "classify/token_prefix.h"
#include "tx_builder.h"

namespace sluice::classify {
namespace {

using test::Buffer;
using test::bytes_from_hex;

const std::string head = "ef" + std::string(64, 'c');

std::size_t prefix_size(const std::string& hex) { return token_prefix_size(bytes_from_hex(hex)); }

TEST(TokenPrefix, well_formed) {
  EXPECT_EQ(prefix_size(head + "1001"), 35U);  // amount 1
  EXPECT_EQ(prefix_size(head + "10fc51"), 35U);
  EXPECT_EQ(prefix_size(head + "10fdfd0051"), 37U);
  EXPECT_EQ(prefix_size(head + "10feffffffff51"), 39U);
  EXPECT_EQ(prefix_size(head + "10ffffffffffffffff7f51"), 43U);  // the largest amount
  EXPECT_EQ(prefix_size(head + "20"), 34U);                      // immutable NFT, nothing else
  EXPECT_EQ(prefix_size(head + "2151"), 34U);
  EXPECT_EQ(prefix_size(head + "2251"), 34U);
  EXPECT_EQ(prefix_size(head + "6001aa51"), 36U);                       // commitment of one byte
  EXPECT_EQ(prefix_size(head + "6228" + std::string(80, 'a')), 75U);    // of 40
  EXPECT_EQ(prefix_size(head + "6080" + std::string(256, 'a')), 163U);  // of 128
  EXPECT_EQ(prefix_size(head + "7202aabb0551"), 38U);                   // minting, commitment, amount 5
}

TEST(TokenPrefix, malformed) {
  for (const std::string& hex : {
           std::string(),
           std::string("ee"),
           std::string("ef"),
           head,  // no bitfield
           head + "00",
           head + "01",  // neither amount nor NFT
           head + "9001",
           head + "a0",
           head + "80",  // reserved bit
           head + "23",
           head + "2f",  // capability above minting
           head + "1101",
           head + "1201",  // capability without NFT
           head + "4001aa",
           head + "5001aa01",  // commitment without NFT
           head + "6000",
           head + "60",                            // empty commitment; its size missing
           head + "6002aa",                        // commitment cut
           head + "6081" + std::string(258, 'a'),  // longer than ever allowed
           head + "60fd0100aa",
           head + "10fdfc00",
           head + "10fe00010000",
           head + "10ffffffffff00000000",
           head + "1000",  // amount 0
           head + "10",
           head + "10fd01",
           head + "10feffffff",
           head + "10ffffffffffffff7f",
           head + "10ff0000000000000080",  // amount 2^63
       }) {
    EXPECT_EQ(prefix_size(hex), 0U) << hex;
    EXPECT_EQ(strip_token_prefix(bytes_from_hex(hex)).size(), hex.size() / 2);
  }
}

TEST(TokenPrefix, total_on_any_bytes) {
  EXPECT_TRUE(rc::check([] {
    Buffer field = bytes_from_hex(head);
    field.push_back(static_cast<std::byte>(*rc::gen::inRange(0, 256)));
    const auto rest = *rc::gen::container<std::vector<int>>(
        rc::gen::oneOf(rc::gen::inRange(0, 256), rc::gen::element(0, 1, 0xfd, 0xfe, 0xff)));
    for (const int b : rest) field.push_back(static_cast<std::byte>(b));
    const std::size_t size = token_prefix_size(field);
    RC_ASSERT(size <= field.size());
    // What is behind a prefix never decides about it.
    if (size != 0) {
      RC_ASSERT(token_prefix_size(Bytes(field).first(size)) == size);
      RC_ASSERT(token_prefix_size(Bytes(field).first(size - 1)) == 0U);  // one byte less of it is none
    }
  }));
}

}  // namespace
}  // namespace sluice::classify
