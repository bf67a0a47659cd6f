// The loops over inputs and outputs are the hot part: per item one bounds check for the fixed
// fields, one for the script; the critical path is the chain of script sizes, each of which must
// be loaded before the next item's place is known.
#include "parse/tx_splitter.h"

#include <limits>

#include "parse/compact_size.h"

namespace sluice::parse {
namespace {

constexpr std::uint32_t null_index = 0xffff'ffff;

[[nodiscard]] std::uint64_t bytes_left(const std::byte* at, const std::byte* end) noexcept {
  return static_cast<std::uint64_t>(end - at);
}

[[nodiscard]] bool is_null_prevout(const std::byte* prevout) noexcept {
  if (load_le<std::uint32_t>(prevout + 32) != null_index) [[likely]]
    return false;
  return (load_le<std::uint64_t>(prevout) | load_le<std::uint64_t>(prevout + 8) | load_le<std::uint64_t>(prevout + 16) |
          load_le<std::uint64_t>(prevout + 24)) == 0;
}

/// Reads a count of items of at least `item_bytes_min` bytes each, all of which are still to come.
[[nodiscard]] ParseErrc read_count(const std::byte*& at, const std::byte* end, std::uint64_t item_bytes_min,
                                   std::uint64_t& count) noexcept {
  const std::byte* const begin = at;
  if (const ParseErrc errc = read_compact_size(at, end, count); errc != ParseErrc::ok) return errc;
  if (count <= bytes_left(at, end) / item_bytes_min) [[likely]]
    return ParseErrc::ok;
  at = begin;
  return ParseErrc::oversized;
}

}  // namespace

ParseErrc TxSplitter::split(const std::byte*& at, const std::byte* end, CoinbaseRule rule,
                            std::size_t tx_index) noexcept {
  const std::byte* const begin = at;
  witness_begin_ = 0;
  if (bytes_left(at, end) < 5) return ParseErrc::truncated;
  at += 4;
  // On Bitcoin no inputs means a witness follows; elsewhere it means no inputs.
  bool has_witness = false;
  if (has_segwit_ && *at == std::byte{0}) {
    if (bytes_left(at, end) < 2) return ParseErrc::truncated;
    if (at[1] == std::byte{0}) return ParseErrc::bad_inputs;
    if (at[1] != std::byte{1}) return ParseErrc::bad_witness;
    has_witness = true;
    at += 2;
  }
  if (const ParseErrc errc = split_inputs(at, end, rule); errc != ParseErrc::ok) return errc;
  if (const ParseErrc errc = split_outputs(at, end); errc != ParseErrc::ok) return errc;
  if (has_witness) {
    witness_begin_ = offset_of(at);
    if (const ParseErrc errc = skip_witness(at, end); errc != ParseErrc::ok) return errc;
  }
  if (bytes_left(at, end) < 4) return ParseErrc::truncated;
  at += 4;
  target_.tx_begin[tx_index] = offset_of(begin);
  target_.tx_size[tx_index] = static_cast<std::uint32_t>(at - begin);
  target_.input_begin[tx_index + 1] = static_cast<std::uint32_t>(target_.input_count());
  target_.output_begin[tx_index + 1] = static_cast<std::uint32_t>(target_.output_count());
  return ParseErrc::ok;
}

ParseErrc TxSplitter::split_inputs(const std::byte*& at, const std::byte* end, CoinbaseRule rule) noexcept {
  const std::byte* const begin = at;
  if (const ParseErrc errc = read_count(at, end, input_bytes_min, input_count_); errc != ParseErrc::ok) return errc;
  if (input_count_ == 0) {
    at = begin;
    return ParseErrc::bad_inputs;
  }
  const std::size_t first = target_.prevout_offset.size();
  target_.prevout_offset.resize(first + input_count_);
  std::uint32_t* target = target_.prevout_offset.data() + first;
  bool has_null = false;
  for (std::uint64_t i = 0; i < input_count_; ++i) {
    if (bytes_left(at, end) < input_bytes_min) return ParseErrc::truncated;
    if (is_null_prevout(at)) [[unlikely]] {
      if (rule == CoinbaseRule::forbidden || input_count_ != 1)
        return rule == CoinbaseRule::required ? ParseErrc::bad_coinbase : ParseErrc::bad_inputs;
      has_null = true;
    }
    target[i] = offset_of(at);
    at += 36;
    std::uint64_t script_size = 0;
    if (const ParseErrc errc = read_compact_size(at, end, script_size); errc != ParseErrc::ok) return errc;
    // In this order no sum can overflow: the sequence is known to fit before the script is added.
    if (bytes_left(at, end) < 4 || bytes_left(at, end) - 4 < script_size) return ParseErrc::truncated;
    at += script_size + 4;
  }
  if (rule == CoinbaseRule::required && !has_null) {
    at = begin;
    return ParseErrc::bad_coinbase;
  }
  if (has_null) target_.prevout_offset.resize(first);
  return ParseErrc::ok;
}

ParseErrc TxSplitter::split_outputs(const std::byte*& at, const std::byte* end) noexcept {
  const std::byte* const begin = at;
  std::uint64_t count = 0;
  if (const ParseErrc errc = read_count(at, end, output_bytes_min, count); errc != ParseErrc::ok) return errc;
  if (count == 0) {
    at = begin;
    return ParseErrc::bad_outputs;
  }
  const std::size_t first = target_.output_value.size();
  target_.output_value.resize(first + count);
  target_.script_begin.resize(first + count);
  target_.script_size.resize(first + count);
  std::uint64_t* const value = target_.output_value.data() + first;
  std::uint32_t* const script_begin = target_.script_begin.data() + first;
  std::uint32_t* const script_size = target_.script_size.data() + first;
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes_left(at, end) < output_bytes_min) return ParseErrc::truncated;
    value[i] = load_le<std::uint64_t>(at);
    if (value[i] > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return ParseErrc::bad_value;
    at += 8;
    std::uint64_t size = 0;
    if (const ParseErrc errc = read_compact_size(at, end, size); errc != ParseErrc::ok) return errc;
    if (bytes_left(at, end) < size) return ParseErrc::truncated;
    script_begin[i] = offset_of(at);
    script_size[i] = static_cast<std::uint32_t>(size);
    at += size;
  }
  return ParseErrc::ok;
}

ParseErrc TxSplitter::skip_witness(const std::byte*& at, const std::byte* end) noexcept {
  const std::byte* const begin = at;
  std::uint64_t items_total = 0;
  for (std::uint64_t i = 0; i < input_count_; ++i) {
    std::uint64_t items = 0;
    if (const ParseErrc errc = read_count(at, end, 1, items); errc != ParseErrc::ok) return errc;
    items_total += items;
    for (; items != 0; --items) {
      std::uint64_t size = 0;
      if (const ParseErrc errc = read_compact_size(at, end, size); errc != ParseErrc::ok) return errc;
      if (bytes_left(at, end) < size) return ParseErrc::truncated;
      at += size;
    }
  }
  if (items_total != 0) return ParseErrc::ok;
  at = begin;  // the node refuses it: the same transaction has a shorter form
  return ParseErrc::bad_witness;
}

}  // namespace sluice::parse
