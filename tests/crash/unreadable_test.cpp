// Table and flat files that cannot be opened or read while an index is read: an error that names the file,
// never a row too few, too many or too old; and the next try, with a disk that works, answers again.
#include <gtest/gtest.h>

#include <set>

#include "base/hex.h"
#include "chain/coin.h"
#include "classify/scripthash.h"
#include "crash/world.h"
#include "parse/parse_blocks.h"
#include "source/range_reader.h"
#include "store/chain_view.h"
#include "verify/verify.h"

namespace sluice::test {
namespace {

using store::Database;
using store::Table;

bool reads_tables(DiskOperation operation, const std::string& path) {
  return (operation == DiskOperation::open || operation == DiskOperation::read) && path.ends_with(".sst");
}

bool reads_flat_files(DiskOperation operation, const std::string& path) {
  return operation == DiskOperation::read && path.ends_with(".dat");
}

/// Many small table files on several levels, few of them open at a time, nothing cached.
store::StoreOptions small_files(const store::FileSystemPtr& fs) {
  store::StoreOptions options;
  options.file_system = fs;
  options.target_file_bytes = 512;
  options.block_bytes = 256;
  options.block_cache_bytes = 0;
  options.max_open_files = 20;
  return options;
}

class Unreadable : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = std::make_unique<World>(make_world({.seed = 51 + first_seed(), .blocks = 20, .txs_per_block = 5}));
    auto fs = std::make_shared<FaultFs>(empty_disk());
    for (const FileSet* set : {&world_->first, &world_->second}) {
      pipeline::SyncOptions options = sync_options(*world_, *set, index_directory, fs);
      options.store.target_file_bytes = small_files(fs).target_file_bytes;
      options.store.block_bytes = small_files(fs).block_bytes;
      pipeline::SyncReport report;
      std::unique_ptr<pipeline::Counters> counters;
      const Status status = pipeline::run_sync(options, report, counters, {});
      ASSERT_TRUE(status.ok()) << status.error().message;
    }
    disk_ = fs->disk().settled_copy();
  }
  static void TearDownTestSuite() { world_.reset(); }

  /// Calls read(fs) on a fresh copy of the disk with every operation of `matches` failing in turn, counted
  /// from arm(), which read calls when the index is open.
  template <typename Read>
  void with_each_fault(std::uint64_t tries_max, Read&& read,
                       bool (*matches)(DiskOperation, const std::string&) = reads_tables) {
    auto fs = std::make_shared<FaultFs>(disk_.settled_copy());
    std::uint64_t total = 0;
    ASSERT_NO_FATAL_FAILURE(read(fs, [&] {
      fs->fail({[&](DiskOperation operation, const std::string& path) {
        total += matches(operation, path) ? 1 : 0;
        return false;
      }});
    }));
    ASSERT_GT(total, 0u);
    const std::uint64_t tries = std::min(total, scaled(tries_max));
    for (std::uint64_t i = 0; i < tries; ++i) {
      const std::uint64_t at = 1 + i * total / tries;
      SCOPED_TRACE("operation " + std::to_string(at) + " of " + std::to_string(total));
      fs = std::make_shared<FaultFs>(disk_.settled_copy());
      ASSERT_NO_FATAL_FAILURE(read(fs, [&] { fs->fail({matches, at}); }));
    }
  }

  static std::unique_ptr<World> world_;
  static DiskModel disk_;
};
std::unique_ptr<World> Unreadable::world_;
DiskModel Unreadable::disk_;

using Rows = std::vector<std::pair<std::string, std::string>>;

Status walk(const Database& database, Table table, Rows& rows) {
  rows.clear();
  const auto iterator = database.iterate(table, false);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
    rows.emplace_back(iterator->key().ToString(), iterator->value().ToString());
  return iterator->status().ok() ? Status() : Status(store::rocks_error("walk", iterator->status()));
}

void expect_named(const Status& status, const FaultFs& fs) {
  ASSERT_FALSE(status.ok()) << fs.first_fault();
  EXPECT_EQ(status.error().kind, ErrorKind::io);
  const std::string path = *fs.faulty_paths().begin();
  EXPECT_NE(status.error().message.find(path), std::string::npos) << status.error().message;
}

