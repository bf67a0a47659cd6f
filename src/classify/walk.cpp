#include "classify/walk.h"

#include <array>

namespace sluice::classify {
namespace {

constexpr std::uint8_t flag_signature_check = 1;
constexpr std::uint8_t flag_ref_operand = 2;
constexpr std::uint8_t flag_pushed_ref = 4;
constexpr std::uint8_t flag_push_data = 8;

struct OpFacts {
  std::uint8_t operand_bytes = 0;  ///< of push-data operations: the length bytes
  std::uint8_t flags = 0;
};

constexpr std::array<OpFacts, 256> make_op_facts() noexcept {
  std::array<OpFacts, 256> facts{};
  for (unsigned op = 0; op < 256; ++op) {
    const auto opcode = static_cast<std::uint8_t>(op);
    if (op < parse::op_push_data_1) facts[op].operand_bytes = opcode;
    if (op >= parse::op_push_data_1 && op <= parse::op_push_data_4) {
      facts[op] = {static_cast<std::uint8_t>(1U << (op - parse::op_push_data_1)), flag_push_data};
    }
    if (op >= 0xac && op <= 0xaf) facts[op].flags = flag_signature_check;
    if (parse::has_ref_operand(opcode)) facts[op] = {parse::ref_bytes, flag_ref_operand};
    if (parse::pushes_ref(opcode)) facts[op].flags |= flag_pushed_ref;
  }
  return facts;
}

constexpr std::array<OpFacts, 256> op_facts = make_op_facts();

/// Length of a push-data operation's data; width is 1, 2 or 4.
[[nodiscard]] std::uint64_t load_length(const std::byte* at, std::size_t width) noexcept {
  if (width == 1) return std::to_integer<std::uint8_t>(*at);
  return width == 2 ? load_le<std::uint16_t>(at) : load_le<std::uint32_t>(at);
}

}  // namespace

ScriptFacts scan_script(Bytes script, Column<RefOperand>* pushed) noexcept {
  const std::byte* const data = script.data();
  const std::size_t size = script.size();
  std::uint8_t flags = 0;
  bool walkable = true;
  std::size_t at = 0;
  while (at < size) {
    const auto opcode = std::to_integer<std::uint8_t>(data[at]);
    const OpFacts facts = op_facts[opcode];
    std::uint64_t operand = facts.operand_bytes;
    ++at;
    if (operand <= size - at && (facts.flags & flag_push_data) != 0)
      operand += load_length(data + at, facts.operand_bytes);
    if (operand > size - at) {
      walkable = false;
      break;
    }
    flags |= facts.flags;
    if ((facts.flags & flag_pushed_ref) != 0 && pushed != nullptr)
      pushed->push_back({static_cast<std::uint32_t>(at), opcode});
    at += operand;
  }
  ScriptFacts found;
  found.walkable = walkable;
  found.has_signature_check = (flags & flag_signature_check) != 0;
  found.has_ref_operand = (flags & flag_ref_operand) != 0;
  found.has_pushed_ref = (flags & flag_pushed_ref) != 0;
  found.has_push_data = (flags & flag_push_data) != 0;
  return found;
}

}  // namespace sluice::classify
