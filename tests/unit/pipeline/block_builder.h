// Blocks made to measure: true merkle root, linked, with proof of work, and whatever is wrong inside.
//
// What a node would never accept can stand here, so that only the indexer's own checks are between
// it and the index. Radiant's regtest; hashing is the generator's (OpenSSL), not the pipeline's.
#pragma once

#include <utility>
#include <vector>

#include "devnet/buffer.h"
#include "devnet/digest.h"

namespace sluice::pipeline::test {

using devnet::Buffer;

struct CraftedInput {
  Digest txid;
  std::uint32_t index = 0;
};

/// One transaction; values 1000 each, scripts that pay to a hash made of `salt`.
inline Buffer make_tx(const std::vector<CraftedInput>& inputs, std::size_t output_count, std::uint8_t salt,
                      std::size_t script_bytes = 0) {
  Buffer tx;
  devnet::put_le(tx, std::uint32_t{1});
  devnet::put_compact(tx, inputs.size());
  for (const CraftedInput& input : inputs) {
    devnet::put_bytes(tx, Bytes(input.txid.data(), 32));
    devnet::put_le(tx, input.index);
    devnet::put_compact(tx, 2);
    devnet::put(tx, {1, salt});
    devnet::put_le(tx, ~std::uint32_t{0});
  }
  devnet::put_compact(tx, output_count);
  for (std::size_t i = 0; i < output_count; ++i) {
    devnet::put_le(tx, std::uint64_t{1000});
    Buffer script;
    devnet::put(script, {0x76, 0xa9, 0x14});
    script.resize(script.size() + 20, static_cast<std::byte>(salt + i));
    devnet::put(script, {0x88, 0xac});
    while (script.size() < script_bytes) script.push_back(std::byte{0x61});
    devnet::put_compact(tx, script.size());
    devnet::put_bytes(tx, script);
  }
  devnet::put_le(tx, std::uint32_t{0});
  return tx;
}

inline Digest txid_of(const Buffer& tx) { return devnet::double_sha256(tx); }

class BlockBuilder {
 public:
  explicit BlockBuilder(const std::vector<std::byte>& genesis) : time_(load_le<std::uint32_t>(genesis.data() + 68)) {
    raws.push_back(genesis);
  }

  static Buffer coinbase(std::uint32_t height) {
    Buffer tx = make_tx({{Digest{}, ~std::uint32_t{0}}}, 1, static_cast<std::uint8_t>(height));
    store_le(tx.data() + 4 + 1 + 36 + 1, static_cast<std::uint16_t>(height + 0x0101));  // the two bytes of its script
    return tx;
  }

  /// A block of a coinbase and the given transactions.
  void add(const std::vector<Buffer>& txs) {
    std::vector<Buffer> all{coinbase(height())};
    all.insert(all.end(), txs.begin(), txs.end());
    std::vector<Digest> ids;
    Buffer body;
    devnet::put_compact(body, all.size());
    for (const Buffer& tx : all) {
      ids.push_back(txid_of(tx));
      devnet::put_bytes(body, tx);
    }
    add_body(devnet::merkle_root(std::move(ids)), body);
  }
  /// A block of any bytes under a header with the given root.
  void add_body(const Digest& root, const Buffer& body) {
    Buffer raw;
    devnet::put_le(raw, std::uint32_t{0x20000000});
    devnet::put_bytes(raw, Bytes(tip().data(), 32));
    devnet::put_bytes(raw, Bytes(root.data(), 32));
    devnet::put_le(raw, time_ += 60);
    devnet::put_le(raw, std::uint32_t{0x207fffff});
    devnet::put_le(raw, std::uint32_t{0});
    mine(raw);
    devnet::put_bytes(raw, body);
    raws.push_back(std::move(raw));
  }

  /// Height of the next block.
  [[nodiscard]] std::uint32_t height() const { return static_cast<std::uint32_t>(raws.size()); }

  std::vector<std::vector<std::byte>> raws;  ///< [height]

  /// Sets the nonce at which the header's hash meets the easy target.
  static void mine(std::vector<std::byte>& raw) {
    for (std::uint32_t nonce = 0;; ++nonce) {
      store_le(raw.data() + 76, nonce);
      const Digest hash = devnet::double_sha512_256(Bytes(raw).first(80));
      if (std::to_integer<int>(hash.data()[31]) < 0x7f) return;
    }
  }

 private:
  [[nodiscard]] Digest tip() const { return devnet::double_sha512_256(Bytes(raws.back()).first(80)); }
  std::uint32_t time_;
};

}  // namespace sluice::pipeline::test
