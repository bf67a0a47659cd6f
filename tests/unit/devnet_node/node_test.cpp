// The node's model: the recorded chain comes out as the real node had it; whatever is mined, reorganised or churned,
// chain, mempool and block files stay consistent. Consistent means: a node opened anew on the block files has the same
// tip and the same unspent outputs, and a mempool filled anew from the entries takes every one of them.
#include "devnet_node/node.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/hex.h"
#include "devnet_node/mempool_file.h"
#include "recorded_chain.h"

namespace sluice::devnet_node::test {
namespace {

using sluice::test::TempDir;

/// What the node told its observer.
struct Told {
  std::vector<Txid> transactions;
  std::vector<BlockHash> tips;
};

std::unique_ptr<Node> open_node(NodeOptions options, std::string_view coin = "Radiant") {
  options.now = [] { return std::int64_t{1'700'000'000}; };
  Result<std::unique_ptr<Node>> node = Node::open(regtest(coin), std::move(options));
  EXPECT_TRUE(node.ok()) << node.error().message;
  return std::move(node).value();
}

NodeOptions own_chain(const TempDir& dir, std::uint64_t seed = 1) {
  NodeOptions options;
  options.chain.directory = dir.path() / "blocks";
  options.chain.blocks = 40;
  options.chain.txs_per_block = 12;
  options.chain.seed = seed;
  options.chain.reorgs = 3;
  return options;
}

void expect_consistent(const Node& node, const NodeOptions& options, std::string_view coin) {
  Mempool again;
  for (const MempoolEntry* entry : node.mempool().in_order()) {
    ASSERT_EQ(again.accept(entry->tx, node.chain(), 0), Admission::accepted);
    ASSERT_EQ(again.find(entry->tx.txid)->fee, entry->fee);
  }
  NodeOptions same = options;
  same.foreign_dir.clear();
  same.mempool_file.clear();
  const std::unique_ptr<Node> reopened = open_node(same, coin);
  ASSERT_EQ(reopened->chain().tip().hash, node.chain().tip().hash);
  ASSERT_EQ(reopened->chain().coin_count(), node.chain().coin_count());
  ASSERT_EQ(reopened->chain().block_count(), node.chain().block_count());
}

class RecordedNode : public ::testing::Test {
 protected:
  RecordedNode() {
    unpack_recorded_chain(dir_.path() / "foreign");
    options_.foreign_dir = dir_.path() / "foreign";
    options_.chain.directory = dir_.path() / "blocks";
  }
  TempDir dir_;
  NodeOptions options_;
};

TEST_F(RecordedNode, HasTheRecordedHeadersAndTips) {
  const std::unique_ptr<Node> node = open_node(options_);
  std::ifstream headers(recorded_dir() / "headers.tsv");
  std::uint32_t count = 0;
  std::string height, hash, header;
  while (std::getline(headers, height, '\t') && std::getline(headers, hash, '\t') && std::getline(headers, header)) {
    const Block* block = node->chain().at(std::stoul(height));
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(block->hash.display(), hash);
    EXPECT_EQ(to_hex(block->header_bytes()), header);
    ++count;
  }
  EXPECT_EQ(count, 301u);
  EXPECT_EQ(node->chain().height(), 300u);
  std::vector<std::string> tips;
  for (const Block* tip : node->chain().tips()) tips.push_back(std::to_string(tip->height) + " " + tip->hash.display());
  EXPECT_EQ(tips, (std::vector<std::string>{"300 3f3b9ac04904c0a1cbe75957616839e6f3ea28daf809efae1c61dbea63676ac6",
                                            "284 40ee2382deeb39fc7fd14c3357bf594f134b780dfeb270857feca1cf7f4ad197",
                                            "241 2f2393c052c3ee26927af7dcff41dc6f1ce17aadaa30e091a5bbe629fa80146c"}));
}

TEST_F(RecordedNode, TakesTheMempoolFileInAnyOrder) {
  std::vector<std::string> lines;
  std::ifstream file(recorded_dir() / "mempool.jsonl");
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 28u);
  for (int order = 0; order < 3; ++order) {
    const auto path = dir_.path() / "mempool.jsonl";
    std::ofstream shuffled(path);
    for (const std::string& line : lines) shuffled << line << '\n';
    shuffled.close();
    NodeOptions options = options_;
    options.chain.directory = dir_.path() / ("blocks" + std::to_string(order));
    options.mempool_file = path;
    EXPECT_EQ(open_node(options)->mempool().size(), 28u);
    if (order == 0) std::reverse(lines.begin(), lines.end());
    else std::rotate(lines.begin(), lines.begin() + 11, lines.end());
  }
  std::ofstream(dir_.path() / "bad.jsonl") << "{\"hex\":\"00\"}\n";
  NodeOptions options = options_;
  options.chain.directory = dir_.path() / "blocks-bad";
  options.mempool_file = dir_.path() / "bad.jsonl";
  const auto refused = Node::open(regtest(), options);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("bad.jsonl"), std::string::npos) << refused.error().message;
}

TEST_F(RecordedNode, RefusesAMempoolFileThatSpendsWhatIsNotThere) {
  std::ifstream file(recorded_dir() / "mempool.jsonl");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  int refused = 0;
  for (std::size_t without = 0; without < lines.size(); ++without) {
    std::ofstream some(dir_.path() / "some.jsonl");
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i != without) some << lines[i] << '\n';
    }
    some.close();
    NodeOptions options = options_;
    options.chain.directory = dir_.path() / ("some" + std::to_string(without));
    options.mempool_file = dir_.path() / "some.jsonl";
    refused += Node::open(regtest(), options).ok() ? 0 : 1;
  }
  EXPECT_GT(refused, 0);  // parents of others
  EXPECT_LT(refused, 28);
}

