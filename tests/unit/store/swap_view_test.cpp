// Shown: every listing of a random book, from every place in it, is the model's orders in their order; counts, look-ups
// and what is missing or malformed.
#include <gtest/gtest.h>

#include <algorithm>

#include "hand_index.h"
#include "store/swap_rows.h"
#include "store/swap_view.h"
#include "support/map_rows.h"
#include "support/swap_chain.h"

namespace sluice::store {
namespace {

using serve::BookKind;
using serve::BookQuery;
using serve::BookSide;
using serve::OrderStanding;
using serve::WalkOrders;
using swap::RowType;
using test::ModelOrder;
using test::SwapChain;

constexpr std::uint32_t block_count = 40;
constexpr std::uint32_t kept_blocks = 25;

class SwapViewTest : public testing::Test {
 protected:
  void SetUp() override {
    Random random(7);
    SwapChain::Shape shape;
    shape.outpoints = 300;
    shape.tokens = 3;
    shape.ads_per_block_max = 30;
    shape.spends_per_block_max = 10;
    auto over = swap::OrderChanges::over(rows_, {.history_blocks = kept_blocks});
    ASSERT_TRUE(over.ok());
    swap::OrderChanges changes = std::move(over).value();
    for (std::uint32_t height = 0; height < block_count; ++height) {
      chain_.add_random_block(random, shape);
      ASSERT_TRUE(chain_.add_block_to(changes).ok());
      index_.add_block({{{}, {{5, 1}}}});
    }
    ASSERT_TRUE(chain_.settle(changes).ok());
    changes.write_to(rows_);
    orders_ = test::model_orders(chain_, block_count, kept_blocks);
    index_.make_rows();
  }
  void commit() {
    index_.rows[Table::swaps] = rows_.rows;
    index_.commit();
  }
  void open() {
    auto database = Database::open(index_.db_dir(), OpenMode::read_only, {});
    ASSERT_TRUE(database.ok()) << database.error().message;
    view_.reset();
    database_ = std::move(database).value();
    auto view = SwapTableView::open(*database_, database_->snapshot(), block_count - 1);
    ASSERT_TRUE(view.ok()) << view.error().message;
    view_ = std::move(view).value();
  }

