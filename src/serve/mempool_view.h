// What the protocol needs to know about unconfirmed transactions: one consistent set, read only.
//
// serve declares it; mempool implements it. A view never changes and stays valid for as long as it is held; the
// newer set is another view. Calls are const and may run on several threads at once. Nothing here reads a disk, so
// nothing fails.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/hash256.h"
#include "base/outpoint.h"
#include "swap/order.h"

namespace sluice::serve {

using sluice::Outpoint;

/// One unconfirmed transaction of a script's history.
struct MempoolHistoryItem {
  Txid txid;
  std::uint64_t fee = 0;                ///< base units
  std::uint32_t size = 0;               ///< virtual bytes; on coins without segwit all bytes
  bool has_unconfirmed_inputs = false;  ///< shown as height -1 instead of 0
};

/// One output of an unconfirmed transaction that no unconfirmed transaction spends.
struct MempoolUnspentItem {
  Txid txid;
  std::uint32_t output_index = 0;
  std::uint64_t value = 0;  ///< base units
  Bytes script;             ///< as serialised; lives as long as the view
};

struct MempoolTxInfo {
  Bytes raw;  ///< witness included; lives as long as the view
  std::uint64_t fee = 0;
  std::uint32_t size = 0;  ///< virtual bytes
  bool has_unconfirmed_inputs = false;
};

/// One entry of the fee histogram: so many virtual bytes pay this rate or up to the entry before it.
struct FeeBin {
  std::uint64_t rate_tenths = 0;  ///< tenths of a base unit per virtual byte
  std::uint64_t size = 0;         ///< virtual bytes

  friend bool operator==(const FeeBin&, const FeeBin&) = default;
};

/// One advertisement of an unconfirmed transaction, at one of its outputs. Returns false to end the walk.
/// Lifetime: the order's views end when the call returns. Of the order, `ad` and `spent_by` are not set.
using UnconfirmedOfferVisit = std::function<bool(const Txid& txid, std::uint32_t output, const swap::Order& order)>;

class MempoolView {
 public:
  virtual ~MempoolView() = default;

  /// Grows with every published change; equal versions hold equal transactions.
  [[nodiscard]] virtual std::uint64_t version() const noexcept = 0;
  [[nodiscard]] virtual std::size_t tx_count() const noexcept = 0;
  /// Serialised bytes of all transactions.
  [[nodiscard]] virtual std::uint64_t tx_bytes() const noexcept = 0;

  /// Transactions that fund or spend a script, each once; those without unconfirmed inputs first, then by txid as
  /// displayed: the order of protocol 1.6.
  [[nodiscard]] virtual std::vector<MempoolHistoryItem> history(const ScriptHash& scripthash) const = 0;
  /// Ordered by txid as displayed, then output index.
  [[nodiscard]] virtual std::vector<MempoolUnspentItem> unspent(const ScriptHash& scripthash) const = 0;
  /// Outputs of this script, confirmed or not, that unconfirmed transactions spend; sorted.
  [[nodiscard]] virtual std::vector<Outpoint> spent(const ScriptHash& scripthash) const = 0;
  struct Balance {
    std::int64_t delta = 0;   ///< outputs less inputs, base units
    std::uint64_t count = 0;  ///< transactions that fund or spend the script
  };
  [[nodiscard]] virtual Balance balance(const ScriptHash& scripthash) const = 0;

  [[nodiscard]] virtual std::optional<MempoolTxInfo> find_tx(const Txid& txid) const = 0;
  /// The unconfirmed transaction that spends an output, confirmed or not.
  [[nodiscard]] virtual std::optional<Txid> spender(const Outpoint& outpoint) const = 0;
  /// Visits every swap offer of the unconfirmed transactions, in no order; those of one transaction by output.
  /// This one knows of none. Cost: linear in the transactions that have offers.
  virtual void walk_offers(const UnconfirmedOfferVisit& visit) const { (void)visit; }
  /// Visits the offer at one output, if there is one. This one walks over all.
  virtual void find_offer(const Txid& txid, std::uint32_t output, const UnconfirmedOfferVisit& visit) const {
    walk_offers([&](const Txid& at, std::uint32_t index, const swap::Order& order) {
      return at != txid || index != output || visit(at, index, order);
    });
  }
  /// Visits the outputs spent by unconfirmed transactions that a swap order may offer, in no order; few others among
  /// them. This one knows of none.
  virtual void walk_offered_spends(const std::function<void(const Outpoint&)>& visit) const { (void)visit; }
  /// ElectrumX's compact histogram, rates descending.
  [[nodiscard]] virtual std::span<const FeeBin> fee_histogram() const noexcept = 0;
};

/// Order of txids as displayed: the last byte counts most.
[[nodiscard]] inline bool displays_before(const Txid& a, const Txid& b) noexcept {
  for (std::size_t i = 32; i-- > 0;) {
    if (a.bytes[i] != b.bytes[i]) return a.bytes[i] < b.bytes[i];
  }
  return false;
}

}  // namespace sluice::serve
