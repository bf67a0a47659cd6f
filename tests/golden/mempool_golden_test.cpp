// The answers recorded with 28 unconfirmed transactions: the recorded chain is synced, the recorded transactions are
// given to a mempool in several orders, and every recorded request is answered from both. With parity all answers are
// the recorded ones; without it data outputs have no history, confirmed or not.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

#include "client.h"
#include "fixture_files.h"
#include "hash/sha256.h"
#include "mempool/mempool.h"
#include "serve/envelope.h"
#include "source/block_files.h"
#include "store/chain_view.h"
#include "support/fixtures.h"
#include "support/view_outputs.h"
#include "sync_bench.h"

namespace sluice::test {
namespace {

using serve::JsonDocument;
using serve::JsonErrc;
using serve::JsonKind;
using serve::JsonValue;

std::vector<std::string> lines_of(const std::string& name) {
  std::ifstream file(fixtures_dir() / "radiant-regtest-small" / name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_FALSE(lines.empty()) << name;
  return lines;
}

std::string compact(const JsonValue& value) {
  std::string text;
  serve::append_json_value(text, value);
  return text;
}

/// The recorded order of what is unconfirmed is an accident; ours is not, see expect_protocol_order.
std::string with_unconfirmed_sorted(const JsonValue& value) {
  if (!value.is(JsonKind::array)) return compact(value);
  std::string text;
  std::vector<std::string> unconfirmed;
  JsonValue at = value.size() == 0 ? JsonValue() : value.first();
  for (std::uint32_t i = 0; i < value.size(); ++i, at = at.next()) {
    const std::string_view height = at.member("height").token();
    if (height == "0" || height.starts_with('-')) unconfirmed.push_back(compact(at));
    else text += compact(at) + "\n";
  }
  std::ranges::sort(unconfirmed);
  for (const std::string& item : unconfirmed) text += item + "\n";
  return text;
}

/// Height 0 before height -1, each by txid.
void expect_protocol_order(const JsonValue& history) {
  std::pair<bool, std::string> before;
  JsonValue at = history.size() == 0 ? JsonValue() : history.first();
  for (std::uint32_t i = 0; i < history.size(); ++i, at = at.next()) {
    const std::string_view height = at.member("height").token();
    if (height != "0" && height != "-1") {
      EXPECT_EQ(before.second, "") << "confirmed behind unconfirmed";
      continue;
    }
    std::pair<bool, std::string> now{height == "-1", at.member("tx_hash").text()};
    EXPECT_LT(before, now);
    before = std::move(now);
  }
}

std::string status_of(const JsonValue& history) {
  std::string preimage;
  JsonValue at = history.size() == 0 ? JsonValue() : history.first();
  for (std::uint32_t i = 0; i < history.size(); ++i, at = at.next())
    preimage += at.member("tx_hash").text() + ":" + std::string(at.member("height").token()) + ":";
  if (preimage.empty()) return "null";
  return "\"" + to_hex(hash::sha256(std::as_bytes(std::span(preimage))).span()) + "\"";
}

/// The two recorded scripts that begin with OP_RETURN.
bool is_data_output(std::string_view scripthash) {
  return scripthash == "0611b75e3713b1df8a68513ab4bdb23dff91c9621c4772751179ecf7d999f47f" ||
         scripthash == "ed9a2766316ca4841a63dddfacad70de03b6a952b7819732371ba22340e6d2b5";
}

class MempoolGolden : public ::testing::TestWithParam<int> {
 protected:
  void sync(bool parity) {
    const auto blocks = read_fixture("blk00000.dat");
    ASSERT_FALSE(blocks.empty());
    std::ofstream(bench_.block_file(0), std::ios::binary)
        .write(reinterpret_cast<const char*>(blocks.data()), static_cast<std::streamsize>(blocks.size()));
    pipeline::SyncOptions options = bench_.options("db");
    options.parity = parity;
    bench_.expect_done(options);
    auto database = store::Database::open(bench_.db_dir("db"), store::OpenMode::read_only, {});
    ASSERT_TRUE(database.ok());
    database_ = std::move(database).value();
    reader_.emplace(bench_.blocks_dir(), source::list_block_files(bench_.blocks_dir()).value().key);
    auto view = store::ChainView::open(*database_, *reader_);
    ASSERT_TRUE(view.ok());
    view_ = std::move(view).value();
  }

  /// The recorded transactions as a node could have told of them: in order and at once; in reverse, one by one;
  /// shuffled in threes.
  void feed(mempool::Mempool& pool, const mempool::PoolRules& rules) {
    std::vector<std::vector<std::byte>> raws;
    for (const std::string& line : lines_of("mempool.jsonl")) {
      JsonDocument document;
      ASSERT_EQ(document.parse(line), JsonErrc::ok);
      raws.push_back(*from_hex(document.root().member("hex").text()));
    }
    ASSERT_EQ(raws.size(), 28u);
    if (GetParam() == 1) std::ranges::reverse(raws);
    Random random(2);
    for (std::size_t i = raws.size(); GetParam() == 2 && i > 1; --i) std::swap(raws[i - 1], raws[random.below(i)]);
    const std::size_t batch = GetParam() == 0 ? 28 : GetParam() == 1 ? 1 : 3;
    ViewOutputs outputs(*view_, rules);
    for (std::size_t begin = 0; begin < raws.size(); begin += batch) {
      const auto first = raws.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last = raws.begin() + static_cast<std::ptrdiff_t>(std::min(raws.size(), begin + batch));
      ASSERT_TRUE(pool.add({first, last}, outputs).ok());
    }
    ASSERT_EQ(pool.tx_count(), 28u) << pool.last_refusal();
    ASSERT_EQ(pool.waiting_count(), 0u);
  }

  pipeline::test::SyncBench bench_;
  std::unique_ptr<store::Database> database_;
  std::optional<source::RangeReader> reader_;
  std::unique_ptr<store::ChainView> view_;
};

TEST_P(MempoolGolden, EveryRecordedAnswer) {
  const bool parity = GetParam() != 2;
  ASSERT_NO_FATAL_FAILURE(sync(parity));
  const mempool::PoolRules rules{chain::Coin::radiant, parity};
  mempool::MempoolOptions options;
  options.rules = rules;
  mempool::Mempool pool(options);
  feed(pool, rules);
  const auto mempool_view = pool.publish();
  serve::test::Client client(*view_, chain::Coin::radiant, "regtest", parity);
  client.context.mempool = mempool_view.get();
  std::map<std::string, std::size_t> compared;
  std::size_t data_outputs = 0;
  for (const std::string& line : lines_of("golden-mempool.jsonl")) {
    JsonDocument recorded;
    ASSERT_EQ(recorded.parse(line), JsonErrc::ok);
    if (!recorded.root().member("source").equals("electrum")) continue;
    const std::string method = recorded.root().member("method").text();
    const std::string params = compact(recorded.root().member("params"));
    JsonDocument answer;
    ASSERT_EQ(answer.parse(client.call(method, params)), JsonErrc::ok);
    const JsonValue wanted = recorded.root().member("result");
    ++compared[method];
    if (!parity && is_data_output(params.substr(2, 64))) {
      ++data_outputs;
      EXPECT_TRUE(compact(answer.root()) == "[]" || compact(answer.root()) == "null" || method.ends_with("get_balance"))
          << line;
      continue;
    }
    if (method == "blockchain.scripthash.subscribe") {
      JsonDocument history;
      ASSERT_EQ(history.parse(client.call("blockchain.scripthash.get_history", params)), JsonErrc::ok);
      expect_protocol_order(history.root());
      EXPECT_EQ(compact(answer.root()), status_of(history.root())) << line;
      std::size_t unconfirmed = mempool_view->history(*ScriptHash::from_display(params.substr(2, 64))).size();
      if (unconfirmed <= 1) {
        EXPECT_EQ(compact(answer.root()), compact(wanted)) << line;
      }
    } else {
      EXPECT_EQ(with_unconfirmed_sorted(answer.root()), with_unconfirmed_sorted(wanted)) << line;
    }
  }
  EXPECT_EQ(data_outputs, parity ? 0u : 10u);
  EXPECT_EQ(compared["blockchain.scripthash.subscribe"], 50u);
  EXPECT_EQ(compared["blockchain.scripthash.listunspent"], 50u);
  EXPECT_EQ(compared["blockchain.transaction.get"], 17u);
  EXPECT_EQ(compared.size(), 7u);
}

INSTANTIATE_TEST_SUITE_P(Orders, MempoolGolden, ::testing::Values(0, 1, 2));

}  // namespace
}  // namespace sluice::test
