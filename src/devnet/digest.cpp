#include "devnet/digest.h"

#include <openssl/evp.h>

#include <array>

#include "base/check.h"

namespace sluice::devnet {
namespace {

// One context per algorithm and thread, fetched once: OpenSSL 3 spends more time on looking an
// algorithm up than on hashing a small transaction.
class Hasher {
 public:
  explicit Hasher(const char* name) : method_(EVP_MD_fetch(nullptr, name, nullptr)), context_(EVP_MD_CTX_new()) {
    SLUICE_CHECK(method_ != nullptr);
    SLUICE_CHECK(context_ != nullptr);
  }
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  ~Hasher() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(method_);
  }

  Digest once(Bytes data) {
    Digest digest;
    unsigned size = 0;
    SLUICE_CHECK(EVP_DigestInit_ex2(context_, method_, nullptr) == 1);
    SLUICE_CHECK(EVP_DigestUpdate(context_, data.data(), data.size()) == 1);
    SLUICE_CHECK(EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(digest.data()), &size) == 1);
    SLUICE_CHECK(size == 32);
    return digest;
  }

 private:
  EVP_MD* method_;
  EVP_MD_CTX* context_;
};

Hasher& short_hasher() {
  thread_local Hasher hasher("SHA256");
  return hasher;
}

Hasher& long_hasher() {
  thread_local Hasher hasher("SHA512-256");
  return hasher;
}

}  // namespace

Digest sha256(Bytes data) { return short_hasher().once(data); }

Digest double_sha256(Bytes data) { return sha256(sha256(data).span()); }

Digest double_sha512_256(Bytes data) { return long_hasher().once(long_hasher().once(data).span()); }

Digest merkle_root(std::vector<Digest> level) {
  SLUICE_CHECK(!level.empty());
  while (level.size() > 1) {
    if (level.size() % 2 == 1) level.push_back(level.back());
    for (std::size_t i = 0; i < level.size() / 2; ++i) {
      std::array<std::byte, 64> pair;
      std::memcpy(pair.data(), level[2 * i].data(), 32);
      std::memcpy(pair.data() + 32, level[2 * i + 1].data(), 32);
      level[i] = double_sha256(pair);
    }
    level.resize(level.size() / 2);
  }
  return level[0];
}

}  // namespace sluice::devnet
