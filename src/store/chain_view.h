// The read view of a committed index: what serve asks, answered from tables, flat files and block
// files.
//
// Scripts are found by prefix. As a rule one script has it, which is checked against the 128 bits the
// index keeps and, by the script's first transaction, against the full hash. Where several scripts
// share a prefix, every row is re-checked against the block files: slower, and as right.
#pragma once

#include <functional>
#include <vector>

#include "chain/coin.h"
#include "serve/read_view.h"
#include "source/range_reader.h"
#include "store/database.h"

namespace sluice::store {

class ChainView final : public serve::ReadView {
 public:
  /// Errors: io, corrupt. database and blocks outlive the view; the database is not written meanwhile.
  static Result<std::unique_ptr<ChainView>> open(const Database& database, source::RangeReader& blocks);

  [[nodiscard]] std::uint32_t tip_height() const override { return state_.block_count - 1; }
  [[nodiscard]] Result<chain::RawHeader> header(std::uint32_t height) const override;
  [[nodiscard]] Result<std::vector<std::byte>> headers(std::uint32_t start, std::uint32_t count) const override;
  [[nodiscard]] std::uint32_t block_tx_count(std::uint32_t height) const override;
  [[nodiscard]] serve::TxNumber block_first_tx(std::uint32_t height) const override { return blocks_[height].first_tx; }
  [[nodiscard]] Result<std::vector<Txid>> block_txids(std::uint32_t height) const override;
  [[nodiscard]] Result<Txid> txid(serve::TxNumber tx_number) const override;
  [[nodiscard]] Result<std::optional<serve::TxPlace>> find_tx(const Txid& txid) const override;
  [[nodiscard]] serve::TxPlace place_of(serve::TxNumber tx_number) const override;
  [[nodiscard]] Result<std::vector<std::byte>> raw_tx(serve::TxNumber tx_number) const override;
  [[nodiscard]] Result<std::vector<serve::HistoryItem>> history(const ScriptHash& scripthash,
                                                                std::size_t limit) const override;
  [[nodiscard]] Result<std::vector<serve::UnspentItem>> unspent(const ScriptHash& scripthash) const override;
  [[nodiscard]] Result<Balance> balance(const ScriptHash& scripthash) const override;
  [[nodiscard]] Result<std::vector<serve::RefItem>> refs_of(serve::TxNumber tx_number,
                                                            std::uint32_t output_index) const override;
  [[nodiscard]] Result<serve::RefPlaces> ref_places(const std::array<std::byte, 36>& ref) const override;

 private:
  enum class Standing : std::uint8_t { unknown, alone, shared };
  /// Answers whether a visited item ends the walk.
  enum class Walk : std::uint8_t { go_on, stop };

  ChainView(const Database& database, source::RangeReader& blocks, const chain::Network& network)
      : database_(database), block_files_(blocks), network_(network), state_(*database.state()) {}

  [[nodiscard]] Result<Standing> standing(const ScriptHash& scripthash) const;
  [[nodiscard]] Result<bool> first_tx_funds(const ScriptHash& scripthash) const;
  [[nodiscard]] Result<bool> tx_touches(serve::TxNumber tx_number, const ScriptHash& scripthash) const;
  [[nodiscard]] Result<bool> output_pays(serve::TxNumber tx_number, std::uint32_t index,
                                         const ScriptHash& scripthash) const;
  Status walk_history(std::uint64_t prefix, const std::function<Result<Walk>(serve::TxNumber)>& visit) const;
  Status walk_unspent(const ScriptHash& scripthash,
                      const std::function<Status(const serve::UnspentItem&)>& visit) const;
  [[nodiscard]] Error corrupt(Table table) const;

  const Database& database_;
  source::RangeReader& block_files_;
  const chain::Network& network_;
  State state_;
  std::vector<BlockPlace> blocks_;  ///< [height]
};

}  // namespace sluice::store