  static OrderStanding standing_of(RowType type) {
    switch (type) {
      case RowType::open: return OrderStanding::open;
      case RowType::dead: return OrderStanding::dead;
      case RowType::superseded: return OrderStanding::superseded;
      default: return OrderStanding::history;
    }
  }
  struct Seen {
    swap::OrderId id;
    swap::TokenId want;
    std::uint64_t ad_tx;
    std::string terms;
    OrderStanding standing;
    friend auto operator<=>(const Seen&, const Seen&) = default;
  };
  [[nodiscard]] std::vector<Seen> expected(const BookQuery& query) const {
    std::vector<Seen> found;
    for (const ModelOrder& order : orders_) {
      const bool is_open = order.standing == RowType::open;
      const bool as_node =
          order.standing == RowType::dead || (order.standing == RowType::superseded && query.side == BookSide::wanted);
      const bool of_kind =
          query.kind == BookKind::history ? order.standing == RowType::history : is_open || (query.as_node && as_node);
      const bool of_token =
          query.side == BookSide::offered
              ? order.ad.id.token == query.token
              : order.ad.want == query.token && (!query.offered_token || order.ad.id.token == *query.offered_token);
      if (of_kind && of_token)
        found.push_back({order.ad.id, order.ad.want, order.ad.tx_number, order.ad.terms, standing_of(order.standing)});
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  [[nodiscard]] std::vector<Seen> walked(const BookQuery& query, const std::optional<swap::OrderId>& after,
                                         std::size_t limit) const {
    std::vector<Seen> found;
    const Status status = view_->walk(query, after, [&](const swap::Order& order, OrderStanding standing) {
      found.push_back({order.id, order.want, order.ad.tx_number, test::text_of(order.price_terms), standing});
      return found.size() < limit ? WalkOrders::go_on : WalkOrders::stop;
    });
    EXPECT_TRUE(status.ok()) << status.error().message;
    return found;
  }

  SwapChain chain_;
  test::MapRows rows_;
  test::HandIndex index_;
  std::set<ModelOrder> orders_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<SwapTableView> view_;
};

TEST_F(SwapViewTest, ListingsAreTheModelsFromEveryPlace) {
  commit();
  open();
  std::size_t longest = 0;
  std::set<OrderStanding> standings;
  for (unsigned token = 0; token <= 3; ++token)
    for (const BookSide side : {BookSide::offered, BookSide::wanted})
      for (const BookKind kind : {BookKind::open, BookKind::history})
        for (const bool as_node : {false, true})
          for (unsigned offered = 0; offered <= (side == BookSide::wanted ? 2U : 0U); ++offered) {
            BookQuery query{side, kind, SwapChain::token(token), std::nullopt, as_node};
            if (offered != 0) query.offered_token = SwapChain::token(offered);
            const std::vector<Seen> all = expected(query);
            ASSERT_EQ(walked(query, std::nullopt, 10'000), all);
            longest = std::max(longest, all.size());
            for (std::size_t at = 0; at < all.size(); at += 7) {
              const std::vector<Seen> rest(all.begin() + static_cast<std::ptrdiff_t>(at) + 1, all.end());
              const std::size_t page = std::min<std::size_t>(3, rest.size());
              ASSERT_EQ(walked(query, all[at].id, page), std::vector<Seen>(rest.begin(), rest.begin() + page)) << at;
            }
            for (const Seen& seen : all) standings.insert(seen.standing);
          }
  EXPECT_GT(longest, 80U);  // more than a batch
  EXPECT_EQ(standings.size(), 4U);
}

TEST_F(SwapViewTest, ALaterPlaceThatIsNotListedIsNone) {
  commit();
  open();
  const BookQuery query{BookSide::offered, BookKind::open, SwapChain::token(1), std::nullopt, false};
  const std::vector<Seen> all = expected(query);
  swap::OrderId between = all[4].id;
  between.offered.index += 7;
  EXPECT_EQ(walked(query, between, 1000), std::vector<Seen>(all.begin() + 5, all.end()));
}

TEST_F(SwapViewTest, CountsAndLookUps) {
  commit();
  open();
  const auto count = [this](const auto& matches) {
    serve::BookCounts counts;
    for (const ModelOrder& order : orders_) {
      if (!matches(order)) continue;
      switch (order.standing) {
        case RowType::open: ++counts.open; break;
        case RowType::dead: ++counts.dead; break;
        case RowType::superseded: ++counts.superseded; break;
        default: ++counts.history;
      }
    }
    return counts;
  };
  const auto tied = [](const serve::BookCounts& counts) {
    return std::tuple(counts.open, counts.dead, counts.superseded, counts.history);
  };
  for (unsigned number = 0; number <= 4; ++number) {
    const swap::TokenId token = SwapChain::token(number);
    EXPECT_EQ(tied(view_->counts(BookSide::offered, token).value()), tied(count([&](const ModelOrder& order) {
                return order.ad.id.token == token && order.standing != RowType::superseded;
              })));
    EXPECT_EQ(tied(view_->counts(BookSide::wanted, token).value()),
              tied(count([&](const ModelOrder& order) { return order.ad.want == token; })));
  }
  EXPECT_EQ(tied(view_->totals().value()), tied(count([](const ModelOrder&) { return true; })));
  EXPECT_EQ(view_->history_blocks(), kept_blocks);

  for (unsigned number = 0; number < 320; ++number) {
    const Outpoint outpoint = SwapChain::outpoint(number);
    std::multiset<std::uint64_t> ads;
    for (const ModelOrder& order : orders_)
      if (order.standing != RowType::superseded && order.ad.id.offered == outpoint) ads.insert(order.ad.tx_number);
    std::multiset<std::uint64_t> found;
    ASSERT_TRUE(view_
                    ->walk_offered(outpoint,
                                   [&](const swap::Order& order, OrderStanding) {
                                     found.insert(order.ad.tx_number);
                                     return WalkOrders::go_on;
                                   })
                    .ok());
    ASSERT_EQ(found, ads);
    const swap::OrderId id{SwapChain::token(1), outpoint};
    std::optional<OrderStanding> standing;
    const auto is_found = view_->find(id, [&](const swap::Order& order, OrderStanding of) {
      EXPECT_EQ(order.id, id);
      standing = of;
      return WalkOrders::go_on;
    });
    ASSERT_TRUE(is_found.ok());
    std::optional<OrderStanding> first;
    for (const ModelOrder& order : orders_)  // by standing
      if (!first && order.standing != RowType::superseded && order.ad.id == id) first = standing_of(order.standing);
    EXPECT_EQ(standing, first);
    EXPECT_EQ(is_found.value(), first.has_value());
  }
}

TEST_F(SwapViewTest, NoRowsOrRowsOfAnotherTipAreNoView) {
  index_.commit();
  open();
  EXPECT_EQ(view_, nullptr);
  view_.reset();
  database_.reset();
  {
    auto database = Database::open(index_.db_dir(), OpenMode::read_write, {});
    rocksdb::WriteBatch rows;
    for (const auto& [key, value] : rows_.rows)
      ASSERT_TRUE(rows.Put(database.value()->handle(Table::swaps), key, value).ok());
    ASSERT_TRUE(database.value()->commit_rows(rows, index_.state()).ok());
  }
  open();
  ASSERT_NE(view_, nullptr);
  const auto other = SwapTableView::open(*database_, database_->snapshot(), block_count);
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other.value(), nullptr);
}

TEST_F(SwapViewTest, AnIndexWithoutTheTableOpensAndGetsIt) {
  index_.commit();
  {
    auto database = Database::open(index_.db_dir(), OpenMode::read_write, {});
    ASSERT_TRUE(database.value()->rocks().DropColumnFamily(database.value()->handle(Table::swaps)).ok());
  }
  open();
  EXPECT_FALSE(database_->has(Table::swaps));
  EXPECT_EQ(view_, nullptr);
  EXPECT_EQ(database_->table_bytes(Table::swaps), 0U);
  EXPECT_FALSE(database_->get(Table::swaps, test::bytes_of_text("x")).value().has_value());
  database_.reset();
  auto written = Database::open(index_.db_dir(), OpenMode::read_write, {});
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE(written.value()->has(Table::swaps));
}

TEST_F(SwapViewTest, RowsThatCannotBeAreErrors) {
  const BookQuery by_token{BookSide::offered, BookKind::open, SwapChain::token(1), std::nullopt, false};
  const BookQuery by_want{BookSide::wanted, BookKind::open, SwapChain::token(1), std::nullopt, false};
  const auto id = expected(by_want).at(0).id;
  const auto expect_corrupt = [](const auto& result) {
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().kind, ErrorKind::corrupt);
    EXPECT_NE(result.error().message.find("table swaps"), std::string::npos);
  };
  const auto go_on = [](const swap::Order&, OrderStanding) { return WalkOrders::go_on; };
  rows_.rows.erase(swap::order_key(RowType::open, id).text());
  rows_.rows[swap::order_key(RowType::open, {SwapChain::token(1), SwapChain::outpoint(999)}).text()] = "x";
  rows_.rows[swap::token_key(RowType::history, SwapChain::token(1)).text()] = "x";
  rows_.rows[swap::counts_key(RowType::token_counts, SwapChain::token(2)).text()] = "x";
  rows_.rows[swap::outpoint_prefix(SwapChain::outpoint(999)).text()] = "x";
  commit();
  open();
  expect_corrupt(view_->walk(by_token, std::nullopt, go_on));
  expect_corrupt(view_->walk(by_want, std::nullopt, go_on));
  BookQuery history = by_token;
  history.kind = BookKind::history;
  expect_corrupt(view_->walk(history, std::nullopt, go_on));
  expect_corrupt(view_->counts(BookSide::offered, SwapChain::token(2)));
  expect_corrupt(view_->walk_offered(SwapChain::outpoint(999), go_on));
  expect_corrupt(view_->find({SwapChain::token(1), SwapChain::outpoint(999)}, go_on));
}

TEST_F(SwapViewTest, RowsAreReadAsTheyStand) {
  commit();
  open();
  const SwapRows rows(*database_, database_->snapshot());
  const auto walked = [](const swap::RowSource& source, Bytes first, Bytes until, std::size_t limit) {
    std::vector<std::pair<std::string, std::string>> found;
    EXPECT_TRUE(source
                    .walk(first, until,
                          [&](Bytes key, Bytes value) {
                            found.emplace_back(test::text_of(key), test::text_of(value));
                            return found.size() < limit;
                          })
                    .ok());
    return found;
  };
  const swap::RowKey first = swap::type_key(RowType::open_by_want);
  const swap::RowKey until = swap::behind_all(swap::type_key(RowType::superseded));
  for (const auto& [from, to] : {std::pair<Bytes, Bytes>{}, {first.span(), {}}, {first.span(), until.span()}})
    for (const std::size_t limit : {1UL, 50UL, 100'000UL}) {
      const auto found = walked(rows, from, to, limit);
      EXPECT_FALSE(found.empty());
      EXPECT_EQ(found, walked(rows_, from, to, limit));
    }
  for (const auto& [key, value] : rows_.rows) EXPECT_EQ(rows.get(test::bytes_of_text(key)).value(), value);
  EXPECT_FALSE(rows.get(first.span()).value().has_value());
}

TEST_F(SwapViewTest, AStateRowThatCannotBeIsAnError) {
  rows_.rows[swap::type_key(RowType::state).text()] = "x";
  commit();
  auto database = Database::open(index_.db_dir(), OpenMode::read_only, {});
  const auto view = SwapTableView::open(*database.value(), {}, block_count - 1);
  ASSERT_FALSE(view.ok());
  EXPECT_EQ(view.error().kind, ErrorKind::corrupt);
}

}  // namespace
}  // namespace sluice::store
