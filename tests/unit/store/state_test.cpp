// The state record: its text, and what is refused.
#include "store/state.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace sluice::store {
namespace {

State full_state() {
  State state;
  state.coin = "Radiant";
  state.net = "mainnet";
  state.parity = true;
  state.block_count = 0xffffffff;
  state.tip.bytes.fill(std::byte{0xab});
  state.tx_count = (std::uint64_t{1} << 40) - 1;
  state.outputs_created = ~std::uint64_t{0};
  state.outputs_spent = ~std::uint64_t{0} - 1;
  state.outpoint_sum = {5, 0xfedcba9876543210};
  state.undo_first_height = 77;
  return state;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

ErrorKind refusal(const std::string& text, const std::string& mentions = "") {
  const auto state = decode_state(text);
  EXPECT_FALSE(state.ok()) << text;
  if (state.ok()) return ErrorKind::stopped;
  EXPECT_NE(state.error().message.find(mentions), std::string::npos) << state.error().message;
  return state.error().kind;
}

TEST(StateRecord, TextIsPinned) {
  EXPECT_EQ(encode_state(full_state()),
            "format=1\ncoin=Radiant\nnet=mainnet\nparity=1\nprefix_bits=" + std::to_string(prefix_bits_kept) +
                "\nblock_count=4294967295\ntip=" + std::string(16, 'a').replace(0, 16, "abababababababab") +
                "abababababababababababababababababababababababab\ntx_count=1099511627775\n"
                "outputs_created=18446744073709551615\noutputs_spent=18446744073709551614\n"
                "outpoint_sum_high=fedcba9876543210\noutpoint_sum_low=0000000000000005\nundo_first_height=77\n");
}

TEST(StateRecord, RoundTrips) {
  for (const State& state : {State{}, full_state()}) {
    const auto decoded = decode_state(encode_state(state));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message;
    EXPECT_EQ(decoded.value(), state);
  }
}

TEST(StateRecord, AnotherFormatIsRefusedByName) {
  const std::string text = encode_state(full_state());
  for (const std::string& version : {std::string("0"), std::string("2"), std::string("4294967295")})
    EXPECT_EQ(refusal(replaced(text, "format=1", "format=" + version), "format version " + version),
              ErrorKind::unsupported);
  // A later format need not have anything else in common with this one.
  EXPECT_EQ(refusal("format=9\nwhatever=1\n", "format version 9"), ErrorKind::unsupported);
}

TEST(StateRecord, AnotherPrefixWidthIsRefusedByName) {
  const std::string own = "prefix_bits=" + std::to_string(prefix_bits_kept);
  const unsigned other = prefix_bits_kept == 64 ? 8 : 64;
  EXPECT_EQ(refusal(replaced(encode_state(full_state()), own, "prefix_bits=" + std::to_string(other)),
                    "keeps " + std::to_string(other) + " bits"),
            ErrorKind::unsupported);
}

TEST(StateRecord, EveryTruncationIsCorrupt) {
  const std::string text = encode_state(full_state());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(refusal(text.substr(0, size)), ErrorKind::corrupt) << size;
}

TEST(StateRecord, EveryMissingOrMalformedValueIsCorrupt) {
  const std::string text = encode_state(full_state());
  for (const std::string name : {"format", "parity", "prefix_bits", "block_count", "tip", "tx_count", "outputs_created",
                                 "outputs_spent", "outpoint_sum_high", "outpoint_sum_low", "undo_first_height"}) {
    const std::size_t begin = text.find(name + "=");
    const std::size_t value = begin + name.size() + 1;
    const std::size_t end = text.find('\n', begin);
    EXPECT_EQ(refusal(text.substr(0, begin) + text.substr(end + 1)), ErrorKind::corrupt) << name;
    for (const std::string bad : {"", "-1", " 1", "1 ", "x", "99999999999999999999999999"})
      EXPECT_EQ(refusal(text.substr(0, value) + bad + text.substr(end)), ErrorKind::corrupt) << name << "=" << bad;
  }
  EXPECT_EQ(refusal(replaced(text, "parity=1", "parity=2")), ErrorKind::corrupt);
  EXPECT_EQ(refusal(replaced(text, "block_count=4294967295", "block_count=4294967296")), ErrorKind::corrupt);
}

TEST(StateRecord, HostileBytesNeverCrash) {
  Random random(1);
  const std::string text = encode_state(full_state());
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = text;
    for (std::uint64_t changes = random.below(6); changes > 0; --changes) {
      const std::size_t at = random.below(bytes.size());
      if (random.below(2) == 0) bytes[at] = static_cast<char>(random.below(256));
      else bytes.erase(at, random.below(20));
    }
    const auto state = decode_state(bytes);
    EXPECT_TRUE(state.ok() || bytes != text);
  }
}

}  // namespace
}  // namespace sluice::store
