// Whole documents are accepted or refused as an independent judge of JSON says (without what only Python takes), and
// pieces come out byte for byte.
#include "node/json_walk.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "../serve/strict_json.h"
#include "base/random.h"
#include "padded.h"

namespace sluice::node {
namespace {

using test::Padded;
using Pieces = std::vector<std::pair<std::string, std::string>>;

bool is_object(std::string_view text) {
  const Padded padded(text);
  return visit_members(padded.text(), [](std::string_view, std::string_view) { return true; });
}

bool is_array(std::string_view text) {
  const Padded padded(text);
  return visit_elements(padded.text(), [](std::string_view) { return true; });
}

Pieces members(std::string_view text) {
  const Padded padded(text);
  Pieces pieces;
  EXPECT_TRUE(visit_members(padded.text(), [&](std::string_view key, std::string_view value) {
    pieces.emplace_back(key, value);
    return true;
  })) << text;
  return pieces;
}

TEST(JsonWalk, pieces_are_the_text_itself) {
  EXPECT_EQ(members(" { \"a\" : [ 1 , {\"b\" : 2 } ] , \"c\\u0041\":1.50E+3 ,\"d\":\"x\\n\" ,\"e\":{ } }\n"),
            (Pieces{{"a", "[ 1 , {\"b\" : 2 } ]"}, {"cA", "1.50E+3"}, {"d", "\"x\\n\""}, {"e", "{ }"}}));
  EXPECT_EQ(members("{}"), Pieces());
  const Padded padded(" [ [ ] , 18446744073709551617 , null,\"\" ] ");
  std::vector<std::string> elements;
  ASSERT_TRUE(visit_elements(padded.text(), [&](std::string_view value) {
    elements.emplace_back(value);
    return true;
  }));
  EXPECT_EQ(elements, (std::vector<std::string>{"[ ]", "18446744073709551617", "null", "\"\""}));
}

TEST(JsonWalk, a_visitor_ends_the_visit) {
  const Padded padded("[1,2,3]");
  int visited = 0;
  EXPECT_FALSE(visit_elements(padded.text(), [&](std::string_view) { return ++visited < 2; }));
  EXPECT_EQ(visited, 2);
}

TEST(JsonWalk, what_is_not_one_whole_document_is_refused) {
  // clang-format off
  static constexpr std::string_view refused[] = {
      "", " ", "{", "}", "{}}", "{} {}", "{}x", "[{}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
      "{\"a\":1 2}", "{\"a\":1\"b\":2}", "{a:1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":+1}",
      "{\"a\":1e}", "{\"a\":-}", "{\"a\":NaN}", "{\"a\":nul}", "{\"a\":nulll}", "{\"a\":truefalse}",
      "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\n\"}", "{\"a\":\"\xff\"}", "{\"a\":\"b}",
      "{\"a\":\"b\"c}", "{\"a\":[1,]}", "{\"a\":[\"b\":1]}", "{\"a\":{\"b\",1}}", "{\"a\":[1 2]}",
      "{\"\\q\":1}", "\"a\"", "1", "null",
  };
  // clang-format on
  for (const std::string_view text : refused) {
    EXPECT_FALSE(is_object(text)) << text;
    EXPECT_FALSE(is_array(text)) << text;
  }
  EXPECT_FALSE(is_array("{}"));
  EXPECT_FALSE(is_object("[]"));
  EXPECT_FALSE(is_object(std::string_view("{\"a\":1}\0", 8)));
  const std::string deep(static_cast<std::size_t>(json_depth_max) + 1, '[');
  EXPECT_FALSE(is_array(deep + std::string(deep.size(), ']')));
  EXPECT_TRUE(is_array(deep.substr(1) + std::string(deep.size() - 1, ']')));
}

/// One byte changed, left out or put in: the judge and the walk agree.
TEST(JsonWalk, agrees_with_an_independent_judge_on_damaged_text) {
  const std::string whole =
      R"({"result":[{"hex":"00ff\u0041\\","n":-1.5e-7,"ok":true},null,[false,"x"]],"error":null,"id":12})";
  static constexpr std::string_view bytes = "{}[],:\"\\0 1eE.-tn\x01\x80";
  Random random(7);
  int valid = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string text = whole;
    for (std::uint64_t change = random.below(3); change < 3; ++change) {
      const std::size_t at = random.below(text.size());
      const char byte = bytes[random.below(bytes.size())];
      switch (random.below(3)) {
        case 0: text[at] = byte; break;
        case 1: text.erase(at, 1); break;
        default: text.insert(at, 1, byte);
      }
    }
    const bool expected = text.find_first_not_of(' ') != std::string::npos &&
                          text[text.find_first_not_of(' ')] == '{' && text.find('\x80') == std::string::npos &&
                          serve::test::StrictJson(text).valid();
    valid += expected ? 1 : 0;
    ASSERT_EQ(is_object(text), expected) << text;
  }
  EXPECT_GT(valid, 300);
}

TEST(JsonWalk, scalars) {
  EXPECT_EQ(plain_string("\"00ff\""), "00ff");
  EXPECT_EQ(plain_string("\"\""), "");
  EXPECT_FALSE(plain_string("\"a\\n\""));
  EXPECT_FALSE(plain_string("12"));
  EXPECT_FALSE(plain_string("\""));
  EXPECT_EQ(resolved_string(R"("a\n\"\u20ac\ud83d\ude00")"), "a\n\"\u20ac\U0001f600");
  EXPECT_FALSE(resolved_string(R"("\ud83d")"));
  EXPECT_FALSE(resolved_string("12"));
  EXPECT_EQ(integer("-28"), -28);
  EXPECT_FALSE(integer("1.0"));
  EXPECT_FALSE(integer("9223372036854775808"));
  EXPECT_FALSE(integer("\"1\""));
  EXPECT_EQ(boolean("true"), true);
  EXPECT_EQ(boolean("false"), false);
  EXPECT_FALSE(boolean("1"));
}

TEST(JsonWalk, written_strings_are_valid_whatever_they_hold) {
  std::string text;
  append_json_string(text, std::string_view("a\"\\\n\x1f\0\xff\xe2\x82\xac", 10));
  EXPECT_EQ(text, "\"a\\\"\\\\\\u000a\\u001f\\u0000\xef\xbf\xbd\xe2\x82\xac\"");
  Random random(3);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (std::uint64_t i = random.below(40); i > 0; --i) bytes += static_cast<char>(random.next());
    std::string array = "[";
    append_json_string(array, bytes);
    EXPECT_TRUE(is_array(array + "]"));
  }
}

}  // namespace
}  // namespace sluice::node
