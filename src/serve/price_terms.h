// What the maker of a swap offer asks for: price terms in the form MultiTxOutV1.
//
//   count (compact size) | count times: value, 8 bytes LE | script size (compact size) | script
//
// Whoever takes the offer pays these outputs; the first stands beside the maker's input, whose signature commits to
// it. Terms of another form are read as one output, value and script, as RXinDexer does; less than 9 bytes say nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"
#include "chain/coin.h"

namespace sluice::serve {

inline constexpr std::uint64_t terms_outputs_max = 1000;

/// Lifetime: the script ends with the terms' bytes.
struct TermsOutput {
  std::uint64_t value = 0;  ///< base units, as written: any 64 bits
  Bytes script;
};

struct PriceTerms {
  std::vector<TermsOutput> outputs;  ///< 1 to terms_outputs_max
  bool is_fallback = false;          ///< the bytes have not the form; read as one output

  /// Of the values; UINT64_MAX if they are worth more.
  [[nodiscard]] std::uint64_t sum() const noexcept;
};

/// nullopt: undecodable.   Bounds: any bytes; counts are checked against the bytes left before anything is reserved.
/// Source: rswp_parser of RXinDexer; the MultiTxOutV1 chapter of the GlyphSwap guide.
[[nodiscard]] std::optional<PriceTerms> decode_price_terms(Bytes terms);
std::optional<PriceTerms> decode_price_terms(std::vector<std::byte>&& terms) = delete;  // the scripts would dangle

/// The script without what tokens put around it: leading refs (`d0` or `d8`, ref, OP_DROP), and whatever follows a
/// P2PKH or P2SH script from OP_STATESEPARATOR on. nullopt unless a P2PKH or P2SH script is left.
[[nodiscard]] std::optional<Bytes> payment_script(Bytes script);

/// Who is paid.
struct Maker {
  ScriptHash scripthash;  ///< of the payment script, which is the one of the maker's plain coins
  Bytes script;           ///< the payment script

  [[nodiscard]] std::string address(const chain::Network& network) const;
};

/// The recipient of the first output that pays a P2PKH or P2SH script. nullopt: none does.
[[nodiscard]] std::optional<Maker> maker_of(const PriceTerms& terms);

}  // namespace sluice::serve
