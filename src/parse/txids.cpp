#include "parse/txids.h"

#include <cstring>

#include "base/check.h"
#include "parse/v3_preimage.h"

namespace sluice::parse {
namespace {

constexpr std::int32_t radiant_preimage_version = 3;

/// version | inputs and outputs | lock time, without marker, flag and witness.
/// Returns the bytes written: those of tx less the witness and two.
std::size_t strip_witness(const std::byte* tx, std::size_t tx_size, std::size_t witness_begin,
                          std::byte* target) noexcept {
  const std::size_t body_size = witness_begin - 6;
  std::memcpy(target, tx, 4);
  std::memcpy(target + 4, tx + 6, body_size);
  std::memcpy(target + 4 + body_size, tx + tx_size - 4, 4);
  return body_size + 8;
}

}  // namespace

ParseErrc compute_txids(Bytes raw, chain::Coin coin, std::size_t first_tx, std::size_t until_tx, TxBatch& batch,
                        ParseScratch& scratch, std::size_t& bad_tx) noexcept {
  if (first_tx == until_tx) return ParseErrc::ok;
  const std::size_t count = until_tx - first_tx;
  SLUICE_CHECK(scratch.witness_begin.size() >= count);
  scratch.messages.resize(count);
  // Both side buffers get their final size before the first pointer into them is taken.
  if (coin == chain::Coin::bitcoin) {
    std::size_t bytes = 0;
    for (std::size_t tx = first_tx; tx < until_tx; ++tx) bytes += batch.tx_size[tx];
    scratch.stripped.resize(bytes);
  }
  if (coin == chain::Coin::radiant) scratch.preimages.resize(count * v3_preimage_bytes);
  std::size_t stripped_size = 0;
  std::size_t preimage_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t tx = first_tx + i;
    const std::byte* const begin = raw.data() + batch.tx_begin[tx];
    const std::size_t size = batch.tx_size[tx];
    hash::Message& message = scratch.messages[i];
    message = {begin, size};
    if (scratch.witness_begin[i] != 0) {
      std::byte* const target = scratch.stripped.data() + stripped_size;
      const std::size_t written = strip_witness(begin, size, scratch.witness_begin[i] - batch.tx_begin[tx], target);
      stripped_size += written;
      message = {target, written};
    } else if (coin == chain::Coin::radiant && load_le<std::int32_t>(begin) == radiant_preimage_version) {
      std::byte* const target = scratch.preimages.data() + preimage_count++ * v3_preimage_bytes;
      if (!write_v3_preimage({begin, size}, scratch, target)) {
        bad_tx = tx;
        return ParseErrc::bad_script;
      }
      message = {target, v3_preimage_bytes};
    }
  }
  // Txid and Digest are the same 32 bytes; the hashes land in their column at once.
  static_assert(sizeof(Txid) == sizeof(Digest) && alignof(Txid) == alignof(Digest));
  hash::sha256d_many(scratch.messages.span(), {reinterpret_cast<Digest*>(batch.txid.data() + first_tx), count});
  return ParseErrc::ok;
}

}  // namespace sluice::parse
