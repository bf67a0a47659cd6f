// Operations of a script, one after the other.
//
//   00..4b  that many bytes follow          4c / 4d / 4e  1 / 2 / 4-byte LE length, then data
//   d0 d1 d2 d3 d8  (Radiant only) 36 bytes: a ref operand, txid internal order and index LE
//   all others      nothing follows
//
// The walk is total: any bytes are a sequence of whole operations, and then either the end or one
// truncated operation. It lives in this folder because version-3 txids need it first.
// Source: the Radiant node's GetScriptOp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace sluice::parse {

inline constexpr std::size_t ref_bytes = 36;

inline constexpr std::uint8_t op_push_data_1 = 0x4c;
inline constexpr std::uint8_t op_push_data_2 = 0x4d;
inline constexpr std::uint8_t op_push_data_4 = 0x4e;
inline constexpr std::uint8_t op_return = 0x6a;
inline constexpr std::uint8_t op_push_input_ref = 0xd0;
inline constexpr std::uint8_t op_push_input_ref_singleton = 0xd8;

/// Does the 36-byte operand follow this opcode on Radiant?
[[nodiscard]] constexpr bool has_ref_operand(std::uint8_t opcode) noexcept {
  return (opcode >= 0xd0 && opcode <= 0xd3) || opcode == 0xd8;
}

/// Is this one of the two opcodes that push a ref (as opposed to requiring or forbidding one)?
[[nodiscard]] constexpr bool pushes_ref(std::uint8_t opcode) noexcept {
  return opcode == op_push_input_ref || opcode == op_push_input_ref_singleton;
}

enum class OpSet : std::uint8_t {
  plain,    ///< Bitcoin and Bitcoin Cash
  radiant,  ///< with ref operands
};

enum class [[nodiscard]] WalkStep : std::uint8_t { operation, end, truncated };

struct ScriptOp {
  std::uint8_t opcode = 0;
  std::size_t begin = 0;       ///< offset of the opcode in the script
  std::size_t data_begin = 0;  ///< offset of pushed data or operand
  std::size_t data_size = 0;   ///< 0 for operations without data

  [[nodiscard]] std::size_t end() const noexcept { return data_begin + data_size; }
  /// 00..4e: the operations that are nothing but data.
  [[nodiscard]] bool is_push() const noexcept { return opcode <= op_push_data_4; }
  [[nodiscard]] Bytes data(Bytes script) const noexcept { return script.subspan(data_begin, data_size); }
};

/// Reads the operation at offset `at` and moves `at` behind it.
/// On end and truncated neither `at` nor op.data means anything new; op.begin and op.opcode of a
/// truncated operation are set.
inline WalkStep next_op(Bytes script, OpSet set, std::size_t& at, ScriptOp& op) noexcept {
  if (at >= script.size()) return WalkStep::end;
  const std::size_t left = script.size() - at - 1;  // bytes behind the opcode
  op.opcode = std::to_integer<std::uint8_t>(script[at]);
  op.begin = at;
  std::size_t head = 0;  // length bytes
  std::uint64_t size = 0;
  if (op.opcode < op_push_data_1) {
    size = op.opcode;
  } else if (op.opcode <= op_push_data_4) {
    head = op.opcode == op_push_data_1 ? 1 : op.opcode == op_push_data_2 ? 2 : 4;
    if (left < head) return WalkStep::truncated;
    const std::byte* const length = script.data() + at + 1;
    size = head == 1   ? std::to_integer<std::uint8_t>(*length)
           : head == 2 ? load_le<std::uint16_t>(length)
                       : load_le<std::uint32_t>(length);
  } else if (set == OpSet::radiant && has_ref_operand(op.opcode)) {
    size = ref_bytes;
  }
  if (left - head < size) return WalkStep::truncated;
  op.data_begin = at + 1 + head;
  op.data_size = static_cast<std::size_t>(size);
  at = op.data_begin + op.data_size;
  return WalkStep::operation;
}

}  // namespace sluice::parse
