#include "parse/parse_blocks.h"

#include <limits>

#include "base/check.h"
#include "parse/compact_size.h"
#include "parse/merkle_check.h"
#include "parse/tx_splitter.h"
#include "parse/txids.h"
#include "parse/v3_preimage.h"

namespace sluice::parse {
namespace {

// Transactions are hashed when this much has been split: enough messages to fill every lane of the
// hash kernel many times, few enough bytes to be still in the second-level cache.
constexpr std::size_t hash_group_bytes = 256 * 1024;
constexpr std::size_t hash_group_txs = 2048;

class BatchParser {
 public:
  BatchParser(const source::RawBatch& source, chain::Coin coin, bool hashes, TxBatch& target, ParseScratch& scratch,
              ParseFault& fault) noexcept
      : source_(source),
        coin_(coin),
        hashes_(hashes),
        target_(target),
        scratch_(scratch),
        fault_(fault),
        splitter_(source.raw, coin, target) {}

  ParseErrc run() noexcept {
    const std::size_t block_count = source_.blocks.size();
    target_.block_tx_begin.resize(block_count + 1);
    target_.input_begin.push_back(0);
    target_.output_begin.push_back(0);
    scratch_.witness_begin.clear();
    for (block_ = 0; block_ < block_count; ++block_) {
      target_.block_tx_begin[block_] = static_cast<std::uint32_t>(target_.tx_count());
      if (const ParseErrc errc = split_block(); errc != ParseErrc::ok) return errc;
    }
    target_.block_tx_begin[block_count] = static_cast<std::uint32_t>(target_.tx_count());
    if (!hashes_) return ParseErrc::ok;
    if (const ParseErrc errc = hash_until(target_.tx_count()); errc != ParseErrc::ok) return errc;
    std::uint32_t bad_block = 0;
    const ParseErrc errc = check_merkle_roots(source_, target_, scratch_, bad_block);
    if (errc != ParseErrc::ok) fault_ = {bad_block, 0, 0};
    return errc;
  }

 private:
  ParseErrc split_block() noexcept {
    const source::RawBlock& place = source_.blocks[block_];
    SLUICE_CHECK(place.begin <= source_.raw.size() && place.size <= source_.raw.size() - place.begin);
    if (place.height == 0) return ParseErrc::ok;
    const std::byte* const begin = source_.raw.data() + place.begin;
    const std::byte* const end = begin + place.size;
    const std::byte* at = begin;
    std::uint32_t tx = 0;
    const ParseErrc errc = split_txs(at, end, tx);
    if (errc != ParseErrc::ok && errc != ParseErrc::bad_script) {  // bad_script has been located
      fault_ = {static_cast<std::uint32_t>(block_), static_cast<std::uint32_t>(at - begin), tx};
    }
    return errc;
  }

  ParseErrc split_txs(const std::byte*& at, const std::byte* end, std::uint32_t& tx) noexcept {
    if (static_cast<std::size_t>(end - at) < chain::header_bytes) return ParseErrc::truncated;
    at += chain::header_bytes;
    const std::byte* const count_at = at;
    std::uint64_t count = 0;
    if (const ParseErrc errc = read_compact_size(at, end, count); errc != ParseErrc::ok) return errc;
    if (count == 0 || count > static_cast<std::uint64_t>(end - at) / tx_bytes_min) {
      at = count_at;
      return count == 0 ? ParseErrc::no_transactions : ParseErrc::oversized;
    }
    const std::size_t first = target_.tx_count();
    resize_tx_columns(first + count);
    for (tx = 0; tx < count; ++tx) {
      const CoinbaseRule rule = tx == 0 ? CoinbaseRule::required : CoinbaseRule::forbidden;
      if (const ParseErrc errc = splitter_.split(at, end, rule, first + tx); errc != ParseErrc::ok) return errc;
      if (!hashes_) continue;
      scratch_.witness_begin.push_back(splitter_.witness_begin());
      pending_bytes_ += target_.tx_size[first + tx];
      if (pending_bytes_ < hash_group_bytes && scratch_.witness_begin.size() < hash_group_txs) continue;
      if (const ParseErrc errc = hash_until(first + tx + 1); errc != ParseErrc::ok) return errc;
    }
    return at == end ? ParseErrc::ok : ParseErrc::trailing_bytes;
  }

  void resize_tx_columns(std::size_t count) noexcept {
    target_.txid.resize(count);
    target_.tx_begin.resize(count);
    target_.tx_size.resize(count);
    target_.input_begin.resize(count + 1);
    target_.output_begin.resize(count + 1);
  }