TEST_F(Unreadable, ScansEndBeforeARowIsMissed) {
  for (const Table table : store::all_tables) {
    SCOPED_TRACE(table_name(table));
    Rows truth;
    with_each_fault(60, [&](const std::shared_ptr<FaultFs>& fs, auto&& arm) {
      auto database = Database::open(index_directory, store::OpenMode::read_only, small_files(fs));
      ASSERT_TRUE(database.ok()) << database.error().message;
      if (truth.empty()) {
        ASSERT_TRUE(walk(*database.value(), table, truth).ok());
      }
      Rows rows;
      arm();
      const Status status = walk(*database.value(), table, rows);
      if (fs->faults_hit() == 0) {
        ASSERT_EQ(rows, truth);
        return;
      }
      expect_named(status, *fs);
      ASSERT_TRUE(rows.size() <= truth.size() && std::equal(rows.begin(), rows.end(), truth.begin()));
      ASSERT_TRUE(walk(*database.value(), table, rows).ok());
      ASSERT_EQ(rows, truth);
    });
  }
}

// No file of an index that cannot be opened or read makes it a damaged, an empty or another one.
TEST_F(Unreadable, OpeningToReadIsRefused) {
  const auto any = [](DiskOperation operation, const std::string&) {
    return operation == DiskOperation::open || operation == DiskOperation::read;
  };
  bool hit = true;
  for (std::uint64_t at = 1; hit; ++at) {
    auto fs = std::make_shared<FaultFs>(disk_.settled_copy());
    fs->fail({any, at});
    const auto database = Database::open(index_directory, store::OpenMode::read_only, small_files(fs));
    hit = fs->faults_hit() > 0;
    SCOPED_TRACE(std::to_string(at) + ": " + fs->first_fault());
    if (database.ok()) {
      EXPECT_EQ(database.value()->state()->tip, world_->second.hashes.back());
      continue;
    }
    EXPECT_EQ(database.error().kind, ErrorKind::io) << database.error().message;
    std::string told = *fs->faulty_paths().begin();
    if (told.ends_with("/CURRENT")) told.resize(told.rfind('/'));  // see fault_test.cpp
    EXPECT_NE(database.error().message.find(told), std::string::npos) << database.error().message;
  }
}

TEST_F(Unreadable, LookUpsFail) {
  Rows truth;
  with_each_fault(60, [&](const std::shared_ptr<FaultFs>& fs, auto&& arm) {
    auto database = Database::open(index_directory, store::OpenMode::read_only, small_files(fs));
    ASSERT_TRUE(database.ok()) << database.error().message;
    ASSERT_TRUE(walk(*database.value(), Table::outputs, truth).ok());
    arm();
    for (const auto& [key, value] : truth) {
      const auto found = database.value()->get(Table::outputs, std::as_bytes(std::span(key)));
      if (!found) {
        ASSERT_NO_FATAL_FAILURE(expect_named(found.error(), *fs));
        continue;
      }
      ASSERT_TRUE(found.value().has_value()) << fs->first_fault();
      ASSERT_EQ(*found.value(), value) << fs->first_fault();
    }
  });
}

TEST_F(Unreadable, MergesLoseNothing) {
  std::uint64_t refused = 0;
  // RocksDB waits a second after a merge that failed.
  with_each_fault(5, [&](const std::shared_ptr<FaultFs>& fs, auto&& arm) {
    store::StoreOptions options = small_files(fs);
    options.merge_in_background = false;
    auto database = Database::open(index_directory, store::OpenMode::read_write, options);
    ASSERT_TRUE(database.ok()) << database.error().message;
    arm();
    const Status merged = database.value()->compact(1);
    if (!merged) {
      ++refused;
      expect_named(merged, *fs);
    }
    database.value().reset();
    const auto look = look_at_index(index_directory, std::make_shared<FaultFs>(fs->disk().settled_copy()));
    ASSERT_TRUE(look.ok()) << look.error().message;
    ASSERT_EQ(look.value().digest, world_->second.digest) << fs->first_fault();
  });
  EXPECT_GT(refused, 0u);
}

/// What a view answers, question by question; an error is an answer that begins with "error: ".
class Questions {
 public:
  explicit Questions(const serve::ReadView& view, std::uint64_t tx_count) : view_(view) {
    const chain::Coin coin = chain::Coin::radiant;
    std::set<ScriptHash> scripts;
    parse::ParseScratch scratch;
    for (std::uint64_t number = 0; number < tx_count; ++number) {
      txids_.push_back(view.txid(number).value());
      const auto raw = view.raw_tx(number);
      SLUICE_CHECK(raw.ok());
      parse::TxBatch batch;
      parse::ParseFault fault;
      SLUICE_CHECK(parse::parse_transaction(raw.value(), coin, batch, scratch, fault) == parse::ParseErrc::ok);
      for (std::uint32_t output = 0; output < batch.output_count(); ++output) {
        const Bytes script = Bytes(raw.value()).subspan(batch.script_begin[output], batch.script_size[output]);
        if (classify::is_indexed(script, coin)) scripts.insert(classify::script_hash(script, coin, false));
      }
    }
    scripts_.assign(scripts.begin(), scripts.end());
    scripts_.push_back(ScriptHash{});
    txids_.push_back(Txid{});
  }

