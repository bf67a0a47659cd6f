// Bulk calls: each item's answer is that of the single call, at any pace, for the same price.
#include <gtest/gtest.h>

#include <limits>

#include "client.h"

namespace sluice::serve::test {
namespace {

class Bulk : public ::testing::Test {
 protected:
  Bulk() {
    for (std::uint8_t n = 0; n < 5; ++n) {
      view.histories[script(n)] = {{n, 1}, {TxNumber{n} + 10, 2}};
      view.unspents[script(n)] = {{n, 1, n, 1000u + n, false}};
    }
  }
  static ScriptHash script(std::uint8_t n) {
    ScriptHash hash;
    hash.bytes.fill(std::byte{n});
    return hash;
  }
  std::string name(std::uint8_t n) const { return "\"" + script(n).display() + "\""; }
  std::string txid(TxNumber number) const { return "\"" + view.txid(number).value().display() + "\""; }
  std::string bulk_of(const std::string& method, const std::vector<std::string>& items) {
    return client.call(method, "[[" + joined(items) + "]]");
  }
  /// The answers of single calls as a bulk call has them.
  std::string singles(const std::string& method, const std::vector<std::string>& items) {
    Client other(view, chain::Coin::radiant, "regtest", false);
    std::vector<std::string> answers;
    for (const std::string& item : items) {
      const std::string answer = other.call(method, item.starts_with('[') ? item : "[" + item + "]");
      answers.push_back(answer.starts_with("{\"code\":") ? "{\"error\":" + answer + "}" : answer);
    }
    singles_cost = other.session.cost;
    singles_errors = other.session.counters.errors;
    return "[" + joined(answers) + "]";
  }
  static std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const std::string& part : parts) all += (all.empty() ? "" : ",") + part;
    return all;
  }

  FakeView view{chain::Coin::radiant, {0, 10, 7, 600}};
  Client client{view, chain::Coin::radiant, "regtest", false};
  double singles_cost = 0;
  std::uint64_t singles_errors = 0;
};

TEST_F(Bulk, AnswersAndCostsAreThoseOfTheSingleCalls) {
  const std::vector<std::string> scripts{name(0), name(3), name(9), "\"zz\"", "[" + name(1) + "]", "7", name(3), "[]"};
  const std::pair<std::string, std::string> pairs[] = {
      {"get_balances", "get_balance"}, {"get_histories", "get_history"}, {"listunspents", "listunspent"}};
  for (const auto& [bulk, single] : pairs) {
    const double cost = client.session.cost;
    const std::uint64_t errors = client.session.counters.errors;
    EXPECT_EQ(bulk_of("blockchain.scripthash." + bulk, scripts), singles("blockchain.scripthash." + single, scripts));
    EXPECT_NEAR(client.session.cost - cost, singles_cost - CostTable::connection, 1e-9) << bulk;
    EXPECT_EQ(client.session.counters.errors - errors, singles_errors) << bulk;
    EXPECT_EQ(singles_errors, 3u) << bulk;
  }
  const std::vector<std::string> transactions{txid(0),
                                              "[" + txid(11) + ",2]",
                                              "[" + txid(11) + ",1]",
                                              txid(400),
                                              "\"" + std::string(64, '0') + "\"",
                                              "[" + txid(1) + ",1,1]"};
  EXPECT_EQ(bulk_of("blockchain.transaction.get_merkles", transactions),
            singles("blockchain.transaction.get_merkle", transactions));
  EXPECT_EQ(bulk_of("blockchain.transaction.get_merkles", {"{\"tx_hash\":" + txid(0) + "}"}),
            singles("blockchain.transaction.get_merkle", {txid(0)}));
}

TEST_F(Bulk, AnEmptyListHasNoAnswers) {
  EXPECT_EQ(bulk_of("blockchain.scripthash.get_balances", {}), "[]");
  EXPECT_EQ(client.call("blockchain.scripthash.get_balances", "[7]"), error_text(1, "7 should be a list"));
  EXPECT_EQ(
      client.call("blockchain.scripthash.get_balances", "[]"),
      error_text(-32602, "0 arguments passed to method \\\"blockchain.scripthash.get_balances\\\" but it requires 1"));
}

TEST_F(Bulk, TheAnswerIsTheSameInSteps) {
  std::string line = R"({"id":"]","method":"blockchain.scripthash.get_histories","params":[[)";
  for (int i = 0; i < 40; ++i)
    line += (i == 0 ? "" : " ,  ") + (i % 3 == 2 ? "[ \"]\", 1]" : name(static_cast<std::uint8_t>(i % 7)));
  line += "]]}";
  for (const std::size_t max_send : {std::size_t{0}, std::size_t{20'000}, std::size_t{1500}}) {
    client.options.max_send = max_send;
    const std::string whole = client.line(line);
    EXPECT_EQ(whole.find("response too large (over 1,500 bytes") != std::string::npos, max_send == 1500);
    for (const BatchPace pace : {BatchPace{1, 100}, BatchPace{7, 100}, BatchPace{100, 0.3}}) {
      Client stepped(view, chain::Coin::radiant, "regtest", false);
      stepped.options.max_send = max_send;
      std::string reply;
      const auto answer = begin_line(line, stepped.session, stepped.context, stepped.document, reply);
      ASSERT_NE(answer, nullptr);
      int steps = 1;
      while (!answer->step(pace, stepped.session, stepped.context, stepped.document)) {
        (void)stepped.document.parse("[1,2]");  // another session of the loop
        ++steps;
      }
      EXPECT_EQ(reply + answer->reply(), whole);
      EXPECT_GT(steps, 1);
    }
  }
}

TEST_F(Bulk, OneThatIsTooLargeEndsEarly) {
  client.options.max_send = 1000;
  std::vector<std::string> items(5000, name(1));
  const double before = client.session.cost;
  EXPECT_EQ(bulk_of("blockchain.scripthash.get_histories", items),
            error_text(-32600, "response too large (over 1,000 bytes"));
  EXPECT_LT(client.session.cost - before, 200) << "what does not fit was read all the same";
}

TEST_F(Bulk, NotInABatchAndNotWithParity) {
  const std::string request = R"({"id":1,"method":"blockchain.scripthash.get_balances","params":[[)" + name(1) + "]]}";
  EXPECT_EQ(
      client.line("[" + request + "]"),
      R"([{"jsonrpc":"2.0","error":)" + error_text(-32600, "a bulk call cannot be part of a batch") + R"(,"id":1}])");
  EXPECT_NE(client.call("server.features", "[]").find("\"bulk_calls\":[\"blockchain.scripthash.get_balances\","),
            std::string::npos);
  client.options.parity = true;
  for (const std::string method :
       {"scripthash.get_balances", "scripthash.get_histories", "scripthash.listunspents", "transaction.get_merkles"})
    EXPECT_EQ(client.call("blockchain." + method, "[[]]"),
              error_text(-32601, "unknown method \\\"blockchain." + method + "\\\""));
  EXPECT_EQ(client.call("server.features", "[]").find("bulk"), std::string::npos);
}

TEST_F(Bulk, InTheOldDialect) {
  EXPECT_EQ(client.line(R"({"jsonrpc":"1.0","id":1,"method":"blockchain.scripthash.get_balances","params":[[)" +
                        name(9) + "]]}"),
            R"({"result":[{"confirmed":0,"unconfirmed":0}],"error":null,"id":1})");
}

}  // namespace
}  // namespace sluice::serve::test
