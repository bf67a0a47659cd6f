// Profile files: flat TOML, known keys only, one line for each mistake.
#include "config/profile.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "harness.h"

namespace sluice::config {
namespace {

const Origin from_test{Source::profile, "test.toml"};

TEST(Profile, texts_numbers_and_booleans_are_taken) {
  Settings settings(Command::sync);
  const Status status = apply_profile(
      settings,
      "# a comment\nrocksdb_block_size = \"8KiB\"\nrocksdb_max_background_flushes = 1_6\nrocksdb_use_fsync = true\n"
      "rocksdb_level_compaction_dynamic_level_bytes = \"on\"\nrocksdb_write_buffer_size = 131072\nresolve = 'table'\n",
      from_test);
  ASSERT_TRUE(status.ok()) << status.error().message;
  RocksDbOptions rocksdb;
  fill(settings, rocksdb);
  EXPECT_EQ(rocksdb.rocksdb_block_size, 8u << 10);
  EXPECT_EQ(rocksdb.rocksdb_max_background_flushes, 16u);
  EXPECT_EQ(rocksdb.rocksdb_write_buffer_size, 131072u);
  EXPECT_EQ(rocksdb.rocksdb_use_fsync, true);
  EXPECT_TRUE(rocksdb.rocksdb_level_compaction_dynamic_level_bytes);
}

TEST(Profile, refusals_name_file_key_and_reason) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"rocksdb_blok_size = 1",
       "profile test.toml: unknown key \"rocksdb_blok_size\"; did you mean rocksdb_block_size?"},
      {"qqqqqqqqqq = 1", "profile test.toml: unknown key \"qqqqqqqqqq\"; see"},
      {"db_dir = 'x'", "unknown key \"db_dir\""},
      {"rocksdb_block_size = 1", "profile test.toml: rocksdb_block_size: \"1\" is out of range; allowed: 512B to 4MiB"},
      {"rocksdb_block_size = 'big'", "profile test.toml: rocksdb_block_size: \"big\" is not a size"},
      {"rocksdb_block_size = -1", "out of range"},
      {"rocksdb_max_background_flushes = 1.5",
       "profile test.toml: rocksdb_max_background_flushes: \"1.5\" is not an integer"},
      {"rocksdb_max_background_flushes = true", "\"true\" is not an integer"},
      {"rocksdb_max_background_flushes = [1]",
       "profile test.toml: rocksdb_max_background_flushes: expected one text, number or boolean"},
      {"rocksdb_max_background_flushes = 2020-01-01", "expected one text, number or boolean"},
      {"[rocksdb_max_background_flushes]\nx = 1", "expected one text, number or boolean"},
      {"rocksdb_max_background_flushes = 3\nrocksdb_max_background_flushes = 4", "profile test.toml: line 2"},
      {"rocksdb_max_background_flushes == 3", "profile test.toml: line 1"},
      {"rocksdb_max_background_flushes = 99999999999999999999", "profile test.toml: line 1"},
      {"\xff\xfe", "profile test.toml: line 1"},
  };
  for (const auto& [text, part] : cases) {
    Settings settings(Command::sync);
    const Status status = apply_profile(settings, text, from_test);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_TRUE(mentions(status.error().message, part)) << status.error().message;
    EXPECT_EQ(status.error().message.find('\n'), std::string::npos);
  }
}

TEST(Profile, keys_of_other_commands_are_checked_but_not_taken) {
  Settings settings(Command::serve);
  EXPECT_TRUE(apply_profile(settings, "resolve = 'join'", from_test).ok());
  EXPECT_FALSE(apply_profile(settings, "resolve = 'magic'", from_test).ok());
  EXPECT_EQ(settings[Option::resolve].origin.source, Settings(Command::serve)[Option::resolve].origin.source);
}

TEST(Profile, a_written_profile_reads_back) {
  PipelineTuning tuning;
  tuning.memory_budget = 3ull << 30;
  tuning.threads = 5;
  RocksDbOptions rocksdb;
  rocksdb.rocksdb_compression = Compression::zstd;
  rocksdb.rocksdb_use_fsync = true;
  rocksdb.rocksdb_max_open_files = -1;
  std::string text;
  append_profile(text, tuning);
  append_profile(text, rocksdb);
  EXPECT_TRUE(mentions(text, "memory_budget = \"3GiB\"\n"));
  EXPECT_TRUE(mentions(text, "threads = 5\n"));
  EXPECT_FALSE(mentions(text, "rocksdb_max_open_files_sync"));
  Settings settings(Command::sync);
  const Status status = apply_profile(settings, text, from_test);
  ASSERT_TRUE(status.ok()) << status.error().message << "\n" << text;
  PipelineTuning tuning_again;
  RocksDbOptions rocksdb_again;
  fill(settings, tuning_again);
  fill(settings, rocksdb_again);
  EXPECT_EQ(tuning_again.memory_budget, tuning.memory_budget);
  EXPECT_EQ(tuning_again.threads, 5u);
  EXPECT_EQ(rocksdb_again.rocksdb_compression, Compression::zstd);
  EXPECT_EQ(rocksdb_again.rocksdb_use_fsync, true);
  EXPECT_EQ(rocksdb_again.rocksdb_max_open_files, -1);
}

TEST(Profile, odd_files_are_refused) {
  EXPECT_FALSE(read_profile_file("/does/not/exist").ok());
  EXPECT_FALSE(read_profile_file("/").ok());
  const auto path = std::filesystem::temp_directory_path() / fmt::format("sluice-large-{}.toml", getpid());
  std::ofstream(path) << std::string((1 << 20) + 1, '#');
  const auto text = read_profile_file(path);
  ASSERT_TRUE(text.ok());
  Settings settings(Command::sync);
  const Status status = apply_profile(settings, text.value(), from_test);
  std::filesystem::remove(path);
  ASSERT_FALSE(status.ok());
  EXPECT_TRUE(mentions(status.error().message, "larger than 1 MiB"));
}

}  // namespace
}  // namespace sluice::config
