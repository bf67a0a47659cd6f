#include "classify/distinct_refs.h"

#include <algorithm>
#include <cstring>

namespace sluice::classify {
namespace {

// Up to here comparing each ref with those before it is cheaper than sorting.
constexpr std::size_t pairwise_count_max = 12;

[[nodiscard]] RefType type_of(std::uint8_t opcode) noexcept {
  return opcode == parse::op_push_input_ref ? RefType::normal : RefType::singleton;
}

void append_pairwise(Bytes raw, std::uint32_t script_begin, std::uint32_t output, std::span<const RefOperand> pushed,
                     Column<OutputRef>& target) noexcept {
  const std::size_t first = target.size();
  for (const RefOperand operand : pushed) {
    const std::uint32_t offset = script_begin + operand.offset;
    std::size_t known = first;
    while (known < target.size() &&
           std::memcmp(raw.data() + target[known].ref_offset, raw.data() + offset, parse::ref_bytes) != 0)
      ++known;
    if (known == target.size()) {
      target.push_back({output, offset, type_of(operand.opcode)});
    } else if (type_of(operand.opcode) == RefType::normal) {
      target[known].type = RefType::normal;
    }
  }
}

/// Equal refs become neighbours, the first occurrence leading; then one entry per run, put back
/// into script order.
void append_sorted(Bytes raw, std::uint32_t script_begin, std::uint32_t output, std::span<RefOperand> pushed,
                   Column<OutputRef>& target) noexcept {
  const std::byte* const script = raw.data() + script_begin;
  std::sort(pushed.begin(), pushed.end(), [script](const RefOperand& a, const RefOperand& b) {
    const int order = std::memcmp(script + a.offset, script + b.offset, parse::ref_bytes);
    return order != 0 ? order < 0 : a.offset < b.offset;
  });
  const std::size_t first = target.size();
  for (std::size_t i = 0; i < pushed.size(); ++i) {
    const bool is_new =
        i == 0 || std::memcmp(script + pushed[i - 1].offset, script + pushed[i].offset, parse::ref_bytes) != 0;
    if (is_new) target.push_back({output, script_begin + pushed[i].offset, RefType::singleton});
    if (type_of(pushed[i].opcode) == RefType::normal) target.back().type = RefType::normal;
  }
  std::sort(target.begin() + first, target.end(),
            [](const OutputRef& a, const OutputRef& b) { return a.ref_offset < b.ref_offset; });
}

}  // namespace

void append_distinct_refs(Bytes raw, std::uint32_t script_begin, std::uint32_t output, std::span<RefOperand> pushed,
                          Column<OutputRef>& target) noexcept {
  if (pushed.size() <= pairwise_count_max) append_pairwise(raw, script_begin, output, pushed, target);
  else append_sorted(raw, script_begin, output, pushed, target);
}

}  // namespace sluice::classify
