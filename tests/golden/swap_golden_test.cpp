// The recorded answers of the node's six swap calls: the recorded chain is synced with its swaps, and with parity every
// answer is the node's: as a line of a session, as the body of a POST, with an empty mempool and with the recorded one.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "../model/recorded_chain.h"
#include "client.h"
#include "mempool/mempool.h"
#include "serve/envelope.h"
#include "serve/rpc_post.h"
#include "source/block_files.h"
#include "store/chain_view.h"
#include "store/swap_view.h"
#include "support/view_outputs.h"
#include "sync_bench.h"

namespace sluice::test {
namespace {

using serve::JsonDocument;
using serve::JsonErrc;
using serve::JsonValue;

std::string swap_text(const JsonValue& value) {
  std::string text;
  serve::append_json_value(text, value);
  return text;
}

class SwapGolden : public ::testing::Test {
 protected:
  void SetUp() override {
    const model::RecordedChain chain = model::read_recorded_chain(model::NaiveRules::for_radiant());
    std::ofstream file(bench_.block_file(0), std::ios::binary);
    for (const std::string& block : chain.active) {
      std::array<std::byte, 8> head{std::byte{0xfa}, std::byte{0xbf}, std::byte{0xb5}, std::byte{0xda}};
      store_le(head.data() + 4, static_cast<std::uint32_t>(block.size()));
      file.write(reinterpret_cast<const char*>(head.data()), head.size()) << block;
    }
    file.close();
    pipeline::SyncOptions options = bench_.options("db");
    options.parity = true;
    options.swaps = swap::ChangeRules();
    bench_.expect_done(options);
    auto database = store::Database::open(bench_.db_dir("db"), store::OpenMode::read_only, {});
    ASSERT_TRUE(database.ok());
    database_ = std::move(database).value();
    reader_.emplace(bench_.blocks_dir(), source::list_block_files(bench_.blocks_dir()).value().key);
    auto view = store::ChainView::open(*database_, *reader_);
    ASSERT_TRUE(view.ok());
    view_ = std::move(view).value();
    auto swaps = store::SwapTableView::open(*database_, view_->row_snapshot(), view_->tip_height());
    ASSERT_TRUE(swaps.ok() && swaps.value());
    swaps_ = std::move(swaps).value();
  }

  void feed_recorded(mempool::Mempool& pool, const mempool::PoolRules& rules) {
    std::vector<std::vector<std::byte>> raws;
    std::ifstream file(model::recorded_file("mempool.jsonl"));
    for (std::string line; std::getline(file, line);) {
      JsonDocument document;
      ASSERT_EQ(document.parse(line), JsonErrc::ok);
      raws.push_back(*from_hex(document.root().member("hex").text()));
    }
    ViewOutputs outputs(*view_, rules);
    ASSERT_TRUE(pool.add(raws, outputs).ok());
    ASSERT_EQ(pool.tx_count(), 28u) << pool.last_refusal();
  }

  /// How many answers were compared, by method; of errors the codes, and all texts that are one line in the node.
  std::map<std::string, int> compare(const std::string& name, serve::test::Client& client) {
    std::map<std::string, int> compared;
    std::ifstream file(model::recorded_file(name));
    for (std::string line; std::getline(file, line);) {
      JsonDocument recorded;
      EXPECT_EQ(recorded.parse(line), JsonErrc::ok);
      const JsonValue root = recorded.root();
      if (!root.member("source").equals("node")) continue;
      const std::string request = "{\"jsonrpc\":\"2.0\",\"method\":" + std::string(root.member("method").token()) +
                                  ",\"params\":" + swap_text(root.member("params")) + ",\"id\":0}";
      const std::string answer = client.line(request);
      JsonDocument document;
      EXPECT_EQ(answer, serve::answer_post(request, client.context, document).json) << request;
      ++compared[root.member("method").text()];
      if (root.member("result")) {
        EXPECT_EQ(answer, R"({"jsonrpc":"2.0","result":)" + swap_text(root.member("result")) + R"(,"id":0})")
            << request;
        continue;
      }
      EXPECT_EQ(document.parse(answer), JsonErrc::ok);
      const JsonValue error = document.root().member("error");
      const JsonValue wanted = root.member("error");
      EXPECT_TRUE(error) << request << "\n" << answer;
      if (!error) continue;
      EXPECT_EQ(error.member("code").token(), wanted.member("code").token()) << request << "\n" << answer;
      const std::string text = wanted.member("message").text();
      EXPECT_EQ(error.member("message").text(), text.substr(0, text.find('\n'))) << request;
    }
    return compared;
  }

  pipeline::test::SyncBench bench_;
  std::unique_ptr<store::Database> database_;
  std::optional<source::RangeReader> reader_;
  std::unique_ptr<store::ChainView> view_;
  std::unique_ptr<store::SwapTableView> swaps_;
};

using Compared = std::map<std::string, int>;

TEST_F(SwapGolden, EveryRecordedAnswer) {
  serve::test::Client client(*view_, chain::Coin::radiant, "regtest", true);
  client.context.swaps = swaps_.get();
  EXPECT_EQ(compare("golden-base.jsonl", client), (Compared{{"getopenorders", 171},
                                                            {"getopenordersbywant", 171},
                                                            {"getswapcount", 34},
                                                            {"getswapcountbywant", 31},
                                                            {"getswaphistory", 86},
                                                            {"getswaphistorybywant", 85}}));
  const mempool::PoolRules rules{chain::Coin::radiant, true};
  mempool::MempoolOptions options;
  options.rules = rules;
  mempool::Mempool pool(options);
  ASSERT_NO_FATAL_FAILURE(feed_recorded(pool, rules));
  const auto mempool_view = pool.publish();
  client.context.mempool = mempool_view.get();
  EXPECT_EQ(compare("golden-mempool.jsonl", client), (Compared{{"getopenorders", 26},
                                                               {"getopenordersbywant", 26},
                                                               {"getswapcount", 26},
                                                               {"getswapcountbywant", 26},
                                                               {"getswaphistory", 26},
                                                               {"getswaphistorybywant", 26}}));
}

}  // namespace
}  // namespace sluice::test
