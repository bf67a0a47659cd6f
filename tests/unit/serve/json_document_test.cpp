// What is JSON and what is not, by hand-picked lines and against an independent judge on mutated ones.
#include <gtest/gtest.h>
#include <simdjson.h>

#include "base/random.h"
#include "serve/json_document.h"
#include "strict_json.h"

namespace sluice::serve {
namespace {

JsonErrc parse(std::string_view line) {
  JsonDocument document;
  return document.parse(line);
}

TEST(JsonDocument, AcceptsWhatPythonAccepts) {
  for (const std::string_view line : {"{}",
                                      "[]",
                                      " [ ] ",
                                      "0",
                                      "-0",
                                      "1.5",
                                      "1e5",
                                      "1E+5",
                                      "\"x\"",
                                      "null",
                                      "true",
                                      "NaN",
                                      "-Infinity",
                                      "[NaN,Infinity]",
                                      "123456789012345678901234567890123456789",
                                      "[123456789012345678901234567890]",
                                      "{\"a\":1e999}",
                                      "[-1e-999]",
                                      "\"\\ud800\"",
                                      "[\"\\udc00\\ud800\"]",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"\\u0061\":[{}]}\r",
                                      "\t{\"a\" : [ 1 , 2 ] }\n",
                                      "[[[[[[]]]]]]",
                                      "[\"]\",\"}\",\"\\\"\"]",
                                      "{\"\":\"\"}",
                                      "[\"\x7f\"]",
                                      "{\"k\":\"\xc3\xa9\"}"}) {
    EXPECT_EQ(parse(line), JsonErrc::ok) << line;
    EXPECT_TRUE(test::StrictJson(line).valid()) << line;
  }
}

TEST(JsonDocument, RefusesEverythingElse) {
  using namespace std::string_view_literals;
  for (const std::string_view line : std::initializer_list<std::string_view>{"",
                                                                             " ",
                                                                             "hello",
                                                                             "{",
                                                                             "}",
                                                                             "[",
                                                                             "]",
                                                                             "[1",
                                                                             "1]",
                                                                             "{\"a\"}",
                                                                             "{\"a\":}",
                                                                             "{\"a\":1,}",
                                                                             "{,}",
                                                                             "[,]",
                                                                             "[1,]",
                                                                             "[,1]",
                                                                             "[1 2]",
                                                                             "{\"a\":1 \"b\":2}",
                                                                             "{\"a\" 1}",
                                                                             "{1:2}",
                                                                             "{\"a\":1]",
                                                                             "[1}",
                                                                             "[\"a\":1]",
                                                                             "{\"a\":\"b\":1}",
                                                                             "{\"a\":1}x",
                                                                             "{\"a\":1}{}",
                                                                             "[1]]",
                                                                             "[] []",
                                                                             "01",
                                                                             "-",
                                                                             "+1",
                                                                             ".5",
                                                                             "1.",
                                                                             "1e",
                                                                             "0x10",
                                                                             "tru",
                                                                             "truee",
                                                                             "nul",
                                                                             "[nulll]",
                                                                             "'a'",
                                                                             "\"a",
                                                                             "a\"",
                                                                             "\"\\x\"",
                                                                             "\"\\u12g4\"",
                                                                             "\"\\u123\"",
                                                                             "[\"\\\"]",
                                                                             "\"a\tb\"",
                                                                             "[\"a\nb\"]",
                                                                             "[\"a\x01\"]",
                                                                             "[1,2",
                                                                             "[[1]",
                                                                             "{\"a\":{}",
                                                                             "[{]}",
                                                                             "[nan]",
                                                                             "[--1]",
                                                                             "[1.e5]",
                                                                             "[\"a\"\"b\"]",
                                                                             "[true false]",
                                                                             "{\"a\":1,,\"b\":2}",
                                                                             "\xef\xbb\xbf{}",
                                                                             "[1]\0"sv,
                                                                             "\0"sv,
                                                                             "[1\0]"sv,
                                                                             "[\0]"sv,
                                                                             "{null:1}",
                                                                             "{\"a\"::1}",
                                                                             "[1:2]",
                                                                             "[:]",
                                                                             "{\"a\",1}",
                                                                             "\"a\"b\"",
                                                                             "[\"a\"b]",
                                                                             "{\"a\":1 2}",
                                                                             "{\"a\":\"x\" \"y\"}"}) {
    EXPECT_EQ(parse(line), JsonErrc::invalid) << line;
    EXPECT_FALSE(test::StrictJson(line).valid()) << line;
  }
}

TEST(JsonDocument, TellsBadUtf8Apart) {
  for (const std::string_view line :
       {"\"\xff\"", "{\"a\":\"\xc3\"}", "\xed\xa0\x80", "[\"\xf5\x80\x80\x80\"]", "\xc0\xaf"}) {
    EXPECT_EQ(parse(line), JsonErrc::not_utf8);
  }
}

TEST(JsonDocument, BoundsNesting) {
  EXPECT_EQ(parse(std::string(399, '[') + std::string(399, ']')), JsonErrc::ok);
  EXPECT_EQ(parse(std::string(100'000, '[') + std::string(100'000, ']')), JsonErrc::invalid);
  EXPECT_EQ(parse(std::string(100'000, '[')), JsonErrc::invalid);
}

TEST(JsonDocument, KeepsTokensAsSent) {
  JsonDocument document;
  ASSERT_EQ(document.parse(" {\"id\" : 1e5 , \"t\":\"a\\u0062\" ,\"n\":[ 1 , [2] ],\"id\":18446744073709551617 } "),
            JsonErrc::ok);
  const JsonValue root = document.root();
  EXPECT_EQ(root.size(), 4u);
  EXPECT_EQ(root.member("id").token(), "18446744073709551617");  // the last of equal keys counts
  EXPECT_EQ(root.member("t").token(), "\"a\\u0062\"");
  EXPECT_EQ(root.member("t").text(), "ab");
  EXPECT_TRUE(root.member("t").equals("ab"));
  EXPECT_FALSE(root.member("x"));
  const JsonValue list = root.member("n");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list.first().token(), "1");
  EXPECT_EQ(list.first().next().first().token(), "2");
}

TEST(JsonDocument, UnescapesPairsAndLoneSurrogates) {
  EXPECT_EQ(unescape_json("\"\\ud83d\\ude00\\n\\/\""), "\xf0\x9f\x98\x80\n/");
  EXPECT_EQ(unescape_json("\"\\ud83dx\""), "\xed\xa0\xbdx");
  EXPECT_EQ(unescape_json("\"\\ud83d\\u0041\""),
            "\xed\xa0\xbd"
            "A");
}

TEST(JsonDocument, WorksAfterMemoryIsGivenBack) {
  JsonDocument document;
  std::string big = "[\"" + std::string(300'000, 'a') + "\"";
  for (int i = 0; i < 20'000; ++i) big += ",1";
  big += "]";
  ASSERT_EQ(document.parse(big), JsonErrc::ok);
  EXPECT_EQ(document.root().size(), 20'001u);
  document.release_large();
  ASSERT_EQ(document.parse("[1]"), JsonErrc::ok);
  ASSERT_EQ(document.parse(big), JsonErrc::ok);
}

// Mutations of real requests: the same verdict as the independent judge, always. Whatever
// simdjson's own strict parser takes must be taken too.
TEST(JsonDocument, AgreesWithAnIndependentJudge) {
  const std::string seeds[] = {R"({"jsonrpc":"2.0","id":1,"method":"server.version","params":["x",["1.4","1.4.2"]]})",
                               R"([{"id":1.5e3,"method":"a\"b\u00e9","params":{"k":null}},[true,false],-12,"x\\"])",
                               R"({"a":{"b":[{"c":[]},{}]},"d":NaN,"e":"\ud800","f":123456789012345678901234567890})"};
  constexpr std::string_view alphabet = "{}[]:,\"\\ 0123456789.eE+-tfnulraseNIx\t\n\x01/b";
  Random random(2024);
  JsonDocument document;
  simdjson::dom::parser strict;
  for (int round = 0; round < 200'000; ++round) {
    std::string line = seeds[random.below(3)];
    const std::uint64_t edits = 1 + random.below(4);
    for (std::uint64_t i = 0; i < edits && !line.empty(); ++i) {
      const std::size_t at = random.below(line.size());
      switch (random.below(4)) {
        case 0: line[at] = alphabet[random.below(alphabet.size())]; break;
        case 1: line.erase(at, 1 + random.below(6)); break;
        case 2: line.insert(at, 1, alphabet[random.below(alphabet.size())]); break;
        default: line.insert(at, line.substr(random.below(line.size()), random.below(8))); break;
      }
    }
    const bool accepted = document.parse(line) == JsonErrc::ok;
    ASSERT_EQ(accepted, test::StrictJson(line).valid()) << line;
    simdjson::dom::element ignored;
    if (strict.parse(line).get(ignored) == simdjson::SUCCESS) {
      ASSERT_TRUE(accepted) << line;
    }
  }
}

}  // namespace
}  // namespace sluice::serve
