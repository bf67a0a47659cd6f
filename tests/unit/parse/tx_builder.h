// Serialises transactions and blocks field by field, for tests: the plain inverse of parse.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/hash256.h"
#include "base/hex.h"
#include "hash/sha256.h"
#include "source/format/raw_batch.h"

namespace sluice::test {

using Buffer = std::vector<std::byte>;

inline Buffer bytes_from_hex(std::string_view hex) {
  auto bytes = from_hex(hex);
  SLUICE_CHECK(bytes.has_value());
  return *bytes;
}

inline void append(Buffer& target, Bytes bytes) { target.insert(target.end(), bytes.begin(), bytes.end()); }

template <typename T>
void append_le(Buffer& target, T value) {
  append(target, bytes_of(value));
}

inline void append_compact_size(Buffer& target, std::uint64_t value) {
  if (value < 0xfd) {
    append_le(target, static_cast<std::uint8_t>(value));
  } else if (value <= 0xffff) {
    append_le(target, std::uint8_t{0xfd});
    append_le(target, static_cast<std::uint16_t>(value));
  } else if (value <= 0xffff'ffff) {
    append_le(target, std::uint8_t{0xfe});
    append_le(target, static_cast<std::uint32_t>(value));
  } else {
    append_le(target, std::uint8_t{0xff});
    append_le(target, value);
  }
}

struct Input {
  Txid txid;
  std::uint32_t index = 0;
  Buffer script;
  std::uint32_t sequence = 0xffff'ffff;
  std::vector<Buffer> witness;
};

struct Output {
  std::uint64_t value = 0;
  Buffer script;
};

struct Tx {
  std::int32_t version = 1;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::uint32_t lock_time = 0;
};

inline Buffer serialize(const Tx& tx, bool with_witness = false) {
  Buffer raw;
  append_le(raw, tx.version);
  if (with_witness) append_le(raw, std::uint16_t{0x0100});
  append_compact_size(raw, tx.inputs.size());
  for (const Input& input : tx.inputs) {
    append(raw, input.txid.span());
    append_le(raw, input.index);
    append_compact_size(raw, input.script.size());
    append(raw, input.script);
    append_le(raw, input.sequence);
  }
  append_compact_size(raw, tx.outputs.size());
  for (const Output& output : tx.outputs) {
    append_le(raw, output.value);
    append_compact_size(raw, output.script.size());
    append(raw, output.script);
  }
  if (with_witness) {
    for (const Input& input : tx.inputs) {
      append_compact_size(raw, input.witness.size());
      for (const Buffer& item : input.witness) {
        append_compact_size(raw, item.size());
        append(raw, item);
      }
    }
  }
  append_le(raw, tx.lock_time);
  return raw;
}

inline Input null_input() { return {Txid{}, 0xffff'ffff, bytes_from_hex("0151"), 0xffff'ffff, {}}; }

inline Tx coinbase(std::uint64_t value = 5'000'000'000) {
  return {1, {null_input()}, {{value, bytes_from_hex("76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac")}}, 0};
}

/// A payment whose single prevout is made from the seed.
inline Tx payment(std::uint8_t seed, std::uint64_t value = 1000) {
  Input input;
  input.txid.bytes.fill(std::byte{seed});
  input.index = seed;
  input.script = bytes_from_hex("0102");
  return {2, {input}, {{value, bytes_from_hex("51")}}, seed};
}

/// The merkle root by definition, one level at a time.
inline Digest merkle_root(std::vector<Digest> level) {
  SLUICE_CHECK(!level.empty());
  while (level.size() > 1) {
    if (level.size() % 2 != 0) level.push_back(level.back());
    for (std::size_t i = 0; i < level.size() / 2; ++i) {
      Buffer pair;
      append(pair, level[2 * i].span());
      append(pair, level[2 * i + 1].span());
      level[i] = hash::sha256d(pair);
    }
    level.resize(level.size() / 2);
  }
  return level.front();
}

/// Header (only the merkle root is set), count, transactions.
inline Buffer block_of(const std::vector<Buffer>& txs, const Digest& root) {
  Buffer block(80, std::byte{0});
  std::copy(root.bytes.begin(), root.bytes.end(), block.begin() + 36);
  append_compact_size(block, txs.size());
  for (const Buffer& tx : txs) append(block, tx);
  return block;
}

/// The same with the root of plain (not version-3, not segwit) transactions.
inline Buffer block_of(const std::vector<Buffer>& txs) {
  std::vector<Digest> txids;
  for (const Buffer& tx : txs) txids.push_back(hash::sha256d(tx));
  return block_of(txs, merkle_root(txids));
}

/// Owns the raw bytes of a batch. Blocks get heights 1, 2, 3, ... unless told otherwise.
class BatchBuilder {
 public:
  BatchBuilder& add(const Buffer& block) { return add(block, static_cast<std::uint32_t>(blocks_.size()) + 1); }
  BatchBuilder& add(const Buffer& block, std::uint32_t height) {
    source::RawBlock place;
    place.height = height;
    place.begin = static_cast<std::uint32_t>(size_);
    place.size = static_cast<std::uint32_t>(block.size());
    place.file_number = 7;
    place.file_offset = 1000 + size_;
    blocks_.push_back(place);
    raw_.resize(size_);
    append(raw_, block);
    size_ = raw_.size();
    raw_.resize(size_ + source::raw_padding_bytes, std::byte{0xee});
    return *this;
  }
  /// Valid until the next add.
  [[nodiscard]] source::RawBatch batch() const { return {Bytes(raw_).first(size_), blocks_}; }

 private:
  Buffer raw_;
  std::size_t size_ = 0;
  std::vector<source::RawBlock> blocks_;
};

}  // namespace sluice::test
