// Shown: an offer in a batch becomes an order of its own memory.
#include <gtest/gtest.h>

#include <optional>

#include "classify/rswp.h"
#include "swap/advertisement.h"
#include "tx_builder.h"

namespace sluice::swap {
namespace {

std::string repeated(const std::string& text) {
  std::string all;
  for (int i = 0; i < 31; ++i) all += text;
  return all;
}

TEST(Advertisement, OwnsWhatTheOfferSays) {
  const std::string token = repeated("a1") + "01";
  const std::string want = repeated("b2") + "02";
  const std::string utxo = repeated("c3") + "03";
  auto script = test::bytes_from_hex(
      "6a045253575001020101010201"
      "0120" +
      token + "20" + want + "20" + utxo +
      "0105"
      "01aa"
      "02bbcc"
      "01dd");
  const auto parsed = classify::parse_swap(script, 0, {});
  ASSERT_EQ(parsed.verdict, classify::SwapVerdict::offer);
  std::optional<Advertisement> first(std::in_place, script, parsed.offer, AdPlace{77, 3});
  std::fill(script.begin(), script.end(), std::byte{0});
  const Advertisement advertisement = std::move(*first);
  first.reset();

  const Order& order = advertisement.order();
  EXPECT_EQ(order.id.token[31], std::byte{0x01});
  EXPECT_EQ(order.want[0], std::byte{0xb2});
  EXPECT_EQ(order.id.offered.txid.display(), "03" + repeated("c3"));
  EXPECT_EQ(order.id.offered.index, 5U);
  EXPECT_EQ(order.version, 2);
  EXPECT_EQ(order.flags, 1);
  EXPECT_EQ(order.offered_type, 2);
  EXPECT_EQ(order.terms_type, 1);
  EXPECT_EQ(order.ad, (AdPlace{77, 3}));
  EXPECT_EQ(order.spent_by, 0U);
  ASSERT_EQ(order.price_terms.size(), 3U);
  EXPECT_EQ(order.price_terms[2], std::byte{0xcc});
  ASSERT_EQ(order.signature.size(), 1U);
  EXPECT_EQ(order.signature[0], std::byte{0xdd});
}

}  // namespace
}  // namespace sluice::swap
