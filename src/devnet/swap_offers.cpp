// Version 1: 6a RSWP 01 type token utxo index terms signature
// Version 2: 6a RSWP 02 flags offered_type terms_type token [want] utxo index terms... signature
// Source: the node's swap index, as collected in the RSWP reference.
#include "devnet/swap_offers.h"

#include <algorithm>

namespace sluice::devnet {
namespace {

enum class Fault {
  none,
  protocol,
  version_opcode,
  short_token,
  long_index,
  ref_index,
  no_signature,
  tail_opcode,
  wide_flags,
  count
};

void put_index(Buffer& target, std::uint32_t index, Random& random) {
  const std::uint64_t style = random.below(20);
  if (style == 0) return put(target, {0x04, static_cast<int>(index & 0xff), static_cast<int>(index >> 8 & 0xff), 0, 0});
  if (style == 1) return put(target, {0x4c, 0x01, static_cast<int>(index & 0x7f)});
  if (style == 2) return put(target, {0x51 + static_cast<int>(index % 16)});  // read as 0 by the node
  if (index == 0) return put(target, {0x00});
  if (index < 0x80) return put(target, {0x01, static_cast<int>(index)});
  put(target, {0x02, static_cast<int>(index & 0xff), static_cast<int>(index >> 8 & 0x7f)});
}

// MultiTxOutV1 with one output: count, value, script.
void put_terms(Buffer& target, Random& random, bool several) {
  Buffer terms;
  put(terms, {0x01});
  put_le(terms, std::uint64_t{1} + random.below(1'000'000'000));
  put_compact(terms, 25);
  put_script(terms, ScriptForm::p2pkh, random.below(1 << 10));
  if (!several) return put_push(target, terms);
  put_push(target, Bytes(terms).first(9));
  put_push(target, Bytes(terms).subspan(9));
}

void put_maker_signature(Buffer& target, Random& random) {
  Buffer signature;
  put(signature, {0x47, 0x30});
  put_random(signature, random, 69);
  put(signature, {0xc3, 0x21, 0x02});
  put_random(signature, random, 32);
  put_push(target, signature);
}

void put_bad_index(Buffer& target, Fault fault, Random& random) {
  if (fault == Fault::long_index) return put(target, {0x05, 0x01, 0x00, 0x00, 0x00, 0x00});
  put(target, {0xd2});  // DISALLOWPUSHINPUTREF pushes no ref; its operand is no index either
  put_random(target, random, 36);
}

}  // namespace

bool put_offer(Buffer& target, const OfferParts& parts, Random& random) {
  const bool second = random.below(2) == 0;
  Fault fault = Fault::none;
  if (random.below(100) < 3) {
    fault = static_cast<Fault>(1 + random.below(static_cast<std::uint64_t>(Fault::count) - 1));
    if (!second && fault == Fault::tail_opcode) fault = Fault::no_signature;  // version 1 takes any opcode there
  }
  put(target, {0x6a, 0x04, 0x52, 0x53, 0x57, fault == Fault::protocol ? 0x70 : 0x50});
  if (fault == Fault::version_opcode) put(target, {second ? 0x52 : 0x51});
  else put(target, {0x01, second ? 0x02 : 0x01});

  const bool wants = second && parts.want != std::array<std::byte, 32>{};
  const bool zero_want = second && !wants && random.below(8) == 0;
  if (fault == Fault::wide_flags) put(target, {0x02, 0x00, 0x00});
  else put(target, {0x01, second ? (wants || zero_want ? 1 : 0) | (random.below(16) == 0 ? 4 : 0) : 1});
  if (second) put(target, {0x01, static_cast<int>(random.below(4)), 0x01, 0x01});

  put_push(target, Bytes(parts.token).first(fault == Fault::short_token ? 31 : 32));
  if (wants || zero_want) put_push(target, parts.want);
  put_push(target, Bytes(parts.utxo).first(32));
  if (fault == Fault::long_index || fault == Fault::ref_index) put_bad_index(target, fault, random);
  else put_index(target, load_le<std::uint32_t>(parts.utxo.data() + 32), random);

  // Without a signature the last push of the terms would be taken for one, so there is only one then.
  put_terms(target, random, second && fault != Fault::no_signature && random.below(6) == 0);
  if (fault == Fault::tail_opcode) put(target, {0x51});
  if (fault != Fault::no_signature) put_maker_signature(target, random);
  return fault == Fault::none;
}

}  // namespace sluice::devnet
