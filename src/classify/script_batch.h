// What classify found in the output scripts of one batch, one column per field.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "base/column.h"
#include "base/hash256.h"
#include "parse/tx_batch.h"

namespace sluice::classify {

enum class ScriptKind : std::uint8_t {
  p2pkh,      ///< 76 a9 14 <20> 88 ac
  p2sh,       ///< a9 14 <20> 87
  p2pk,       ///< 21|41 <key> ac
  witness,    ///< Bitcoin: OP_n and one push of 2 to 40 bytes
  op_return,  ///< 6a..., or 00 6a...: unspendable, not indexed
  rswp,       ///< op_return whose payload is a well-formed swap offer
  with_refs,  ///< Radiant: carries at least one pushed ref, whatever else it is
  empty,
  other,
  unwalkable,  ///< Radiant: a truncated push; not indexed
};

enum class RefType : std::uint8_t {
  normal = 0,     ///< pushed by d0 at least once in this output
  singleton = 1,  ///< pushed by d8 only
};

/// One distinct ref pushed by one output, in order of first occurrence in the script.
struct OutputRef {
  std::uint32_t output = 0;      ///< index in the batch
  std::uint32_t ref_offset = 0;  ///< where its 36 bytes (txid internal, index LE) stand in the raw bytes
  RefType type = RefType::normal;
};

/// An RSWP offer in fixed layout; variable parts by offset into the batch's raw bytes.
/// Source: the node's swap index (parser), as collected in the RSWP reference.
struct SwapOffer {
  std::uint32_t output = 0;  ///< index in the batch of the OP_RETURN output
  std::uint8_t version = 0;
  std::uint8_t flags = 0;              ///< 0 unless version 2
  std::uint8_t offered_type = 0;       ///< 0 unless version 2
  std::uint8_t terms_type = 0;         ///< 0 unless version 2
  bool has_want = false;               ///< a wanted token that is not all zero
  std::uint32_t token_offset = 0;      ///< 32 bytes, on-script order
  std::uint32_t want_offset = 0;       ///< 32 bytes, if has_want
  std::uint32_t utxo_hash_offset = 0;  ///< 32 bytes, internal order
  std::uint32_t utxo_index = 0;
  std::uint32_t tail_begin = 0;  ///< offset of the first operation of terms and signature
  std::uint32_t tail_end = 0;    ///< offset behind the signature operation
};

/// Least bytes of an output with an offer: value 8, script size 1, and the shortest version 1 script.
inline constexpr std::size_t offer_output_bytes_min = 9 + 79;

/// Why an OP_RETURN that begins like a swap offer is none. Each has a counter.
enum class SwapRefusal : std::uint8_t {
  bad_version,     ///< the version field is not one byte
  bad_field_size,  ///< type, flags, offered_type or terms_type is not one byte
  bad_token,       ///< tokenID or wantTokenID is not 32 bytes
  bad_utxo_hash,   ///< offered txid is not 32 bytes
  bad_index,       ///< index longer than 4 bytes
  bad_tail,        ///< missing terms or signature, or a forbidden opcode among them
  truncated,       ///< a push runs past the end of the script
  count_,
};
inline constexpr std::array<std::string_view, static_cast<std::size_t>(SwapRefusal::count_)> swap_refusal_names{
    "bad_version", "bad_field_size", "bad_token", "bad_utxo_hash", "bad_index", "bad_tail", "truncated"};

/// Shape: script columns [output_count] of the TxBatch they belong to.
struct ScriptBatch {
  Column<ScriptHash> scripthash;  ///< [output_count]; undefined where !indexed
  Column<ScriptKind> kind;        ///< [output_count]
  Column<std::uint8_t> indexed;   ///< [output_count] 1 if the output gets rows, 0 if not
  Column<OutputRef> refs;         ///< by output, ascending
  Column<SwapOffer> offers;       ///< by output, ascending

  /// Room for any batch within the bounds.
  void reserve(const parse::BatchBounds& bounds) {
    scripthash.reserve_address_space(bounds.outputs());
    kind.reserve_address_space(bounds.outputs());
    indexed.reserve_address_space(bounds.outputs());
    refs.reserve_address_space(bounds.refs());
    offers.reserve_address_space(bounds.raw_bytes / offer_output_bytes_min);
  }

  void clear() noexcept { scripthash.clear(), kind.clear(), indexed.clear(), refs.clear(), offers.clear(); }
};

struct ClassifyCounters {
  std::uint64_t outputs = 0;
  std::uint64_t outputs_indexed = 0;
  std::uint64_t refs = 0;
  std::uint64_t offers = 0;
  std::uint64_t refused[static_cast<int>(SwapRefusal::count_)] = {};

  void add(const ClassifyCounters& other) noexcept {
    outputs += other.outputs;
    outputs_indexed += other.outputs_indexed;
    refs += other.refs;
    offers += other.offers;
    for (std::size_t i = 0; i < std::size(refused); ++i) refused[i] += other.refused[i];
  }
};

}  // namespace sluice::classify
