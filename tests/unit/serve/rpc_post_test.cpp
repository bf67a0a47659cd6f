// The node's swap calls by HTTP: bodies of POST, paths of GET; what they answer and with which status.
#include "serve/rpc_post.h"

#include <gtest/gtest.h>

#include "market_world.h"
#include "serve/swap_paths.h"

namespace sluice::serve::test {
namespace {

class SwapWeb : public ::testing::Test {
 protected:
  SwapWeb() {
    world_.add({token_a, token_b, 1, 10});
    world_.add({token_a, token_b, 2, 10});
    world_.add({token_a, token_b, 3, 10}, OrderStanding::history);
  }
  WebAnswer post(std::string_view body) { return answer_post(body, world_.client.context, document_); }
  WebAnswer get(std::string_view path, std::string_view query = "") {
    return answer_swap_path(path, query, world_.client.context);
  }
  static std::string count_request(std::string_view head, std::string_view id = "7") {
    return "{" + std::string(head) + R"("method":"getswapcount","params":[")" + token_text(token_a) + R"("],"id":)" +
           std::string(id) + "}";
  }
  static std::string below(std::string_view kind, const swap::TokenId& token = token_a) {
    return std::string(kind) + "/" + token_text(token);
  }
  static std::string web_fault(int code, std::string_view message) {
    return "{\"error\":" + error_text(code, message) + "}";
  }

  MarketWorld world_;
  JsonDocument document_;
};

constexpr std::string_view counted = R"({"open":2,"history":1})";

TEST_F(SwapWeb, TheFormOfTheAnswerIsThatOfTheRequest) {
  const WebAnswer modern = post(count_request(R"("jsonrpc":"2.0",)"));
  EXPECT_EQ(modern.status, 200u);
  EXPECT_EQ(modern.json, R"({"jsonrpc":"2.0","result":)" + std::string(counted) + R"(,"id":7})");
  const std::string legacy = R"({"result":)" + std::string(counted) + R"(,"error":null,"id":7})";
  for (const auto head : {R"("jsonrpc":"1.0",)", ""}) {
    EXPECT_EQ(post(count_request(head)).json, legacy) << head;
    EXPECT_EQ(post(count_request(head)).status, 200u) << head;
  }
  const std::string named =
      R"({"method":"getswapcount","params":{"token_ref":")" + token_text(token_a) + R"("},"id":"x"})";
  EXPECT_EQ(post(named).json, R"({"result":)" + std::string(counted) + R"(,"error":null,"id":"x"})");
}

TEST_F(SwapWeb, OnlyANotificationIsNotAnswered) {
  const std::string call = R"("method":"getswapindexinfo","params":[]})";
  EXPECT_EQ(post(R"({"jsonrpc":"2.0",)" + call).status, 204u);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0",)" + call).json, "");
  EXPECT_TRUE(post("{" + call).json.ends_with(R"("error":null,"id":null})"));
}

TEST_F(SwapWeb, AnErrorIsAStatusOnlyToTheNodesOwnClients) {
  const std::string unknown = R"("method":"server.ping","params":[],"id":1})";
  EXPECT_EQ(post("{" + unknown).status, 404u);
  EXPECT_EQ(post("{" + unknown).json,
            R"({"result":null,"error":{"code":-32601,"message":"unknown method \"server.ping\""},"id":1})");
  EXPECT_EQ(post(R"({"jsonrpc":"2.0",)" + unknown).status, 200u);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0",)" + unknown).json,
            R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"unknown method \"server.ping\""},"id":1})");
  const std::string wrong = R"("method":"getswapcount","params":["00"],"id":1})";
  EXPECT_EQ(post("{" + wrong).status, 500u);
  EXPECT_EQ(post(R"({"jsonrpc":"2.0",)" + wrong).status, 200u);
  EXPECT_EQ(post("{").status, 500u);
  EXPECT_EQ(post("{").json, R"({"result":null,"error":{"code":-32700,"message":"invalid JSON"},"id":null})");
  EXPECT_EQ(post("").status, 500u);
  EXPECT_EQ(post("5").status, 400u);
  EXPECT_EQ(post("{}").status, 400u);
  EXPECT_EQ(post(R"({"method":5,"id":1})").status, 404u);
}

TEST_F(SwapWeb, EachAnswerOfABatchHasTheFormOfItsRequest) {
  const WebAnswer answer = post("[" + count_request(R"("jsonrpc":"2.0",)", "1") + "," + count_request("", "2") +
                                R"(,{"jsonrpc":"2.0","method":"getswapindexinfo"},[],7])");
  EXPECT_EQ(answer.status, 200u);
  EXPECT_EQ(answer.json,
            R"([{"jsonrpc":"2.0","result":)" + std::string(counted) + R"(,"id":1},{"result":)" + std::string(counted) +
                R"(,"error":null,"id":2},{"result":null,"error":{"code":-32600,"message":"a batch within a batch"},)"
                R"("id":null},{"result":null,"error":{"code":-32600,"message":"request object must be a dictionary"},)"
                R"("id":null}])");
  EXPECT_EQ(post("[]").status, 400u);
  EXPECT_EQ(post(R"([{"jsonrpc":"2.0","method":"getswapindexinfo"}])").status, 204u);
  std::string many = "[1";
  for (std::uint32_t i = 0; i < post_batch_max; ++i) many += ",1";
  EXPECT_EQ(post(many + "]").status, 400u);
}

