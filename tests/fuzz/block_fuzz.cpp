// Any bytes as a block. Selector: coin. Input behind it: the block.
//
// A mutated block never has the right merkle root, so where that is all that is wrong the root is
// computed the slow way (each transaction on its own), put in, and the block must then parse.
#include <algorithm>
#include <cstring>

#include "fuzz_support.h"
#include "hash/sha256.h"
#include "parse/compact_size.h"
#include "parse/parse_blocks.h"
#include "parse/tx_splitter.h"

namespace sluice {
namespace {

using parse::ParseErrc;

std::vector<Txid> slow_txids(Bytes block, chain::Coin coin) {
  std::vector<Txid> txids;
  parse::TxBatch batch;
  parse::ParseScratch scratch;
  parse::ParseFault fault;
  batch.tx_begin.resize(1), batch.tx_size.resize(1), batch.input_begin.resize(2), batch.output_begin.resize(2);
  const std::byte* at = block.data() + chain::header_bytes;
  const std::byte* const end = block.data() + block.size();
  std::uint64_t count = 0;
  SLUICE_CHECK(parse::read_compact_size(at, end, count) == ParseErrc::ok);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::byte* const begin = at;
    parse::TxBatch one;
    one.tx_begin.resize(1), one.tx_size.resize(1), one.input_begin.resize(2), one.output_begin.resize(2);
    parse::TxSplitter splitter(block, coin, one);
    SLUICE_CHECK(splitter.split(at, end, parse::CoinbaseRule::allowed, 0) == ParseErrc::ok);
    SLUICE_CHECK(parse::parse_transaction({begin, at}, coin, batch, scratch, fault) == ParseErrc::ok);
    txids.push_back(batch.txid[0]);
  }
  SLUICE_CHECK(at == end);
  return txids;
}

Txid slow_root(std::vector<Txid> level) {
  while (level.size() > 1) {
    if (level.size() % 2 != 0) level.push_back(level.back());
    for (std::size_t i = 0; i < level.size() / 2; ++i) {
      level[i] = hash_cast<Txid>(hash::sha256d({level[2 * i].data(), 64}));
    }
    level.resize(level.size() / 2);
  }
  return level.front();
}

void check_block(fuzz::FuzzInput& input, std::uint32_t height) {
  const chain::Coin coin = input.coin();
  source::RawBlock place;
  place.height = height;
  place.size = static_cast<std::uint32_t>(input.bytes.size());
  const source::RawBatch source{input.bytes, {&place, 1}};
  static parse::TxBatch batch;  // reused, as in the pipeline
  static parse::ParseScratch scratch;
  parse::ParseFault fault;
  parse::ParseCounters counters;
  ParseErrc errc = parse::parse_blocks(source, coin, batch, scratch, fault, counters);
  if (errc == ParseErrc::merkle_mismatch) {
    const std::vector<Txid> txids = slow_txids(input.bytes, coin);
    const Txid root = slow_root(txids);
    std::memcpy(input.owned.get() + 36, root.data(), 32);
    errc = parse::parse_blocks(source, coin, batch, scratch, fault, counters);
    SLUICE_CHECK(errc == ParseErrc::ok);
    SLUICE_CHECK(std::equal(txids.begin(), txids.end(), batch.txid.begin(), batch.txid.end()));
  }
  if (errc == ParseErrc::ok) {
    fuzz::check_columns(input.bytes, batch);
    SLUICE_CHECK((batch.tx_count() == 0) == (height == 0));
    if (height != 0) SLUICE_CHECK(batch.input_begin[1] == 0);
  } else {
    SLUICE_CHECK(batch.tx_count() == 0 && batch.block_tx_begin.empty() && batch.script_begin.empty());
    SLUICE_CHECK(fault.block == 0 && fault.offset <= input.bytes.size());
    SLUICE_CHECK(!parse::describe_fault(errc, fault, source).empty());
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::fuzz::FuzzInput input = sluice::fuzz::split_input(data, size);
  sluice::check_block(input, 1);
  sluice::check_block(input, 0);
  return 0;
}
