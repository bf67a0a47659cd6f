// Parameters as the peers take them, and values as they print them.
#include <gtest/gtest.h>

#include "base/hex.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

class Coercion : public ::testing::Test {
 protected:
  JsonValue value(std::string_view json) {
    EXPECT_EQ(document_.parse(json), JsonErrc::ok) << json;
    return document_.root();
  }
  std::string natural(std::string_view json) {
    const auto coerced = to_natural(value(json));
    return coerced.ok() ? coerced.value().digits
                        : std::to_string(static_cast<int>(coerced.fault().code)) + " " + coerced.fault().message;
  }
  std::string str(std::string_view json) { return python_str(value(json)); }

  JsonDocument document_;
};

TEST_F(Coercion, Naturals) {
  const std::pair<const char*, const char*> accepted[] = {{"5", "5"},
                                                          {"0", "0"},
                                                          {"-0", "0"},
                                                          {"1.9", "1"},
                                                          {"-0.9", "0"},
                                                          {"1e3", "1000"},
                                                          {"true", "1"},
                                                          {"false", "0"},
                                                          {"\"7\"", "7"},
                                                          {"\" \\t7\\n\"", "7"},
                                                          {"\"+7\"", "7"},
                                                          {"\"1_000\"", "1000"},
                                                          {"\"007\"", "7"},
                                                          {"\"-0\"", "0"},
                                                          {"99999999999999999999999", "99999999999999999999999"},
                                                          {"1e22", "10000000000000000000000"}};
  for (const auto& [json, digits] : accepted) EXPECT_EQ(natural(json), digits) << json;
  EXPECT_EQ(to_natural(value("99999999999999999999999")).value().value, UINT64_MAX);
}

TEST_F(Coercion, NaturalsRefused) {
  const std::string tail = " should be a non-negative integer";
  const std::pair<const char*, const char*> refused[] = {{"-1", "-1"},
                                                         {"-1.9", "-1"},
                                                         {"\"-05\"", "-5"},
                                                         {"null", "None"},
                                                         {"[1]", "[1]"},
                                                         {"{\"a\":true}", "{'a': True}"},
                                                         {"\"\"", ""},
                                                         {"\"x\"", "x"},
                                                         {"\"1.5\"", "1.5"},
                                                         {"\"1__0\"", "1__0"},
                                                         {"\"_1\"", "_1"},
                                                         {"\"1_\"", "1_"},
                                                         {"\"+ 1\"", "+ 1"},
                                                         {"\"--1\"", "--1"},
                                                         {"NaN", "nan"},
                                                         {"\"0x10\"", "0x10"},
                                                         {"\"1 2\"", "1 2"},
                                                         {"\"\\u001f7\"",
                                                          "\x1f"
                                                          "7"}};
  for (const auto& [json, text] : refused) EXPECT_EQ(natural(json), "1 " + (text + tail)) << json;
  EXPECT_EQ(natural("Infinity"), "-32603 internal server error");
  EXPECT_EQ(natural("1e999"), "-32603 internal server error");
}

TEST_F(Coercion, Hashes) {
  const std::string hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddee01";
  EXPECT_EQ(to_txid(value("\"" + hex + "\"")).value().display(), hex);
  EXPECT_EQ(to_txid(value("\"00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEE01\"")).value().display(),
            hex);
  EXPECT_EQ(to_scripthash(value("\" 00 11\\t223344 5566778899aabbccddeeff00112233445566778899aabbccddee01 \\n\""))
                .value()
                .display(),
            hex);
  for (const std::string& bad :
       {hex + "00", hex.substr(2), hex.substr(1), std::string(), std::string(64, 'z'), "0 0" + hex.substr(2)}) {
    EXPECT_EQ(to_scripthash(value("\"" + bad + "\"")).fault().message, bad + " is not a valid script hash");
    EXPECT_EQ(to_txid(value("\"" + bad + "\"")).fault().message, bad + " should be a transaction hash");
  }
  EXPECT_EQ(to_scripthash(value("5")).fault().message, "5 is not a valid script hash");
  EXPECT_EQ(to_scripthash(value("null")).fault().message, "None is not a valid script hash");
  EXPECT_EQ(to_scripthash(value("[\"a\"]")).fault().message, "['a'] is not a valid script hash");
}

TEST_F(Coercion, Refs) {
  // An asymmetric ref, so that no two byte orders agree.
  const auto ref = to_ref(value("\"1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100\""));
  EXPECT_FALSE(ref.ok());
  const auto whole = to_ref(value("\"1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a0908070605040302010001020304\""));
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(to_hex(whole.value()), "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f04030201");
  EXPECT_EQ(to_ref(value("null")).fault().message, "None should be a ref");
  EXPECT_EQ(to_ref(value("\"00\"")).fault().message, "00 should be a ref");
  EXPECT_EQ(to_ref(value("\"\\u00e9\"")).fault().message, "\xc3\xa9 should be a ref");
}