  /// Hashes all transactions that were split and not hashed yet; they end before until_tx.
  ParseErrc hash_until(std::size_t until_tx) noexcept {
    const ParseErrc errc = compute_txids(source_.raw, coin_, hashed_txs_, until_tx, target_, scratch_, bad_tx_);
    if (errc != ParseErrc::ok) locate(bad_tx_);
    scratch_.witness_begin.clear();
    hashed_txs_ = until_tx;
    pending_bytes_ = 0;
    return errc;
  }

  /// Fault at a transaction that may belong to an earlier block than the one being split.
  void locate(std::size_t tx) noexcept {
    std::size_t block = block_;
    while (target_.block_tx_begin[block] > tx) --block;
    fault_.block = static_cast<std::uint32_t>(block);
    fault_.offset = target_.tx_begin[tx] - source_.blocks[block].begin;
    fault_.tx = static_cast<std::uint32_t>(tx - target_.block_tx_begin[block]);
  }

  const source::RawBatch& source_;
  chain::Coin coin_;
  bool hashes_;
  TxBatch& target_;
  ParseScratch& scratch_;
  ParseFault& fault_;
  TxSplitter splitter_;
  std::size_t block_ = 0;  ///< index of the block being split
  std::size_t hashed_txs_ = 0;
  std::size_t pending_bytes_ = 0;
  std::size_t bad_tx_ = 0;
};

}  // namespace

void ParseScratch::reserve(const BatchBounds& bounds) {
  witness_begin.reserve_address_space(hash_group_txs);
  messages.reserve_address_space(hash_group_txs);
  stripped.reserve_address_space(hash_group_bytes + bounds.raw_bytes);
  preimages.reserve_address_space(hash_group_txs * v3_preimage_bytes);
  // of one transaction: inputs take more bytes than outputs, so that both together are no more than outputs alone
  fields.reserve_address_space(bounds.outputs());
  scripts.reserve_address_space(bounds.outputs());
  script_digests.reserve_address_space(bounds.outputs());
  refs.reserve_address_space(bounds.refs());
  trees.reserve_address_space(bounds.blocks);
  level.reserve_address_space(bounds.txs() + bounds.blocks);  // every tree may be made even by one
  next_level.reserve_address_space(bounds.txs() + bounds.blocks);
}

ParseErrc parse_blocks(const source::RawBatch& source, chain::Coin coin, TxBatch& target, ParseScratch& scratch,
                       ParseFault& fault, ParseCounters& counters) noexcept {
  target.clear();
  fault = {};
  const ParseErrc errc = BatchParser(source, coin, true, target, scratch, fault).run();
  if (errc != ParseErrc::ok) {
    target.clear();
    ++counters.faults;
    return errc;
  }
  ++counters.batches;
  counters.blocks += source.blocks.size();
  counters.bytes += source.raw.size();
  counters.txs += target.tx_count();
  counters.inputs += target.input_count();
  counters.outputs += target.output_count();
  return errc;
}

ParseErrc split_blocks(const source::RawBatch& source, chain::Coin coin, TxBatch& target, ParseScratch& scratch,
                       ParseFault& fault) noexcept {
  target.clear();
  fault = {};
  const ParseErrc errc = BatchParser(source, coin, false, target, scratch, fault).run();
  if (errc != ParseErrc::ok) target.clear();
  return errc;
}

ParseErrc parse_transaction(Bytes raw, chain::Coin coin, TxBatch& target, ParseScratch& scratch,
                            ParseFault& fault) noexcept {
  target.clear();
  fault = {};
  if (raw.size() > std::numeric_limits<std::uint32_t>::max()) return ParseErrc::oversized;
  target.txid.resize(1);
  target.tx_begin.resize(1);
  target.tx_size.resize(1);
  target.input_begin.resize(2);
  target.output_begin.resize(2);
  target.input_begin[0] = target.output_begin[0] = 0;
  const std::byte* at = raw.data();
  const std::byte* const end = at + raw.size();
  TxSplitter splitter(raw, coin, target);
  ParseErrc errc = splitter.split(at, end, CoinbaseRule::allowed, 0);
  if (errc == ParseErrc::ok && at != end) errc = ParseErrc::trailing_bytes;
  fault.offset = static_cast<std::uint32_t>(at - raw.data());
  if (errc == ParseErrc::ok) {
    scratch.witness_begin.clear();
    scratch.witness_begin.push_back(splitter.witness_begin());
    std::size_t bad_tx = 0;
    errc = compute_txids(raw, coin, 0, 1, target, scratch, bad_tx);
    fault.offset = 0;
  }
  if (errc != ParseErrc::ok) target.clear();
  return errc;
}

}  // namespace sluice::parse
