// Any bytes as price terms of a swap offer. What decodes lies within the bytes; written again, it decodes to the same.
// The same bytes as the name of a token and as a cursor: what is read is written as it was.
#include <algorithm>
#include <vector>

#include "fuzz_support.h"
#include "serve/price_terms.h"
#include "serve/token_name.h"

namespace {

using namespace sluice;

void append_compact(std::vector<std::byte>& target, std::uint64_t value) {
  target.push_back(std::byte{0xff});
  for (unsigned shift = 0; shift < 64; shift += 8) target.push_back(static_cast<std::byte>(value >> shift));
}

void check_terms(Bytes bytes) {
  const auto terms = serve::decode_price_terms(bytes);
  SLUICE_CHECK(terms.has_value() || bytes.size() < 9);
  if (!terms) return;
  SLUICE_CHECK(!terms->outputs.empty() && terms->outputs.size() <= serve::terms_outputs_max);
  std::vector<std::byte> again;
  append_compact(again, terms->outputs.size());
  std::uint64_t sum = 0;
  for (const serve::TermsOutput& output : terms->outputs) {
    const auto* const begin = bytes.data();
    SLUICE_CHECK(output.script.empty() || (output.script.data() >= begin &&
                                           output.script.data() + output.script.size() <= begin + bytes.size()));
    for (unsigned shift = 0; shift < 64; shift += 8) again.push_back(static_cast<std::byte>(output.value >> shift));
    append_compact(again, output.script.size());
    again.insert(again.end(), output.script.begin(), output.script.end());
    sum = output.value > ~sum ? ~std::uint64_t{0} : sum + output.value;
  }
  SLUICE_CHECK(terms->sum() == sum || sum == ~std::uint64_t{0});
  const auto second = serve::decode_price_terms(again);
  SLUICE_CHECK(second && !second->is_fallback && second->outputs.size() == terms->outputs.size());
  for (std::size_t i = 0; i < second->outputs.size(); ++i) {
    SLUICE_CHECK(second->outputs[i].value == terms->outputs[i].value);
    SLUICE_CHECK(std::ranges::equal(second->outputs[i].script, terms->outputs[i].script));
  }
  if (const auto maker = serve::maker_of(*terms)) {
    SLUICE_CHECK(maker->script.size() == 23 || maker->script.size() == 25);
    SLUICE_CHECK(!maker->address(*chain::find_network("Radiant", "mainnet")).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check_terms(Bytes(reinterpret_cast<const std::byte*>(data), size));
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = serve::read_token_name(text))
    SLUICE_CHECK(size >= 64 && (!name->by_ref || *name->by_ref != name->id));
  if (const auto place = serve::read_list_cursor(text, 2)) {
    const std::string cursor = serve::list_cursor(*place);
    SLUICE_CHECK(serve::read_list_cursor(cursor, 2)->last == place->last && cursor.size() == size);
  }
  return 0;
}
