// Answers recorded from real programs: the groups that need no chain, the stale and unknown
// transactions, and every verbose transaction (its raw bytes are in the recorded answer itself).
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "base/hex.h"
#include "client.h"
#include "serve/json_text.h"
#include "serve/python_text.h"
#include "serve/verbose_tx.h"
#include "support/fixtures.h"

namespace sluice::serve::test {
namespace {

/// Equal as JSON values, numbers compared as the replay tool does.
bool same(const JsonValue& a, const JsonValue& b) {
  const auto is_number = [](const JsonValue& v) { return v.is(JsonKind::integer) || v.is(JsonKind::real); };
  if (is_number(a) && is_number(b)) {
    if (a.is(JsonKind::integer) && b.is(JsonKind::integer)) return a.token() == b.token();
    const double x = real_value(a.token());
    const double y = real_value(b.token());
    return x == y || std::abs(x - y) <= 1e-12 * std::max(std::abs(x), std::abs(y));
  }
  if (a.kind() != b.kind()) return false;
  if (a.is(JsonKind::string)) return a.text() == b.text();
  if (a.is(JsonKind::array)) {
    if (a.size() != b.size()) return false;
    JsonValue x = a.first();
    JsonValue y = b.first();
    for (std::uint32_t i = 0; i < a.size(); ++i, x = x.next(), y = y.next()) {
      if (!same(x, y)) return false;
    }
    return true;
  }
  if (!a.is(JsonKind::object)) return true;
  if (a.size() != b.size()) return false;
  // Recorded objects hold their members in the node's order, so the order is compared as well.
  JsonValue x = a.first();
  JsonValue y = b.first();
  for (std::uint32_t i = 0; i < a.size(); ++i) {
    if (x.text() != y.text() || !same(x.next(), y.next())) return false;
    x = x.next().next();
    y = y.next().next();
  }
  return true;
}

class Recorded : public ::testing::Test {
 protected:
  static std::vector<std::string> cases(std::string_view group) {
    const auto path = sluice::test::fixtures_dir() / "radiant-regtest-small" / "golden-base.jsonl";
    std::ifstream file(path);
    EXPECT_TRUE(file.good()) << "no recorded answers at " << path;
    std::vector<std::string> found;
    const std::string member = "\"group\":\"" + std::string(group) + "\"";
    for (std::string line; std::getline(file, line);) {
      if (line.find(member) != std::string::npos) found.push_back(line);
    }
    EXPECT_FALSE(found.empty()) << group;
    return found;
  }

