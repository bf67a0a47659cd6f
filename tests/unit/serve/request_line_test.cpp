// Every row of the protocol's table of malformed input, dialects, batches and arity errors, as raw
// lines in and raw lines out.
#include <gtest/gtest.h>

#include "base/random.h"
#include "client.h"
#include "serve/fault.h"

namespace sluice::serve::test {
namespace {

class RequestLine : public ::testing::Test {
 protected:
  FakeView view{chain::Coin::radiant, {0, 1, 1}};
  Client client{view};

  static std::string error(int code, std::string_view message_json, std::string_view id = "null") {
    return "{\"jsonrpc\":\"2.0\",\"error\":" + error_text(code, message_json) + ",\"id\":" + std::string(id) + "}";
  }
};

TEST_F(RequestLine, NotJson) {
  for (const std::string_view line : {"", "hello", "{", "{\"id\":1,\"method\":\"server.ping\"}x", "[1,"}) {
    EXPECT_EQ(client.line(line), error(-32700, "invalid JSON")) << line;
  }
  EXPECT_EQ(client.session.dialect, Dialect::undecided);
}

TEST_F(RequestLine, UnparseableCostsElevenHundred) {
  const double before = client.session.cost;
  (void)client.line("hello");
  EXPECT_DOUBLE_EQ(client.session.cost - before, 1100);
  EXPECT_EQ(client.session.counters.errors, 1u);
}

TEST_F(RequestLine, NotUtf8) {
  EXPECT_EQ(client.line("{\"id\":\"\xff\"}"), error(-32700, "messages must be encoded in UTF-8"));
}

TEST_F(RequestLine, Scalars) {
  for (const std::string_view line : {"3", "null", "\"x\"", "NaN", "true"}) {
    EXPECT_EQ(client.line(line), error(-32600, "request object must be a dictionary")) << line;
  }
}

TEST_F(RequestLine, EmptyBatch) { EXPECT_EQ(client.line("[]"), error(-32600, "batch is empty")); }

TEST_F(RequestLine, BatchOfScalars) {
  const std::string item = error(-32600, "request object must be a dictionary");
  EXPECT_EQ(client.line("[1,2]"), "[" + item + ", " + item + "]");
}

TEST_F(RequestLine, ParamsOfWrongKind) {
  const auto reply = [&](std::string_view params) {
    return client.line("{\"id\":9,\"method\":\"server.ping\",\"params\":" + std::string(params) + "}");
  };
  const auto expected = [&](std::string_view text) {
    return error(-32602, "invalid request arguments: " + std::string(text), "9");
  };
  EXPECT_EQ(reply("null"), expected("None"));
  EXPECT_EQ(reply("5"), expected("5"));
  EXPECT_EQ(reply("1e5"), expected("100000.0"));
  EXPECT_EQ(reply("\"x\""), expected("x"));
  EXPECT_EQ(reply("true"), expected("True"));
}

TEST_F(RequestLine, Methods) {
  EXPECT_EQ(client.line(R"({"id":1,"method":5})"), error(-32601, "method must be a string", "1"));
  EXPECT_EQ(client.line(R"({"id":1,"method":null})"), error(-32601, "method must be a string", "1"));
  EXPECT_EQ(client.line(R"({"id":1,"method":"x"})"), error(-32601, "unknown method \\\"x\\\"", "1"));
  EXPECT_EQ(client.line(R"({"id":1,"method":"\u00e9\n"})"), error(-32601, "unknown method \\\"\\u00e9\\n\\\"", "1"));
}

TEST_F(RequestLine, Arity) {
  EXPECT_EQ(client.call("blockchain.block.headers", "[0]"),
            error_text(-32602, "1 argument passed to method \\\"blockchain.block.headers\\\" but it requires 2"));
  EXPECT_EQ(client.call("blockchain.block.headers", "[]"),
            error_text(-32602, "0 arguments passed to method \\\"blockchain.block.headers\\\" but it requires 2"));
  EXPECT_EQ(client.call("server.ping", "[1]"),
            error_text(-32602, "1 argument passed to method server.ping taking at most 0"));
  EXPECT_EQ(client.call("blockchain.block.header", "[1,2,3]"),
            error_text(-32602, "3 arguments passed to method blockchain.block.header taking at most 2"));
  EXPECT_EQ(client.line(R"({"id":1,"method":"blockchain.block.header"})"),
            error(-32602, "0 arguments passed to method \\\"blockchain.block.header\\\" but it requires 1", "1"));
}

TEST_F(RequestLine, NamedParameters) {
  EXPECT_EQ(client.call("blockchain.block.header", "{}"),
            error_text(-32602, "method \\\"blockchain.block.header\\\" requires parameter \\\"height\\\""));
  EXPECT_EQ(client.call("blockchain.block.header", R"({"height":1,"foo":2})"),
            error_text(-32602, "method \\\"blockchain.block.header\\\" does not take parameter \\\"foo\\\""));
  EXPECT_EQ(
      client.call("blockchain.block.headers", "{}"),
      error_text(-32602,
                 "method \\\"blockchain.block.headers\\\" requires parameters \\\"count\\\", \\\"start_height\\\""));
  EXPECT_EQ(client.call("blockchain.block.header", R"({"cp_height":0,"height":1})"),
            "\"" + to_hex(view.header(1).value()) + "\"");
  EXPECT_EQ(client.call("server.ping", "{}"), "null");
  EXPECT_EQ(client.call("blockchain.estimatefee", R"({"_number":1})"), "1e-05");
  EXPECT_EQ(client.call("blockchain.estimatefee", R"({"number":1})"), "1e-05");
}

TEST_F(RequestLine, IdsComeBackAsSent) {
  for (const std::string_view id :
       {"1", "-0", "1.5", "1e5", "1E+05", "0.10", "true", "false", "\"x\"", "\"a\\u0062\\/\"", "\"\"",
        "123456789012345678901234567890", "18446744073709551616", "-9223372036854775809"}) {
    EXPECT_EQ(client.line("{\"id\": " + std::string(id) + " ,\"method\":\"server.ping\"}"),
              "{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":" + std::string(id) + "}");
  }
}

TEST_F(RequestLine, BadIds) {
  EXPECT_EQ(client.line(R"({"id":[1],"method":"server.ping"})"), error(-32600, "invalid \\\"id\\\": [1]"));
  EXPECT_EQ(client.line(R"({"id":{"a":null},"method":"server.ping"})"),
            error(-32600, "invalid \\\"id\\\": {'a': None}"));
}

TEST_F(RequestLine, NotificationsAreNotAnsweredAndCost) {
  const double before = client.session.cost;
  EXPECT_EQ(client.line(R"({"method":"server.version","params":["x","1.4.2"]})"), "");
  EXPECT_EQ(client.line(R"({"id":null,"method":"server.ping"})"), "");
  EXPECT_FALSE(client.session.version_seen) << "a notification must not run";
  EXPECT_DOUBLE_EQ(client.session.cost - before, 200);
}

TEST_F(RequestLine, ResponsesAreIgnored) {
  EXPECT_EQ(client.line(R"({"id":1,"result":5})"), "");
  EXPECT_EQ(client.line("{}"), "");
  EXPECT_EQ(client.session.counters.errors, 2u);
}

TEST_F(RequestLine, LooseDialectTakesBoth) {
  EXPECT_EQ(client.line(R"({"id":1,"method":"server.ping"})"), R"({"jsonrpc":"2.0","result":null,"id":1})");
  EXPECT_EQ(client.line(R"({"jsonrpc":"2.0","id":2,"method":"server.ping"})"),
            R"({"jsonrpc":"2.0","result":null,"id":2})");
  EXPECT_EQ(client.session.dialect, Dialect::loose);
}

TEST_F(RequestLine, StrictDialectWithParity) {
  const std::string refused = "\\\"jsonrpc\\\" is not \\\"2.0\\\"";
  EXPECT_EQ(client.line(R"({"jsonrpc":"2.0","id":1,"method":"server.ping"})"),
            R"({"jsonrpc":"2.0","result":null,"id":1})");
  EXPECT_EQ(client.session.dialect, Dialect::strict);
  EXPECT_EQ(client.line(R"({"id":2,"method":"server.ping"})"), error(-32600, refused, "2"));
  EXPECT_EQ(client.line(R"({"jsonrpc":"1.0","id":3,"method":"server.ping"})"), error(-32600, refused, "3"));
  EXPECT_EQ(client.line(R"({"jsonrpc":2.0,"id":4,"method":"server.ping"})"), error(-32600, refused, "4"));
  EXPECT_EQ(client.line(R"({"method":"server.ping"})"), "");
  EXPECT_EQ(client.line(R"({"jsonrpc":"\u0032.0","id":5,"method":"server.ping"})"),
            R"({"jsonrpc":"2.0","result":null,"id":5})");
  Client batch(view);
  EXPECT_EQ(batch.line(R"([{"id":1,"method":"server.ping"},{"jsonrpc":"2.0","id":2,"method":"server.ping"}])"),
            "[" + error(-32600, refused, "1") + R"(, {"jsonrpc":"2.0","result":null,"id":2}])");
}

TEST_F(RequestLine, MessagesWithoutTheMemberAfter2_0) {
  client.options.parity = false;
  EXPECT_EQ(client.line(R"({"jsonrpc":"2.0","id":2,"method":"server.ping"})"),
            R"({"jsonrpc":"2.0","result":null,"id":2})");
  EXPECT_EQ(client.line(R"({"id":1,"method":"server.ping"})"), R"({"jsonrpc":"2.0","result":null,"id":1})");
}

TEST_F(RequestLine, Dialect1) {
  EXPECT_EQ(client.line(R"({"jsonrpc":"1.0","id":3,"method":"server.ping","params":[]})"),
            R"({"result":null,"error":null,"id":3})");
  // It sticks, whatever later messages say.
  EXPECT_EQ(client.line(R"({"jsonrpc":"2.0","id":4,"method":"nope"})"),
            R"({"result":null,"error":{"code":-32601,"message":"unknown method \"nope\""},"id":4})");
  EXPECT_EQ(client.line(R"({"method":"server.ping"})"),
            R"({"result":null,"error":{"code":-32600,"message":"request has no \"id\""},"id":null})");
  EXPECT_EQ(client.line(R"([{"id":1,"method":"server.ping"}])"),
            R"({"result":null,"error":{"code":-32600,"message":"request object must be a dictionary"},"id":null})");
  EXPECT_EQ(client.line(R"({"id":1,"method":"server.ping","params":{}})"),
            R"({"result":null,"error":{"code":-32602,"message":"invalid request arguments: {}"},"id":1})");
  EXPECT_EQ(client.line(R"({"id":[1,{"a":"\u0062"}],"method":"server.ping"})"),
            R"({"result":null,"error":null,"id":[1,{"a":"\u0062"}]})");
  EXPECT_EQ(client.line(R"({"id":null,"method":"server.ping"})"), "");
}

