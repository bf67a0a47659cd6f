// The oracle's strings of bytes, and the types of the product.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::model {

[[nodiscard]] inline std::string text_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Bounds: 32 bytes at least.
template <typename Id>
[[nodiscard]] Id id_of(const std::string& text) {
  return Id::from_bytes(reinterpret_cast<const std::byte*>(text.data()));
}

/// Display form: hex of the bytes reversed.
[[nodiscard]] inline std::string shown(const std::string& id) { return id_of<Digest>(id).display(); }

}  // namespace sluice::model