TEST_F(RecordedNode, MinesAndReorganisesOnTopOfAForeignChain) {
  options_.mempool_file = recorded_dir() / "mempool.jsonl";
  const std::unique_ptr<Node> node = open_node(options_);
  ASSERT_TRUE(node->mine({.blocks = 2, .transactions = 5, .mempool_percent = 50}).ok());
  EXPECT_EQ(node->chain().height(), 302u);
  ASSERT_TRUE(node->reorg({.depth = 30, .blocks = 31}).ok());
  EXPECT_EQ(node->chain().height(), 303u);
  expect_consistent(*node, options_, "Radiant");
}

TEST(Node, TellsTransactionsBeforeTheTipThatHoldsThem) {
  const TempDir dir;
  const NodeOptions options = own_chain(dir);
  const std::unique_ptr<Node> node = open_node(options);
  Told told;
  node->observe({[&](const Transaction& tx) { told.transactions.push_back(tx.txid); },
                 [&](const Block& block) { told.tips.push_back(block.hash); }});
  const auto churned = node->churn({.add = 10});
  ASSERT_TRUE(churned.ok());
  EXPECT_EQ(churned.value().added, 10u);
  EXPECT_EQ(told.transactions.size(), 10u);
  EXPECT_TRUE(told.tips.empty());
  const std::set<Txid> pending(told.transactions.begin(), told.transactions.end());
  told = {};
  ASSERT_TRUE(node->mine({.blocks = 1}).ok());
  EXPECT_EQ(told.transactions, node->chain().tip().txids);
  EXPECT_EQ(told.tips, std::vector<BlockHash>{node->chain().tip().hash});
  EXPECT_EQ(node->mempool().size(), 0u);
  const std::set<Txid> mined(node->chain().tip().txids.begin(), node->chain().tip().txids.end());
  EXPECT_TRUE(std::includes(mined.begin(), mined.end(), pending.begin(), pending.end()));
}

TEST(Node, TellsWhatCameBackFromLostBlocks) {
  const TempDir dir;
  const std::unique_ptr<Node> node = open_node(own_chain(dir));
  std::vector<Txid> wanted;
  for (std::uint32_t height = 40; height > 38; --height) {
    const std::vector<Txid>& lost = node->chain().at(height)->txids;
    wanted.insert(wanted.end(), lost.begin(), lost.end());
  }
  Told told;
  node->observe({[&](const Transaction& tx) { told.transactions.push_back(tx.txid); },
                 [&](const Block& block) { told.tips.push_back(block.hash); }});
  ASSERT_TRUE(node->reorg({.depth = 2, .blocks = 3, .mempool_percent = 0}).ok());
  for (std::uint32_t height = 39; height <= 41; ++height) {
    ASSERT_EQ(node->chain().at(height)->txids.size(), 1u);
    wanted.push_back(node->chain().at(height)->txids[0]);
  }
  ASSERT_GT(node->mempool().size(), 0u);
  ASSERT_EQ(told.transactions.size(), wanted.size() + node->mempool().size());
  EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), told.transactions.begin()));
  std::set<Txid> returned(told.transactions.begin() + static_cast<std::ptrdiff_t>(wanted.size()),
                          told.transactions.end());
  for (const MempoolEntry* entry : node->mempool().in_order()) EXPECT_EQ(returned.erase(entry->tx.txid), 1u);
  EXPECT_EQ(told.tips.size(), 1u);
}

