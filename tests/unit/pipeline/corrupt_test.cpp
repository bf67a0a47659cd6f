// Bad input of every kind: found, told in one line that says what and where, and nothing of a bad
// block committed: the index afterwards is the one of the blocks before it, byte for byte.
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "block_builder.h"
#include "sync_bench.h"

namespace sluice::pipeline::test {
namespace {

using Raws = std::vector<std::vector<std::byte>>;

class Corrupt : public testing::TestWithParam<ResolveWay> {
 protected:
  /// Commits after every block, so that the last good state is the block before the bad one.
  SyncOptions block_by_block(const std::string& db_name) const {
    SyncOptions options = bench_.options(db_name);
    options.way = GetParam();
    options.batch_blocks = 1;
    options.segment_bytes = 1;
    return options;
  }

  /// What an index of the first `count` of these blocks says.
  SyncBench::Content content_of(const Raws& raws, std::uint32_t count) {
    SyncBench clean;
    clean.append(0, raws);
    SyncOptions options = clean.options("db");
    if (count == 0) return {};
    options.stop_height = count - 1;
    SyncBench::expect_done(options);
    return clean.content("db");
  }

  /// One line that holds all of the words.
  static void expect_line(const std::string& line, std::initializer_list<std::string> words) {
    EXPECT_FALSE(line.empty());
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    for (const std::string& word : words)
      EXPECT_NE(line.find(word), std::string::npos) << '"' << word << "\" in: " << line;
  }

  /// The chain's block `height` is bad. A block that cannot be read ends the index right before it; one that
  /// spends what is not there takes the whole segment with it.
  enum class Ends : std::uint8_t { right_before, at_a_segment };
  void expect_bad_block(const BlockBuilder& chain, std::uint32_t height, std::initializer_list<std::string> words,
                        Ends ends = Ends::at_a_segment) {
    bench_.append(0, chain.raws);
    const Outcome outcome = SyncBench::run(block_by_block("db"));
    ASSERT_FALSE(outcome.status.ok());
    EXPECT_EQ(outcome.status.error().kind, ErrorKind::corrupt) << outcome.line();
    expect_line(outcome.line(), words);
    const auto left = bench_.content("db");
    if (ends == Ends::right_before) {
      EXPECT_EQ(left.block_count, height);
    }
    EXPECT_LE(left.block_count, height);
    EXPECT_EQ(left, content_of(chain.raws, left.block_count));
    // In one batch with good blocks: none of them is committed, or all before it, never it.
    SyncOptions whole = bench_.options("whole");
    whole.way = GetParam();
    EXPECT_FALSE(SyncBench::run(whole).status.ok());
    const auto content = bench_.content("whole");
    EXPECT_LE(content.block_count, height);
    EXPECT_EQ(content, content_of(chain.raws, content.block_count));
  }

  /// Blocks without anything wrong, each with a payment of the block before.
  BlockBuilder good_chain(std::uint32_t blocks) const {
    BlockBuilder chain(raw_chain(small_chain(1, 0, 1))[0]);
    for (std::uint32_t i = 0; i < blocks; ++i) {
      std::vector<Buffer> txs;
      if (chain.height() > 1)
        txs.push_back(
            make_tx({{txid_of(BlockBuilder::coinbase(chain.height() - 1)), 0}}, 2, static_cast<std::uint8_t>(i)));
      chain.add(txs);
    }
    return chain;
  }

