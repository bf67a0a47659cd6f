// The read view over a hand-made index: block borders, shared prefixes, damage.
#include "store/chain_view.h"

#include <gtest/gtest.h>

#include "hand_index.h"

namespace sluice::store {
namespace {

using test::hand_scripthash;
using test::HandIndex;

constexpr std::uint8_t script_a = 0xa0, script_b = 0xb0, unused = 0xcc;

/// Heights 0, 2, 3 and 6 are empty; transactions 0 | 1 2 3 | 4 are in heights 1, 4 and 5.
void add_chain(HandIndex& index) {
  index.add_block({});
  index.add_block({{{}, {{50, script_a}, {7, script_b}}}});
  index.add_block({});
  index.add_block({});
  index.add_block({{{}, {{60, script_b}}}, {{{0, 0}}, {{40, script_b}, {9, script_a}}}, {{{2, 1}}, {{8, script_a}}}});
  index.add_block({{{{0, 1}}, {{5, script_b}}}});
  index.add_block({});
}

std::vector<std::pair<std::uint64_t, std::uint32_t>> pairs(const Result<std::vector<serve::HistoryItem>>& history) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> items;
  EXPECT_TRUE(history.ok()) << history.error().message;
  for (const auto& item : history.value()) items.emplace_back(item.tx_number, item.height);
  return items;
}
using Pairs = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

constexpr std::size_t no_limit = 1000;

TEST(ChainView, BlocksAndTheirBorders) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  EXPECT_EQ(view.tip_height(), 6u);
  const std::uint32_t counts[] = {0, 1, 0, 0, 3, 1, 0};
  for (std::uint32_t height = 0; height < 7; ++height) {
    EXPECT_EQ(view.block_tx_count(height), counts[height]) << height;
    EXPECT_EQ(view.block_txids(height).value().size(), counts[height]);
    EXPECT_EQ(view.header(height).value()[5], static_cast<std::byte>(height));
  }
  const std::pair<std::uint32_t, std::uint32_t> places[] = {{1, 0}, {4, 0}, {4, 1}, {4, 2}, {5, 0}};
  for (std::uint64_t number = 0; number < 5; ++number) {
    const serve::TxPlace place = view.place_of(number);
    EXPECT_EQ(std::pair(place.height, place.position), places[number]) << number;
    const auto found = view.find_tx(index.txids[number]);
    ASSERT_TRUE(found.ok()) << found.error().message;
    ASSERT_TRUE(found.value().has_value());
    EXPECT_EQ(found.value()->tx_number, number);
    const auto raw = view.raw_tx(number);
    ASSERT_TRUE(raw.ok()) << raw.error().message;
    EXPECT_EQ(test::text_of(raw.value()), index.raw_txs[number]) << number;
  }
  EXPECT_FALSE(view.find_tx(Txid{}).value().has_value());
  EXPECT_EQ(view.headers(2, 5).value().size(), 400u);
  EXPECT_TRUE(view.headers(2, 0).value().empty());
}

TEST(ChainView, HistoryUnspentAndBalance) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  EXPECT_EQ(pairs(view.history(hand_scripthash(script_a), no_limit)), (Pairs{{0, 1}, {2, 4}, {3, 4}}));
  EXPECT_EQ(pairs(view.history(hand_scripthash(script_b), no_limit)), (Pairs{{0, 1}, {1, 4}, {2, 4}, {4, 5}}));
  const auto unspent = view.unspent(hand_scripthash(script_b));
  ASSERT_TRUE(unspent.ok());
  ASSERT_EQ(unspent.value().size(), 3u);
  EXPECT_EQ(unspent.value()[1].tx_number, 2u);
  EXPECT_EQ(unspent.value()[1].height, 4u);
  EXPECT_EQ(unspent.value()[1].output_index, 0u);
  EXPECT_EQ(view.balance(hand_scripthash(script_b)).value().value, 105u);
  EXPECT_EQ(view.balance(hand_scripthash(script_a)).value().value, 8u);
}