TEST_F(SwapWeb, ABatchEndsInRefusalsWhenItIsTooMuch) {
  world_.client.options.max_send = 1'500;
  const std::string list =
      R"({"jsonrpc":"2.0","method":"getopenorders","params":[")" + token_text(token_a) + R"("],"id":1})";
  const WebAnswer large = post("[" + list + "," + list + "," + list + "]");
  EXPECT_LT(large.json.size(), 3'000u);
  EXPECT_TRUE(large.json.ends_with(
      R"({"jsonrpc":"2.0","error":{"code":-32600,"message":"response too large (over 1,500 bytes"},"id":1}])"))
      << large.json;
  world_.client.options.max_send = 0;
  const swap::TokenId token = id_of(0xd4, 4);
  for (std::uint32_t i = 0; i < 5'100; ++i) {
    swap::Order& order = world_.add({token, token_b, 1, 1}).order;
    order.is_backed = false;
    order.id.offered.index = i;
  }
  const std::string heavy =
      R"({"jsonrpc":"2.0","method":"getopenorders","params":[")" + token_text(token) + R"("],"id":1})";
  const WebAnswer busy = post("[" + heavy + "," + heavy + "]");
  EXPECT_TRUE(busy.json.ends_with(R"("error":{"code":-102,"message":"the batch is too much work"},"id":1}])"))
      << busy.json;
}

TEST_F(SwapWeb, PathsAnswerListsAndCounts) {
  EXPECT_EQ(get(below("count")).json, R"({"open":2,"history":1,"height":3})");
  EXPECT_EQ(get(below("count", token_b), "want=1").json, R"({"open":2,"history":1,"height":3})");
  EXPECT_EQ(get(below("count", token_b), "want=0").json, R"({"open":0,"history":0,"height":3})");
  const std::string by_call = world_.client.call("getopenorders", "[\"" + token_text(token_a) + "\",100,0,null,\"\"]");
  EXPECT_EQ(get(below("orders")).json, by_call);
  EXPECT_EQ(get(below("orders", token_b), "want=1&limit=&max_age=5").json, by_call);
  EXPECT_EQ(get(below("orders"), "offset=2").json, R"({"orders":[],"next_cursor":null,"height":3})");
  EXPECT_EQ(get(below("orders"), "max_age=0").json, R"({"orders":[],"next_cursor":null,"height":3})");
  EXPECT_EQ(get(below("history")).json,
            world_.client.call("getswaphistory", "[\"" + token_text(token_a) + "\",100,0,\"\"]"));
  const std::string first = get(below("orders"), "limit=1").json;
  const std::size_t begin = first.find("\"next_cursor\":\"") + 15;
  const std::string cursor = first.substr(begin, first.find('"', begin) - begin);
  const std::string second = get(below("orders"), "cursor=" + cursor + "&limit=1").json;
  EXPECT_NE(second.find(coin_of(2).txid.display()), std::string::npos) << second;
  EXPECT_TRUE(second.ends_with(R"(],"next_cursor":null,"height":3})")) << second;
}

TEST_F(SwapWeb, PathsSayWhatIsWrong) {
  for (const auto path : {"", "orders", "count", "order/x", "Orders/x"}) EXPECT_EQ(get(path).status, 404u) << path;
  const auto refused = [&](std::string_view query, std::string_view message) {
    const WebAnswer answer = get(below("orders"), query);
    EXPECT_EQ(answer.status, 400u) << query;
    EXPECT_EQ(answer.json, web_fault(-8, message)) << query;
  };
  refused("want=yes", "want must be 0 or 1");
  refused("limit=-1", "limit must be a number of blocks or orders from 0 on");
  refused("offset=18446744073709551616", "offset must be a number of blocks or orders from 0 on");
  refused("max_age=1%20", "max_age must be a number of blocks or orders from 0 on");
  refused("limit=0", "limit must be positive with a cursor");
  refused("cursor=abc", "cursor is none that this listing gave");
  refused("a=b", "this path takes no parameter a");
  refused("&", "this path takes no parameter ");
  EXPECT_EQ(get(below("history"), "max_age=1").status, 400u);
  EXPECT_EQ(get(below("count"), "limit=1").status, 400u);
  EXPECT_EQ(get("orders/00").json, web_fault(-8, "the token of the path must be of length 64 (not 2, for '00')"));
  EXPECT_EQ(get(below("orders") + "/").status, 400u);
  world_.swaps.broken = true;
  EXPECT_EQ(get(below("orders")).status, 500u);
  EXPECT_EQ(get(below("orders")).json, web_fault(-32603, "Failed to retrieve orders from swap index"));
  world_.client.context.swaps = nullptr;
  EXPECT_EQ(get(below("orders")).status, 503u);
}

}  // namespace
}  // namespace sluice::serve::test
