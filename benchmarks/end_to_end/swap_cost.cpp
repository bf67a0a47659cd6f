// What the swap index costs where it matters: a block connected beside a million open offers.
//
//   offers   into a real database, in blocks and segments as a sync brings them, settled, merged -> bytes an offer
//   block    of 5,000 spends of which nobody offers any, and of which all are offered: filter, orders, rows, commit
//   page     of 100 open orders of the largest book, at its begin and nine tenths deep
//   connect  of a block with about as many inputs by the index itself, without swaps: what the block costs anyway
//
// Every answer is checked: how many orders are open, and how many a block has closed. Prints one line of JSON.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "chain/coin.h"
#include "devnet/devnet.h"
#include "follow/chain_index.h"
#include "source/block_map.h"
#include "source/raw_io.h"
#include "store/database.h"
#include "store/row_batch.h"
#include "store/swap_rows.h"
#include "store/swap_view.h"
#include "swap/order_changes.h"
#include "swap/outpoint_filter.h"

namespace sluice::bench {
namespace {

constexpr std::uint64_t txs_per_block = 10'000;
constexpr std::size_t ads_per_block = 500;
constexpr std::size_t segment_bytes = 32u << 20;
constexpr std::size_t page_orders = 100;
constexpr unsigned token_count = 1000, want_count = 50;

struct CostOptions {
  std::string directory;
  std::size_t offers = 1'000'000;
  std::size_t spends = 5'000;
  unsigned rounds = 15;
  unsigned connected_blocks = 15;
};

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "swap_cost: %s\n", what.c_str());
  std::exit(1);
}
void require(const Status& status) {
  if (!status) give_up(status.error().message);
}
template <class T>
T take(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(result).value();
}
void require(bool holds, const char* what) {
  if (!holds) give_up(what);
}

double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}
double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

swap::TokenId token_of(std::uint64_t number) {
  swap::TokenId token;
  Random random(number + 1'000'000'007);
  for (std::byte& b : token) b = static_cast<std::byte>(random.next());
  return token;
}
Outpoint outpoint_of(std::uint64_t number) {
  Outpoint outpoint;
  Random random(number);
  for (std::byte& b : outpoint.txid.bytes) b = static_cast<std::byte>(random.next());
  outpoint.index = static_cast<std::uint32_t>(random.below(4));
  return outpoint;
}

/// As wallets write them: one output that pays to a key hash; a signature of the usual size with its public key.
struct StoredOffer {
  swap::Order head;
  std::string terms, signature;

  [[nodiscard]] swap::Order order() const {
    swap::Order order = head;
    order.price_terms = std::as_bytes(std::span(terms));
    order.signature = std::as_bytes(std::span(signature));
    return order;
  }
};

class OfferMaker {
 public:
  StoredOffer make(std::uint64_t number, std::uint64_t tx_number) {
    StoredOffer offer;
    offer.head.id.offered = outpoint_of(number);
    const std::uint64_t kind = random_.below(10);  // half sell a token for plain RXD, four buy one, one swaps tokens
    if (kind < 5 || kind == 9) offer.head.id.token = token_of(random_.below(token_count));
    if (kind >= 5) offer.head.want = token_of(random_.below(kind == 9 ? want_count : token_count));
    offer.head.version = 2;
    offer.head.flags = offer.head.has_want() ? 1 : 0;
    offer.head.offered_type = offer.head.terms_type = 1;
    offer.head.ad = {tx_number, 1};
    offer.terms =
        "\x01" + noise(4) + std::string(4, '\0') + std::string("\x19\x76\xa9\x14", 4) + noise(20) + "\x88\xac";
    offer.signature =
        "\x48\x30\x45\x02\x21" + std::string(1, '\0') + noise(32) + "\x02\x20" + noise(32) + "\xc3\x21\x02" + noise(32);
    return offer;
  }

 private:
  std::string noise(std::size_t size) {
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random_.next());
    return text;
  }
  Random random_{1};
};

/// Every coin was created in the first block and is unspent.
Result<swap::CoinFound> find_coin(const Outpoint& /*outpoint*/) {
  return swap::CoinFound{swap::CoinStanding::unspent, 0};
}
std::uint32_t height_of(std::uint64_t tx_number) { return static_cast<std::uint32_t>(tx_number / txs_per_block); }

class OfferIndex {
 public:
  explicit OfferIndex(const std::string& directory)
      : database_(take(store::Database::open(directory, store::OpenMode::read_write, {}))), rows_(*database_) {}

  swap::OrderChanges over() { return take(swap::OrderChanges::over(rows_, {})); }
  void commit(const swap::OrderChanges& changes) {
    store::RowBatch batch(*database_);
    auto sink = batch.sink(store::Table::swaps);
    changes.write_to(sink);
    store::State state = database_->state().value_or(store::State{});
    state.coin = "Radiant";
    state.net = "regtest";
    require(database_->commit_rows(batch.rows(), state));
  }

