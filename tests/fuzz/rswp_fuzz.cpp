// Any bytes as a swap offer's script, against the slow, literal parser. Selector bit 0: how OP_1 to
// OP_16 are read as index.
#include <algorithm>

#include "classify/rswp.h"
#include "fuzz_support.h"
#include "slow_swap_parser.h"

namespace sluice {
namespace {

using classify::SwapVerdict;

void check_swap(const fuzz::FuzzInput& input) {
  const Bytes raw = input.bytes;
  const bool op_number_index = input.flag(0);
  const test::Buffer script(raw.begin(), raw.end());
  const auto slow = test::slow_parse_swap(script, op_number_index);
  const classify::SwapParse parsed = classify::parse_swap(raw, 0, {op_number_index});
  SLUICE_CHECK(slow.has_value() == (parsed.verdict == SwapVerdict::offer));
  SLUICE_CHECK((parsed.verdict == SwapVerdict::refused) == (parsed.refusal != classify::SwapRefusal::count_));
  if (!slow) return;
  const classify::SwapOffer& offer = parsed.offer;
  const auto same_id = [&](std::uint32_t offset, const test::Buffer& id) {
    return std::equal(id.begin(), id.end(), raw.begin() + offset);
  };
  SLUICE_CHECK(offer.version == slow->version && offer.flags == slow->flags);
  SLUICE_CHECK(offer.offered_type == slow->offered_type && offer.terms_type == slow->terms_type);
  SLUICE_CHECK(same_id(offer.token_offset, slow->token) && same_id(offer.utxo_hash_offset, slow->utxo_hash));
  SLUICE_CHECK(offer.has_want == slow->want.has_value());
  if (offer.has_want) SLUICE_CHECK(same_id(offer.want_offset, *slow->want));
  SLUICE_CHECK(offer.utxo_index == slow->utxo_index);
  std::vector<std::byte> terms;
  classify::append_price_terms(raw, offer, terms);
  const classify::SwapTail tail = classify::swap_tail(raw, offer);
  SLUICE_CHECK(terms == slow->price_terms && tail.terms_bytes == terms.size());
  SLUICE_CHECK(
      std::equal(tail.signature.begin(), tail.signature.end(), slow->signature.begin(), slow->signature.end()));
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::check_swap(sluice::fuzz::split_input(data, size));
  return 0;
}
