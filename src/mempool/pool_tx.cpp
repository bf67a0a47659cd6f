#include "mempool/pool_tx.h"

#include <algorithm>
#include <limits>

#include "base/random.h"
#include "classify/rswp.h"
#include "classify/scripthash.h"
#include "parse/compact_size.h"

namespace sluice::mempool {
namespace {

/// Heap bytes measured around a transaction: benchmarks/micro/mempool_bench.cpp.
constexpr std::size_t tx_share_bytes = 224;    // entries in the map of transactions and in the index, rounding
constexpr std::size_t input_share_bytes = 56;  // its entry in the map of spenders
constexpr std::size_t coin_share_bytes = 32;   // its place among the transactions of a script

/// 2^62: no coin has so many base units.
constexpr Wide supply_max = Wide{1} << 62;

std::uint32_t virtual_size(std::size_t raw_size, std::size_t witness_begin) {
  if (witness_begin == 0) return static_cast<std::uint32_t>(raw_size);
  const std::size_t witness_size = raw_size - witness_begin - 4 + 2;  // with marker and flag, without lock time
  return static_cast<std::uint32_t>(raw_size - witness_size + (witness_size + 3) / 4);
}

}  // namespace

parse::ParseErrc PoolTx::parse(std::vector<std::byte> raw, const PoolRules& rules, parse::TxBatch& batch,
                               parse::ParseScratch& scratch, Shared<PoolTx>& target) {
  parse::ParseFault fault;
  const parse::ParseErrc errc = parse::parse_transaction(raw, rules.coin, batch, scratch, fault);
  if (errc != parse::ParseErrc::ok) return errc;
  if (batch.input_count() == 0) return parse::ParseErrc::bad_inputs;
  target = Shared<PoolTx>(new PoolTx);
  PoolTx& tx = *target;
  tx.raw_ = std::move(raw);
  tx.txid_ = batch.txid[0];
  tx.size_ = virtual_size(tx.raw_.size(), scratch.witness_begin[0]);
  tx.input_count_ = static_cast<std::uint32_t>(batch.input_count());
  tx.coins_.reserve(batch.input_count() + batch.output_count());
  for (const std::uint32_t offset : batch.prevout_offset) tx.coins_.push_back({{}, offset});
  if (tx.spends_twice()) return parse::ParseErrc::bad_inputs;
  for (std::size_t i = 0; i < batch.output_count(); ++i) {
    const Bytes script = Bytes(tx.raw_).subspan(batch.script_begin[i], batch.script_size[i]);
    Output output{{}, batch.output_value[i], rules.parity || classify::is_indexed(script, rules.coin)};
    if (output.indexed) output.scripthash = classify::script_hash(script, rules.coin, rules.parity);
    tx.note_offer(static_cast<std::uint32_t>(i), batch.script_begin[i], script, rules);
    const std::uint32_t compact_size_bytes = script.size() < 0xfd ? 1 : script.size() <= 0xffff ? 3 : 5;
    tx.coins_.push_back({output, batch.script_begin[i] - compact_size_bytes - 8});
  }
  return errc;
}

void PoolTx::note_offer(std::uint32_t output, std::uint32_t script_begin, Bytes script, const PoolRules& rules) {
  if (!rules.swap_offers) return;
  const classify::SwapParse parsed = classify::parse_swap(script, script_begin, {rules.op_number_index});
  if (parsed.verdict == classify::SwapVerdict::offer) offers_.push_back({output, parsed.offer});
}

bool PoolTx::spends_twice() const {
  if (input_count_ == 1) return false;
  std::vector<Outpoint> prevouts;
  prevouts.reserve(input_count_);
  for (std::uint32_t i = 0; i < input_count_; ++i) prevouts.push_back(prevout(i));
  std::ranges::sort(prevouts);
  return std::ranges::adjacent_find(prevouts) != prevouts.end();
}

std::uint64_t PoolTx::rate_tenths() const noexcept { return static_cast<std::uint64_t>(Wide{fee_} * 10 / size_); }

Outpoint PoolTx::prevout(std::uint32_t input) const noexcept {
  const std::byte* at = raw_.data() + coins_[input].offset;
  return {Txid::from_bytes(at), load_le<std::uint32_t>(at + 32)};
}

Bytes PoolTx::output_script(std::uint32_t index) const noexcept {
  const std::byte* at = raw_.data() + coins_[input_count_ + index].offset + 8;
  std::uint64_t size = 0;
  SLUICE_CHECK(parse::read_compact_size(at, raw_.data() + raw_.size(), size) == parse::ParseErrc::ok);
  return {at, static_cast<std::size_t>(size)};
}

bool PoolTx::settle() {
  Wide inputs = 0;
  Wide outputs = 0;
  by_script_.clear();
  for (std::uint32_t i = 0; i < coins_.size(); ++i) {
    const Output& output = coins_[i].output;
    (i < input_count_ ? inputs : outputs) += output.value;
    if (output.indexed) by_script_.push_back(i);
  }
  if (outputs > inputs || inputs > supply_max) return false;
  fee_ = static_cast<std::uint64_t>(inputs - outputs);
  std::sort(by_script_.begin(), by_script_.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto order = coins_[a].output.scripthash <=> coins_[b].output.scripthash;
    return order != 0 ? order < 0 : a < b;
  });
  by_script_.shrink_to_fit();
  return true;
}

std::span<const std::uint32_t> PoolTx::coins_of(const ScriptHash& scripthash) const noexcept {
  const auto scripthash_of = [&](std::uint32_t coin) -> const ScriptHash& { return coins_[coin].output.scripthash; };
  return {std::ranges::lower_bound(by_script_, scripthash, std::less<>{}, scripthash_of),
          std::ranges::upper_bound(by_script_, scripthash, std::less<>{}, scripthash_of)};
}

std::int64_t PoolTx::delta(std::span<const std::uint32_t> coins) const noexcept {
  std::uint64_t sum = 0;  // modulo 2^64 on the way; settle() bounds what comes out
  for (const std::uint32_t coin : coins) {
    const std::uint64_t value = coins_[coin].output.value;
    sum += coin < input_count_ ? 0 - value : value;
  }
  return static_cast<std::int64_t>(sum);
}

std::size_t PoolTx::footprint_bytes() const noexcept {
  return sizeof(PoolTx) + raw_.size() + coins_.size() * (sizeof(Coin) + sizeof(std::uint32_t)) +
         offers_.capacity() * sizeof(PoolOffer) + tx_share_bytes + input_count_ * input_share_bytes +
         by_script_.size() * coin_share_bytes;
}

}  // namespace sluice::mempool
