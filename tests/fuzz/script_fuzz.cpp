// Any bytes as an output script: the walk, the scan, the rewritten form and the refs, each against
// its definition spelt out slowly. Selector: coin, parity (bit 2).
#include <algorithm>
#include <cstring>
#include <string>

#include "classify/distinct_refs.h"
#include "classify/scripthash.h"
#include "classify/templates.h"
#include "classify/token_prefix.h"
#include "fuzz_support.h"
#include "hash/sha256.h"

namespace sluice {
namespace {

using classify::RefOperand;

struct SlowView {
  bool walkable = true;
  bool has_signature_check = false;
  std::vector<std::byte> rewritten;
  std::vector<std::pair<std::string, bool>> refs;  ///< distinct, in order; true if d0 pushes it
};

SlowView slow_view(Bytes script, bool parity) {
  SlowView view;
  std::size_t at = 0;
  while (at < script.size()) {
    const unsigned opcode = std::to_integer<unsigned>(script[at]);
    const std::size_t width = opcode == 0x4c ? 1 : opcode == 0x4d ? 2 : opcode == 0x4e ? 4 : 0;
    const bool is_ref = opcode == 0xd0 || opcode == 0xd1 || opcode == 0xd2 || opcode == 0xd3 || opcode == 0xd8;
    std::uint64_t size = opcode < 0x4c ? opcode : is_ref ? 36 : 0;
    view.walkable = script.size() - at - 1 >= width;
    if (!view.walkable) return view;
    for (std::size_t i = width; i-- > 0;) size = size << 8 | std::to_integer<unsigned>(script[at + 1 + i]);
    const std::size_t data_begin = at + 1 + width;
    view.walkable = script.size() - data_begin >= size;
    if (!view.walkable) return view;
    const Bytes data = script.subspan(data_begin, size);
    view.has_signature_check |= opcode >= 0xac && opcode <= 0xaf;
    view.rewritten.push_back(script[at]);
    if (!parity) view.rewritten.insert(view.rewritten.end(), script.begin() + at + 1, script.begin() + data_begin);
    for (const std::byte b : data) view.rewritten.push_back(is_ref ? std::byte{0} : b);
    if (opcode == 0xd0 || opcode == 0xd8) {
      const std::string ref(reinterpret_cast<const char*>(data.data()), data.size());
      const auto known =
          std::find_if(view.refs.begin(), view.refs.end(), [&](const auto& r) { return r.first == ref; });
      if (known == view.refs.end()) view.refs.emplace_back(ref, opcode == 0xd0);
      else known->second |= opcode == 0xd0;
    }
    at = data_begin + size;
  }
  return view;
}

void check_script(const fuzz::FuzzInput& input) {
  const Bytes script = input.bytes;
  const bool parity = input.flag(2);
  const SlowView slow = slow_view(script, parity);
  Column<RefOperand> pushed;
  const classify::ScriptFacts facts = classify::scan_script(script, &pushed);
  SLUICE_CHECK(facts.walkable == slow.walkable);
  SLUICE_CHECK(facts.has_signature_check == slow.has_signature_check);
  const bool rewrites = slow.walkable && slow.has_signature_check;
  const Digest expected = rewrites ? hash::sha256(slow.rewritten) : hash::sha256(script);
  SLUICE_CHECK(hash_cast<Digest>(classify::script_hash(script, chain::Coin::radiant, parity)) == expected);
  SLUICE_CHECK(hash_cast<Digest>(classify::script_hash(script, chain::Coin::bitcoin, parity)) == hash::sha256(script));
  if (classify::match_template(script) != classify::ScriptKind::other) SLUICE_CHECK(slow.walkable && slow.refs.empty());
  SLUICE_CHECK(classify::is_indexed(script, chain::Coin::radiant) ==
               (slow.walkable && !classify::is_unspendable(script)));

  Column<classify::OutputRef> refs;
  classify::append_distinct_refs(script, 0, 7, pushed.span(), refs);
  SLUICE_CHECK(refs.size() == slow.refs.size());
  for (std::size_t i = 0; i < refs.size(); ++i) {
    SLUICE_CHECK(std::memcmp(script.data() + refs[i].ref_offset, slow.refs[i].first.data(), 36) == 0);
    SLUICE_CHECK((refs[i].type == classify::RefType::normal) == slow.refs[i].second);
  }

  const std::size_t prefix = classify::token_prefix_size(script);
  SLUICE_CHECK(prefix == 0 || (prefix >= 34 && prefix <= script.size()));
  (void)classify::is_indexed(script, chain::Coin::bitcoin_cash);
  const Digest stripped = hash::sha256(script.subspan(prefix));
  SLUICE_CHECK(hash_cast<Digest>(classify::script_hash(script, chain::Coin::bitcoin_cash, parity)) == stripped);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::check_script(sluice::fuzz::split_input(data, size));
  return 0;
}