  SyncBench bench_;
};

TEST_P(Corrupt, CraftedBlocksWithNothingWrongAreIndexed) {
  bench_.append(0, good_chain(5).raws);
  SyncBench::expect_done(block_by_block("db"));
  EXPECT_EQ(bench_.content("db").block_count, 6U);
}

TEST_P(Corrupt, FileTruncatedInTheMiddle) {
  const Raws raws = raw_chain(small_chain(20, 10, 31));
  bench_.append(0, std::span(raws).first(10));
  bench_.append(1, std::span(raws).subspan(10));
  const auto size = std::filesystem::file_size(bench_.block_file(0));
  std::filesystem::resize_file(bench_.block_file(0), size - raws[9].size() / 2);
  const Outcome outcome = SyncBench::run(block_by_block("db"));
  // The record that ends early is no block; what follows it has no parent.
  expect_line(outcome.line(), {bench_.block_file(1), "unknown parent", "offset 8"});
  EXPECT_EQ(outcome.report.unlinked_blocks, 11U);
  EXPECT_EQ(bench_.content("db"), content_of(raws, 9));
}

TEST_P(Corrupt, LastRecordThatEndsEarlyIsNoBlockYet) {
  const Raws raws = raw_chain(small_chain(10, 10, 32));
  bench_.append(0, raws);
  std::filesystem::resize_file(bench_.block_file(0), std::filesystem::file_size(bench_.block_file(0)) - 1);
  const Outcome outcome = SyncBench::run(block_by_block("db"));
  EXPECT_TRUE(outcome.status.ok()) << outcome.line() << ": a last record that ends early is a node at work";
  EXPECT_EQ(bench_.content("db"), content_of(raws, 10));
}

TEST_P(Corrupt, MissingFileInTheMiddle) {
  const Raws raws = raw_chain(small_chain(20, 5, 33));
  for (int file = 0; file < 4; ++file) bench_.append(file, std::span(raws).subspan(static_cast<unsigned>(file) * 5, 5));
  std::filesystem::remove(bench_.block_file(2));
  const Outcome outcome = SyncBench::run(block_by_block("db"));
  ASSERT_FALSE(outcome.status.ok());
  expect_line(outcome.line(), {bench_.blocks_dir(), "blk00002.dat is missing", "blk00003.dat is there"});
  EXPECT_EQ(bench_.content("db").block_count, 0U);
}

TEST_P(Corrupt, FilesOfAnotherNetwork) {
  for (const char* coin : {"Bitcoin", "BitcoinCash"}) {
    SyncBench other(coin);
    other.append(0, raw_chain(small_chain(5, 5, 34, coin)));
    SyncOptions options = block_by_block(std::string("db") + coin);
    options.blocks_directory = other.blocks_dir();
    const Outcome outcome = SyncBench::run(options);
    ASSERT_FALSE(outcome.status.ok());
    expect_line(outcome.line(), {other.block_file(0), "Radiant"});
    EXPECT_EQ(bench_.content(std::string("db") + coin).block_count, 0U);
  }
}

TEST_P(Corrupt, DirectoryThatCannotBeRead) {
  SyncOptions options = block_by_block("db");
  options.blocks_directory = bench_.db_dir("nowhere");
  expect_line(SyncBench::run(options).line(), {"nowhere", "No such file"});
  bench_.append(0, raw_chain(small_chain(1, 0, 1)));
  options.blocks_directory = bench_.block_file(0);
  expect_line(SyncBench::run(options).line(), {"blk00000.dat", "Not a directory"});
  options.blocks_directory = bench_.db_dir("");
  expect_line(SyncBench::run(options).line(), {"no block files"});
}

TEST_P(Corrupt, IndexOfAnotherFormatVersionOrUnreadable) {
  bench_.append(0, raw_chain(small_chain(5, 5, 35)));
  const auto with_state = [&](const std::string& name, auto change) {
    SyncBench::expect_done(block_by_block(name));
    {
      auto database = store::Database::open(bench_.db_dir(name), store::OpenMode::read_write, {});
      ASSERT_TRUE(database.ok()) << database.error().message;
      std::string text = store::encode_state(*database.value()->state());
      change(text);
      ASSERT_TRUE(database.value()->rocks().Put({}, database.value()->handle(store::Table::state), "state", text).ok());
    }
  };
  const std::string now = "format=" + std::to_string(store::format_version);
  with_state("other", [&](std::string& text) { text.replace(0, now.size(), "format=77"); });
  expect_line(SyncBench::run(block_by_block("other")).line(),
              {bench_.db_dir("other"), "format version 77", std::to_string(store::format_version)});
  with_state("garbled", [](std::string& text) { text = "something else\n"; });
  expect_line(SyncBench::run(block_by_block("garbled")).line(), {bench_.db_dir("garbled"), "state record"});
  with_state("same", [](std::string&) {});
  EXPECT_TRUE(SyncBench::run(block_by_block("same")).status.ok());
}

TEST_P(Corrupt, BudgetTooSmall) {
  bench_.append(0, raw_chain(small_chain(5, 5, 36)));
  SyncOptions options = block_by_block("db");
  options.memory_budget = 16u << 20;
  const Outcome outcome = SyncBench::run(options);
  ASSERT_FALSE(outcome.status.ok());
  EXPECT_EQ(outcome.status.error().kind, ErrorKind::limit);
  expect_line(outcome.line(), {"--memory-budget 16 MiB is too small", "at least"});
  EXPECT_EQ(bench_.content("db").block_count, 0U);
}

TEST_P(Corrupt, AbsurdCounts) {
  // Under a true merkle root and proof of work: only the counts are wrong. 4: behind the version; 5 ends the tx early.
  struct Case {
    std::size_t offset;
    const char* what;
  };
  const Buffer plain = make_tx({{txid_of(BlockBuilder::coinbase(2)), 0}}, 1, 9);
  const std::size_t script_length = 4 + 1 + 36, output_count = script_length + 3 + 4, output_script = output_count + 9;
  for (const std::size_t offset : {std::size_t{4}, script_length, output_count, output_script}) {
    for (const std::uint64_t count : {std::uint64_t{1} << 63, ~std::uint64_t{0}, std::uint64_t{1} << 32}) {
      SCOPED_TRACE("offset " + std::to_string(offset) + ", count " + std::to_string(count));
      BlockBuilder chain = good_chain(3);
      Buffer tx(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(offset));
      devnet::put_compact(tx, count);
      tx.insert(tx.end(), plain.begin() + static_cast<std::ptrdiff_t>(offset) + 1, plain.end());
      chain.add({tx});
      bench_.clear();
      expect_bad_block(chain, 4, {"blk00000.dat, offset ", "block at height 4", "transaction 1"}, Ends::right_before);
    }
  }
  BlockBuilder chain = good_chain(3);
  Buffer body;
  devnet::put_compact(body, std::uint64_t{1} << 63);  // transactions
  devnet::put_bytes(body, BlockBuilder::coinbase(4));
  chain.add_body(txid_of(BlockBuilder::coinbase(4)), body);
  bench_.clear();
  expect_bad_block(chain, 4, {"block at height 4", "count"}, Ends::right_before);
}

TEST_P(Corrupt, SpendOfAnOutputThatNeverWas) {
  BlockBuilder chain = good_chain(3);
  const Buffer tx = make_tx({{devnet::sha256({}), 7}}, 1, 1);
  chain.add({tx});
  chain.add({});
  expect_bad_block(chain, 4, {"height 4", txid_of(tx).display(), "index 7", "no earlier block created"});
}

TEST_P(Corrupt, SpendOfAnOutputIndexThatTheTransactionLacks) {
  BlockBuilder chain = good_chain(3);
  chain.add({make_tx({{txid_of(BlockBuilder::coinbase(3)), 5}}, 1, 1)});
  expect_bad_block(chain, 4, {"height 4", "index 5"});
}

TEST_P(Corrupt, OutputSpentTwiceInOneBlock) {
  BlockBuilder chain = good_chain(3);
  const CraftedInput prevout{txid_of(BlockBuilder::coinbase(3)), 0};
  chain.add({make_tx({prevout}, 1, 1), make_tx({prevout}, 1, 2)});
  chain.add({});
  expect_bad_block(chain, 4, {"height", "4"});
}

TEST_P(Corrupt, OutputSpentAgainBlocksLater) {
  BlockBuilder chain = good_chain(3);
  const CraftedInput prevout{txid_of(BlockBuilder::coinbase(3)), 0};
  chain.add({make_tx({prevout}, 1, 1)});
  chain.add({});
  chain.add({make_tx({prevout}, 1, 2)});
  expect_bad_block(chain, 6, {"height 6"});
}

TEST_P(Corrupt, OneInputTwiceInATransaction) {
  BlockBuilder chain = good_chain(3);
  const CraftedInput prevout{txid_of(BlockBuilder::coinbase(3)), 0};
  chain.add({make_tx({prevout, prevout}, 1, 1)});
  expect_bad_block(chain, 4, {"4"});
}

TEST_P(Corrupt, ChildBeforeItsParentInOneBlockIsFine) {
  BlockBuilder chain = good_chain(3);
  const Buffer parent = make_tx({{txid_of(BlockBuilder::coinbase(3)), 0}}, 2, 1);
  const Buffer child = make_tx({{txid_of(parent), 1}}, 1, 2);
  const Buffer grandchild = make_tx({{txid_of(child), 0}}, 1, 3);
  chain.add({grandchild, child, parent});
  bench_.append(0, chain.raws);
  SyncBench::expect_done(block_by_block("db"));
  EXPECT_EQ(bench_.content("db"), content_of(chain.raws, 5));
}

// Whether the two blocks share a batch, a segment or neither must make no difference.
TEST_P(Corrupt, ParentInALaterBlockOfTheSameBatch) {
  BlockBuilder chain = good_chain(3);
  const Buffer parent = make_tx({{txid_of(BlockBuilder::coinbase(3)), 0}}, 2, 1);
  chain.add({make_tx({{txid_of(parent), 1}}, 1, 2)});
  chain.add({parent});
  bench_.append(0, chain.raws);
  SyncOptions options = block_by_block("db");
  options.batch_blocks = 4096;
  options.segment_bytes = 0;
  expect_line(SyncBench::run(options).line(), {"height 4", "index 1", "no earlier block created"});
}

TEST_P(Corrupt, ParentInALaterBlock) {
  BlockBuilder chain = good_chain(3);
  const Buffer parent = make_tx({{txid_of(BlockBuilder::coinbase(3)), 0}}, 2, 1);
  chain.add({make_tx({{txid_of(parent), 1}}, 1, 2)});
  bench_.append(0, chain.raws);  // the parent's block is not there yet, so that no segment can hold both
  expect_line(SyncBench::run(block_by_block("db")).line(), {"height 4", "index 1", "no earlier block created"});
  EXPECT_LE(bench_.content("db").block_count, 4U);
  EXPECT_EQ(bench_.content("db"), content_of(chain.raws, bench_.content("db").block_count));
}

TEST_P(Corrupt, BlockBeyondTheOversizeLimit) {
  BlockBuilder chain = good_chain(3);
  chain.add({make_tx({{txid_of(BlockBuilder::coinbase(3)), 0}}, 1, 1, 10u << 20)});
  bench_.append(0, chain.raws);
  SyncOptions options = block_by_block("small");
  options.memory_budget = 64u << 20;
  options.threads = 1;
  const Outcome small = SyncBench::run(options);
  ASSERT_FALSE(small.status.ok());
  EXPECT_EQ(small.status.error().kind, ErrorKind::limit);
  expect_line(small.line(), {"height 4"});
  EXPECT_EQ(bench_.content("small").block_count, 4U) << "what came before the block is committed";
  EXPECT_EQ(bench_.content("small"), content_of(chain.raws, bench_.content("small").block_count));
  // With room for it, it goes through although it is many batches long.
  options = block_by_block("db");
  options.memory_budget = 256u << 20;
  options.batch_bytes = 64 << 10;
  SyncBench::expect_done(options);
  EXPECT_EQ(bench_.content("db"), content_of(chain.raws, 5));
}

TEST_P(Corrupt, FilesThatGrowWhileTheyAreRead) {
  const Raws raws = raw_chain(small_chain(60, 30, 37));
  bench_.append(0, std::span(raws).first(1));
  std::thread node([&] {
    for (std::size_t i = 1; i < raws.size(); ++i) {
      // A node writes a record in pieces; a reader may see any part of it.
      SyncBench piece;
      piece.append(0, std::span(raws).subspan(i, 1));
      std::ifstream made(piece.block_file(0), std::ios::binary);
      const std::string record((std::istreambuf_iterator<char>(made)), {});
      std::ofstream file(bench_.block_file(static_cast<int>(i / 20)), std::ios::binary | std::ios::app);
      for (std::size_t at = 0; at < record.size(); at += 1 + record.size() / 3)
        file << record.substr(at, 1 + record.size() / 3) << std::flush;
    }
  });
  std::uint32_t last = 0;
  for (int run = 0; run < 100 && last < raws.size(); ++run) {
    const Outcome outcome = SyncBench::run(bench_.options("db"));
    EXPECT_TRUE(outcome.status.ok()) << outcome.line();
    EXPECT_EQ(outcome.report.unlinked_blocks, 0U) << outcome.line();
    EXPECT_GE(outcome.report.block_count, last);
    last = outcome.report.block_count;
  }
  node.join();
  SyncBench::expect_done(bench_.options("db"));
  SyncBench::expect_done(bench_.options("fresh"));
  EXPECT_EQ(bench_.content("db").block_count, raws.size());
  EXPECT_EQ(bench_.content("db"), bench_.content("fresh"));
}

// Every flipped bit is found, or the block it is in is told to lead nowhere, or it is one that no part
// of the index depends on: then the digest is that of the untouched files.
class FlippedBits : public Corrupt {
 protected:
  void SetUp() override {
    raws_ = raw_chain(small_chain(11, 6, 41));
    for (std::uint32_t count = 0; count <= raws_.size(); ++count) before_.push_back(content_of(raws_, count));
  }

