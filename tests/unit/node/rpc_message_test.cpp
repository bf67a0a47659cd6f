// Requests as nodes take them; answers matched, passed on byte for byte, or refused with the reason.
#include "node/rpc_message.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "padded.h"

namespace sluice::node {
namespace {

using test::body_of;

AnswerErrc single(std::string_view text, std::uint64_t id = 7) {
  RpcReply reply;
  const AnswerErrc errc = read_answer(body_of(text), RequestForm::single, id, 1, reply);
  EXPECT_EQ(reply.outcomes().size(), errc == AnswerErrc::ok ? 1 : 0);
  return errc;
}

AnswerErrc batch(std::string_view text, std::size_t count) {
  RpcReply reply;
  const AnswerErrc errc = read_answer(body_of(text), RequestForm::batch, 7, count, reply);
  EXPECT_EQ(reply.outcomes().size(), errc == AnswerErrc::ok ? count : 0);
  return errc;
}

TEST(RpcRequest, written) {
  EXPECT_EQ(write_request({"getblockcount"}, 0), R"({"method":"getblockcount","params":[],"id":0})");
  const RpcParams params = RpcParams().text("a\"b").number(5).flag(true).json("null");
  EXPECT_EQ(params.array(), R"(["a\"b",5,true,null])");
  const std::vector<RpcRequest> requests{{"a", params.array()}, {"b"}};
  EXPECT_EQ(write_batch(requests, 41),
            R"([{"method":"a","params":["a\"b",5,true,null],"id":41},{"method":"b","params":[],"id":42}])");
}

TEST(RpcAnswer, a_result_is_the_text_of_the_node) {
  const std::string result = R"({ "txid" : "00" , "n":1e-8, "s":"\u00e9" })";
  RpcReply reply;
  ASSERT_EQ(
      read_answer(body_of("{\"result\":" + result + " ,\"error\":null,\"id\":7}\n"), RequestForm::single, 7, 1, reply),
      AnswerErrc::ok);
  const RpcReply moved = std::move(reply);
  EXPECT_EQ(moved.outcome().json, result);
  EXPECT_FALSE(moved.outcome().error);
}

TEST(RpcAnswer, version_2_without_an_error_member) {
  EXPECT_EQ(single(R"({"jsonrpc":"2.0","result":null,"id":7})"), AnswerErrc::ok);
}

TEST(RpcAnswer, an_error_of_the_call) {
  const std::string error = R"j({"code":-26,"message":"dust \"x\" (code 64)"})j";
  RpcReply reply;
  ASSERT_EQ(
      read_answer(body_of("{\"result\":null,\"error\":" + error + ",\"id\":7}"), RequestForm::single, 7, 1, reply),
      AnswerErrc::ok);
  EXPECT_EQ(reply.outcome().error, (NodeError{-26, "dust \"x\" (code 64)"}));
  EXPECT_EQ(reply.outcome().json, error);
}

TEST(RpcAnswer, errors_of_other_forms_are_shown_as_they_stand) {
  for (const std::string_view error :
       {R"("text")", R"({"code":-1})", R"({"code":-1,"message":"\ud800"})", "5", "[1]"}) {
    RpcReply reply;
    ASSERT_EQ(read_answer(body_of("{\"error\":" + std::string(error) + ",\"id\":7}"), RequestForm::single, 7, 1, reply),
              AnswerErrc::ok);
    ASSERT_TRUE(reply.outcome().error) << error;
    EXPECT_EQ(reply.outcome().error->message, error);
  }
}

TEST(RpcAnswer, a_fault_without_id_is_the_fault_of_the_call) {
  EXPECT_EQ(single(R"({"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null})"), AnswerErrc::ok);
  EXPECT_EQ(single(R"({"result":5,"error":null,"id":null})"), AnswerErrc::wrong_id);
}