TEST_F(Coercion, Booleans) {
  for (const auto* json : {"true", "1", "1.0", "1e0", "10e-1"})
    EXPECT_TRUE(to_boolean(value(json), "verbose").value()) << json;
  for (const auto* json : {"false", "0", "0.0", "-0", "-0.0"})
    EXPECT_FALSE(to_boolean(value(json), "verbose").value()) << json;
  for (const auto* json : {"2", "\"true\"", "null", "[]", "{}", "1.5", "\"1\""}) {
    EXPECT_EQ(to_boolean(value(json), "merkle").fault().message, "\"merkle\" must be a boolean") << json;
  }
}

TEST_F(Coercion, PythonTexts) {
  const std::pair<const char*, const char*> texts[] = {
      {"null", "None"},
      {"true", "True"},
      {"false", "False"},
      {"12", "12"},
      {"-0", "0"},
      {"\"x\"", "x"},
      {"[]", "[]"},
      {"{}", "{}"},
      {"[null,\"a\",[1.0]]", "[None, 'a', [1.0]]"},
      {"{\"k\":[true],\"l\":{}}", "{'k': [True], 'l': {}}"},
      {"[\"it's\"]", "[\"it's\"]"},
      {"[\"say \\\"hi\\\"\"]", "['say \"hi\"']"},
      {"[\"'\\\"\"]", "['\\'\"']"},
      {"[\"\\n\\t\\r\\\\\\u0000\\u001b\"]", "['\\n\\t\\r\\\\\\x00\\x1b']"},
      {"[\"\\u00e9\\u0085\\u2028\\ud800\"]", "['\xc3\xa9\\x85\\u2028\\ud800']"},
      {"123456789012345678901234567890", "123456789012345678901234567890"}};
  for (const auto& [json, text] : texts) EXPECT_EQ(str(json), text) << json;
}

TEST_F(Coercion, PythonFloats) {
  const std::pair<const char*, const char*> floats[] = {
      {"1.0", "1.0"},        {"0.1", "0.1"},
      {"1.5", "1.5"},        {"-2.50", "-2.5"},
      {"1e5", "100000.0"},   {"1e15", "1000000000000000.0"},
      {"1e16", "1e+16"},     {"1.25e16", "1.25e+16"},
      {"1e22", "1e+22"},     {"1e100", "1e+100"},
      {"0.0001", "0.0001"},  {"0.00001", "1e-05"},
      {"1.5e-7", "1.5e-07"}, {"0.0", "0.0"},
      {"-0.0", "-0.0"},      {"123456.789", "123456.789"},
      {"1e999", "inf"},      {"-1e999", "-inf"},
      {"NaN", "nan"},        {"Infinity", "inf"},
      {"5e-324", "5e-324"},  {"9007199254740993.0", "9007199254740992.0"}};
  for (const auto& [json, text] : floats) EXPECT_EQ(str(json), text) << json;
}

TEST_F(Coercion, Thousands) {
  EXPECT_EQ(with_thousands(std::uint64_t{0}), "0");
  EXPECT_EQ(with_thousands(std::uint64_t{999}), "999");
  EXPECT_EQ(with_thousands(std::uint64_t{1000}), "1,000");
  EXPECT_EQ(with_thousands(std::uint64_t{10'000'000}), "10,000,000");
  EXPECT_EQ(with_thousands("123456789012345678901"), "123,456,789,012,345,678,901");
}

TEST_F(Coercion, JsonStringsAreAscii) {
  std::string text;
  append_json_string(text, "a\"\\/\n\x7f\xc3\xa9\xf0\x9f\x98\x80\xed\xa0\x80\xff");
  EXPECT_EQ(text, "\"a\\\"\\\\/\\n\\u007f\\u00e9\\ud83d\\ude00\\ud800\\ufffd\"");
}

TEST_F(Coercion, Amounts) {
  const auto amount = [](std::int64_t units) {
    std::string text;
    append_amount(text, units);
    return text;
  };
  EXPECT_EQ(amount(0), "0.00000000");
  EXPECT_EQ(amount(1), "0.00000001");
  EXPECT_EQ(amount(-150'000'000), "-1.50000000");
  EXPECT_EQ(amount(2'100'000'000'000'000'000), "21000000000.00000000");
  EXPECT_EQ(amount(INT64_MIN), "-92233720368.54775808");
}

}  // namespace
}  // namespace sluice::serve
