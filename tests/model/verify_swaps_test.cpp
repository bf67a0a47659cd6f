// Damage to the swap rows: single rows of every kind are changed, deleted and added. The check of the rows names what
// disagrees with another row; what agrees with all of them and is not what the blocks say is named by deep, with
// token, outpoint and height.
#include <rocksdb/write_batch.h>

#include <map>

#include "base/hex.h"
#include "small_index.h"
#include "support/map_rows.h"
#include "swap/order_rows.h"
#include "swap_feed.h"

namespace sluice::test {
namespace {

using store::Table;
using swap::RowType;
using Depth = SmallIndex::Depth;
using Rows = std::map<std::string, std::string>;

Bytes view_of(const std::string& text) { return std::as_bytes(std::span(text)); }

constexpr swap::ChangeRules rules{.history_blocks = 30, .reorg_limit = 20};

devnet::DevnetOptions market() {
  devnet::DevnetOptions options;
  options.blocks = 70;
  options.txs_per_block = 10;
  options.swap_percent = 60;
  return options;
}

class SwapDamage : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    index_ = new SmallIndex(market());
    naive_ = new model::NaiveSwaps({false, rules.history_blocks});
    const devnet::DevnetChain chain = make_chain(market());
    for (const devnet::DevnetBlock* block : chain.active())
      blocks_.emplace_back(naive_->tx_count(), model::text_of(block->raw)), naive_->add_block(blocks_.back().second);
    rows_ = made_rows([](swap::OrderChanges& changes) { return model::settle_by(changes, *naive_); });
  }
  static void TearDownTestSuite() {
    delete naive_;
    delete index_;
  }

  template <typename Settle>
  static Rows made_rows(Settle settle) {
    MapRows rows;
    auto changes = swap::OrderChanges::over(rows, rules);
    EXPECT_TRUE(changes.ok());
    for (const auto& [first_tx, block] : blocks_)
      EXPECT_TRUE(model::feed_block(changes.value(), block, first_tx, false).ok());
    EXPECT_TRUE(settle(changes.value()).ok());
    changes.value().write_to(rows);
    return rows.rows;
  }

  static void write(const std::string& directory, const Rows& rows) {
    const auto database = store::Database::open(directory, store::OpenMode::read_write, {});
    ASSERT_TRUE(database.ok());
    rocksdb::ColumnFamilyHandle* table = database.value()->handle(Table::swaps);
    rocksdb::WriteBatch batch;
    const auto old = database.value()->iterate(Table::swaps);
    for (old->SeekToFirst(); old->Valid(); old->Next()) (void)batch.Delete(table, old->key());
    for (const auto& [key, value] : rows) (void)batch.Put(table, key, value);
    ASSERT_TRUE(database.value()->rocks().Write({}, &batch).ok());
  }

  /// Over these rows in the place of the index's own.
  static verify::VerifyReport verify_over(const Rows& rows, Depth depth) {
    const std::string directory = index_->copy("damaged");
    write(directory, rows);
    auto report = index_->verify(directory, depth);
    EXPECT_TRUE(report.ok()) << report.error().message;
    return report.ok() ? std::move(report).value() : verify::VerifyReport();
  }
  static std::string findings(const Rows& rows, Depth depth) { return findings_text(verify_over(rows, depth)); }
  static void expect_named(const Rows& rows, Depth depth, const std::string& name) {
    const std::string text = findings(rows, depth);
    EXPECT_NE(text.find("table swaps: "), text.npos) << "nothing is found";
    EXPECT_NE(text.find(name), text.npos) << "does not name " << name << ":\n" << text;
  }

  /// Some rows of a type, from all over it.
  static std::vector<std::string> sample(RowType type) {
    std::vector<std::string> keys, some;
    for (const auto& [key, value] : rows_) {
      if (swap::row_type_of(view_of(key)) == type) keys.push_back(key);
    }
    for (std::size_t i = 0; !keys.empty() && i < 3; ++i) some.push_back(keys[i * (keys.size() - 1) / 2]);
    return some;
  }

  /// Rows in which an order is not what was advertised, and what a finding has to call it.
  static std::pair<Rows, std::string> forged(RowType type, void (*forge)(swap::Order&)) {
    const std::string key = sample(type).at(1);
    const auto id = swap::decode_order_key(view_of(key)).value();
    swap::Order order = swap::decode_order(id, view_of(rows_.at(key))).value();
    const std::string token(reinterpret_cast<const char*>(id.token.data()), 32);
    const std::string name = "order of token " + model::shown(token) + " for " + id.offered.txid.display() + ":" +
                             std::to_string(id.offered.index) + " (advertised at height " +
                             std::to_string(naive_->height_of(order.ad.tx_number)) + ")";
    forge(order);
    Rows rows = rows_;
    rows[key] = swap::encode_order(order);
    return {rows, name};
  }

