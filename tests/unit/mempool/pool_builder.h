// Transactions and a chain in memory for tests of the mempool.
#pragma once

#include <map>

#include "classify/scripthash.h"
#include "mempool/mempool.h"
#include "tx_builder.h"

namespace sluice::mempool::test {

using sluice::test::Buffer;

/// A script of its own for every number: <number> OP_DROP OP_1.
inline Buffer script_of(std::uint32_t number) {
  Buffer script(7);
  script[0] = std::byte{4};
  store_le(script.data() + 1, number);
  script[5] = std::byte{0x75};
  script[6] = std::byte{0x51};
  return script;
}

inline ScriptHash scripthash_of(std::uint32_t number) {
  return classify::script_hash(script_of(number), chain::Coin::radiant, false);
}

/// The outputs of a chain that nobody has spent.
struct FakeChain : ConfirmedOutputs {
  std::map<Outpoint, Output> unspent;
  bool broken = false;
  std::uint64_t asked = 0;

  /// An output of a made-up confirmed transaction.
  Outpoint coin(std::uint32_t number, std::uint64_t value, std::uint32_t script) {
    Outpoint outpoint{};
    store_le<std::uint32_t>(outpoint.txid.data(), number);
    outpoint.txid.bytes[31] = std::byte{0xcc};
    unspent[outpoint] = {scripthash_of(script), value, true};
    return outpoint;
  }

  Status find(std::span<const Outpoint> outpoints, std::span<std::optional<Output>> found) override {
    if (broken) return Error{ErrorKind::io, "outputs: cannot be read"};
    for (std::size_t i = 0; i < outpoints.size(); ++i) {
      SLUICE_CHECK(i == 0 || outpoints[i - 1] < outpoints[i]);
      ++asked;
      if (const auto at = unspent.find(outpoints[i]); at != unspent.end()) found[i] = at->second;
    }
    return {};
  }
};

struct Pay {
  std::uint64_t value = 0;
  std::uint32_t script = 0;
};

/// Spends outpoints, pays scripts.
inline Buffer raw_tx(const std::vector<Outpoint>& inputs, const std::vector<Pay>& outputs,
                     std::uint32_t lock_time = 0) {
  sluice::test::Tx tx;
  for (const Outpoint& outpoint : inputs) tx.inputs.push_back({outpoint.txid, outpoint.index, {}, 0xffff'ffff, {}});
  for (const Pay& pay : outputs) tx.outputs.push_back({pay.value, script_of(pay.script)});
  tx.lock_time = lock_time;
  return sluice::test::serialize(tx);
}

inline Txid txid_of(const Buffer& raw) { return hash_cast<Txid>(hash::sha256d(raw)); }

}  // namespace sluice::mempool::test