TEST_F(RequestLine, UnparseableLineDoesNotFixTheDialect) {
  (void)client.line("hello");
  EXPECT_EQ(client.line(R"({"jsonrpc":"1.0","id":3,"method":"server.ping"})"),
            R"({"result":null,"error":null,"id":3})");
}

TEST_F(RequestLine, BatchInOrderWithoutNotifications) {
  const std::string reply = client.line(R"([{"id":1,"method":"server.ping"},{"method":"server.ping"},7,)"
                                        R"({"id":"b","method":"blockchain.relayfee"},{"id":3,"method":"nope"}])");
  EXPECT_EQ(reply, R"([{"jsonrpc":"2.0","result":null,"id":1}, )" +
                       error(-32600, "request object must be a dictionary") +
                       R"(, {"jsonrpc":"2.0","result":1e-06,"id":"b"}, )" +
                       error(-32601, "unknown method \\\"nope\\\"", "3") + "]");
  EXPECT_EQ(client.line(R"([{"method":"server.ping"},{"id":null,"method":"server.ping"}])"), "");
  EXPECT_EQ(client.line(R"([{"id":5}])"), "[" + error(-32601, "method must be a string", "5") + "]");
}

TEST_F(RequestLine, TooLargeAnswerIsReplacedByTheError) {
  client.options.max_send = 200;
  EXPECT_EQ(client.line(R"({"id":7,"method":"blockchain.block.headers","params":[0,3]})"),
            error(-32600, "response too large (over 200 bytes", "7"));
  client.options.max_send = 10'000'000;
  EXPECT_EQ(response_too_large(client.options.max_send).message, "response too large (over 10,000,000 bytes");
}

