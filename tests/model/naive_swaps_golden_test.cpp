// The naive swap index over a chain recorded from a real node, against every answer of its six swap calls, with an
// empty mempool and with a full one. What passes here has the right to be an oracle.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>

#include "base/hex.h"
#include "byte_text.h"
#include "naive_swaps.h"
#include "recorded_chain.h"
#include "swap_json.h"

namespace sluice::model {
namespace {

class NaiveSwapsGolden : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    swaps_ = new NaiveSwaps;
    for (const std::string& block : read_recorded_chain(NaiveRules::for_radiant()).active) swaps_->add_block(block);
  }
  static void TearDownTestSuite() { delete swaps_; }

  static NaivePool recorded_pool() {
    NaivePool pool;
    std::ifstream lines(recorded_file("mempool.jsonl"));
    simdjson::dom::parser parser;
    for (std::string line; std::getline(lines, line);) {
      const std::string_view raw = parser.parse(line)["hex"];
      // A block of this one transaction.
      for (const NaiveTx& tx :
           naive_block_txs(std::string(80, '\0') + '\1' + text_of(from_hex(raw).value()), NaiveRules::for_radiant()))
        pool.add(tx);
    }
    return pool;
  }

  static std::string answer(std::string_view method, const simdjson::dom::array& params, const NaivePool& pool) {
    const NaiveSide side = method.ends_with("bywant") ? NaiveSide::wanted : NaiveSide::offered;
    const std::string_view display = params.at(0);
    const std::string token = reversed(text_of(from_hex(display).value()));
    NaivePage page;
    const auto number = [&](std::size_t place) {  // null: as if it were not there
      std::uint64_t value = 0;
      return params.at(place).get(value) == simdjson::SUCCESS ? std::optional(value) : std::nullopt;
    };
    page.limit = number(1).value_or(page.limit);
    page.offset = number(2).value_or(page.offset);
    page.max_age = number(3);
    if (method.starts_with("getopenorders")) return list_of(swaps_->open_page(side, token, page, pool, true));
    if (method.starts_with("getswaphistory")) return list_of(swaps_->history_page(side, token, page, pool, true));
    const auto [open, history] = swaps_->node_counts(side, token);
    return counts_text(open, history);
  }

  /// How many cases were compared, by method.
  static std::map<std::string, int> compare(const std::string& file, const NaivePool& pool) {
    std::ifstream lines(recorded_file(file));
    simdjson::dom::parser parser;
    std::map<std::string, int> checked;
    for (std::string line; std::getline(lines, line);) {
      const simdjson::dom::element item = parser.parse(line);
      std::string_view source, method;
      simdjson::dom::element result;
      if (item["source"].get(source) != simdjson::SUCCESS || source != "node") continue;
      if (item["result"].get(result) != simdjson::SUCCESS) continue;  // the parameters were wrong
      EXPECT_EQ(item["method"].get(method), simdjson::SUCCESS) << line;
      EXPECT_EQ(answer(method, item["params"], pool), std::string(simdjson::minify(result))) << line;
      ++checked[std::string(method)];
    }
    return checked;
  }

  static inline NaiveSwaps* swaps_ = nullptr;
};

using Checked = std::map<std::string, int>;

TEST_F(NaiveSwapsGolden, GivesTheNodesAnswers) {
  EXPECT_EQ(compare("golden-base.jsonl", {}), (Checked{{"getopenorders", 166},
                                                       {"getopenordersbywant", 163},
                                                       {"getswapcount", 27},
                                                       {"getswapcountbywant", 26},
                                                       {"getswaphistory", 78},
                                                       {"getswaphistorybywant", 79}}));
}

TEST_F(NaiveSwapsGolden, GivesTheNodesAnswersWithAMempool) {
  EXPECT_EQ(compare("golden-mempool.jsonl", recorded_pool()), (Checked{{"getopenorders", 26},
                                                                       {"getopenordersbywant", 26},
                                                                       {"getswapcount", 26},
                                                                       {"getswapcountbywant", 26},
                                                                       {"getswaphistory", 26},
                                                                       {"getswaphistorybywant", 26}}));
}

TEST_F(NaiveSwapsGolden, TellsTheSameStoryByBothRules) { EXPECT_EQ(swaps_->check(), ""); }

}  // namespace
}  // namespace sluice::model
