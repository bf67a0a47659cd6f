// The naive swap index over chains of a busy market: its two tellings agree at every height, and the market brings up
// every turn in the life of an order, so that who is compared with the index on such chains meets them all.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "byte_text.h"
#include "naive_swaps.h"
#include "support/devnet_chain.h"

namespace sluice::model {
namespace {

const std::string no_token(32, '\0');

struct Market {
  explicit Market(std::uint64_t seed) {
    devnet::DevnetOptions options;
    options.seed = seed;
    options.blocks = 60;
    options.txs_per_block = 12;
    options.swap_percent = 60;
    chain = test::make_chain(options);
  }
  devnet::DevnetChain chain;
};

struct Turns {
  std::uint64_t open = 0, dead = 0, superseded = 0, history = 0;
  std::uint64_t malformed = 0, of_coinbase = 0, of_plain = 0;
  std::uint64_t two_tokens = 0;     ///< on one outpoint
  std::uint64_t created_later = 0;  ///< the outpoint, in a later block
  std::uint64_t of_data = 0;        ///< an OP_RETURN is offered
  std::uint64_t closed_soon = 0;    ///< one to three blocks after the advertisement
  std::uint64_t closed_and_again = 0;
};

void count(const NaiveSwaps& swaps, const std::map<std::string, std::pair<std::uint32_t, bool>>& created,
           Turns& turns) {
  const NaiveCounts totals = swaps.totals();
  turns.open += totals.open, turns.dead += totals.dead;
  turns.superseded += totals.superseded, turns.history += totals.history;
  std::map<std::string, std::set<std::string>> by_outpoint;
  for (const NaiveOrderId& id : swaps.ids()) {
    by_outpoint[id.outpoint()].insert(id.token);
    const std::vector<NaiveListed> all = swaps.offered(id.outpoint());
    for (const auto& [order, standing] : all) {
      if (order.id != id) continue;
      const auto place = created.find(id.outpoint());
      turns.of_plain += id.token == no_token;
      turns.created_later += place != created.end() && place->second.first > order.ad_height;
      turns.of_data += place != created.end() && place->second.second;
      turns.closed_soon += standing == NaiveStanding::history && order.spent_height - order.ad_height < 4;
      turns.closed_and_again +=
          standing == NaiveStanding::dead && all.size() > 1 && all.back().standing == NaiveStanding::history;
    }
  }
  for (const auto& [outpoint, tokens] : by_outpoint) turns.two_tokens += tokens.size() > 1;
}

TEST(NaiveSwapsMarket, BothTellingsAgreeAtEveryHeightAndEveryTurnComesUp) {
  Turns turns;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Market market(seed);
    NaiveSwaps swaps({false, 0});
    std::map<std::string, std::pair<std::uint32_t, bool>> created;
    for (const devnet::DevnetBlock* block : market.chain.active()) {
      const std::string raw = text_of(block->raw);
      const std::vector<NaiveTx> txs = naive_block_txs(raw, NaiveRules::for_radiant());
      for (const NaiveTx& tx : txs) {
        for (std::uint32_t i = 0; i < tx.outputs.size(); ++i)
          created[NaiveOrderId{{}, tx.txid, i}.outpoint()] = {block->height, tx.outputs[i].script.starts_with('\x6a')};
      }
      turns.of_coinbase += std::any_of(txs[0].outputs.begin(), txs[0].outputs.end(),
                                       [](const auto& output) { return output.script.starts_with("\x6a\x04RSWP"); });
      swaps.add_block(raw);
      ASSERT_EQ(swaps.check(), "") << "seed " << seed << " height " << block->height;
    }
    turns.malformed += market.chain.report.offers_malformed;
    count(swaps, created, turns);
  }
  EXPECT_GT(turns.open, 100U);
  EXPECT_GT(turns.dead, 100U);
  EXPECT_GT(turns.superseded, 100U);
  EXPECT_GT(turns.history, 100U);
  EXPECT_GT(turns.malformed, 20U);
  EXPECT_GT(turns.of_coinbase, 20U);
  EXPECT_GT(turns.of_plain, 20U);
  EXPECT_GT(turns.two_tokens, 20U);
  EXPECT_GT(turns.created_later, 20U);
  EXPECT_GT(turns.of_data, 20U);
  EXPECT_GT(turns.closed_soon, 20U);
  EXPECT_GT(turns.closed_and_again, 20U);
}

}  // namespace
}  // namespace sluice::model