  /// Seconds, by what they were for.
  struct Advertised {
    double worked_out = 0;
    double settled = 0;
    double written = 0;  ///< both times, and merged
  };
  Advertised advertise(std::size_t offers) {
    OfferMaker maker;
    Advertised took;
    std::vector<StoredOffer> ads(ads_per_block);
    for (std::size_t made = 0; made < offers;) {
      swap::OrderChanges changes = over();
      while (made < offers && changes.bytes() < segment_bytes) {
        const std::uint32_t height = changes.state().block_count;
        const std::size_t count = std::min(ads_per_block, offers - made);
        for (std::size_t i = 0; i < count; ++i, ++made) ads[i] = maker.make(made, height * txs_per_block + 1 + i);
        took.worked_out += seconds_of([&] {
          changes.begin_block(height, height * txs_per_block);
          for (std::size_t i = 0; i < count; ++i) require(changes.advertise(ads[i].order()));
          require(changes.end_block());
        });
      }
      took.written += seconds_of([&] { commit(changes); });
      swap::OrderChanges settling = over();
      took.settled += seconds_of([&] { require(settling.settle(find_coin, height_of)); });
      took.written += seconds_of([&] { commit(settling); });
    }
    took.written += seconds_of([&] { require(database_->compact(2)); });
    require(over().state().open == offers, "not every offer is open");
    return took;
  }

  /// Seconds of all that swaps add to a block of these spends.
  double connect(const swap::OutpointFilter& filter, const std::vector<Outpoint>& spends, std::size_t closed) {
    const std::uint64_t history_before = over().state().history;
    const double seconds = seconds_of([&] {
      swap::OrderChanges changes = over();
      const std::uint32_t height = changes.state().block_count;
      changes.begin_block(height, height * txs_per_block);
      for (std::size_t i = 0; i < spends.size(); ++i)
        if (filter.may_hold(spends[i].txid.bytes.data(), spends[i].index))
          require(changes.spend(spends[i], height * txs_per_block + 1 + i));
      require(changes.end_block());
      require(changes.settle(find_coin, height_of));
      commit_with_the_block(changes);
    });
    require(over().state().history == history_before + closed, "a block has closed another number of orders");
    return seconds;
  }

  struct Pages {
    double first = 0, deep = 0;  ///< seconds, medians
  };
  /// Of the orders that offer plain RXD. Each reading is of a view of its own, as after a new block.
  Pages read_pages(unsigned rounds) {
    serve::BookQuery book;
    std::size_t all = 0;
    std::vector<swap::OrderId> ids;
    const auto tip = over().state().block_count - 1;
    const auto view = [&] { return take(store::SwapTableView::open(*database_, database_->snapshot(), tip)); };
    require(view()->walk(book, std::nullopt, [&](const swap::Order& order, serve::OrderStanding) {
      ids.push_back(order.id);
      return serve::WalkOrders::go_on;
    }));
    require(ids.size() > 10 * page_orders, "the book is too short for pages");
    std::vector<double> first, deep;
    for (unsigned round = 0; round < rounds; ++round) {
      const auto read = [&](const std::optional<swap::OrderId>& after) {
        const auto reader = view();
        std::size_t seen = 0;
        const double seconds = seconds_of([&] {
          require(reader->walk(book, after, [&](const swap::Order& order, serve::OrderStanding) {
            all += order.signature.size();
            return ++seen < page_orders ? serve::WalkOrders::go_on : serve::WalkOrders::stop;
          }));
        });
        require(seen == page_orders, "a page is not full");
        return seconds;
      };
      first.push_back(read(std::nullopt));
      deep.push_back(read(ids[ids.size() / 10 * 9 - round]));
    }
    require(all > 0, "pages without signatures");
    return {median(first), median(deep)};
  }

  [[nodiscard]] std::uint64_t bytes() const { return database_->table_bytes(store::Table::swaps); }

 private:
  /// The write to the log is the block's own, and so is its wait for the disk: only the rows are added.
  void commit_with_the_block(const swap::OrderChanges& changes) {
    store::RowBatch batch(*database_);
    auto sink = batch.sink(store::Table::swaps);
    changes.write_to(sink);
    const rocksdb::Status written = database_->rocks().Write({}, &batch.rows());
    if (!written.ok()) give_up(written.ToString());
  }

  std::unique_ptr<store::Database> database_;
  store::SwapRows rows_;
};

struct Connected {
  double seconds = 0;
  double inputs = 0;
};