  [[nodiscard]] std::vector<std::string> ask() const {
    std::vector<std::string> answers;
    const auto note = [&](const auto& result, auto&& text) {
      answers.push_back(result.ok() ? text(result.value()) : "error: " + result.error().message);
    };
    for (const ScriptHash& script : scripts_) {
      note(view_.balance(script), [](const auto& balance) {
        return std::to_string(balance.value) + " in " + std::to_string(balance.outputs);
      });
      note(view_.history(script, 1000), [](const auto& items) {
        std::string text;
        for (const auto& item : items) text += " " + std::to_string(item.tx_number);
        return text;
      });
      note(view_.unspent(script), [](const auto& items) {
        std::string text;
        for (const auto& item : items)
          text += " " + std::to_string(item.tx_number) + ":" + std::to_string(item.output_index);
        return text;
      });
    }
    for (const Txid& txid : txids_) {
      note(view_.find_tx(txid), [](const auto& place) { return place ? std::to_string(place->tx_number) : "none"; });
    }
    for (std::uint64_t number = 0; number + 1 < txids_.size(); ++number) {
      note(view_.refs_of(number, 0), [](const auto& refs) { return std::to_string(refs.size()) + " refs"; });
      note(view_.txid(number), [](const Txid& txid) { return txid.display(); });
      note(view_.raw_tx(number), [](const auto& raw) { return to_hex(raw); });
    }
    for (std::uint32_t height = 0; height <= view_.tip_height(); ++height) {
      note(view_.header(height), [](const auto& header) { return to_hex(header); });
      note(view_.headers(0, height + 1), [](const auto& headers) { return to_hex(headers); });
      note(view_.block_txids(height), [](const auto& txids) {
        std::string text;
        for (const Txid& txid : txids) text += " " + txid.display();
        return text;
      });
    }
    return answers;
  }

 private:
  const serve::ReadView& view_;
  std::vector<ScriptHash> scripts_;
  std::vector<Txid> txids_;
};

class UnreadableView : public Unreadable,
                       public testing::WithParamInterface<bool (*)(DiskOperation, const std::string&)> {};

TEST_P(UnreadableView, AnswersRightOrNotAtAll) {
  source::RangeReader blocks(world_->second.directory);
  std::vector<std::string> truth;
  std::uint64_t refused = 0, hits = 0;
  with_each_fault(
      25,
      [&](const std::shared_ptr<FaultFs>& fs, auto&& arm) {
        auto database = Database::open(index_directory, store::OpenMode::read_only, small_files(fs));
        ASSERT_TRUE(database.ok()) << database.error().message;
        auto view = store::ChainView::open(*database.value(), blocks);
        ASSERT_TRUE(view.ok()) << view.error().message;
        const Questions questions(*view.value(), database.value()->state()->tx_count);
        if (truth.empty()) truth = questions.ask();
        arm();
        const std::vector<std::string> answers = questions.ask();
        ASSERT_EQ(answers.size(), truth.size());
        for (std::size_t i = 0; i < answers.size(); ++i) {
          if (answers[i] == truth[i]) continue;
          ASSERT_TRUE(answers[i].starts_with("error: ")) << answers[i] << " instead of " << truth[i];
          ASSERT_NE(answers[i].find(*fs->faulty_paths().begin()), std::string::npos) << answers[i];
          ++refused;
        }
        hits += fs->faults_hit();
        fs->fail({});
        ASSERT_EQ(questions.ask(), truth) << "asked again";
      },
      GetParam());
  EXPECT_GT(hits, 0u);
  EXPECT_GE(refused, hits / 2) << "faults must be met by questions";
}
INSTANTIATE_TEST_SUITE_P(Files, UnreadableView, testing::Values(reads_tables, reads_flat_files),
                         [](const auto& files) { return files.index == 0 ? "tables" : "flat_files"; });

TEST_F(Unreadable, VerifyFindsNoDamage) {
  with_each_fault(60, [&](const std::shared_ptr<FaultFs>& fs, auto&& arm) {
    verify::VerifyOptions options;
    options.db_directory = index_directory;
    options.store = small_files(fs);
    bool armed = false;
    const auto report = verify::verify_index(options, [&](const verify::VerifyProgress&) {
      if (!std::exchange(armed, true)) arm();
    });
    if (fs->faults_hit() > 0) {
      ASSERT_FALSE(report.ok()) << fs->first_fault();
      expect_named(report.error(), *fs);
    } else {
      ASSERT_TRUE(report.ok()) << report.error().message;
      ASSERT_TRUE(report.value().whole()) << verify::describe(report.value()) << report.value().findings.front();
    }
  });
}

}  // namespace
}  // namespace sluice::test
