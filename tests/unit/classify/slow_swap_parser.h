// The swap offer rules written down as literally as possible, slowly, to check the real parser
// against. Shares nothing with it: own operation list, copies of all data.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tx_builder.h"

namespace sluice::test {

struct SlowOffer {
  int version = 0;
  int flags = 0;
  int offered_type = 0;
  int terms_type = 0;
  Buffer token;
  std::optional<Buffer> want;
  Buffer utxo_hash;
  std::uint32_t utxo_index = 0;
  Buffer price_terms;
  Buffer signature;
  friend bool operator==(const SlowOffer&, const SlowOffer&) = default;
};

struct SlowOp {
  int opcode = 0;
  Buffer data;
};

/// All whole operations from the start; stops without a word at one that is cut.
inline std::vector<SlowOp> slow_ops(const Buffer& script) {
  std::vector<SlowOp> ops;
  std::size_t i = 0;
  const auto byte_at = [&](std::size_t at) { return std::to_integer<std::uint64_t>(script.at(at)); };
  while (i < script.size()) {
    const int opcode = static_cast<int>(byte_at(i++));
    std::uint64_t size = 0;
    if (opcode <= 75) size = static_cast<std::uint64_t>(opcode);
    if (opcode >= 76 && opcode <= 78) {
      const std::size_t width = opcode == 76 ? 1 : opcode == 77 ? 2 : 4;
      if (script.size() - i < width) return ops;
      for (std::size_t k = width; k-- > 0;) size = size * 256 + byte_at(i + k);
      i += width;
    }
    if (opcode == 208 || opcode == 209 || opcode == 210 || opcode == 211 || opcode == 216) size = 36;
    if (script.size() - i < size) return ops;
    SlowOp op{opcode, {}};
    for (std::uint64_t k = 0; k < size; ++k) op.data.push_back(script[i++]);
    ops.push_back(op);
  }
  return ops;
}

inline std::optional<std::uint32_t> slow_index(const SlowOp& op, bool op_number_index) {
  if (op.opcode >= 208) {
    if (op.data.size() == 36) return std::nullopt;
    return 0;
  }
  if (op.opcode > 78)
    return op_number_index && op.opcode >= 0x51 && op.opcode <= 0x60 ? static_cast<std::uint32_t>(op.opcode - 0x50) : 0;
  if (op.data.size() > 4) return std::nullopt;
  std::int64_t value = 0;
  for (std::size_t k = op.data.size(); k-- > 0;)
    value = value * 256 + std::to_integer<int>(k + 1 == op.data.size() ? op.data[k] & std::byte{0x7f} : op.data[k]);
  if (!op.data.empty() && (op.data.back() & std::byte{0x80}) != std::byte{0}) value = -value;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
}

inline std::optional<SlowOffer> slow_parse_swap(const Buffer& script, bool op_number_index = false) {
  if (script.empty() || script[0] != std::byte{0x6a}) return std::nullopt;
  const std::vector<SlowOp> ops = slow_ops(script);
  std::size_t next = 1;
  const auto take = [&]() -> std::optional<SlowOp> {
    return next < ops.size() ? std::optional(ops[next++]) : std::nullopt;
  };
  const auto take_sized = [&](std::size_t size) -> std::optional<Buffer> {
    const auto op = take();
    return op && op->data.size() == size ? std::optional(op->data) : std::nullopt;
  };
  const auto protocol = take_sized(4);
  if (!protocol || *protocol != bytes_from_hex("52535750")) return std::nullopt;
  SlowOffer offer;
  const auto version = take_sized(1);
  if (!version) return std::nullopt;
  offer.version = std::to_integer<int>((*version)[0]);
  const auto first_byte = take_sized(1);  // type, or flags
  if (!first_byte) return std::nullopt;
  if (offer.version == 2) {
    offer.flags = std::to_integer<int>((*first_byte)[0]);
    const auto offered_type = take_sized(1);
    const auto terms_type = offered_type ? take_sized(1) : std::nullopt;
    if (!terms_type) return std::nullopt;
    offer.offered_type = std::to_integer<int>((*offered_type)[0]);
    offer.terms_type = std::to_integer<int>((*terms_type)[0]);
  }
  const auto token = take_sized(32);
  if (!token) return std::nullopt;
  offer.token = *token;
  if (offer.version == 2 && offer.flags % 2 == 1) {
    const auto want = take_sized(32);
    if (!want) return std::nullopt;
    if (*want != Buffer(32, std::byte{0})) offer.want = *want;
  }
  const auto utxo_hash = take_sized(32);
  if (!utxo_hash) return std::nullopt;
  offer.utxo_hash = *utxo_hash;
  const auto index_op = take();
  if (!index_op) return std::nullopt;
  const auto index = slow_index(*index_op, op_number_index);
  if (!index) return std::nullopt;
  offer.utxo_index = *index;
  if (offer.version == 2) {
    if (ops.size() < next + 2) return std::nullopt;
    for (std::size_t k = next; k < ops.size(); ++k) {
      if (ops[k].opcode > 0x4e) return std::nullopt;
      if (k + 1 < ops.size()) append(offer.price_terms, ops[k].data);
    }
    offer.signature = ops.back().data;
    return offer;
  }
  const auto terms = take();
  const auto signature = take();
  if (!signature) return std::nullopt;
  offer.price_terms = terms->data;
  offer.signature = signature->data;
  return offer;
}

}  // namespace sluice::test
