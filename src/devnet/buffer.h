// Appending to a byte buffer in the node's serialisation: little endian, compact sizes, pushes.
#pragma once

#include <initializer_list>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace sluice::devnet {

using Buffer = std::vector<std::byte>;

inline void put(Buffer& target, std::initializer_list<int> bytes) {
  for (const int value : bytes) target.push_back(static_cast<std::byte>(value));
}

inline void put_bytes(Buffer& target, Bytes bytes) { target.insert(target.end(), bytes.begin(), bytes.end()); }

template <typename T>
inline void put_le(Buffer& target, T value) {
  const std::size_t at = target.size();
  target.resize(at + sizeof value);
  store_le(target.data() + at, value);
}

inline void put_compact(Buffer& target, std::uint64_t value) {
  if (value < 0xfd) put_le(target, static_cast<std::uint8_t>(value));
  else if (value <= 0xffff) put(target, {0xfd}), put_le(target, static_cast<std::uint16_t>(value));
  else if (value <= 0xffffffff) put(target, {0xfe}), put_le(target, static_cast<std::uint32_t>(value));
  else put(target, {0xff}), put_le(target, value);
}

inline void put_random(Buffer& target, Random& random, std::size_t count) {
  const std::size_t at = target.size();
  target.resize(at + (count + 7) / 8 * 8);
  for (std::size_t i = 0; i < count; i += 8) store_le(target.data() + at + i, random.next());
  target.resize(at + count);
}

/// The shortest push of data: direct up to 75 bytes, else PUSHDATA1 or PUSHDATA2.
inline void put_push(Buffer& target, Bytes data) {
  const std::size_t size = data.size();
  if (size <= 75) put_le(target, static_cast<std::uint8_t>(size));
  else if (size <= 0xff) put(target, {0x4c, static_cast<int>(size)});
  else put(target, {0x4d}), put_le(target, static_cast<std::uint16_t>(size));
  put_bytes(target, data);
}

}  // namespace sluice::devnet
