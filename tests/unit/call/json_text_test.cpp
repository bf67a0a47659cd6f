// JSON as text: what is JSON and what is not, and that no token changes when it is laid out.
#include "call/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sluice::call {
namespace {

TEST(JsonText, accepts_what_the_standard_accepts) {
  for (const std::string text : {"0",
                                 "-0",
                                 "1.5",
                                 "1e5",
                                 "1E+5",
                                 "-1.0e-5",
                                 "123456789012345678901234567890",
                                 "true",
                                 "false",
                                 "null",
                                 "\"\"",
                                 "\"\\u0000\\n\\/\"",
                                 "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
                                 "[]",
                                 "{}",
                                 " [ 1 , 2 ] ",
                                 "{\"a\":{\"b\":[]}}",
                                 "\t\r\n1",
                                 "{\"a\":1,\"a\":2}",
                                 "\"\x7f\""}) {
    EXPECT_TRUE(is_json(text)) << text;
  }
}

TEST(JsonText, refuses_everything_else) {
  for (const std::string text : {"",
                                 " ",
                                 "01",
                                 "-",
                                 "+1",
                                 ".5",
                                 "1.",
                                 "1e",
                                 "1e+",
                                 "0x1",
                                 "nul",
                                 "True",
                                 "NaN",
                                 "Infinity",
                                 "'a'",
                                 "\"",
                                 "\"\\\"",
                                 "\"\\x\"",
                                 "\"\\u12\"",
                                 "\"\n\"",
                                 "[1,]",
                                 "[,1]",
                                 "[1 2]",
                                 "[",
                                 "]",
                                 "{",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{a:1}",
                                 "{\"a\":1,}",
                                 "{1:1}",
                                 "1 2",
                                 "[] []",
                                 "\"\xff\"",
                                 "\"\xc0\xaf\"",
                                 "\"\xed\xa0\x80\"",
                                 "\"\xf4\x90\x80\x80\"",
                                 "\"\xe2\x82\"",
                                 "\xef\xbb\xbf"
                                 "1",
                                 "// x\n1"}) {
    EXPECT_FALSE(is_json(text)) << text;
    EXPECT_FALSE(pretty_json(text).has_value()) << text;
  }
  EXPECT_FALSE(is_json(std::string("\0", 1)));
}

TEST(JsonText, depth_is_bounded) {
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_TRUE(is_json(nested(json_depth_max)));
  EXPECT_FALSE(is_json(nested(json_depth_max + 2)));
  EXPECT_FALSE(is_json(std::string(1 << 20, '[')));
  EXPECT_FALSE(json_members("{\"a\":" + nested(json_depth_max + 2) + "}").has_value());
}

TEST(JsonText, layout_keeps_every_token) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {" 1.50 ", "1.50"},
      {"123456789012345678901234567890", "123456789012345678901234567890"},
      {"[]", "[]"},
      {"{ }", "{}"},
      {"[1,[2,{}],\"a b\"]", "[\n  1,\n  [\n    2,\n    {}\n  ],\n  \"a b\"\n]"},
      {"{\"a\" : 1e400,\n\"b\":{\"c\":null}}", "{\n  \"a\": 1e400,\n  \"b\": {\n    \"c\": null\n  }\n}"},
      {"\"\\u001b[31m\"", "\"\\u001b[31m\""},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(pretty_json(text), expected) << text;
}

TEST(JsonText, members_come_in_order_and_whole) {
  const auto members = json_members(" {\"id\" : 1 , \"result\":{\"a\":[1,\"}\"]} ,\"e\":null} ");
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 3u);
  EXPECT_EQ((*members)[0].key, "id");
  EXPECT_EQ((*members)[0].value, "1");
  EXPECT_EQ((*members)[1].value, "{\"a\":[1,\"}\"]}");
  EXPECT_EQ((*members)[2].value, "null");
  EXPECT_TRUE(json_members("{}")->empty());
  for (const auto text : {"", "[]", "1", "{\"a\":1", "{\"a\":1} x", "{\"a\":1,}", "{\"a\" 1}"})
    EXPECT_FALSE(json_members(text).has_value()) << text;
}

TEST(JsonText, strings_are_escaped) {
  std::string text;
  append_json_string(text, "a\"b\\c\n\x1f\xc3\xa9");
  EXPECT_EQ(text, "\"a\\\"b\\\\c\\u000a\\u001f\xc3\xa9\"");
  EXPECT_TRUE(is_json(text));
}

}  // namespace
}  // namespace sluice::call
