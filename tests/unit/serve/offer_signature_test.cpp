// Signatures made here by the library and checked over a preimage written out a second time, and what must not pass.
#include "serve/offer_signature.h"

#include <gtest/gtest.h>
#include <secp256k1.h>

#include <memory>

#include "base/hex.h"
#include "hash/sha256.h"
#include "serve/address.h"
#include "serve/token_name.h"
#include "support/offer_script.h"

namespace sluice::serve::test {
namespace {

using sluice::test::append_push;
using sluice::test::id_of;
using sluice::test::Script;
using sluice::test::terms_of;

const std::string ref_x = std::string(64, '1') + "00000000";
const std::string ref_y = "00" + std::string(62, '1') + "01000000";  // smaller as bytes, larger from its end

Script from_text(const std::string& hex) { return *from_hex(hex); }

/// A private key of 32 equal bytes.
class Signer {
 public:
  explicit Signer(unsigned char fill) {
    std::fill(std::begin(secret_), std::end(secret_), fill);
    secp256k1_pubkey key;
    EXPECT_EQ(secp256k1_ec_pubkey_create(context_.get(), &key, secret_), 1);
    std::size_t size = 33;
    public_key.resize(size);
    secp256k1_ec_pubkey_serialize(context_.get(), reinterpret_cast<unsigned char*>(public_key.data()), &size, &key,
                                  SECP256K1_EC_COMPRESSED);
  }
  /// DER, without hash type.
  [[nodiscard]] Script sign(const Digest& digest) const {
    secp256k1_ecdsa_signature signature;
    EXPECT_EQ(secp256k1_ecdsa_sign(context_.get(), &signature, reinterpret_cast<const unsigned char*>(digest.data()),
                                   secret_, nullptr, nullptr),
              1);
    Script der(72);
    std::size_t size = der.size();
    secp256k1_ecdsa_signature_serialize_der(context_.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                                            &signature);
    der.resize(size);
    return der;
  }
  [[nodiscard]] std::string p2pkh() const { return "76a914" + to_hex(key_hash(public_key)) + "88ac"; }

  Script public_key;

 private:
  struct Destroy {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
  };
  std::unique_ptr<secp256k1_context, Destroy> context_{secp256k1_context_create(SECP256K1_CONTEXT_SIGN)};
  unsigned char secret_[32];
};

std::string le_hex(std::uint64_t value, std::size_t bytes) {
  std::string hex;
  for (std::size_t i = 0; i < bytes; ++i) {
    const std::byte byte{static_cast<unsigned char>(value >> (8 * i))};
    append_hex(hex, std::span(&byte, 1));
  }
  return hex;
}

std::string double_hash(const std::string& hex) { return to_hex(hash::sha256d(from_text(hex)).span()); }

class OfferSignatures : public testing::Test {
 protected:
  /// The digest as the reference of the format lists its fields; sorted_refs: of the paid script, as the node sorts.
  [[nodiscard]] Digest digest(std::uint8_t hash_type = 0xc3) const {
    const std::string paid_size = le_hex(paid_script_.size() / 2, 1);
    const std::string refs = sorted_refs_.empty() ? std::string(64, '0') : double_hash(sorted_refs_);
    const std::string hash_output_hashes =
        double_hash(le_hex(paid_value_, 8) + double_hash(paid_script_) + le_hex(sorted_refs_.size() / 72, 4) + refs);
    const std::string preimage = "01000000" + std::string(128, '0') + to_hex(order_.id.offered.txid.span()) +
                                 le_hex(order_.id.offered.index, 4) + le_hex(script_.size() / 2, 1) + script_ +
                                 le_hex(static_cast<std::uint64_t>(value_), 8) + "ffffffff" + hash_output_hashes +
                                 double_hash(le_hex(paid_value_, 8) + paid_size + paid_script_) + "00000000" +
                                 le_hex(hash_type, 4);
    return hash::sha256d(from_text(preimage));
  }
  void put(Script signature, const Script& public_key, std::uint8_t hash_type = 0xc3) {
    signature.push_back(std::byte{hash_type});
    signature_.clear();
    append_push(signature_, signature);
    append_push(signature_, public_key);
  }
  [[nodiscard]] SignatureCheck check() {
    const Script script = from_text(script_);
    terms_ = terms_of(paid_value_, from_text(paid_script_));
    order_.price_terms = terms_;
    order_.signature = signature_;
    return check_signature(order_, value_, script);
  }

  OfferSignatures() {
    order_.id.offered = {Txid{id_of(0xc3, 1)}, 258};
    order_.version = 2;
  }

