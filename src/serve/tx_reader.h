// Fields of one raw transaction, for rendering. Views into the raw bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace sluice::serve {

struct TxInputView {
  Bytes prevout_txid;  ///< 32 bytes, internal order
  std::uint32_t prevout_index = 0;
  Bytes script;
  std::uint32_t sequence = 0;
  std::vector<Bytes> witness;
};

struct TxOutputView {
  std::int64_t value = 0;
  Bytes script;
};

struct TxView {
  std::int32_t version = 0;
  std::vector<TxInputView> inputs;
  std::vector<TxOutputView> outputs;
  std::uint32_t locktime = 0;
  bool has_witness = false;
  std::size_t witness_bytes = 0;  ///< marker, flag and witness stacks
};

/// false unless the bytes are one transaction and nothing else.
/// Bounds: counts are checked against the bytes left before anything is reserved.
[[nodiscard]] bool read_transaction(Bytes raw, bool segwit, TxView& target);

/// Reads compact sizes and fixed fields with bounds checks; after a failure everything reads as zero.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - at_; }
  [[nodiscard]] std::size_t at() const noexcept { return at_; }
  [[nodiscard]] std::uint8_t peek(std::size_t ahead) const noexcept {
    return ahead < left() ? static_cast<std::uint8_t>(bytes_[at_ + ahead]) : std::uint8_t{0};
  }
  Bytes take(std::uint64_t size) noexcept {
    if (failed_ || size > left()) {
      failed_ = true;
      return {};
    }
    at_ += static_cast<std::size_t>(size);
    return bytes_.subspan(at_ - static_cast<std::size_t>(size), static_cast<std::size_t>(size));
  }
  template <typename T>
  T number() noexcept {
    const Bytes bytes = take(sizeof(T));
    return bytes.empty() ? T{} : load_le<T>(bytes.data());
  }
  std::uint64_t compact_size() noexcept {
    const auto first = number<std::uint8_t>();
    if (first < 0xfd) return first;
    if (first == 0xfd) return number<std::uint16_t>();
    return first == 0xfe ? number<std::uint32_t>() : number<std::uint64_t>();
  }
  Bytes sized() noexcept { return take(compact_size()); }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace sluice::serve