TEST_F(RequestLine, BatchBeyondTheLimit) {
  client.options.max_send = 250;
  std::string line = R"([{"id":1,"method":"blockchain.block.header","params":[1]},)"
                     R"({"id":2,"method":"blockchain.block.header","params":[1]}])";
  EXPECT_EQ(client.line(line), R"([{"jsonrpc":"2.0","result":")" + to_hex(view.header(1).value()) + R"(","id":1}, )" +
                                   error(-32600, "response too large (over 250 bytes", "2") + "]");
  // What comes after is refused without being run, were it ever so small.
  line.pop_back();
  EXPECT_TRUE(client.line(line + R"(,{"id":3,"method":"blockchain.headers.subscribe"}])")
                  .ends_with(error(-32600, "response too large (over 250 bytes", "3") + "]"));
  EXPECT_FALSE(client.session.headers_subscribed);
  // Errors alone cannot grow without bound either.
  line = "[1";
  for (int i = 0; i < 100; ++i) line += ",1";
  EXPECT_EQ(client.line(line + "]"), error(-32600, "response too large (over 250 bytes"));
}

/// A batch of requests, notifications, responses and things that are none of it, with blanks anywhere.
std::string random_batch(Random& random) {
  const char* items[] = {R"({"id":1,"method":"server.ping"})",
                         R"({"method":"server.ping"})",
                         R"({"id" : "]},{[\\\"" , "method":"blockchain.block.header","params":[ 1 ]})",
                         R"({"id":2,"method":"blockchain.scripthash.subscribe","params":[")"
                         "0000000000000000000000000000000000000000000000000000000000000000"
                         R"("]})",
                         R"({"id":[1,[2]],"method":"nope"})",
                         R"({"id":3,"result":{"a":[1,"}"]}})",
                         R"({"id":4,"method":"server.version","params":["x","0.1"]})",
                         R"({"id":5,"method":"blockchain.headers.subscribe"})",
                         "7",
                         "\"],[\"",
                         "[[],{}]",
                         "NaN",
                         "{}"};
  std::string line = random.chance(0.3) ? " [" : "[";
  const std::uint64_t count = 1 + random.below(20);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i != 0) line += random.chance(0.3) ? " , " : ",";
    // The one that ends the session is rare, so that most batches come to their end.
    std::uint64_t item = random.below(std::size(items));
    if (item == 6 && random.chance(0.8)) item = 0;
    line += items[item];
  }
  return line + (random.chance(0.3) ? " ] " : "]");
}