  Signer signer_{7};
  std::string script_ = signer_.p2pkh();
  std::int64_t value_ = 5'000'000'000;
  std::string paid_script_ = "76a914" + std::string(40, '9') + "88ac";
  std::uint64_t paid_value_ = 1234;
  std::string sorted_refs_;
  swap::Order order_;
  Script terms_;
  Script signature_;
};

TEST_F(OfferSignatures, OfPlainCoinsAndTokensHold) {
  const std::string key = signer_.p2pkh();
  for (const std::string& script :
       {key, "d8" + ref_x + "75" + key, key + "bdd0" + ref_x + "dec0e9aa76e378e4a269e69d"}) {
    script_ = script;
    put(signer_.sign(digest()), signer_.public_key);
    EXPECT_EQ(check(), SignatureCheck::valid) << script;
  }
}

TEST_F(OfferSignatures, CommitToTheRefsOfWhatIsPaid) {
  paid_script_ = "d0" + ref_x + "75d0" + ref_y + "75d0" + ref_x + "75" + paid_script_;
  sorted_refs_ = ref_x + ref_y;  // each once; the last byte but three decides
  put(signer_.sign(digest()), signer_.public_key);
  EXPECT_EQ(check(), SignatureCheck::valid);
  sorted_refs_ = ref_y + ref_x;
  put(signer_.sign(digest()), signer_.public_key);
  EXPECT_EQ(check(), SignatureCheck::invalid);
}

TEST_F(OfferSignatures, OfAnythingElseDoNotHold) {
  const Script good = signer_.sign(digest());
  put(good, signer_.public_key);
  ASSERT_EQ(check(), SignatureCheck::valid);
  const auto invalid_with = [&](auto& field, auto value) {
    std::swap(field, value);
    const SignatureCheck found = check();
    std::swap(field, value);
    return found == SignatureCheck::invalid;
  };
  EXPECT_TRUE(invalid_with(paid_value_, std::uint64_t{1235}));
  EXPECT_TRUE(invalid_with(paid_script_, "76a914" + std::string(40, '8') + "88ac"));
  EXPECT_TRUE(invalid_with(value_, std::int64_t{4'999'999'999}));
  EXPECT_TRUE(invalid_with(order_.id.offered.index, std::uint32_t{259}));
  EXPECT_TRUE(invalid_with(order_.id.offered.txid, Txid{id_of(0xc3, 2)}));
  EXPECT_TRUE(invalid_with(script_, Signer(8).p2pkh())) << "the coin is another key's";
  EXPECT_EQ(check(), SignatureCheck::valid);

  put(Signer(8).sign(digest()), signer_.public_key);
  EXPECT_EQ(check(), SignatureCheck::invalid) << "signed by another key";
  put(Signer(8).sign(digest()), Signer(8).public_key);
  EXPECT_EQ(check(), SignatureCheck::invalid) << "by another key, which it names";
  put(signer_.sign(digest(0xc2)), signer_.public_key, 0xc2);
  EXPECT_EQ(check(), SignatureCheck::invalid) << "c2 commits to no output";
  put(good, signer_.public_key, 0xc1);
  EXPECT_EQ(check(), SignatureCheck::invalid);
  put(Script(good.begin(), good.end() - 1), signer_.public_key);
  EXPECT_EQ(check(), SignatureCheck::invalid) << "cut off";
}

TEST_F(OfferSignatures, OfOtherFormsCannotBeTold) {
  put(Script(64), signer_.public_key);
  EXPECT_EQ(check(), SignatureCheck::unknown) << "Schnorr";
  put(signer_.sign(digest()), signer_.public_key);
  const Script whole = signature_;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    signature_.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(check(), SignatureCheck::unknown) << size;
  }
  signature_ = whole;
  signature_.push_back(std::byte{0x51});
  EXPECT_EQ(check(), SignatureCheck::unknown) << "something behind";
  signature_ = whole;
  script_ = "a914" + std::string(40, '9') + "87";
  EXPECT_EQ(check(), SignatureCheck::unknown) << "P2SH";
}

TEST(HeldTokens, AreThoseOfTheRefs) {
  const Script key = from_text(Signer(7).p2pkh());
  const Script token = from_text("d0" + ref_x + "75d8" + ref_y + "75" + Signer(7).p2pkh());
  EXPECT_TRUE(holds_token(key, swap::TokenId{}));
  EXPECT_FALSE(holds_token(token, swap::TokenId{}));
  EXPECT_TRUE(holds_token(token, token_of_ref(from_text(ref_x))));
  EXPECT_TRUE(holds_token(token, token_of_ref(from_text(ref_y))));
  EXPECT_FALSE(holds_token(key, token_of_ref(from_text(ref_x))));
}

}  // namespace
}  // namespace sluice::serve::test
