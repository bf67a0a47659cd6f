#include "devnet_node/transaction.h"

#include "parse/parse_blocks.h"

namespace sluice::devnet_node {
namespace {

Transaction take_transaction(Bytes raw, const parse::TxBatch& batch, std::size_t index, std::size_t begin,
                             std::size_t size) {
  Transaction tx;
  tx.txid = batch.txid[index];
  tx.raw.assign(raw.begin() + static_cast<std::ptrdiff_t>(begin),
                raw.begin() + static_cast<std::ptrdiff_t>(begin + size));
  for (std::uint32_t i = batch.input_begin[index]; i < batch.input_begin[index + 1]; ++i) {
    const std::byte* at = raw.data() + batch.prevout_offset[i];
    tx.inputs.push_back({Txid::from_bytes(at), load_le<std::uint32_t>(at + 32)});
  }
  for (std::uint32_t i = batch.output_begin[index]; i < batch.output_begin[index + 1]; ++i) {
    tx.outputs.push_back(
        {batch.output_value[i], batch.script_begin[i] - static_cast<std::uint32_t>(begin), batch.script_size[i]});
  }
  return tx;
}

}  // namespace

std::uint64_t Transaction::output_value() const noexcept {
  std::uint64_t sum = 0;
  for (const Output& output : outputs) sum += output.value;
  return sum;
}

Result<Transaction> decode_transaction(Bytes raw, chain::Coin coin) {
  parse::TxBatch batch;
  parse::ParseScratch scratch;
  parse::ParseFault fault;
  const parse::ParseErrc errc = parse::parse_transaction(raw, coin, batch, scratch, fault);
  if (errc != parse::ParseErrc::ok)
    return Error{ErrorKind::corrupt, "transaction: " + std::string(parse::parse_errc_text(errc))};
  return take_transaction(raw, batch, 0, 0, raw.size());
}

Result<std::vector<Transaction>> decode_block(Bytes raw, chain::Coin coin) {
  if (raw.size() < chain::header_bytes) return Error{ErrorKind::corrupt, "block: shorter than a header"};
  if (raw.size() > 0xffff'0000) return Error{ErrorKind::corrupt, "block: longer than 4 GiB"};
  // Height 1 makes a genesis block one like the others.
  const source::RawBlock place{1, 0, static_cast<std::uint32_t>(raw.size()), 0, 0, {}};
  std::vector<std::byte> padded;
  padded.reserve(raw.size() + source::raw_padding_bytes);
  padded.assign(raw.begin(), raw.end());
  padded.resize(raw.size() + source::raw_padding_bytes);
  parse::TxBatch batch;
  parse::ParseScratch scratch;
  parse::ParseFault fault;
  parse::ParseCounters counters;
  const parse::ParseErrc errc = parse::parse_blocks({Bytes(padded).first(raw.size()), std::span(&place, 1)}, coin,
                                                    batch, scratch, fault, counters);
  if (errc != parse::ParseErrc::ok) {
    return Error{ErrorKind::corrupt,
                 "block: transaction " + std::to_string(fault.tx) + ": " + std::string(parse::parse_errc_text(errc))};
  }
  std::vector<Transaction> txs;
  txs.reserve(batch.tx_count());
  for (std::size_t i = 0; i < batch.tx_count(); ++i)
    txs.push_back(take_transaction(raw, batch, i, batch.tx_begin[i], batch.tx_size[i]));
  return txs;
}

}  // namespace sluice::devnet_node
