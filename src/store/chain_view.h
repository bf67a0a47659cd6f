// The read view of a committed index: what serve asks, answered from tables, flat files and block
// files.
//
// Scripts are found by prefix. As a rule one script has it, which is checked against the 128 bits the
// index keeps and, by the script's first transaction, against the full hash. Where several scripts
// share a prefix, every row is re-checked against the block files: slower, and as right.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "chain/coin.h"
#include "serve/read_view.h"
#include "source/range_reader.h"
#include "store/block_places.h"
#include "store/database.h"
#include "store/row_iterators.h"
#include "store/view_cache.h"

namespace sluice::store {

class ChainView final : public serve::ReadView {
 public:
  /// The index as it is now; what is committed later does not show. Called by who writes it, if anybody does.
  /// Errors: io, corrupt. Lifetime: database and blocks outlive the view.
  static Result<std::unique_ptr<ChainView>> open(const Database& database, source::RangeReader& blocks);
  /// The same after more commits: costs only what is new.
  /// unchanged_blocks: those that this view has too. Bounds: <= block counts of this view and of the index.
  [[nodiscard]] Result<std::unique_ptr<ChainView>> reopen(std::uint32_t unchanged_blocks) const;

  [[nodiscard]] std::uint32_t tip_height() const override { return state_.block_count - 1; }
  [[nodiscard]] Result<chain::RawHeader> header(std::uint32_t height) const override;
  [[nodiscard]] Result<std::vector<std::byte>> headers(std::uint32_t start, std::uint32_t count) const override;
  [[nodiscard]] std::uint32_t block_tx_count(std::uint32_t height) const override;
  [[nodiscard]] serve::TxNumber block_first_tx(std::uint32_t height) const override { return blocks_[height].first_tx; }
  [[nodiscard]] Result<std::vector<Txid>> block_txids(std::uint32_t height) const override;
  [[nodiscard]] Result<Txid> txid(serve::TxNumber tx_number) const override;
  [[nodiscard]] Status read_txids(std::span<const serve::TxNumber> tx_numbers, std::span<Txid> target) const override;
  [[nodiscard]] Result<std::optional<serve::TxPlace>> find_tx(const Txid& txid) const override;
  [[nodiscard]] serve::TxPlace place_of(serve::TxNumber tx_number) const override;
  [[nodiscard]] Result<std::vector<std::byte>> raw_tx(serve::TxNumber tx_number) const override;
  [[nodiscard]] Result<std::vector<serve::HistoryItem>> history(const ScriptHash& scripthash,
                                                                std::size_t limit) const override;
  [[nodiscard]] Result<std::vector<serve::HistoryItem>> history_from(const ScriptHash& scripthash,
                                                                     serve::TxNumber first) const override;
  [[nodiscard]] Result<std::vector<serve::UnspentItem>> unspent(const ScriptHash& scripthash) const override;
  [[nodiscard]] Result<bool> is_unspent(serve::TxNumber tx_number, std::uint32_t output_index) const override;
  [[nodiscard]] Result<Balance> balance(const ScriptHash& scripthash) const override;
  [[nodiscard]] Result<std::vector<serve::RefItem>> refs_of(serve::TxNumber tx_number,
                                                            std::uint32_t output_index) const override;
  [[nodiscard]] Result<serve::RefPlaces> ref_places(const std::array<std::byte, 36>& ref) const override;

  /// The rows that the view is of, for other views beside it.
  [[nodiscard]] const RowSnapshot& row_snapshot() const noexcept { return snapshot_; }

 private:
  enum class Standing : std::uint8_t { unknown, alone, shared };
  /// Answers whether a visited item ends the walk.
  enum class Walk : std::uint8_t { go_on, stop };
  using ShortHistory = ShortList<serve::HistoryItem, 16>;
  using ShortUnspent = ShortList<serve::UnspentItem, 8>;

  ChainView(const Database& database, source::RangeReader& blocks, const chain::Network& network)
      : database_(database),
        block_files_(blocks),
        network_(network),
        state_(*database.state()),
        mark_(database.view_mark()),
        snapshot_(database.snapshot()),
        rows_(database, snapshot_) {}
  Status read_places(const BlockPlaces& previous, std::uint32_t unchanged_blocks);

  [[nodiscard]] Result<Standing> standing(const ScriptHash& scripthash) const;
  [[nodiscard]] Result<Standing> find_standing(const ScriptHash& scripthash) const;
  [[nodiscard]] Result<bool> first_tx_funds(const ScriptHash& scripthash) const;
  [[nodiscard]] Result<bool> tx_touches(serve::TxNumber tx_number, const ScriptHash& scripthash) const;
  [[nodiscard]] Result<bool> output_pays(serve::TxNumber tx_number, std::uint32_t index,
                                         const ScriptHash& scripthash) const;
  /// Visits those from tx number `first` on.
  Status walk_history(std::uint64_t prefix, serve::TxNumber first,
                      const std::function<Result<Walk>(serve::TxNumber)>& visit) const;
  [[nodiscard]] Result<std::optional<serve::TxPlace>> read_place(const Txid& txid) const;
  [[nodiscard]] Result<std::vector<serve::HistoryItem>> read_history(const ScriptHash& scripthash,
                                                                     serve::TxNumber first, std::size_t limit) const;
  [[nodiscard]] Result<std::vector<serve::UnspentItem>> read_unspent(const ScriptHash& scripthash) const;
  [[nodiscard]] Result<Balance> read_balance(const ScriptHash& scripthash) const;
  Status walk_unspent(const ScriptHash& scripthash,
                      const std::function<Status(const serve::UnspentItem&)>& visit) const;
  [[nodiscard]] Error corrupt(Table table) const;

  const Database& database_;
  source::RangeReader& block_files_;
  const chain::Network& network_;
  State state_;
  std::shared_ptr<const void> mark_;
  RowSnapshot snapshot_;
  RowIterators rows_;
  BlockPlaces blocks_;
  // Wallets ask for the same scripts, transactions and blocks again and again. 6 MiB together, once all are used.
  ViewCache<ScriptHash, Standing, 8192> standings_;
  ViewCache<ScriptHash, Balance, 8192> balances_;
  ViewCache<ScriptHash, ShortHistory, 4096> histories_;
  ViewCache<ScriptHash, ShortUnspent, 4096> unspents_;
  ViewCache<serve::TxNumber, Txid, 32768> txids_;
  ViewCache<Txid, serve::TxPlace, 8192> places_;
  ViewCache<std::uint32_t, chain::RawHeader, 2048> headers_;
};

}  // namespace sluice::store
