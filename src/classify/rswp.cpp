#include "classify/rswp.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/check.h"

namespace sluice::classify {
namespace {

constexpr std::uint8_t want_flag = 1;
constexpr std::size_t id_bytes = 32;
constexpr std::size_t index_bytes_max = 4;
constexpr std::uint8_t op_1 = 0x51;
constexpr std::uint8_t op_16 = 0x60;

/// A little-endian number with its sign in the top bit of the last byte, as int32, cast to uint32.
/// Bounds: at most 4 bytes.
[[nodiscard]] std::uint32_t script_number(Bytes data) noexcept {
  if (data.empty()) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < data.size(); ++i) value |= std::to_integer<std::uint32_t>(data[i]) << (8 * i);
  const std::uint32_t sign = std::uint32_t{0x80} << (8 * (data.size() - 1));
  return (value & sign) == 0 ? value : std::uint32_t{0} - (value & ~sign);
}

class SwapParser {
 public:
  SwapParser(Bytes script, std::uint32_t script_begin, SwapOptions options) noexcept
      : script_(script), script_begin_(script_begin), options_(options) {}

  SwapParse run() noexcept {
    if (!next() || op_.opcode != parse::op_return) return {};
    if (!next() || op_.data_size != 4 || std::memcmp(script_.data() + op_.data_begin, "RSWP", 4) != 0) return {};
    result_.verdict = read_fields() ? SwapVerdict::offer : SwapVerdict::refused;
    return result_;
  }

 private:
  [[nodiscard]] bool read_fields() noexcept {
    SwapOffer& offer = result_.offer;
    if (!byte_field(offer.version, SwapRefusal::bad_version)) return false;
    if (offer.version != 2) {
      std::uint8_t type = 0;  // checked, never reported
      return byte_field(type, SwapRefusal::bad_field_size) && id_field(offer.token_offset, SwapRefusal::bad_token) &&
             id_field(offer.utxo_hash_offset, SwapRefusal::bad_utxo_hash) && index_field() && tail_of_two();
    }
    return byte_field(offer.flags, SwapRefusal::bad_field_size) &&
           byte_field(offer.offered_type, SwapRefusal::bad_field_size) &&
           byte_field(offer.terms_type, SwapRefusal::bad_field_size) &&
           id_field(offer.token_offset, SwapRefusal::bad_token) && want_field() &&
           id_field(offer.utxo_hash_offset, SwapRefusal::bad_utxo_hash) && index_field() && tail_of_pushes();
  }

  /// Moves to the next operation; false at the end of the script and at a truncated operation.
  [[nodiscard]] bool next() noexcept {
    step_ = next_op(script_, OpSet::radiant, at_, op_);
    return step_ == WalkStep::operation;
  }

  /// Moves to a field that must be there.
  [[nodiscard]] bool next_field(SwapRefusal if_missing) noexcept {
    if (next()) return true;
    return refuse(step_ == WalkStep::truncated ? SwapRefusal::truncated : if_missing);
  }

  [[nodiscard]] bool refuse(SwapRefusal refusal) noexcept {
    result_.refusal = refusal;
    return false;
  }

  [[nodiscard]] std::uint32_t offset_of(std::size_t in_script) const noexcept {
    return script_begin_ + static_cast<std::uint32_t>(in_script);
  }

  [[nodiscard]] bool byte_field(std::uint8_t& target, SwapRefusal refusal) noexcept {
    if (!next_field(refusal)) return false;
    if (op_.data_size != 1) return refuse(refusal);
    target = std::to_integer<std::uint8_t>(script_[op_.data_begin]);
    return true;
  }

  [[nodiscard]] bool id_field(std::uint32_t& target, SwapRefusal refusal) noexcept {
    if (!next_field(refusal)) return false;
    if (op_.data_size != id_bytes) return refuse(refusal);
    target = offset_of(op_.data_begin);
    return true;
  }

