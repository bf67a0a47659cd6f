// What a block spent, found without its undo row: from the block files and the position index.
//
// A block's transactions are read back and parsed; each prevout's txid leads to the transaction that created it, whose
// output says script and value. Costs a read and a seek an input, so that an undo row is a shortcut and its absence
// no limit to how deep a reorg can go.
#pragma once

#include <functional>
#include <optional>

#include "source/range_reader.h"
#include "store/database.h"
#include "store/stored_tx.h"
#include "write/rows.h"

namespace sluice::store {

class SpentOutputs {
 public:
  /// Lifetime: database, block_files and network outlive it.
  SpentOutputs(const Database& database, source::RangeReader& block_files, const chain::Network& network);

  using Visit = std::function<Status(const write::UndoEntry&)>;
  /// Visits each indexed output that the block spent, or that its coinbase replaced: the entries of its undo row, in
  /// no order. Bounds: height < block count. Errors: the visitor's; io, corrupt.
  Status visit(std::uint32_t height, const Visit& visit) const;

  /// A transaction of the index by number. Bounds: tx_number < number of all transactions. Errors: io, corrupt.
  [[nodiscard]] Result<StoredTx> tx(std::uint64_t tx_number) const;

 private:
  /// The latest transaction of this txid with a number below `until`.
  [[nodiscard]] Result<std::optional<std::uint64_t>> find_tx(const Txid& txid, std::uint64_t until) const;
  [[nodiscard]] Result<std::uint64_t> first_tx(std::uint32_t height) const;
  /// nullopt if the output is not indexed.
  [[nodiscard]] Result<std::optional<write::UndoEntry>> entry(std::uint64_t tx_number, const StoredTx& tx,
                                                              std::uint32_t index) const;
  Status visit_replaced(std::uint64_t coinbase, const Txid& txid, const Visit& visit) const;
  /// Did a transaction numbered below `until` spend the output?
  [[nodiscard]] Result<bool> was_spent(const write::UndoEntry& output, const Txid& txid, std::uint64_t until) const;
  [[nodiscard]] Error corrupt(std::string_view what) const;

  const Database& database_;
  source::RangeReader& block_files_;
  const chain::Network& network_;
};

}  // namespace sluice::store