  void expect_found(std::uint32_t height, std::size_t bit) {
    SCOPED_TRACE("height " + std::to_string(height) + ", byte " + std::to_string(bit / 8) + ", bit " +
                 std::to_string(bit % 8));
    Raws damaged = raws_;
    damaged[height][bit / 8] ^= std::byte{1} << (bit % 8);
    std::filesystem::remove(bench_.block_file(0));
    bench_.append(0, damaged);
    std::filesystem::remove_all(bench_.db_dir("db"));
    const Outcome outcome = SyncBench::run(block_by_block("db"));
    const SyncBench::Content content = bench_.content("db");
    if (outcome.status.ok() && outcome.report.unlinked_blocks == 0 && outcome.report.stale_blocks == 0) {
      ++harmless_;
      EXPECT_EQ(content, before_.back());
      return;
    }
    ++found_;
    expect_line(outcome.line(), {"blk"});
    if (outcome.status.ok()) {
      // The header changed: either the block is no longer of the chain, or it ends the chain.
      EXPECT_GT(outcome.report.unlinked_blocks, 0U);
      EXPECT_LE(content.block_count, height + 1);
    } else {
      // Another genesis block is another network's: unsupported.
      const bool other_network = height == 0 && outcome.status.error().kind == ErrorKind::unsupported;
      EXPECT_TRUE(other_network || outcome.status.error().kind == ErrorKind::corrupt) << outcome.line();
      EXPECT_LE(content.block_count, height);
    }
    if (content.block_count <= height) {
      EXPECT_EQ(content, before_[content.block_count]);
    }
  }

