// Any bytes as a node's talk to a mempool. Selector: coin, parity (bit 2), a small budget (bit 3).
//
//   0 size u16, bytes   a raw transaction
//   1                   the last transaction once more, as if nothing had been added
//   2 n                 the nth is gone        3 n  a block with the nth        4 n  a block that spends what it spends
//   5 n                 that block is disconnected
//
// Numbers are one byte. Whatever is said, the pool's invariants hold, and a view from before says what it said.
#include "fuzz_support.h"
#include "mempool/saved.h"

namespace sluice {
namespace {

using mempool::Outpoint;

/// Three of four outputs exist, of a value that lies in the txid.
struct SomeOutputs final : mempool::ConfirmedOutputs {
  Status find(std::span<const Outpoint> outpoints, std::span<std::optional<mempool::Output>> found) override {
    for (std::size_t i = 0; i < outpoints.size(); ++i) {
      const std::uint64_t bits = outpoints[i].txid.low64();
      if (bits % 4 == 0) continue;
      ScriptHash scripthash;
      scripthash.bytes[0] = std::byte(bits % 3);
      found[i] = {scripthash, bits >> 8, bits % 5 != 0};
    }
    return {};
  }
};

std::string text_of(const serve::MempoolView& view, const std::vector<ScriptHash>& scripts) {
  std::string text = std::to_string(view.tx_count()) + " " + std::to_string(view.tx_bytes());
  for (const ScriptHash& script : scripts) {
    for (const auto& item : view.history(script)) {
      text += item.txid.display() + (item.has_unconfirmed_inputs ? "-" : "+");
      SLUICE_CHECK(view.find_tx(item.txid)->has_unconfirmed_inputs == item.has_unconfirmed_inputs);
    }
    for (const auto& item : view.unspent(script)) {
      SLUICE_CHECK(!view.spender({item.txid, item.output_index}));
      text += item.txid.display() + std::to_string(item.output_index);
    }
    for (const Outpoint& outpoint : view.spent(script)) SLUICE_CHECK(view.spender(outpoint).has_value());
    text += std::to_string(view.balance(script).delta);
  }
  return text;
}

void check_mempool(const fuzz::FuzzInput& input) {
  mempool::MempoolOptions options;
  options.rules = {input.coin(), input.flag(2)};
  if (input.flag(3)) options.budget_bytes = 4000;
  options.waiting_bytes_max = 8000;
  mempool::Mempool pool(options);
  SomeOutputs chain;
  std::vector<Txid> seen;
  std::vector<ScriptHash> scripts(3);
  scripts[1].bytes[0] = std::byte{1}, scripts[2].bytes[0] = std::byte{2};
  std::shared_ptr<const serve::MempoolView> before = pool.publish();
  std::string said = text_of(*before, {});
  std::vector<ScriptHash> asked;
  std::vector<std::byte> last;
  const auto take = [&](std::vector<std::byte> raw) {
    last = raw;
    parse::TxBatch batch;
    parse::ParseScratch scratch;
    mempool::Shared<mempool::PoolTx> tx;
    if (mempool::PoolTx::parse(raw, options.rules, batch, scratch, tx) == parse::ParseErrc::ok && seen.size() < 256)
      seen.push_back(tx->txid());
    std::vector<std::vector<std::byte>> raws;
    raws.push_back(std::move(raw));
    SLUICE_CHECK(pool.add(std::move(raws), chain).ok());
  };
  Bytes left = input.bytes;
  while (!left.empty()) {
    const auto what = std::to_integer<unsigned>(left[0]) % 6;
    left = left.subspan(1);
    if (what == 0) {
      if (left.size() < 2) break;
      const std::size_t size = std::min<std::size_t>(load_le<std::uint16_t>(left.data()), left.size() - 2);
      take({left.begin() + 2, left.begin() + 2 + static_cast<std::ptrdiff_t>(size)});
      left = left.subspan(2 + size);
    } else if (what == 1) {
      take(last);
    } else if (!left.empty() && !seen.empty()) {
      const Txid txid = seen[std::to_integer<std::size_t>(left[0]) % seen.size()];
      left = left.subspan(1);
      if (what == 2) pool.remove({&txid, 1});
      if (what == 3) pool.confirm({&txid, 1}, {});
      const Outpoint spent{txid, 0};
      if (what == 4) pool.confirm({}, {&spent, 1});
      if (what == 5) pool.unconfirm({&txid, 1});
      SLUICE_CHECK(pool.add({}, chain).ok());
    }
    SLUICE_CHECK(options.budget_bytes == 0 || pool.footprint_bytes() <= options.budget_bytes);
    const auto now = pool.publish();
    for (const ScriptHash& script : pool.take_touched()) {
      if (scripts.size() < 64) scripts.push_back(script);
    }
    SLUICE_CHECK(text_of(*before, asked) == said);
    before = now;
    asked = scripts;
    said = text_of(*now, asked);
  }
  const auto difference = pool.difference({});
  SLUICE_CHECK(difference.gone.size() == pool.tx_count() + pool.waiting_count() + pool.left_out_count());
  pool.remove(difference.gone);
  SLUICE_CHECK(pool.tx_count() + pool.waiting_count() + pool.left_out_count() + pool.footprint_bytes() == 0);
  SLUICE_CHECK(text_of(*before, asked) == said);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::check_mempool(sluice::fuzz::split_input(data, size));
  return 0;
}
