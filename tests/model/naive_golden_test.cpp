// The naive index over a chain recorded from a real node, against the answers of real programs: all
// recorded histories, unspent lists, balances and refs. What passes here has the right to be an oracle.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>

#include "base/hex.h"
#include "byte_text.h"
#include "naive_index.h"
#include "recorded_chain.h"

namespace sluice::model {
namespace {

using TxNumber = NaiveIndex::TxNumber;

class NaiveGolden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const NaiveRules rules = NaiveRules::for_radiant(true);
    const RecordedChain chain = read_recorded_chain(rules);
    stale_ = chain.stale;
    index_ = new NaiveIndex(rules);
    for (const std::string& block : chain.active) index_->add_block(block);
  }
  static void TearDownTestSuite() { delete index_; }

  static std::string place(TxNumber number) {
    return "{\"tx_hash\":\"" + shown(index_->txids[number]) + "\",\"height\":" + std::to_string(height(number)) + "}";
  }
  static std::ptrdiff_t height(TxNumber number) {
    const auto& first = index_->block_first_tx;
    return std::upper_bound(first.begin(), first.end(), number) - first.begin() - 1;
  }
  static std::string list(const std::vector<std::string>& items) {
    std::string text = "[";
    for (const std::string& item : items) text += (text.size() > 1 ? "," : "") + item;
    return text + "]";
  }

  static std::string history(const std::string& scripthash) {
    std::vector<std::string> items;
    if (const auto found = index_->history.find(scripthash); found != index_->history.end()) {
      for (const TxNumber number : found->second) items.push_back(place(number));
    }
    return list(items);
  }
  static std::string refs_of(TxNumber number, std::uint32_t output) {
    std::vector<std::string> items;
    if (const auto found = index_->refs.find({number, output}); found != index_->refs.end()) {
      for (const auto& [ref, singleton] : found->second) {
        const auto index = load_le<std::uint32_t>(reinterpret_cast<const std::byte*>(ref.data()) + 32);
        items.push_back("{\"ref\":\"" + shown(ref) + "i" + std::to_string(index) + "\",\"type\":\"" +
                        (singleton ? "single" : "normal") + "\"}");
      }
    }
    return list(items);
  }
  static auto unspent_range(const std::string& scripthash) {
    return std::pair(index_->unspent.lower_bound({scripthash, 0, 0}),
                     index_->unspent.upper_bound({scripthash, ~TxNumber{0}, ~0U}));
  }
  static std::string unspent(const std::string& scripthash) {
    std::vector<std::string> items;
    for (auto [row, until] = unspent_range(scripthash); row != until; ++row) {
      const auto [hash, number, output] = row->first;
      items.push_back("{\"tx_hash\":\"" + shown(index_->txids[number]) + "\",\"tx_pos\":" + std::to_string(output) +
                      ",\"height\":" + std::to_string(height(number)) + ",\"value\":" + std::to_string(row->second) +
                      ",\"refs\":" + refs_of(number, output) + "}");
    }
    return list(items);
  }
  static std::string balance(const std::string& scripthash) {
    std::uint64_t sum = 0;
    for (auto [row, until] = unspent_range(scripthash); row != until; ++row) sum += row->second;
    return "{\"confirmed\":" + std::to_string(sum) + ",\"unconfirmed\":0}";
  }
  // 64 digits of txid in display order, 8 digits of output index, most significant first.
  static std::string ref_places(std::string_view parameter) {
    const std::string txid = text_of(from_hex(parameter.substr(0, 64)).value());
    const std::string output = text_of(from_hex(parameter.substr(64)).value());
    const std::string ref = std::string(txid.rbegin(), txid.rend()) + std::string(output.rbegin(), output.rend());
    std::vector<TxNumber> found;
    if (const auto mint = index_->mints.find(ref); mint != index_->mints.end()) found.push_back(mint->second);
    if (const auto last = index_->latest.find(ref); last != index_->latest.end()) found.push_back(last->second);
    return found.empty() ? "[]" : list({place(found.front()), place(found.back())});
  }

  static inline NaiveIndex* index_ = nullptr;
  static inline std::size_t stale_ = 0;
};

TEST_F(NaiveGolden, FollowsTheActiveChain) {
  ASSERT_EQ(index_->headers.size(), 301U);
  EXPECT_EQ(stale_, 5U);
  EXPECT_EQ(shown(naive_block_hash(index_->headers.back(), index_->rules)),
            "3f3b9ac04904c0a1cbe75957616839e6f3ea28daf809efae1c61dbea63676ac6");
}

TEST_F(NaiveGolden, GivesTheRecordedAnswers) {
  std::ifstream lines(recorded_file("golden-base.jsonl"));
  ASSERT_TRUE(lines.is_open());
  simdjson::dom::parser parser;
  std::map<std::string, int> checked;
  for (std::string line; std::getline(lines, line);) {
    const simdjson::dom::element item = parser.parse(line);
    std::string_view method, parameter;
    simdjson::dom::element result;
    if (item["method"].get(method) != simdjson::SUCCESS || item["result"].get(result) != simdjson::SUCCESS) continue;
    if (item["params"].at(0).get(parameter) != simdjson::SUCCESS) continue;
    std::string answer;
    if (method == "blockchain.ref.get") {
      answer = ref_places(parameter);
    } else if (method.starts_with("blockchain.scripthash.")) {
      const auto scripthash = ScriptHash::from_display(parameter);
      ASSERT_TRUE(scripthash.has_value()) << line;
      if (method.ends_with("get_history")) answer = history(text_of(scripthash->span()));
      else if (method.ends_with("listunspent")) answer = unspent(text_of(scripthash->span()));
      else if (method.ends_with("get_balance")) answer = balance(text_of(scripthash->span()));
    }
    if (answer.empty()) continue;
    bool right = answer == std::string(simdjson::minify(result));
    simdjson::dom::array accepted;
    if (item["accept"].get(accepted) == simdjson::SUCCESS) {
      for (const simdjson::dom::element other : accepted)
        right = right || answer == std::string(simdjson::minify(other));
    }
    EXPECT_TRUE(right) << line << "\n  naive: " << answer;
    ++checked[std::string(method)];
  }
  EXPECT_EQ(checked["blockchain.scripthash.get_history"], 168);
  EXPECT_EQ(checked["blockchain.scripthash.listunspent"], 168);
  EXPECT_EQ(checked["blockchain.scripthash.get_balance"], 168);
  EXPECT_EQ(checked["blockchain.ref.get"], 55);
}

}  // namespace
}  // namespace sluice::model