TEST(RpcAnswer, refused) {
  EXPECT_EQ(single("<html>"), AnswerErrc::not_json);
  EXPECT_EQ(single(""), AnswerErrc::not_json);
  EXPECT_EQ(single(R"({"result":1,"id":7)"), AnswerErrc::not_json);
  EXPECT_EQ(single(R"({"result":1,"id":7}{"result":1,"id":7})"), AnswerErrc::not_json);
  EXPECT_EQ(single(R"([{"result":1,"id":7}])"), AnswerErrc::not_json);
  EXPECT_EQ(single(R"({"id":7})"), AnswerErrc::not_an_answer);
  EXPECT_EQ(single(R"({"error":null,"id":7})"), AnswerErrc::not_an_answer);
  EXPECT_EQ(single(R"({"result":1,"result":2,"id":7})"), AnswerErrc::not_an_answer);
  EXPECT_EQ(single(R"({"result":1,"id":8})"), AnswerErrc::wrong_id);
  EXPECT_EQ(single(R"({"result":1,"id":"7"})"), AnswerErrc::wrong_id);
  EXPECT_EQ(single(R"({"result":1})"), AnswerErrc::wrong_id);
}

TEST(RpcAnswer, a_batch_in_any_order) {
  RpcReply reply;
  const std::string text =
      R"([ {"result":"b","error":null,"id":8},{"result":null,"error":{"code":-5,"message":"gone"},"id":9} ,)"
      R"({"result":{"x":[1, 2]},"id":7}])";
  ASSERT_EQ(read_answer(body_of(text), RequestForm::batch, 7, 3, reply), AnswerErrc::ok);
  const RpcReply moved = std::move(reply);
  EXPECT_EQ(moved.outcomes()[0].json, R"({"x":[1, 2]})");
  EXPECT_EQ(moved.outcomes()[1].json, "\"b\"");
  EXPECT_EQ(moved.outcomes()[2].error, (NodeError{-5, "gone"}));
}

TEST(RpcAnswer, one_error_object_is_the_fault_of_every_entry) {
  RpcReply reply;
  ASSERT_EQ(read_answer(body_of(R"({"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":null})"),
                        RequestForm::batch, 7, 2, reply),
            AnswerErrc::ok);
  for (const RpcOutcome& outcome : reply.outcomes())
    EXPECT_EQ(outcome.error, (NodeError{code_warming_up, "Loading block index..."}));
}

TEST(RpcAnswer, refused_batches) {
  EXPECT_EQ(batch("[]", 1), AnswerErrc::incomplete);
  EXPECT_EQ(batch(R"([{"result":1,"id":7}])", 2), AnswerErrc::incomplete);
  EXPECT_EQ(batch(R"([{"result":1,"id":7},{"result":1,"id":7}])", 2), AnswerErrc::wrong_id);
  EXPECT_EQ(batch(R"([{"result":1,"id":7},{"result":1,"id":9}])", 2), AnswerErrc::wrong_id);
  EXPECT_EQ(batch(R"([{"result":1,"id":6},{"result":1,"id":7}])", 2), AnswerErrc::wrong_id);
  EXPECT_EQ(batch(R"([{"result":1,"id":-7}])", 1), AnswerErrc::wrong_id);
  EXPECT_EQ(batch(R"([{"result":1,"id":null}])", 1), AnswerErrc::wrong_id);
  EXPECT_EQ(batch(R"([{"result":1,"id":7},{"result":1,"id":8}])", 1), AnswerErrc::wrong_id);
  EXPECT_EQ(batch(R"([{"result":1,"id":7},5])", 2), AnswerErrc::not_an_answer);
  EXPECT_EQ(batch(R"({"result":1,"error":null,"id":7})", 1), AnswerErrc::not_an_answer);
  EXPECT_EQ(batch(R"([{"result":1,"id":7},])", 2), AnswerErrc::not_json);
  EXPECT_EQ(batch(R"([{"result":1,"id":7}]])", 1), AnswerErrc::not_json);
  EXPECT_EQ(batch("5", 1), AnswerErrc::not_json);
  for (const AnswerErrc errc :
       {AnswerErrc::ok, AnswerErrc::not_json, AnswerErrc::not_an_answer, AnswerErrc::wrong_id, AnswerErrc::incomplete})
    EXPECT_FALSE(describe(errc).empty());
}

}  // namespace
}  // namespace sluice::node