/// Median of blocks that the index takes in one by one, as a server does.
Connected connect_without_swaps(const CostOptions& options) {
  devnet::DevnetOptions chain;
  chain.coin = "Radiant";
  chain.blocks = 120 + options.connected_blocks;
  chain.txs_per_block = static_cast<std::uint32_t>(options.spends * 10 / 23);  // 2.3 inputs each
  chain.directory = options.directory + "/chain";
  require(devnet::write_devnet(chain).ok(), "devnet: no chain");
  const chain::Network& network = *chain::find_network("Radiant", "regtest");
  source::BlockReader reader(chain.directory.string(), source::make_thread_io(4, 1));
  const source::BlockMap map = take(source::scan_blocks(network, reader));
  pipeline::SyncOptions index;
  index.network = &network;
  index.db_directory = options.directory + "/index";
  index.blocks_directory = chain.directory.string();
  auto chain_index = take(follow::ChainIndex::open(index, map.files.key));
  const auto append = [&](std::uint32_t until) {
    source::Branch branch{chain_index->block_count(), {}};
    for (std::uint32_t height = branch.first_height; height < until; ++height) branch.blocks.push_back(map.at(height));
    follow::Touched touched;
    require(chain_index->append(map.files, std::move(branch), touched));
  };
  append(map.height_count() - options.connected_blocks);
  std::vector<double> seconds;
  for (std::uint32_t height = chain_index->block_count(); height < map.height_count(); ++height)
    seconds.push_back(seconds_of([&] { append(height + 1); }));
  const auto blocks = take(chain_index->confirmed_from(map.height_count() - options.connected_blocks));
  std::vector<double> inputs;
  for (const auto& block : blocks) inputs.push_back(static_cast<double>(block.spent.size()));
  return {median(seconds), median(inputs)};
}

int run(const CostOptions& options) {
  std::filesystem::remove_all(options.directory);
  std::filesystem::create_directories(options.directory);
  OfferIndex index(options.directory + "/offers");
  const OfferIndex::Advertised advertised = index.advertise(options.offers);
  const std::uint64_t bytes = index.bytes();
  swap::OutpointFilter filter(options.offers);
  for (std::size_t i = 0; i < options.offers; ++i) filter.insert(outpoint_of(i));

  const OfferIndex::Pages pages = index.read_pages(20 * options.rounds);
  std::vector<double> none, all;
  for (unsigned round = 0; round < options.rounds; ++round) {
    std::vector<Outpoint> unknown, offered;
    for (std::size_t i = 0; i < options.spends; ++i) {
      unknown.push_back(outpoint_of(options.offers + round * options.spends + i));
      offered.push_back(outpoint_of((round * options.spends + i) * 7919 % options.offers));
    }
    none.push_back(index.connect(filter, unknown, 0));
    all.push_back(index.connect(filter, offered, options.spends));
  }
  const Connected block = connect_without_swaps(options);
  const auto offers = static_cast<double>(options.offers);
  const double scale = static_cast<double>(options.spends) / block.inputs;
  std::printf(
      "{\"offers\": %zu, \"work_out_us\": %.2f, \"settle_us\": %.2f, \"write_us\": %.2f, \"bytes_an_offer\": %.1f, "
      "\"spends\": %zu, \"none_ms\": %.3f, "
      "\"all_ms\": %.3f, \"close_us\": %.2f, \"connect_ms\": %.3f, \"ratio_none\": %.4f, \"ratio_all\": %.3f, "
      "\"page_us\": %.1f, \"deep_page_us\": %.1f}\n",
      options.offers, advertised.worked_out * 1e6 / offers, advertised.settled * 1e6 / offers,
      advertised.written * 1e6 / offers, static_cast<double>(bytes) / offers, options.spends, median(none) * 1e3,
      median(all) * 1e3, median(all) * 1e6 / static_cast<double>(options.spends), block.seconds * scale * 1e3,
      1 + median(none) / (block.seconds * scale), 1 + median(all) / (block.seconds * scale), pages.first * 1e6,
      pages.deep * 1e6);
  std::filesystem::remove_all(options.directory);
  return 0;
}

CostOptions parse_options(int argc, char** argv) {
  CostOptions options;
  if (argc > 1) options.directory = argv[1];
  for (int i = 2; i < argc; ++i) {
    if (std::strncmp(argv[i], "offers=", 7) == 0) options.offers = std::strtoull(argv[i] + 7, nullptr, 10);
    else if (std::strncmp(argv[i], "spends=", 7) == 0) options.spends = std::strtoull(argv[i] + 7, nullptr, 10);
    else if (std::strncmp(argv[i], "rounds=", 7) == 0)
      options.rounds = static_cast<unsigned>(std::strtoul(argv[i] + 7, nullptr, 10));
    else options.directory.clear();
  }
  if (options.directory.empty() || options.rounds == 0 || options.spends == 0 ||
      options.rounds * options.spends > options.offers)
    give_up("usage: swap_cost DIR [offers=N] [spends=N] [rounds=N]; rounds * spends <= offers");
  return options;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) { return sluice::bench::run(sluice::bench::parse_options(argc, argv)); }
