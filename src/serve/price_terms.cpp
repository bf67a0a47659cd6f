#include "serve/price_terms.h"

#include <limits>

#include "classify/templates.h"
#include "hash/sha256.h"
#include "serve/address.h"
#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

constexpr std::size_t output_bytes_min = 9;  // value, and the size of an empty script
constexpr std::byte op_drop{0x75};
constexpr std::byte op_state_separator{0xbd};
constexpr std::byte op_push_input_ref{0xd0};
constexpr std::byte op_push_input_ref_singleton{0xd8};
constexpr std::size_t ref_prefix_bytes = 1 + 36 + 1;

std::optional<PriceTerms> decode_outputs(Bytes bytes) {
  ByteReader reader(bytes);
  const std::uint64_t count = reader.compact_size();
  if (reader.failed() || count == 0 || count > terms_outputs_max || count > reader.left() / output_bytes_min)
    return std::nullopt;
  PriceTerms terms;
  terms.outputs.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) {
    TermsOutput& output = terms.outputs.emplace_back();
    output.value = reader.number<std::uint64_t>();
    output.script = reader.sized();
  }
  if (reader.failed() || reader.left() != 0) return std::nullopt;
  return terms;
}

bool pays(Bytes script) {
  const classify::ScriptKind kind = classify::match_template(script);
  return kind == classify::ScriptKind::p2pkh || kind == classify::ScriptKind::p2sh;
}

}  // namespace

std::uint64_t PriceTerms::sum() const noexcept {
  std::uint64_t sum = 0;
  for (const TermsOutput& output : outputs) {
    if (output.value > std::numeric_limits<std::uint64_t>::max() - sum)
      return std::numeric_limits<std::uint64_t>::max();
    sum += output.value;
  }
  return sum;
}

std::optional<PriceTerms> decode_price_terms(Bytes bytes) {
  if (auto terms = decode_outputs(bytes)) return terms;
  if (bytes.size() < output_bytes_min) return std::nullopt;
  PriceTerms terms;
  terms.is_fallback = true;
  terms.outputs.push_back({load_le<std::uint64_t>(bytes.data()), bytes.subspan(8)});
  return terms;
}

std::optional<Bytes> payment_script(Bytes script) {
  while (script.size() > ref_prefix_bytes &&
         (script[0] == op_push_input_ref || script[0] == op_push_input_ref_singleton) &&
         script[ref_prefix_bytes - 1] == op_drop) {
    script = script.subspan(ref_prefix_bytes);
  }
  for (const std::size_t size : {std::size_t{25}, std::size_t{23}}) {
    const bool ends_there = script.size() == size || (script.size() > size && script[size] == op_state_separator);
    if (ends_there && pays(script.first(size))) return script.first(size);
  }
  return std::nullopt;
}

std::string Maker::address(const chain::Network& network) const {
  const SolvedScript solved = solve_script(script, network.coin);
  return solved.solutions.empty() ? std::string() : address_of(solved, solved.solutions.front(), network);
}

std::optional<Maker> maker_of(const PriceTerms& terms) {
  for (const TermsOutput& output : terms.outputs) {
    if (const auto script = payment_script(output.script))
      return Maker{hash_cast<ScriptHash>(hash::sha256(*script)), *script};
  }
  return std::nullopt;
}

}  // namespace sluice::serve
