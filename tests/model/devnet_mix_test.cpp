// The devnet's mix of transactions, counted from the bytes by the oracle's reader: the generator's own
// tally is not asked. What a transaction is follows from its shape and its scripts alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "byte_text.h"
#include "naive_index.h"
#include "support/devnet_chain.h"

namespace sluice::model {
namespace {

const std::string rswp = "\x6a\x04RSWP";

bool is_data(const std::string& script) {
  return script.starts_with('\x6a') || script.starts_with(std::string{'\0', '\x6a'});
}

bool any_output(const NaiveTx& tx, auto matches) {
  return std::any_of(tx.outputs.begin(), tx.outputs.end(), [&](const auto& output) { return matches(output.script); });
}

std::string kind_of(const NaiveTx& tx) {
  if (any_output(tx, [](const std::string& script) { return script.starts_with(rswp); })) return "swap";
  if (any_output(tx, [](const std::string& script) { return !naive_refs(script).empty(); })) return "token";
  if (any_output(tx, is_data)) return "data";
  const std::size_t inputs = tx.inputs.size(), outputs = tx.outputs.size();
  if (inputs >= 50) return inputs <= 300 ? "consolidation" : "too many inputs";
  if (outputs >= 5) return outputs <= 34 ? "small fan-out" : outputs == 200 ? "large fan-out" : "odd fan-out";
  if (inputs >= 3) return inputs <= 7 ? "three to seven in" : "odd";
  return std::to_string(inputs) + " in, " + std::to_string(outputs) + " out";
}

std::string form_of(const std::string& script) {
  if (script.size() == 25 && script.starts_with("\x76\xa9\x14")) return "p2pkh";
  if (script.size() == 23 && script.starts_with("\xa9\x14")) return "p2sh";
  if ((script.size() == 35 || script.size() == 67) && script.ends_with('\xac')) return "p2pk";
  if (is_data(script)) return "data";
  return naive_refs(script).empty() ? "bare" : "token";
}

class DevnetMix : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    devnet::DevnetOptions options;
    options.blocks = 100;
    options.txs_per_block = 400;
    const devnet::DevnetChain chain = test::make_chain(options);
    for (const devnet::DevnetBlock* block : chain.active()) {
      if (block->height == 0) continue;
      const auto txs = naive_block_txs(text_of(block->raw), NaiveRules::for_radiant());
      txs_.insert(txs_.end(), txs.begin() + 1, txs.end());
    }
    for (const NaiveTx& tx : txs_) {
      ++kinds_[kind_of(tx)];
      for (const NaiveTx::Input& input : tx.inputs) spent_.insert(input.prevout.substr(0, 32));
      for (const auto& [value, script] : tx.outputs) ++forms_[form_of(script)];
    }
  }
  static double percent(const std::string& kind) {
    return 100 * static_cast<double>(kinds_[kind]) / static_cast<double>(txs_.size());
  }

  static inline std::vector<NaiveTx> txs_;  ///< coinbases apart
  static inline std::map<std::string, std::uint64_t> kinds_, forms_;
  static inline std::set<std::string> spent_;  ///< txids of which some output is spent
};

TEST_F(DevnetMix, SharesAreTheWantedOnes) {
  EXPECT_NEAR(percent("1 in, 2 out"), 52, 2);
  EXPECT_NEAR(percent("2 in, 2 out"), 13, 1.5);
  EXPECT_NEAR(percent("1 in, 1 out"), 7, 1);
  EXPECT_NEAR(percent("three to seven in"), 6, 1);
  EXPECT_NEAR(percent("consolidation"), 0.5, 0.2);
  EXPECT_NEAR(percent("small fan-out") + percent("large fan-out"), 1.6, 0.4);
  EXPECT_NEAR(percent("small fan-out") / (percent("small fan-out") + percent("large fan-out")), 0.75, 0.12);
  EXPECT_NEAR(percent("data"), 8, 1);
  EXPECT_NEAR(percent("token"), 9.5, 1);
  EXPECT_NEAR(percent("swap"), 2.4, 0.4);
  for (const auto& [kind, count] : kinds_)
    EXPECT_TRUE(kind.find("odd") == kind.npos && kind.find("too") == kind.npos) << kind << ": " << count;
}

TEST_F(DevnetMix, ScriptsOfEveryForm) {
  for (const char* form : {"p2pkh", "p2pk", "p2sh", "bare", "data", "token"}) EXPECT_GT(forms_[form], 100U) << form;
}

TEST_F(DevnetMix, OffersOfBothVersionsWithAndWithoutAWantedToken) {
  // 6a 04 RSWP 01 version, then  2:    01 flags 01 type 01 terms 20 token [20 want] 20 txid
  //                              else: 01 type 20 token 20 txid
  std::map<std::string, std::uint64_t> found;
  std::uint64_t offers = 0, malformed = 0, spent_later = 0;
  for (const NaiveTx& tx : txs_) {
    for (const auto& [value, script] : tx.outputs) {
      if (!script.starts_with(rswp)) continue;
      ++offers;
      const bool second = script.size() > 8 && script[7] == 2;
      const bool wants = second && script.size() > 9 && (script[9] & 1) != 0;
      const std::size_t txid_at = second ? (wants ? 81 : 48) : 44;
      if (script.size() < txid_at + 32 + 3 || script[6] != 1 || script[txid_at - 1] != 0x20) {
        ++malformed;
        continue;
      }
      ++found[second ? wants ? "2, wanted token" : "2" : "1"];
      spent_later += spent_.contains(script.substr(txid_at, 32));
    }
  }
  EXPECT_GT(offers, 800U);
  EXPECT_NEAR(100 * static_cast<double>(malformed) / static_cast<double>(offers), 3, 2);
  for (const char* kind : {"1", "2", "2, wanted token"}) EXPECT_GT(found[kind], offers / 10) << kind;
  EXPECT_GT(spent_later, offers / 10);
}

TEST_F(DevnetMix, AddressesAreReusedByAPowerLaw) {
  std::map<std::string, std::uint64_t> uses;
  std::uint64_t total = 0;
  for (const NaiveTx& tx : txs_) {
    for (const auto& [value, script] : tx.outputs) {
      if (form_of(script) != "p2pkh") continue;
      ++uses[script];
      ++total;
    }
  }
  std::vector<std::uint64_t> counts;
  for (const auto& [script, count] : uses) counts.push_back(count);
  std::sort(counts.rbegin(), counts.rend());
  // One address has about a fiftieth of all outputs (100,000 of the benchmark chain's 5.3 million); most
  // have one or two.
  EXPECT_GT(counts[0], total / 80);
  EXPECT_GT(counts[0], 5 * counts[10]);
  EXPECT_LE(counts[counts.size() / 2], 2U);
}

}  // namespace
}  // namespace sluice::model