TEST(Node, APureRollbackIsNotTold) {
  const TempDir dir;
  const std::unique_ptr<Node> node = open_node(own_chain(dir));
  Told told;
  node->observe({{}, [&](const Block& block) { told.tips.push_back(block.hash); }});
  const BlockHash fork = node->chain().at(35)->hash;
  const auto change = node->reorg({.depth = 5, .blocks = 0});
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change.value().disconnected, 5u);
  EXPECT_EQ(node->chain().tip().hash, fork);
  EXPECT_TRUE(told.tips.empty());
  EXPECT_GT(node->mempool().size(), 0u);
  EXPECT_FALSE(node->reorg({.depth = 36}).ok());
}

TEST(Node, ConflictsInABlockEvictWhatTheyReplace) {
  const TempDir dir;
  const NodeOptions options = own_chain(dir);
  const std::unique_ptr<Node> node = open_node(options);
  ASSERT_TRUE(node->churn({.add = 60}).ok());
  const std::size_t before = node->mempool().size();
  ASSERT_TRUE(node->mine({.blocks = 1, .mempool_percent = 0, .conflicts = 3}).ok());
  EXPECT_LE(node->mempool().size(), before - 3);
  EXPECT_EQ(node->chain().tip().txids.size(), 4u);
  expect_consistent(*node, options, "Radiant");
}

TEST(Node, BlocksFromOutsideTakeOverWithMoreWorkOnly) {
  const TempDir dir;
  const TempDir other_dir;
  const NodeOptions options = own_chain(dir);
  const std::unique_ptr<Node> node = open_node(options);
  const std::unique_ptr<Node> other = open_node(own_chain(other_dir));
  ASSERT_TRUE(other->reorg({.depth = 2, .blocks = 4, .transactions = 3}).ok());
  const BlockHash before = node->chain().tip().hash;
  for (std::uint32_t height = 39; height <= 42; ++height) {
    EXPECT_EQ(node->chain().tip().hash, height <= 41 ? before : other->chain().at(41)->hash);
    ASSERT_TRUE(node->submit_block(other->chain().at(height)->raw).ok());
  }
  EXPECT_EQ(node->chain().tip().hash, other->chain().tip().hash);
  EXPECT_EQ(node->submit_block(std::vector<std::byte>(80)).error().kind, ErrorKind::corrupt);
  expect_consistent(*node, options, "Radiant");
}

class EveryCoin : public ::testing::TestWithParam<std::string> {};

TEST_P(EveryCoin, StaysConsistentUnderRandomOperations) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TempDir dir(sluice::test::fast_temp_base());
    NodeOptions options = own_chain(dir, seed);
    options.files.file_bytes_max = 1 << 18;
    options.files.allocate_bytes = seed % 2 == 0 ? 1 << 16 : 0;
    if (GetParam() == "Bitcoin" && seed % 3 == 0) options.chain.xor_key = {std::byte{1}, std::byte{0x5a}};
    const std::unique_ptr<Node> node = open_node(options, GetParam());
    Random random(seed);
    for (int step = 0; step < 25; ++step) {
      const auto number = [&](std::uint64_t until) { return static_cast<std::uint32_t>(random.below(until)); };
      switch (random.below(4)) {
        case 0: ASSERT_TRUE(node->mine({1 + number(3), number(20), number(101), 0}).ok()); break;
        case 1: {
          const std::uint32_t depth = 1 + number(random.below(4) == 0 ? node->chain().height() - 1 : 6);
          ASSERT_TRUE(node->reorg({depth, depth + 1, number(5), number(101)}).ok());
          break;
        }
        case 2: ASSERT_TRUE(node->churn({number(30), number(4), 0}).ok()); break;
        default: ASSERT_TRUE(node->churn({20, 0, number(3)}).ok());
      }
    }
    expect_consistent(*node, options, GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Coins, EveryCoin, ::testing::Values("Radiant", "Bitcoin", "BitcoinCash"));

TEST(Node, TheSameSeedAndCommandsGiveTheSameBlocks) {
  std::vector<BlockHash> tips;
  for (int run = 0; run < 2; ++run) {
    const TempDir dir;
    const std::unique_ptr<Node> node = open_node(own_chain(dir, 7));
    ASSERT_TRUE(node->churn({.add = 20, .replace = 2}).ok());
    ASSERT_TRUE(node->mine({.blocks = 2, .transactions = 5, .mempool_percent = 60}).ok());
    ASSERT_TRUE(node->reorg({.depth = 3, .blocks = 4}).ok());
    tips.push_back(node->chain().tip().hash);
  }
  EXPECT_EQ(tips[0], tips[1]);
}

}  // namespace
}  // namespace sluice::devnet_node::test