TEST_F(RequestLine, BatchesAreTheSameInSteps) {
  Random random(3);
  bool cut = false;
  for (int round = 0; round < 3000; ++round) {
    const std::string line = random_batch(random);
    const std::size_t max_send = random.chance(0.5) ? 0 : 1 + random.below(1500);
    Client whole(view);
    whole.options.max_send = max_send;
    const std::string expected = whole.line(line);
    cut |= expected.find("response too large") != std::string::npos;
    for (const BatchPace pace : {BatchPace{1, 100}, BatchPace{2, 100}, BatchPace{7, 100}, BatchPace{100, 0.3}}) {
      Client stepped(view);
      stepped.options.max_send = max_send;
      std::string reply;
      const auto batch = begin_line(line, stepped.session, stepped.context, stepped.document, reply);
      ASSERT_NE(batch, nullptr) << line;
      while (!batch->step(pace, stepped.session, stepped.context, stepped.document)) {
        // Another session of the loop uses the parser in between.
        (void)stepped.document.parse("[1,2]");
      }
      ASSERT_EQ(reply + batch->reply(), expected) << line;
      ASSERT_EQ(stepped.session.cost, whole.session.cost) << line;
      ASSERT_EQ(stepped.session.counters.errors, whole.session.counters.errors) << line;
      ASSERT_EQ(stepped.session.scripts.size(), whole.session.scripts.size()) << line;
      ASSERT_EQ(stepped.session.close_after_reply, whole.session.close_after_reply) << line;
    }
  }
  EXPECT_TRUE(cut) << "the limit on replies was never met";
}

