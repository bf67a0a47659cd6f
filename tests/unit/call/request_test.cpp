// Words to requests, lines of the server to results and errors.
#include "call/request.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "call/json_text.h"

namespace sluice::call {
namespace {

TEST(Request, parameters_are_json_or_text) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "[]"},
      {{"1", "-2", "true", "null"}, "[1,-2,true,null]"},
      {{"hello", "a b", "01", "1.4.2"}, "[\"hello\",\"a b\",\"01\",\"1.4.2\"]"},
      {{"1.4"}, "[1.4]"},
      {{"\"1.4\""}, "[\"1.4\"]"},
      {{"[1,\n2]", "x\ny"}, "[[1, 2],\"x\\u000ay\"]"},
      {{"123456789012345678901234567890"}, "[123456789012345678901234567890]"},
      {{" {\"height\":5}"}, " {\"height\":5}"},
      {{"{\"a\":1}", "2"}, "[{\"a\":1},2]"},
      {{"{broken"}, "[\"{broken\"]"},
      {{""}, "[\"\"]"},
  };
  for (const auto& [params, expected] : cases) {
    const auto request = make_request("m", params);
    ASSERT_TRUE(request.ok());
    EXPECT_EQ(request.value(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"params\":" + expected + "}");
    EXPECT_TRUE(is_json(request.value()));
    EXPECT_EQ(request.value().find('\n'), std::string::npos);
  }
}

TEST(Request, what_is_not_utf8_is_refused) {
  EXPECT_FALSE(make_request("\xff", {}).ok());
  EXPECT_FALSE(make_request("m", {"1", "\xff"}).ok());
}

TEST(Reply, results_and_errors_are_told_apart) {
  using Kind = Reply::Kind;
  struct Case {
    std::string_view line;
    Kind kind;
    std::string_view text;
  };
  const std::vector<Case> cases{
      {R"({"jsonrpc":"2.0","id":1,"result":5})", Kind::result, "5"},
      {R"({"id":1,"result":null,"error":null})", Kind::result, "null"},
      {R"({"result":12345678901234567890123,"id":1,"error":null})", Kind::result, "12345678901234567890123"},
      {R"({"id":1,"error":{"code":-32601,"message":"unknown"}})", Kind::error,
       "{\n  \"code\": -32601,\n  \"message\": \"unknown\"\n}"},
      {R"({"id":null,"error":{"code":-32700}})", Kind::error, "{\n  \"code\": -32700\n}"},
      {R"({"id":1,"error":"text"})", Kind::error, "\"text\""},
      {R"({"id":2,"result":5})", Kind::other, ""},
      {R"({"method":"blockchain.headers.subscribe","params":[{}]})", Kind::other, ""},
      {R"({"id":null,"result":5})", Kind::other, ""},
  };
  for (const Case& c : cases) {
    const auto reply = read_reply(c.line);
    ASSERT_TRUE(reply.ok()) << c.line;
    EXPECT_EQ(reply.value().kind, c.kind) << c.line;
    EXPECT_EQ(reply.value().text, c.text) << c.line;
  }
}

TEST(Reply, what_is_no_message_is_refused_in_one_line) {
  for (const std::string& line : {std::string(""), std::string("HTTP/1.1 400\r\n\x1b[2J"), std::string("[]"),
                                  std::string("{}"), std::string("{\"id\":1}"), std::string(100000, '[')}) {
    const auto reply = read_reply(line);
    ASSERT_FALSE(reply.ok()) << line;
    EXPECT_EQ(reply.error().kind, ErrorKind::corrupt);
    EXPECT_LT(reply.error().message.size(), 300u);
    EXPECT_EQ(reply.error().message.find_first_of("\r\n\x1b"), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::call