  Raws raws_;
  std::vector<SyncBench::Content> before_;  ///< [count] of the index of so many blocks
  std::uint32_t found_ = 0, harmless_ = 0;
};

TEST_P(FlippedBits, AtEveryKindOfPlace) {
  // The coinbase of a block without other transactions has its fields at known places.
  const std::uint32_t height = 5;
  const std::vector<std::byte>& raw = raws_[height];
  const std::size_t tx = 81;
  const std::size_t script = tx + 4 + 1 + 36;
  const std::size_t outputs = script + 1 + std::to_integer<std::size_t>(raw[script]) + 4;
  const std::map<std::string, std::size_t> places{{"version", 0},
                                                  {"parent", 4},
                                                  {"merkle root", 36},
                                                  {"bits", 72},
                                                  {"tx count", 80},
                                                  {"tx version", tx},
                                                  {"input count", tx + 4},
                                                  {"prevout txid", tx + 5},
                                                  {"prevout index", tx + 37},
                                                  {"script length", script},
                                                  {"script", script + 1},
                                                  {"output count", outputs},
                                                  {"value", outputs + 1},
                                                  {"value top", outputs + 8},
                                                  {"output script length", outputs + 9},
                                                  {"output script", outputs + 12},
                                                  {"locktime", raw.size() - 1}};
  for (const auto& [name, offset] : places) {
    SCOPED_TRACE(name);
    for (const std::size_t bit : {0u, 7u}) expect_found(height, offset * 8 + bit);
  }
  EXPECT_EQ(harmless_, 0U);
}

TEST_P(FlippedBits, AtRandom) {
  Random random(static_cast<std::uint64_t>(GetParam()));
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    const auto height = static_cast<std::uint32_t>(random.below(raws_.size()));
    const std::size_t bits = raws_[height].size() * 8;
    // A flip in the header of the tip makes another valid block half of the time: the target is that easy.
    const std::size_t first = height + 1 == raws_.size() ? 36 * 8 : 0;
    const std::size_t bit = first + random.below(first == 0 ? bits : 32 * 8);
    expect_found(height, first == 0 || random.below(4) == 0 ? bit : 80 * 8 + random.below(bits - 80 * 8));
  }
  EXPECT_GT(found_, 90U);
}

const auto way_name = [](const auto& info) { return std::string(name_of(info.param)); };
INSTANTIATE_TEST_SUITE_P(Way, Corrupt, testing::ValuesIn(all_ways), way_name);
INSTANTIATE_TEST_SUITE_P(Way, FlippedBits, testing::ValuesIn(all_ways), way_name);

}  // namespace
}  // namespace sluice::pipeline::test
