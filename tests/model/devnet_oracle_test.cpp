// The generator and the naive index know nothing of each other, and must agree: every devnet chain
// is read, every spend finds its output, and the totals are the ones that the generator counted.
#include <gtest/gtest.h>

#include <algorithm>

#include "byte_text.h"
#include "devnet/digest.h"
#include "naive_index.h"
#include "support/devnet_chain.h"

namespace sluice::model {
namespace {

NaiveRules rules_of(const std::string& coin) {
  return coin == "Radiant"   ? NaiveRules::for_radiant()
         : coin == "Bitcoin" ? NaiveRules::for_bitcoin()
                             : NaiveRules::for_bitcoin_cash();
}

Digest root_of(const std::vector<NaiveTx>& txs) {
  std::vector<Digest> ids;
  for (const NaiveTx& tx : txs) ids.push_back(id_of<Digest>(tx.txid));
  return devnet::merkle_root(std::move(ids));
}

void expect_agreement(const devnet::DevnetOptions& options) {
  const devnet::DevnetChain chain = test::make_chain(options);
  const NaiveRules rules = rules_of(options.coin);
  NaiveIndex index(rules);
  for (const devnet::DevnetBlock* block : chain.active()) {
    ASSERT_NO_THROW(index.add_block(text_of(block->raw))) << "height " << block->height;
    EXPECT_EQ(naive_block_hash(index.headers.back(), rules), text_of(block->hash.span()));
  }
  // Blocks of losing branches are whole as well.
  for (const devnet::DevnetBlock& block : chain.blocks) {
    EXPECT_EQ(root_of(naive_block_txs(text_of(block.raw), rules)), Digest::from_bytes(block.raw.data() + 36));
  }
  const devnet::DevnetReport& report = chain.report;
  EXPECT_EQ(index.txids.size(), report.txs);
  EXPECT_EQ(index.unspent.size(), report.unspent);
  EXPECT_EQ(index.history.size(), report.scripthashes);
  EXPECT_EQ(index.mints.size(), report.refs_minted);
  std::uint64_t entries = 0, longest = 0;
  for (const auto& [scripthash, numbers] : index.history) {
    entries += numbers.size();
    longest = std::max<std::uint64_t>(longest, numbers.size());
  }
  EXPECT_EQ(entries, report.history_entries);
  EXPECT_EQ(longest, report.histories_max.front());
}

TEST(DevnetOracle, AgreesWithTheNaiveIndexOnRandomChains) {
  for (const char* coin : {"Radiant", "Bitcoin", "BitcoinCash"}) {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
      SCOPED_TRACE(std::string(coin) + " seed " + std::to_string(seed));
      expect_agreement(test::random_devnet(coin, seed));
    }
  }
}

TEST(DevnetOracle, AgreesOnABusyChainWithMatureCoinbases) {
  for (const char* coin : {"Radiant", "Bitcoin", "BitcoinCash"}) {
    devnet::DevnetOptions options;
    options.coin = coin;
    options.blocks = 160;
    options.txs_per_block = 60;
    options.reorgs = 4;
    options.coinbase_maturity = 100;
    SCOPED_TRACE(coin);
    expect_agreement(options);
  }
}

TEST(DevnetOracle, TwinCoinbasesLeaveOneSetOfOutputs) {
  devnet::DevnetOptions options;
  options.coin = "Bitcoin";
  options.blocks = 30;
  options.duplicate_coinbase = true;
  const devnet::DevnetChain chain = test::make_chain(options);
  NaiveIndex index(NaiveRules::for_bitcoin());
  for (const devnet::DevnetBlock* block : chain.active()) index.add_block(text_of(block->raw));
  EXPECT_EQ(index.txids[index.block_first_tx[10]], index.txids[index.block_first_tx[20]]);
  const auto of_first = [&](const auto& row) { return std::get<1>(row.first) == index.block_first_tx[10]; };
  EXPECT_EQ(std::count_if(index.unspent.begin(), index.unspent.end(), of_first), 0);
}

// What the traps of the chain facts need must really be in the chains, or the tests above show less than they say.
TEST(DevnetOracle, RadiantChainsHoldTheTraps) {
  devnet::DevnetOptions options;
  options.blocks = 120;
  options.txs_per_block = 100;
  const devnet::DevnetChain chain = test::make_chain(options);
  const NaiveRules rules = NaiveRules::for_radiant();
  NaiveIndex index(rules);
  std::uint64_t version_three_pair = 0, coinbase_offers = 0, child_first = 0, big_values = 0, zero_values = 0,
                empty_scripts = 0;
  std::uint64_t quirky = 0, singleton_and_normal = 0, unindexed_refs = 0;
  for (const devnet::DevnetBlock* block : chain.active()) {
    index.add_block(text_of(block->raw));
    if (block->height == 0) continue;
    const auto txs = naive_block_txs(text_of(block->raw), rules);
    std::set<std::string> later;
    for (const NaiveTx& tx : txs) later.insert(tx.txid);
    for (const NaiveTx& tx : txs) {
      later.erase(tx.txid);
      child_first += std::any_of(tx.inputs.begin(), tx.inputs.end(),
                                 [&](const auto& input) { return later.contains(input.prevout.substr(0, 32)); });
      for (const NaiveTx::Output& output : tx.outputs) {
        const NaiveRefs refs = naive_refs(output.script);
        version_three_pair += tx.version[0] == 3 && refs.size() == 2;
        const auto plain = naive_scripthash(output.script, rules);
        const bool indexed = plain.has_value();
        quirky += plain != naive_scripthash(output.script, NaiveRules::for_radiant(true));
        coinbase_offers += &tx == &txs[0] && output.script.starts_with("\x6a\x04RSWP");
        big_values += output.value > (std::uint64_t{1} << 53);
        zero_values += indexed && output.value == 0;
        empty_scripts += output.script.empty();
        unindexed_refs += !indexed && !refs.empty();
        singleton_and_normal +=
            refs.size() == 1 && !refs[0].second && output.script.starts_with('\xd0') && output.script[38] == '\xd8';
      }
    }
  }
  EXPECT_GT(version_three_pair, 2U);
  EXPECT_GT(coinbase_offers, 0U);
  EXPECT_GT(child_first, 50U);
  EXPECT_GT(big_values, 1U);
  EXPECT_GT(zero_values, 50U);
  EXPECT_GT(empty_scripts, 10U);
  EXPECT_GT(quirky, 10U);
  EXPECT_GT(singleton_and_normal, 0U);
  EXPECT_GT(unindexed_refs, 0U);
  EXPECT_GT(index.latest.size(), 20U);
  EXPECT_GT(index.refs.size(), 200U);
}

TEST(DevnetOracle, BitcoinChainsHaveWitnessesAndCashChainsTokens) {
  const auto count = [](const std::string& coin, auto matches) {
    devnet::DevnetOptions options;
    options.coin = coin;
    options.blocks = 60;
    options.txs_per_block = 40;
    const devnet::DevnetChain chain = test::make_chain(options);
    std::uint64_t found = 0;
    for (const devnet::DevnetBlock* block : chain.active()) {
      for (const NaiveTx& tx : naive_block_txs(text_of(block->raw), rules_of(coin))) found += matches(*block, tx);
    }
    return found;
  };
  EXPECT_GT(
      count("Bitcoin", [](const auto& block, const NaiveTx& tx) { return block.raw[tx.begin + 4] == std::byte{0}; }),
      500U);
  EXPECT_GT(count("BitcoinCash",
                  [](const auto&, const NaiveTx& tx) {
                    return std::any_of(tx.outputs.begin(), tx.outputs.end(), [](const auto& output) {
                      return naive_scripthash(output.script, NaiveRules::for_bitcoin()) !=
                             naive_scripthash(output.script, NaiveRules::for_bitcoin_cash());
                    });
                  }),
            100U);
  // Blocks of Bitcoin Cash are sorted by txid, compared as numbers, behind the coinbase.
  devnet::DevnetOptions options;
  options.coin = "BitcoinCash";
  options.txs_per_block = 50;
  for (const devnet::DevnetBlock& block : test::make_chain(options).blocks) {
    const auto txs = naive_block_txs(text_of(block.raw), NaiveRules::for_bitcoin_cash());
    EXPECT_TRUE(std::is_sorted(txs.begin() + 1, txs.end(),
                               [](const auto& a, const auto& b) { return shown(a.txid) < shown(b.txid); }));
  }
}

}  // namespace
}  // namespace sluice::model
