// What terms say, whatever their bytes: the form, its bounds, the fallback, who is paid.
#include "serve/price_terms.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "chain/coin.h"
#include "hash/sha256.h"
#include "support/offer_script.h"

namespace sluice::serve::test {
namespace {

using sluice::test::p2pkh_of;
using sluice::test::Script;
using sluice::test::script_of_bytes;
using sluice::test::terms_of;

Script from_text(std::string_view hex) { return *from_hex(hex); }

Script wrapped(std::string_view before, const Script& script, std::string_view behind) {
  Script whole = from_text(before);
  whole.insert(whole.end(), script.begin(), script.end());
  const Script tail = from_text(behind);
  whole.insert(whole.end(), tail.begin(), tail.end());
  return whole;
}

const std::string ref_hex(72, '5');

TEST(PriceTerms, AreOutputs) {
  const Script bytes = from_text(
      "02"
      "e803000000000000"
      "0151"
      "0100000000000000"
      "00");
  const auto terms = decode_price_terms(bytes);
  ASSERT_TRUE(terms);
  EXPECT_FALSE(terms->is_fallback);
  ASSERT_EQ(terms->outputs.size(), 2u);
  EXPECT_EQ(terms->outputs[0].value, 1000u);
  EXPECT_EQ(to_hex(terms->outputs[0].script), "51");
  EXPECT_TRUE(terms->outputs[1].script.empty());
  EXPECT_EQ(terms->sum(), 1001u);
}

TEST(PriceTerms, ASumDoesNotWrap) {
  const Script bytes = from_text(
      "02"
      "ffffffffffffffff"
      "00"
      "0100000000000000"
      "00");
  const auto terms = decode_price_terms(bytes);
  ASSERT_TRUE(terms);
  EXPECT_EQ(terms->sum(), UINT64_MAX);
}

TEST(PriceTerms, OfAnotherFormAreOneOutput) {
  for (const std::string_view text : {
           "00"
           "e803000000000000",  // no outputs
           "01"
           "e803000000000000"
           "0151"
           "00",  // something behind
           "01"
           "e803000000000000"
           "0251",  // cut off
           "fdffff"
           "e803000000000000",  // more outputs than bytes
           "ffffffffffffffffff"
           "e803000000000000",  // a count beyond all bounds
           "01"
           "e803000000000000"
           "ffffffffffffffffff",
       }) {
    const Script bytes = from_text(text);
    const auto terms = decode_price_terms(bytes);
    ASSERT_TRUE(terms) << text;
    EXPECT_TRUE(terms->is_fallback) << text;
    ASSERT_EQ(terms->outputs.size(), 1u) << text;
    EXPECT_EQ(terms->outputs[0].value, load_le<std::uint64_t>(bytes.data())) << text;
    EXPECT_EQ(terms->outputs[0].script.size(), bytes.size() - 8) << text;
  }
}

TEST(PriceTerms, ThatAreTooShortSayNothing) {
  const Script bytes = from_text("001122334455667788");
  for (std::size_t size = 0; size <= bytes.size(); ++size)
    EXPECT_EQ(decode_price_terms(Bytes(bytes).first(size)).has_value(), size == 9) << size;
}

TEST(PriceTerms, HaveAThousandOutputsAtMost) {
  for (const std::size_t count : {std::size_t{1000}, std::size_t{1001}}) {
    Script bytes = from_text(count == 1000 ? "fde803" : "fde903");
    bytes.resize(bytes.size() + 9 * count);
    const auto terms = decode_price_terms(bytes);
    ASSERT_TRUE(terms);
    EXPECT_EQ(terms->is_fallback, count > 1000);
  }
}

TEST(PaymentScript, IsWhatTokensAreWrappedAround) {
  const Script key = p2pkh_of(7);
  const Script hash = from_text("a914" + std::string(40, '9') + "87");
  const std::string ft_tail = "bdd0" + ref_hex + "dec0e9aa76e378e4a269e69d";
  for (const Script& script : {key, hash}) {
    EXPECT_EQ(to_hex(*payment_script(script)), to_hex(script));
    for (const Script& token : {wrapped("d8" + ref_hex + "75", script, ""), wrapped("", script, ft_tail),
                                wrapped("d8" + ref_hex + "75d0" + ref_hex + "75", script, ""),
                                wrapped("d0" + ref_hex + "75", script, "bd")}) {
      const auto payment = payment_script(token);
      ASSERT_TRUE(payment) << to_hex(token);
      EXPECT_EQ(to_hex(*payment), to_hex(script));
    }
  }
}

TEST(PaymentScript, IsMissingInAnythingElse) {
  const Script key = p2pkh_of(7);
  EXPECT_FALSE(payment_script({}));
  EXPECT_FALSE(payment_script(script_of_bytes({0x51})));
  EXPECT_FALSE(payment_script(wrapped("", key, "51"))) << "only a state separator may follow";
  EXPECT_FALSE(payment_script(wrapped("d8" + ref_hex, key, ""))) << "the ref stays on the stack";
  EXPECT_FALSE(payment_script(wrapped("d1" + ref_hex + "75", key, ""))) << "not a ref that a token pushes";
  EXPECT_FALSE(payment_script(from_text("d8" + ref_hex + "75")));
}

TEST(Maker, IsWhoTheFirstPayingOutputPays) {
  const Script bytes = wrapped(
      "02"
      "0100000000000000"
      "0151"
      "0200000000000000"
      "19",
      p2pkh_of(7), "");
  const auto terms = decode_price_terms(bytes);
  ASSERT_TRUE(terms);
  const auto maker = maker_of(*terms);
  ASSERT_TRUE(maker);
  EXPECT_EQ(maker->scripthash.display(), hash_cast<ScriptHash>(hash::sha256(p2pkh_of(7))).display());
  EXPECT_EQ(maker->address(*chain::find_network("Radiant", "mainnet")), "1eA9ctCNq41iLLnQErtTUVdxpRyZ9hZmW")
      << "base58check of 00 and 20 times 07";
  const Script nobody = terms_of(5, script_of_bytes({0x51}));
  EXPECT_FALSE(maker_of(*decode_price_terms(nobody)));
}

}  // namespace
}  // namespace sluice::serve::test
