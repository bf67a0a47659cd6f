// Any bytes as one transaction, then its outputs through classify. Selector: coin, parity (bit 2).
#include "classify/classify_scripts.h"
#include "classify/scripthash.h"
#include "fuzz_support.h"
#include "hash/sha256.h"
#include "parse/parse_blocks.h"

namespace sluice {
namespace {

/// Txid by streaming, for everything but version 3.
Digest slow_txid(Bytes tx, chain::Coin coin, const parse::TxBatch& batch) {
  hash::Sha256 hasher;
  if (coin != chain::Coin::bitcoin || tx[4] != std::byte{0}) return hasher.update(tx).finish_double();
  // The witness begins behind the last output script.
  const std::size_t body_end = batch.script_begin.back() + batch.script_size.back();
  return hasher.update(tx.first(4)).update(tx.subspan(6, body_end - 6)).update(tx.last(4)).finish_double();
}

void check_transaction(const fuzz::FuzzInput& input) {
  const chain::Coin coin = input.coin();
  parse::TxBatch batch;
  static parse::ParseScratch scratch;
  parse::ParseFault fault;
  const parse::ParseErrc errc = parse::parse_transaction(input.bytes, coin, batch, scratch, fault);
  SLUICE_CHECK(fault.offset <= input.bytes.size());
  if (errc != parse::ParseErrc::ok) {
    SLUICE_CHECK(batch.tx_count() == 0 && batch.output_count() == 0 && batch.input_count() == 0);
    return;
  }
  SLUICE_CHECK(batch.tx_count() == 1 && batch.tx_size[0] == input.bytes.size());
  fuzz::check_columns(input.bytes, batch);
  const bool is_version_3 = coin == chain::Coin::radiant && load_le<std::uint32_t>(input.bytes.data()) == 3;
  if (!is_version_3) SLUICE_CHECK(hash_cast<Digest>(batch.txid[0]) == slow_txid(input.bytes, coin, batch));

  batch.block_tx_begin.push_back(0), batch.block_tx_begin.push_back(1);
  source::RawBlock place;
  place.height = 1;
  place.size = static_cast<std::uint32_t>(input.bytes.size());
  classify::ClassifyOptions options;
  options.coin = coin;
  options.parity = input.flag(2);
  classify::ScriptBatch found;
  static classify::ClassifyScratch classify_scratch;
  classify::ClassifyCounters counters;
  classify::classify_scripts({input.bytes, {&place, 1}}, batch, options, found, classify_scratch, counters);
  for (std::size_t i = 0; i < batch.output_count(); ++i) {
    const Bytes script = input.bytes.subspan(batch.script_begin[i], batch.script_size[i]);
    SLUICE_CHECK((found.indexed[i] != 0) == classify::is_indexed(script, coin));
    if (found.indexed[i] != 0) SLUICE_CHECK(found.scripthash[i] == classify::script_hash(script, coin, options.parity));
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::check_transaction(sluice::fuzz::split_input(data, size));
  return 0;
}