// Few are asked one by one, many in runs across gaps, in any order.
TEST(ChainView, ManyTxidsAreTheSameAsEachOne) {
  HandIndex index;
  index.add_block({});
  index.add_block(std::vector<HandIndex::Tx>(300, HandIndex::Tx{{}, {{1, script_a}}}));
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  Random random(5);
  for (int round = 0; round < 60; ++round) {
    std::vector<serve::TxNumber> numbers(random.below(90));
    for (auto& number : numbers) number = random.below(300);
    if (round % 3 != 0) std::sort(numbers.begin(), numbers.end());
    std::vector<Txid> txids(numbers.size());
    ASSERT_TRUE(view.read_txids(numbers, txids).ok());
    for (std::size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(txids[i], view.txid(numbers[i]).value());
  }
  const std::vector<serve::TxNumber> beyond(40, 300);
  std::vector<Txid> txids(beyond.size());
  EXPECT_FALSE(view.read_txids(beyond, txids).ok());
}

TEST(ChainView, LimitLetsOneMoreThrough) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  for (const std::size_t limit : {0, 1, 2, 3, 4, 5})
    EXPECT_EQ(pairs(view.history(hand_scripthash(script_b), limit)).size(), std::min<std::size_t>(limit + 1, 4));
}

// The view answers from what it kept the second time; what was asked with a limit is not taken for all of it.
TEST(ChainView, AskedAgainTheAnswersAreTheSame) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  const ScriptHash b = hand_scripthash(script_b);
  for (const std::size_t limit : {2, 1000, 0, 2, 3, 1000})
    EXPECT_EQ(pairs(view.history(b, limit)).size(), std::min<std::size_t>(limit + 1, 4)) << limit;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(pairs(view.history(b, no_limit)), (Pairs{{0, 1}, {1, 4}, {2, 4}, {4, 5}}));
    EXPECT_EQ(pairs(view.history_from(b, 2)), (Pairs{{2, 4}, {4, 5}}));
    ASSERT_EQ(view.unspent(b).value().size(), 3u);
    EXPECT_EQ(view.unspent(b).value()[2].value, 5u);
    EXPECT_EQ(view.balance(b).value().outputs, 3u);
    EXPECT_EQ(view.find_tx(index.txids[2]).value()->position, 1u);
    EXPECT_EQ(view.header(4).value()[5], std::byte{4});
  }
}

TEST(ChainView, UnknownScriptHasNothing) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  ScriptHash highest;
  highest.bytes.fill(std::byte{0xff});
  for (const ScriptHash& scripthash : {hand_scripthash(unused), ScriptHash{}, highest}) {
    EXPECT_TRUE(pairs(view.history(scripthash, no_limit)).empty());
    EXPECT_TRUE(view.unspent(scripthash).value().empty());
    EXPECT_EQ(view.balance(scripthash).value().outputs, 0u);
  }
}

// Runs split anywhere and a script in every block: the height's guess must hold at each border.
TEST(ChainView, HistoryHeightsHoldWhereverBlocksEnd) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    Random random(seed);
    HandIndex index;
    std::vector<std::uint32_t> heights;
    index.add_block({});
    for (std::uint32_t height = 1; height < 60; ++height) {
      const std::vector<HandIndex::Tx> txs(random.below(4), HandIndex::Tx{{}, {{1, script_a}}});
      heights.insert(heights.end(), txs.size(), height);
      index.add_block(txs);
    }
    index.make_rows();
    index.rows[Table::history].clear();
    Pairs expected;
    std::vector<std::uint64_t> run;
    for (std::uint64_t number = 0; number < heights.size(); ++number) {
      if (number == 0 || random.below(3) != 0) {
        run.push_back(number);
        expected.emplace_back(number, heights[number]);
      }
      if (run.empty() || (random.below(5) != 0 && number + 1 < heights.size())) continue;
      index.add_run(index.script_prefix(script_a), run);
      run.clear();
    }
    index.commit();
    EXPECT_EQ(pairs(index.view().history(hand_scripthash(script_a), no_limit)), expected) << "seed " << seed;
    for (std::uint64_t first = 0; first <= heights.size(); ++first) {
      std::erase_if(expected, [first](const auto& pair) { return pair.first < first; });
      EXPECT_EQ(pairs(index.view().history_from(hand_scripthash(script_a), first)), expected)
          << "seed " << seed << ", from " << first;
    }
  }
}