  /// A chain as long as the recorded one, with its genesis header and the txid at height 5.
  static FakeView recorded_chain(const JsonValue&) {
    std::vector<std::uint32_t> counts(301, 1);
    counts[0] = 0;
    counts[10] = 3;
    FakeView view(chain::Coin::radiant, counts);
    const auto genesis = from_hex(chain::find_network("Radiant", "regtest")->genesis_header_hex);
    chain::RawHeader header{};
    std::copy(genesis->begin(), genesis->end(), header.begin());
    view.replace_header(0, header);
    return view;
  }
};

TEST_F(Recorded, GroupsWithoutChainData) {
  std::size_t compared = 0;
  for (const std::string_view group : {"errors", "misc", "server.version", "rawline", "transaction.stale",
                                       "ref.get.errors", "scripthash.unsubscribe"}) {
    for (const std::string& text : cases(group)) {
      JsonDocument document;
      ASSERT_EQ(document.parse(text), JsonErrc::ok);
      const JsonValue recorded = document.root();
      FakeView view = recorded_chain(recorded);
      Client client(view);
      const bool raw = static_cast<bool>(recorded.member("raw"));
      std::string line;
      if (raw) {
        line = recorded.member("raw").text();
      } else {
        line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":" + std::string(recorded.member("method").token()) +
               ",\"params\":";
        const std::size_t begin = text.find("\"params\":") + 9;
        const std::size_t end = std::min({text.find(",\"compare\":", begin), text.size()});
        line += text.substr(begin, end - begin) + "}";
      }
      // Two answers need the recorded headers or transaction; those run against the real index.
      const bool needs_chain = recorded.member("result") && recorded.member("result").is(JsonKind::string) &&
                               recorded.member("result").token().size() > 20;
      if (needs_chain) continue;
      const std::string reply = client.line(line);
      ++compared;
      if (raw && recorded.member("reply").is(JsonKind::null)) {
        EXPECT_EQ(reply, "") << text;
        continue;
      }
      JsonDocument answer;
      ASSERT_EQ(answer.parse(reply), JsonErrc::ok) << reply;
      if (raw) {
        EXPECT_TRUE(same(answer.root(), recorded.member("reply"))) << text << "\n" << reply;
      } else if (recorded.member("error")) {
        ASSERT_TRUE(answer.root().member("error")) << text << "\n" << reply;
        EXPECT_TRUE(same(answer.root().member("error"), recorded.member("error"))) << text << "\n" << reply;
      } else {
        ASSERT_TRUE(answer.root().member("result")) << text << "\n" << reply;
        EXPECT_TRUE(same(answer.root().member("result"), recorded.member("result"))) << text << "\n" << reply;
      }
    }
  }
  EXPECT_GE(compared, 50u);
}

TEST_F(Recorded, HeadersAndTheirProofs) {
  FakeView view(chain::Coin::radiant, std::vector<std::uint32_t>(301, 0));
  std::ifstream headers(sluice::test::fixtures_dir() / "radiant-regtest-small" / "headers.tsv");
  std::uint32_t height = 0;
  for (std::string number, hash, hex; headers >> number >> hash >> hex; ++height) {
    const auto bytes = from_hex(hex);
    ASSERT_TRUE(bytes && bytes->size() == chain::header_bytes);
    chain::RawHeader header{};
    std::copy(bytes->begin(), bytes->end(), header.begin());
    view.replace_header(height, header);
    ASSERT_EQ(chain::block_hash(chain::Coin::radiant, header).display(), hash);
  }
  ASSERT_EQ(height, 301u);
  Client client(view);
  std::size_t compared = 0;
  for (const std::string_view group : {"block.header", "block.header.cp", "block.headers", "block.headers.cp"}) {
    for (const std::string& text : cases(group)) {
      JsonDocument document;
      ASSERT_EQ(document.parse(text), JsonErrc::ok);
      const JsonValue recorded = document.root();
      const std::size_t begin = text.find("\"params\":") + 9;
      const std::string params = text.substr(begin, text.find(",\"compare\":", begin) - begin);
      const std::string reply = client.call(recorded.member("method").text(), params);
      JsonDocument answer;
      ASSERT_EQ(answer.parse(reply), JsonErrc::ok);
      const JsonValue expected = recorded.member(recorded.member("error") ? "error" : "result");
      EXPECT_TRUE(same(answer.root(), expected)) << text << "\n" << reply;
      ++compared;
    }
  }
  EXPECT_EQ(compared, 57u);
}

TEST_F(Recorded, VerboseTransactions) {
  std::size_t compared = 0;
  for (const std::string& text : cases("transaction.get.verbose")) {
    JsonDocument document;
    ASSERT_EQ(document.parse(text), JsonErrc::ok);
    const JsonValue result = document.root().member("result");
    ASSERT_TRUE(result);
    const auto raw = from_hex(result.member("hex").text());
    ASSERT_TRUE(raw);
    VerboseContext context;
    context.network = chain::find_network("Radiant", "regtest");
    context.txid = *Txid::from_display(result.member("txid").text());
    context.block_hash = *BlockHash::from_display(result.member("blockhash").text());
    context.confirmations = static_cast<std::uint32_t>(real_value(result.member("confirmations").token()));
    context.block_time = static_cast<std::uint32_t>(real_value(result.member("time").token()));
    std::string rendered;
    ASSERT_TRUE(append_verbose_transaction(rendered, *raw, context));
    JsonDocument answer;
    ASSERT_EQ(answer.parse(rendered), JsonErrc::ok) << rendered;
    EXPECT_TRUE(same(answer.root(), result)) << text << "\n" << rendered;
    ++compared;
  }
  EXPECT_EQ(compared, 34u);
}

TEST_F(Recorded, GenesisCoinbaseAndUnknownTransactions) {
  JsonDocument none;
  ASSERT_EQ(none.parse("{}"), JsonErrc::ok);
  FakeView view = recorded_chain(none.root());
  Client client(view);
  EXPECT_EQ(
      client.call("blockchain.transaction.get",
                  R"(["364459380841db3f0ea491e8099bf98a6b7ffc5693d8ee6e46b3f8183e0257dc"])"),
      error_text(
          2,
          "daemon error: DaemonError({'code': -5, 'message': 'The genesis block coinbase is not considered an ordinary "
          "transaction and cannot be retrieved'})"));
  EXPECT_EQ(
      client.call("blockchain.transaction.get", "[\"" + std::string(64, '0') + "\"]"),
      error_text(2,
                 "daemon error: DaemonError({'code': -5, 'message': 'No such mempool or blockchain transaction. Use "
                 "gettransaction for wallet transactions.'})"));
}

}  // namespace
}  // namespace sluice::serve::test
