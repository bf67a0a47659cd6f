// SHA-512/256: the chain facts' vectors, and OpenSSL over every length.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <vector>

#include "base/hex.h"
#include "base/random.h"
#include "hash/sha512_256.h"

namespace sluice::hash {
namespace {

Digest openssl_sha512_256(Bytes message) {
  Digest digest;
  unsigned size = 0;
  EXPECT_EQ(EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                       EVP_sha512_256(), nullptr),
            1);
  EXPECT_EQ(size, 32U);
  return digest;
}

TEST(Sha512_256, Vectors) {
  constexpr std::string_view abc = "abc";
  EXPECT_EQ(to_hex(sha512_256(std::as_bytes(std::span(abc))).span()),
            "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
  EXPECT_EQ(to_hex(sha512_256({}).span()), "c672b8d1ef56ed28ab87c3622c5114069bdd3ad7b8f9737498d0c01ecef0967a");
  EXPECT_EQ(to_hex(sha512_256d({}).span()), "3190a498affd17163396daaf839d069b1c14dcd271576ef26b20272863adeec6");
}

TEST(Sha512_256, EveryLengthMatchesOpenSsl) {
  Random random(1);
  std::vector<std::byte> bytes(1000);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random.next());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const Bytes message(bytes.data(), size);
    ASSERT_EQ(sha512_256(message), openssl_sha512_256(message)) << size;
    ASSERT_EQ(sha512_256d(message), openssl_sha512_256(openssl_sha512_256(message).span())) << size;
  }
}

}  // namespace
}  // namespace sluice::hash