TEST(ChainView, ScriptsOfOnePrefixDoNotMix) {
  HandIndex index;
  index.forge_prefix(script_b, script_a);
  add_chain(index);
  index.make_rows();
  ASSERT_EQ(index.rows[Table::history].size(), 1u) << "one row holds both scripts' transactions";
  index.commit();
  const ChainView& view = index.view();
  const ScriptHash a = hand_scripthash(script_a);
  EXPECT_EQ(pairs(view.history(a, no_limit)), (Pairs{{0, 1}, {2, 4}, {3, 4}}));
  EXPECT_EQ(pairs(view.history(a, 1)), (Pairs{{0, 1}, {2, 4}}));
  const auto unspent = view.unspent(a);
  ASSERT_TRUE(unspent.ok());
  ASSERT_EQ(unspent.value().size(), 1u);
  EXPECT_EQ(unspent.value()[0].tx_number, 3u);
  EXPECT_EQ(view.balance(a).value().value, 8u);
}

// The index keeps 128 bits of a script; a query for another script with the same ones gets nothing.
TEST(ChainView, SameHalfOfAHashIsNotTheScript) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  ScriptHash other = hand_scripthash(script_a);
  other.bytes[31] ^= std::byte{1};
  EXPECT_TRUE(pairs(view.history(other, no_limit)).empty());
  EXPECT_TRUE(view.unspent(other).value().empty());
}

TEST(ChainView, RefPlacesAreTheFirstMintAndTheLastLocation) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  std::array<std::byte, 36> ref{}, neighbour{}, moved{};
  ref[35] = std::byte{5};
  neighbour[35] = std::byte{6};
  moved[0] = std::byte{0xff};
  const auto add = [&](const auto& of, bool location, std::uint64_t number) {
    index.rows[Table::refs][HandIndex::key(write::ref_key(of, location, number))] = "";
  };
  add(ref, false, 1), add(ref, false, 3), add(ref, true, 2), add(ref, true, 4);
  add(neighbour, false, 0);
  add(moved, true, 0);
  index.commit();
  const ChainView& view = index.view();
  EXPECT_EQ(view.ref_places(ref).value().mint, 1u);
  EXPECT_EQ(view.ref_places(ref).value().latest, 4u);
  EXPECT_EQ(view.ref_places(neighbour).value().mint, 0u);
  EXPECT_FALSE(view.ref_places(neighbour).value().latest.has_value());
  EXPECT_FALSE(view.ref_places(moved).value().mint.has_value());
  EXPECT_EQ(view.ref_places(moved).value().latest, 0u);
  ref[35] = std::byte{4};
  EXPECT_FALSE(view.ref_places(ref).value().mint.has_value());
  EXPECT_FALSE(view.ref_places(ref).value().latest.has_value());
}

TEST(ChainView, RefsOfAnOutput) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  const std::string one = '\1' + std::string(36, 'x'), two = '\0' + std::string(36, 'y');
  index.rows[Table::output_refs][HandIndex::key(write::place_key(2, 1))] = one + two;
  index.rows[Table::output_refs][HandIndex::key(write::place_key(3, 0))] = one + "z";
  index.commit();
  const ChainView& view = index.view();
  const auto refs = view.refs_of(2, 1);
  ASSERT_TRUE(refs.ok());
  ASSERT_EQ(refs.value().size(), 2u);
  EXPECT_TRUE(refs.value()[0].singleton);
  EXPECT_FALSE(refs.value()[1].singleton);
  EXPECT_EQ(refs.value()[1].ref[35], std::byte{'y'});
  EXPECT_TRUE(view.refs_of(2, 0).value().empty());
  EXPECT_EQ(view.refs_of(3, 0).error().kind, ErrorKind::corrupt);
}

template <typename T>
void expect_corrupt(const Result<T>& result) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, ErrorKind::corrupt);
  EXPECT_FALSE(result.error().message.empty());
}

