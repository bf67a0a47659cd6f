// Block files on disk: records back to back, split at the size limit, zeros behind, obscured or not.
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "devnet/devnet.h"
#include "support/temp_dir.h"

namespace sluice::devnet {
namespace {

using test::TempDir;

std::vector<std::byte> read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

DevnetOptions options_for(const TempDir& directory, const std::string& coin) {
  DevnetOptions options;
  options.directory = directory.path() / "blocks";
  options.coin = coin;
  options.blocks = 30;
  options.txs_per_block = 10;
  options.reorgs = 2;
  options.file_bytes_max = 64 << 10;
  options.zero_tail_bytes = 4096;
  return options;
}

// Walks the records of all files, in order, and compares them with the chain in memory.
void expect_files_hold(const DevnetOptions& options, std::uint32_t file_count, std::array<std::byte, 8> key) {
  const auto chain = build_devnet(options);
  ASSERT_TRUE(chain.ok());
  std::size_t next = 0;
  for (std::uint32_t number = 0; number < file_count; ++number) {
    char name[32];
    std::snprintf(name, sizeof name, "blk%05u.dat", number);
    std::vector<std::byte> file = read_whole(options.directory / name);
    ASSERT_GT(file.size(), options.zero_tail_bytes) << name;
    const std::size_t records_end = file.size() - options.zero_tail_bytes;
    EXPECT_LE(records_end, options.file_bytes_max);
    for (std::size_t i = records_end; i < file.size(); ++i) ASSERT_EQ(file[i], std::byte{0});
    for (std::size_t i = 0; i < records_end; ++i) file[i] ^= key[i % 8];
    for (std::size_t at = 0; at < records_end;) {
      ASSERT_LT(next, chain.value().blocks.size());
      const std::vector<std::byte>& raw = chain.value().blocks[next++].raw;
      EXPECT_EQ(load_le<std::uint32_t>(file.data() + at), 0xdab5bffaU);
      ASSERT_EQ(load_le<std::uint32_t>(file.data() + at + 4), raw.size());
      EXPECT_TRUE(std::equal(raw.begin(), raw.end(), file.begin() + static_cast<std::ptrdiff_t>(at + 8)));
      at += 8 + raw.size();
    }
  }
  EXPECT_EQ(next, chain.value().blocks.size());
}

TEST(BlockFiles, HoldTheChainInSeveralFiles) {
  for (const char* coin : {"Radiant", "Bitcoin", "BitcoinCash"}) {
    const TempDir directory;
    const DevnetOptions options = options_for(directory, coin);
    const auto report = write_devnet(options);
    ASSERT_TRUE(report.ok()) << report.error().message;
    EXPECT_GT(report.value().files, 2U);
    expect_files_hold(options, report.value().files, {});
    EXPECT_FALSE(std::filesystem::exists(options.directory / "xor.dat"));
  }
}

TEST(BlockFiles, AreObscuredByTheKeyInXorDat) {
  const TempDir directory;
  DevnetOptions options = options_for(directory, "Bitcoin");
  options.xor_key = {std::byte{1}, std::byte{0x80}, std::byte{3}, std::byte{4},
                     std::byte{5}, std::byte{6},    std::byte{7}, std::byte{0xf8}};
  const auto report = write_devnet(options);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_EQ(read_whole(options.directory / "xor.dat"),
            std::vector<std::byte>(options.xor_key->begin(), options.xor_key->end()));
  expect_files_hold(options, report.value().files, *options.xor_key);
}

TEST(BlockFiles, NeverWriteOverOthers) {
  const TempDir directory;
  const DevnetOptions options = options_for(directory, "Radiant");
  ASSERT_TRUE(write_devnet(options).ok());
  const auto before = read_whole(options.directory / "blk00000.dat");
  const auto again = write_devnet(options);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().kind, ErrorKind::config);
  EXPECT_NE(again.error().message.find("blk00000.dat"), std::string::npos);
  EXPECT_EQ(read_whole(options.directory / "blk00000.dat"), before);
}

TEST(BlockFiles, ADirectoryThatCannotBeMadeIsAnError) {
  const TempDir directory;
  DevnetOptions options = options_for(directory, "Radiant");
  std::ofstream(directory.path() / "blocks") << "a file";
  const auto report = write_devnet(options);
  ASSERT_FALSE(report.ok());
  EXPECT_NE(report.error().message.find("blocks"), std::string::npos);
}

}  // namespace
}  // namespace sluice::devnet