  /// Present if the flag says so; 32 zero bytes mean that no token is wanted.
  [[nodiscard]] bool want_field() noexcept {
    SwapOffer& offer = result_.offer;
    if ((offer.flags & want_flag) == 0) return true;
    if (!id_field(offer.want_offset, SwapRefusal::bad_token)) return false;
    const Bytes want = op_.data(script_);
    offer.has_want = std::any_of(want.begin(), want.end(), [](std::byte b) { return b != std::byte{0}; });
    if (!offer.has_want) offer.want_offset = 0;
    return true;
  }

  [[nodiscard]] bool index_field() noexcept {
    if (!next_field(SwapRefusal::bad_index)) return false;
    if (op_.data_size > index_bytes_max) return refuse(SwapRefusal::bad_index);  // ref operands too: 36 bytes
    if (options_.op_number_index && op_.opcode >= op_1 && op_.opcode <= op_16) {
      result_.offer.utxo_index = static_cast<std::uint32_t>(op_.opcode) - op_1 + 1;
    } else {
      result_.offer.utxo_index = script_number(op_.data(script_));
    }
    return true;
  }

  /// Terms and signature, any operation each; what follows does not matter.
  [[nodiscard]] bool tail_of_two() noexcept {
    result_.offer.tail_begin = offset_of(at_);
    if (!next_field(SwapRefusal::bad_tail) || !next_field(SwapRefusal::bad_tail)) return false;
    result_.offer.tail_end = offset_of(at_);
    return true;
  }

  /// At least two pushes and nothing else to the end, or to a truncated operation, which is passed over.
  [[nodiscard]] bool tail_of_pushes() noexcept {
    result_.offer.tail_begin = offset_of(at_);
    std::size_t count = 0;
    for (; next(); ++count) {
      if (!op_.is_push()) return refuse(SwapRefusal::bad_tail);
    }
    if (count < 2) return refuse(step_ == WalkStep::truncated ? SwapRefusal::truncated : SwapRefusal::bad_tail);
    result_.offer.tail_end = offset_of(at_);
    return true;
  }

  Bytes script_;
  std::uint32_t script_begin_;
  SwapOptions options_;
  SwapParse result_;
  std::size_t at_ = 0;
  ScriptOp op_;
  WalkStep step_ = WalkStep::operation;
};

/// Calls each(Bytes data, bool is_last) for the operations of the tail.
template <typename Each>
void for_each_tail_op(Bytes raw, const SwapOffer& offer, Each&& each) {
  SLUICE_CHECK(offer.tail_begin <= offer.tail_end && offer.tail_end <= raw.size());
  const Bytes tail = raw.subspan(offer.tail_begin, offer.tail_end - offer.tail_begin);
  std::size_t at = 0;
  ScriptOp op;
  while (next_op(tail, OpSet::radiant, at, op) == WalkStep::operation) each(op.data(tail), at == tail.size());
}

}  // namespace

SwapParse parse_swap(Bytes script, std::uint32_t script_begin, SwapOptions options) noexcept {
  if (script.empty() || script[0] != std::byte{parse::op_return}) return {};
  return SwapParser(script, script_begin, options).run();
}

SwapTail swap_tail(Bytes raw, const SwapOffer& offer) noexcept {
  SwapTail tail;
  for_each_tail_op(raw, offer, [&](Bytes data, bool is_last) {
    if (is_last) {
      tail.signature = data;
    } else {
      ++tail.terms_count;
      tail.terms_bytes += data.size();
    }
  });
  return tail;
}

void append_price_terms(Bytes raw, const SwapOffer& offer, std::vector<std::byte>& target) {
  target.reserve(target.size() + static_cast<std::size_t>(swap_tail(raw, offer).terms_bytes));
  for_each_tail_op(raw, offer, [&](Bytes data, bool is_last) {
    if (!is_last) target.insert(target.end(), data.begin(), data.end());
  });
}

}  // namespace sluice::classify