TEST(ChainViewDamage, PlacesOfTransactions) {
  const auto raw_after = [](std::size_t tx, std::uint32_t place, std::uint64_t asked) {
    HandIndex index;
    add_chain(index);
    index.make_rows();
    index.places[tx] = place;
    index.commit();
    return index.view().raw_tx(asked);
  };
  expect_corrupt(raw_after(2, 0xffffffff, 2));  // beyond its block
  expect_corrupt(raw_after(2, 0xffffffff, 1));  // and so the end of the one before
  expect_corrupt(raw_after(2, 80, 1));          // ends where it begins
  expect_corrupt(raw_after(3, 0xffffffff, 3));  // the last of its block
}

TEST(ChainViewDamage, RowsOfAScript) {
  const auto damaged = [](Table table, const std::string& key, const std::string& value, auto ask) {
    HandIndex index;
    add_chain(index);
    index.make_rows();
    index.rows[table][key] = value;
    index.commit();
    ask(index.view());
  };
  HandIndex names;
  const std::uint64_t prefix = names.script_prefix(script_a);
  const auto history = [](const ChainView& view) { expect_corrupt(view.history(hand_scripthash(script_a), no_limit)); };
  const auto unspent = [](const ChainView& view) {
    expect_corrupt(view.unspent(hand_scripthash(script_a)));
    expect_corrupt(view.balance(hand_scripthash(script_a)));
  };
  const std::string number = HandIndex::key(write::prefix_tx_key(prefix, 0));
  damaged(Table::history, number, std::string("\x02\x80", 2), history);
  damaged(Table::history, number, std::string("\0", 1), history);
  damaged(Table::history, number + "x", "", history);
  damaged(Table::scripts, names.script_key(script_a).substr(0, 15), "", history);
  damaged(Table::unspent, HandIndex::key(write::unspent_key(prefix, 3, 0)), "\xff", unspent);
  damaged(Table::unspent, HandIndex::key(write::unspent_key(prefix, 3, 0)) + "x", "\2", unspent);
  damaged(Table::unspent, HandIndex::key(write::unspent_key(prefix, 99, 0)), "\2", unspent);
}

TEST(ChainViewDamage, RefsOfTransactionsThereAreNot) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.rows[Table::refs][HandIndex::key(write::ref_key({}, false, 99))] = "";
  index.commit();
  expect_corrupt(index.view().ref_places({}));
}

TEST(ChainViewDamage, BlockFilesOfAnotherChain) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const std::string path = index.blocks_dir() + "/blk00000.dat";
  const auto size = std::filesystem::file_size(path);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(size, '\xff');
  expect_corrupt(index.view().history(hand_scripthash(script_a), no_limit));
  std::filesystem::resize_file(path, 10);
  EXPECT_FALSE(index.view().raw_tx(4).ok());
}

TEST(ChainViewDamage, FlatFilesCutOffWhileServing) {
  HandIndex index;
  add_chain(index);
  index.make_rows();
  index.commit();
  const ChainView& view = index.view();
  for (const char* name : {"headers.dat", "txids.dat", "places.dat"})
    std::filesystem::resize_file(index.db_dir() + "/" + name, 0);
  expect_corrupt(view.header(6));
  expect_corrupt(view.headers(0, 7));
  expect_corrupt(view.txid(4));
  expect_corrupt(view.block_txids(4));
  expect_corrupt(view.find_tx(index.txids[4]));
  expect_corrupt(view.raw_tx(4));
}

TEST(ChainViewDamage, TransactionNumbersOfBlocksMustAscendFromZero) {
  using Changes = std::vector<std::pair<std::size_t, std::uint64_t>>;
  for (const Changes& changes : {Changes{{0, 1}, {1, 1}}, Changes{{3, 0}}, Changes{{6, 77}}}) {
    HandIndex index;
    add_chain(index);
    index.make_rows();
    for (const auto& [height, first_tx] : changes) index.block_places[height].first_tx = first_tx;
    index.commit();
    const auto database = Database::open(index.db_dir(), OpenMode::read_only, {});
    ASSERT_TRUE(database.ok());
    source::RangeReader reader(index.blocks_dir());
    const auto view = ChainView::open(*database.value(), reader);
    ASSERT_FALSE(view.ok()) << changes[0].first;
    EXPECT_EQ(view.error().kind, ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace sluice::store