TEST_F(RequestLine, AStepEndsByItemsOrByWork) {
  std::string line = "[";
  for (int i = 0; i < 10; ++i) line += R"({"id":1,"method":"blockchain.block.header","params":[1]},)";  // 0.25 each
  line.back() = ']';
  const auto steps = [&](BatchPace pace) {
    Client fresh(view);
    std::string reply;
    const auto batch = begin_line(line, fresh.session, fresh.context, fresh.document, reply);
    int count = 1;
    while (!batch->step(pace, fresh.session, fresh.context, fresh.document)) ++count;
    return count;
  };
  EXPECT_EQ(steps({1, 100}), 10);
  EXPECT_EQ(steps({4, 100}), 3);
  EXPECT_EQ(steps({100, 0.5}), 5);
  EXPECT_EQ(steps({100, 0.1}), 10);
  EXPECT_EQ(steps({100, 100}), 1);
}

TEST_F(RequestLine, VersionNegotiation) {
  const auto answer = [&](std::string_view params) {
    Client fresh(view);
    return fresh.call("server.version", params);
  };
  EXPECT_EQ(answer("[]"), R"(["ElectrumX 1.4.1","1.4"])");
  EXPECT_EQ(answer(R"(["x",null])"), R"(["ElectrumX 1.4.1","1.4"])");
  EXPECT_EQ(answer(R"(["x","1.4.1"])"), R"(["ElectrumX 1.4.1","1.4.1"])");
  EXPECT_EQ(answer(R"(["x",["1.2","1.4.2"]])"), R"(["ElectrumX 1.4.1","1.4.2"])");
  EXPECT_EQ(answer(R"(["x",["1.4","1.7"]])"), R"(["ElectrumX 1.4.1","1.4.2"])");
  EXPECT_EQ(answer(R"(["x",["1.0","1.1"]])"), error_text(1, "unsupported protocol version: ['1.0', '1.1']"));
  EXPECT_EQ(answer(R"(["x","1.3"])"), error_text(1, "unsupported protocol version: 1.3"));
  EXPECT_EQ(answer(R"(["x","9.9"])"), error_text(1, "unsupported protocol version: 9.9"));
  EXPECT_EQ(answer(R"(["x",14])"), error_text(1, "unsupported protocol version: 14"));
  EXPECT_EQ(answer(R"(["x",["1.4"]])"), error_text(1, "unsupported protocol version: ['1.4']"));
  EXPECT_EQ(answer(R"(["x","1.x"])"), error_text(1, "unsupported protocol version: 1.x"));
  EXPECT_EQ(answer(R"({"protocol_version":"1.4"})"), R"(["ElectrumX 1.4.1","1.4"])");
}

TEST_F(RequestLine, VersionOnceAndGoodbye) {
  EXPECT_EQ(client.call("server.version", R"(["a name of twenty chars","1.4"])"), R"(["ElectrumX 1.4.1","1.4"])");
  EXPECT_EQ(client.session.client_name, "a name of twenty ");
  EXPECT_EQ(client.call("server.version", "[]"), error_text(1, "server.version already sent"));
  EXPECT_FALSE(client.session.close_after_reply);
  Client other(view);
  (void)other.call("server.version", R"(["x","0.1"])");
  EXPECT_TRUE(other.session.close_after_reply);
}

TEST_F(RequestLine, OwnVersionsWithoutParity) {
  const auto answer = [&](std::string_view params) {
    Client fresh(view, chain::Coin::radiant, "regtest", false);
    return fresh.call("server.version", params);
  };
  const std::string software = "[\"sluice " SLUICE_VERSION "\",";
  EXPECT_EQ(answer("[]"), software + "\"1.4\"]");
  EXPECT_EQ(answer(R"(["x","1.6"])"), software + "\"1.6\"]");
  EXPECT_EQ(answer(R"(["x",["1.4","1.7"]])"), software + "\"1.6\"]");
  EXPECT_EQ(answer(R"(["x","1.7"])"), error_text(1, "unsupported protocol version: 1.7"));
}

TEST_F(RequestLine, AnyBytesAreSurvived) {
  Random random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string line(random.below(60), '\0');
    for (char& c : line) c = static_cast<char>(random.below(256));
    const std::string reply = client.line(line);
    ASSERT_TRUE(reply.empty() || reply.front() == '{' || reply.front() == '[');
  }
}

}  // namespace
}  // namespace sluice::serve::test