  static inline SmallIndex* index_ = nullptr;
  static inline model::NaiveSwaps* naive_ = nullptr;
  static inline std::vector<std::pair<std::uint64_t, std::string>> blocks_;  // first tx number, bytes
  static inline Rows rows_;
};

TEST_F(SwapDamage, RightRowsAreWhole) {
  EXPECT_EQ(findings(rows_, Depth::tables), "");
  const verify::VerifyReport deep = verify_over(rows_, Depth::deep);
  EXPECT_EQ(findings_text(deep), "");
  EXPECT_EQ(deep.swap_blocks_behind, 0U);
  EXPECT_EQ(verify::describe(deep).find("to come"), std::string::npos);
  EXPECT_EQ(findings({}, Depth::deep), "") << "no swaps are indexed";
}

TEST_F(SwapDamage, DeletedRowsOfEveryTypeAreNamed) {
  for (std::size_t type = 0; type < swap::row_type_count; ++type) {
    const auto row_type = static_cast<RowType>(type);
    if (row_type == RowType::unsettled) continue;  // all are settled
    const std::vector<std::string> keys = sample(row_type);
    ASSERT_FALSE(keys.empty()) << swap::row_type_names[type];
    for (const std::string& key : keys) {
      SCOPED_TRACE(std::string(swap::row_type_names[type]) + " " + to_hex(view_of(key)));
      Rows rows = rows_;
      rows.erase(key);
      expect_named(rows, Depth::tables, "table swaps: ");
    }
  }
}

TEST_F(SwapDamage, MovedRowsOfEveryTypeAreNamed) {
  for (std::size_t type = 1; type < swap::row_type_count; ++type) {
    for (const std::string& key : sample(static_cast<RowType>(type))) {
      std::string moved = key;
      moved.back() = static_cast<char>(moved.back() ^ 1);
      if (rows_.contains(moved)) continue;
      SCOPED_TRACE(std::string(swap::row_type_names[type]) + " " + to_hex(view_of(key)));
      Rows rows = rows_;
      rows[moved] = rows.at(key);
      rows.erase(key);
      // Of superseded orders only their number is kept beside them.
      const bool is_alone = static_cast<RowType>(type) == RowType::superseded;
      expect_named(rows, is_alone ? Depth::deep : Depth::tables, "table swaps: ");
    }
  }
}

TEST_F(SwapDamage, ForgedOrdersAreNamedByDeep) {
  const auto other_type = [](swap::Order& order) { order.terms_type ^= 1; };
  const auto other_place = [](swap::Order& order) { order.ad.output += 1; };
  const auto cut = [](swap::Order& order) { order.signature = order.signature.first(order.signature.size() / 2); };
  for (const RowType type : {RowType::open, RowType::dead, RowType::history}) {
    for (void (*forge)(swap::Order&) : {+other_type, +other_place, +cut}) {
      const auto [rows, name] = forged(type, forge);
      expect_named(rows, Depth::deep, name);
    }
  }
}

TEST_F(SwapDamage, DeadOrdersAmongTheOpenOnesAreNamedByDeep) {
  // Every row agrees with every other: the index of outputs was asked, and knew nothing.
  const Rows rows = made_rows([](swap::OrderChanges& changes) {
    return changes.settle([](const Outpoint&) -> Result<swap::CoinFound> { return swap::CoinFound{}; },
                          [](std::uint64_t number) { return naive_->height_of(number); });
  });
  EXPECT_EQ(findings(rows, Depth::tables), "");
  expect_named(rows, Depth::deep, ": by the block files it is dead");
}

TEST_F(SwapDamage, RowsThatLackABlockAreNamedByDeep) {
  MapRows rows;
  rows.rows = rows_;
  auto changes = swap::OrderChanges::over(rows, rules);
  ASSERT_TRUE(changes.ok());
  ASSERT_TRUE(changes.value().undo_block().ok());
  model::NaiveSwaps before({false, rules.history_blocks});
  for (std::size_t height = 0; height + 1 < blocks_.size(); ++height) before.add_block(blocks_[height].second);
  ASSERT_TRUE(model::settle_by(changes.value(), before).ok());
  changes.value().write_to(rows);
  const verify::VerifyReport behind = verify_over(rows.rows, Depth::deep);
  EXPECT_EQ(findings_text(behind), "") << "rows may be behind, if they are right for where they stand";
  EXPECT_EQ(behind.swap_blocks_behind, 1U);
  EXPECT_NE(verify::describe(behind).find("the swaps of 1 block are to come"), std::string::npos);
  std::string& state = rows.rows.at(swap::type_key(RowType::state).text());
  swap::SwapState further = swap::decode_state(view_of(state)).value();
  ++further.block_count, ++further.settled_blocks;
  state = swap::encode_state(further);
  expect_named(rows.rows, Depth::deep, ": no row, by the block files there is one");
}

}  // namespace
}  // namespace sluice::test
