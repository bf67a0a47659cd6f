// The scan: every normal state of a node's directory, and every way it can be wrong.
#include "source/block_map.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "block_maker.h"
#include "expect_chain.h"
#include "faulty_io.h"
#include "source/block_reader.h"
#include "source/raw_io.h"

namespace sluice::source {
namespace {

using test::append;
using test::BlockMaker;
using test::Buffer;
using test::expect_chain;
using test::MadeBlock;
using test::record;
using test::records;
using test::regtest;
using test::TestDir;

Result<BlockMap> scan(const TestDir& dir, const chain::Network& network = regtest()) {
  BlockReader reader(dir.path(), make_thread_io(8, 2));
  return scan_blocks(network, reader);
}

/// The scan fails with this kind, and its one line says all of these.
void expect_error(const Result<BlockMap>& result, ErrorKind kind, std::initializer_list<std::string> parts) {
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().kind, kind) << result.error().message;
  for (const std::string& part : parts) {
    EXPECT_NE(result.error().message.find(part), std::string::npos)
        << "'" << part << "' is not in: " << result.error().message;
  }
  EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
}

std::string at(const TestDir& dir, std::uint32_t file, std::uint64_t offset) {
  return dir.file(file) + ", offset " + std::to_string(offset) + ":";
}

TEST(BlockMap, FilesInOrder) {
  TestDir dir;
  const auto blocks = BlockMaker(1).chain(30);
  dir.write(0, records(blocks, 0, 10));
  dir.write(1, records(blocks, 10, 25));
  dir.write(2, records(blocks, 25, 30));
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 30);
  EXPECT_EQ(map.value().at(10).file_number, 1u);
  EXPECT_EQ(map.value().at(10).offset, 8u);
  EXPECT_EQ(map.value().at(11).offset, 8 + blocks[10].bytes.size() + 8);
  EXPECT_EQ(map.value().stale_count + map.value().duplicate_count + map.value().unlinked_count, 0u);
  EXPECT_FALSE(map.value().first_unlinked.has_value());
}

TEST(BlockMap, OrderShuffledAcrossFilesAndWindows) {
  TestDir dir;
  BlockMaker maker(2);
  const auto blocks = maker.chain(600, 3000);  // several windows a file
  std::vector<std::size_t> order(blocks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t i = order.size() - 1; i > 1; --i) std::swap(order[i], order[1 + maker.random().below(i)]);
  Buffer files[5];
  for (const std::size_t i : order) append(files[i == 0 ? 0 : maker.random().below(5)], record(blocks[i]));
  for (std::uint32_t f = 0; f < 5; ++f) dir.write(f, files[f]);
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 600);
  EXPECT_TRUE(std::is_sorted(map.value().scanned.begin(), map.value().scanned.end(),
                             [](const ScannedBlock& a, const ScannedBlock& b) {
                               return std::pair(a.file_number, a.offset) < std::pair(b.file_number, b.offset);
                             }));
}

TEST(BlockMap, LargeBlocksBetweenSmallOnes) {
  TestDir dir;
  BlockMaker maker(3);
  std::vector<MadeBlock> blocks{maker.genesis()};
  for (int i = 1; i < 20; ++i) blocks.push_back(maker.on(blocks.back().hash, i % 3 == 0 ? 200'000 : 90));
  dir.write(0, records(blocks, 0, 20));
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 20);
}

TEST(BlockMap, StaleDuplicateAndUnlinkedAreCounted) {
  TestDir dir;
  BlockMaker maker(4);
  const auto blocks = maker.chain(10);
  const MadeBlock stale_a = maker.on(blocks[5].hash), stale_b = maker.on(stale_a.hash);
  BlockHash nowhere;
  nowhere.bytes[3] = std::byte{9};
  const MadeBlock orphan = maker.on(nowhere), child = maker.on(orphan.hash);
  Buffer bytes = records(blocks, 0, 7);
  append(bytes, record(stale_a));
  append(bytes, record(child));
  append(bytes, record(blocks[3]));
  const std::uint64_t orphan_offset = bytes.size() + 8;
  append(bytes, record(orphan));
  append(bytes, record(stale_b));
  append(bytes, records(blocks, 7, 10));
  dir.write(0, bytes);
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 10);
  EXPECT_EQ(map.value().stale_count, 2u);
  EXPECT_EQ(map.value().duplicate_count, 1u);
  EXPECT_EQ(map.value().unlinked_count, 2u);
  ASSERT_TRUE(map.value().first_unlinked.has_value());
  EXPECT_EQ(map.value().first_unlinked->hash, orphan.hash);
  EXPECT_EQ(map.value().first_unlinked->missing_parent, nowhere);
  EXPECT_EQ(map.value().first_unlinked->file_number, 0u);
  EXPECT_EQ(map.value().first_unlinked->offset, orphan_offset);
}

TEST(BlockMap, ZeroTailsEndEachFile) {
  TestDir dir;
  const auto blocks = BlockMaker(5).chain(12);
  for (std::uint32_t f = 0; f < 4; ++f) {
    Buffer bytes = records(blocks, f * 3, f * 3 + 3);
    bytes.resize(bytes.size() + (f == 1 ? 2 : 5000 * f));  // also less than a magic
    dir.write(f, bytes);
  }
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 12);
}

TEST(BlockMap, BytesAfterAZeroGapAreNotLookedAtYet) {
  TestDir dir;
  BlockMaker maker(6);
  const auto blocks = maker.chain(4);
  Buffer bytes = records(blocks, 0, 4);
  const std::uint64_t end = bytes.size();
  bytes.resize(bytes.size() + 64);
  for (int i = 0; i < 300; ++i) bytes.push_back(static_cast<std::byte>(maker.random().next()));
  dir.write(0, bytes);
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 4);
  EXPECT_EQ(map.value().data_end[0], end);
}

TEST(BlockMap, EveryTruncationOfTheLastFileIsNormal) {
  const auto blocks = BlockMaker(7).chain(5, 40);
  const Buffer whole = records(blocks, 0, 5);
  const std::size_t four = records(blocks, 0, 4).size();
  for (std::size_t size = four; size < whole.size(); ++size) {
    TestDir dir;
    dir.write(0, Bytes(whole).first(size));
    auto map = scan(dir);
    ASSERT_TRUE(map.ok()) << "cut to " << size << ": " << map.error().message;
    EXPECT_EQ(map.value().height_count(), 4u);
    EXPECT_EQ(map.value().data_end[0], four);
    // The same in a file allocated ahead: what is not yet written is zero.
    if (size > four + 88) continue;  // the header is whole from here on
    Buffer padded(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    padded.resize(four + 4096);
    dir.write(0, padded);
    auto again = scan(dir);
    ASSERT_TRUE(again.ok()) << "padded from " << size << ": " << again.error().message;
    EXPECT_EQ(again.value().height_count(), 4u);
    EXPECT_EQ(again.value().data_end[0], four);
  }
}

TEST(BlockMap, TruncationOfAnEarlyFileIsAnError) {
  const auto blocks = BlockMaker(8).chain(9);
  const Buffer first = records(blocks, 0, 3);
  const std::uint64_t third = records(blocks, 0, 2).size();
  for (const std::size_t cut : {std::size_t{1}, std::size_t{60}, first.size() - third - 3}) {
    TestDir dir;
    dir.write(0, Bytes(first).first(first.size() - cut));
    dir.write(1, records(blocks, 3, 6));
    dir.write(2, records(blocks, 6, 9));
    expect_error(scan(dir), ErrorKind::corrupt, {at(dir, 0, third)});
  }
}

TEST(BlockMap, BadMagicNamesFileAndOffset) {
  TestDir dir;
  const auto blocks = BlockMaker(9).chain(9);
  Buffer bytes = records(blocks, 3, 6);
  const std::uint64_t second = records(blocks, 3, 4).size();
  bytes[second] ^= std::byte{1};
  dir.write(0, records(blocks, 0, 3));
  dir.write(1, bytes);
  dir.write(2, records(blocks, 6, 9));
  expect_error(scan(dir), ErrorKind::corrupt, {at(dir, 1, second), "fbbfb5da", "wanted fabfb5da"});
  // The lowest file's error is the one that is told.
  bytes = records(blocks, 0, 3);
  bytes[record(blocks[0]).size() + 2] ^= std::byte{0xff};
  dir.write(0, bytes);
  expect_error(scan(dir), ErrorKind::corrupt, {at(dir, 0, record(blocks[0]).size())});
}

TEST(BlockMap, AbsurdLengths) {
  const auto blocks = BlockMaker(10).chain(4);
  const std::uint64_t second = record(blocks[0]).size();
  struct Case {
    std::uint32_t length;
    std::uint32_t files;
    const char* says;
  };
  for (const Case& c : {Case{0xffffffff, 1, "absurd block length 4294967295"}, Case{0x80000001, 1, "absurd"},
                        Case{80, 1, "absurd block length 80"}, Case{1, 4, "absurd"}, Case{0, 4, "absurd"},
                        Case{0x7fffffff, 4, "past the end of the file"}}) {
    TestDir dir;
    Buffer bytes = records(blocks, 0, 4);
    store_le(bytes.data() + second + 4, c.length);
    dir.write(0, bytes);
    for (std::uint32_t f = 1; f < c.files; ++f) dir.write(f, Buffer(16));
    expect_error(scan(dir), ErrorKind::corrupt, {at(dir, 0, second), c.says});
  }
}

TEST(BlockMap, HeaderWithoutProofOfWork) {
  TestDir dir;
  const auto blocks = BlockMaker(11).chain(4);
  Buffer bytes = records(blocks, 0, 4);
  const std::uint64_t header = record(blocks[0]).size() + 8;
  for (std::uint32_t nonce = 0;; ++nonce) {  // easy work: look for a header that fails it
    store_le(bytes.data() + header + 76, nonce);
    if (!chain::meets_target(chain::block_hash(chain::Coin::radiant, Bytes(bytes).subspan(header, 80)), 0x207fffff))
      break;
  }
  dir.write(0, bytes);
  expect_error(scan(dir), ErrorKind::corrupt, {at(dir, 0, header), "proof of work"});
}

TEST(BlockMap, TargetEasierThanTheNetworkAllows) {
  for (const std::uint32_t bits : {0x21007fffu + 0x8000u, 0x2100ffffu, 0x00000000u, 0xff123456u}) {
    TestDir dir;
    const auto blocks = BlockMaker(12).chain(3);
    Buffer bytes = records(blocks, 0, 3);
    const std::uint64_t header = record(blocks[0]).size() + 8;
    store_le(bytes.data() + header + 72, bits);
    dir.write(0, bytes);
    expect_error(scan(dir), ErrorKind::corrupt, {at(dir, 0, header), "easier target"});
  }
}

TEST(BlockMap, AnotherNetworksMagic) {
  TestDir dir;
  const chain::Network* mainnet = chain::find_network("Radiant", "mainnet");
  ASSERT_NE(mainnet, nullptr);
  BlockMaker maker(13, *mainnet);
  dir.write(0, record(maker.genesis(), *mainnet));
  expect_error(scan(dir), ErrorKind::unsupported,
               {at(dir, 0, 0), "belongs to another network: found magic " + to_hex(mainnet->disk_magic),
                "Radiant mainnet", "wanted fabfb5da"});
  Buffer bytes(200, std::byte{0x5a});
  dir.write(0, bytes);
  expect_error(scan(dir), ErrorKind::unsupported, {"found magic 5a5a5a5a", "no network known", "xor.dat"});
}

TEST(BlockMap, AnotherNetworkOfTheSameMagic) {
  TestDir dir;
  const chain::Network* bitcoin = chain::find_network("Bitcoin", "regtest");
  ASSERT_NE(bitcoin, nullptr);
  ASSERT_EQ(bitcoin->disk_magic, regtest().disk_magic);
  BlockMaker maker(14, *bitcoin);
  dir.write(0, record(maker.genesis(), *bitcoin));
  expect_error(
      scan(dir), ErrorKind::unsupported,
      {at(dir, 0, 8), "belongs to another network", "genesis block of Bitcoin regtest", "wanted Radiant regtest"});
}

TEST(BlockMap, PrunedIsSaid) {
  const auto blocks = BlockMaker(15).chain(6);
  TestDir gone;
  gone.write(2, records(blocks, 2, 6));
  expect_error(scan(gone), ErrorKind::unsupported, {gone.path(), "blk00002.dat", "blk00000.dat is gone", "pruned"});
  TestDir no_genesis;
  no_genesis.write(0, records(blocks, 1, 6));
  expect_error(scan(no_genesis), ErrorKind::unsupported, {at(no_genesis, 0, 8), blocks[1].hash.display(), "pruned"});
}

TEST(BlockMap, NoBlocksYet) {
  TestDir dir;
  expect_error(scan(dir), ErrorKind::not_found, {dir.path(), "no block files"});
  dir.write("blk0000.dat", Buffer(3));
  dir.write("blk00000.dat.bak", Buffer(3));
  dir.write("rev00000.dat", Buffer(3));
  expect_error(scan(dir), ErrorKind::not_found, {dir.path(), "no block files"});
  dir.write(0, Buffer(4096));
  expect_error(scan(dir), ErrorKind::not_found, {"hold no block yet"});
  dir.write(0, Buffer{});
  expect_error(scan(dir), ErrorKind::not_found, {"hold no block yet"});
}

TEST(BlockMap, MissingMiddleFileIsNamed) {
  TestDir dir;
  const auto blocks = BlockMaker(16).chain(9);
  dir.write(0, records(blocks, 0, 3));
  dir.write(1, records(blocks, 3, 6));
  dir.write(3, records(blocks, 6, 9));
  expect_error(scan(dir), ErrorKind::not_found, {dir.path(), "blk00002.dat is missing", "blk00003.dat"});
}

TEST(BlockMap, UnreadableDirectoryAndFiles) {
  TestDir dir;
  dir.write("file", Buffer(1));
  BlockReader not_a_directory(dir.path() + "/file", make_thread_io(2, 1));
  expect_error(scan_blocks(regtest(), not_a_directory), ErrorKind::io, {dir.path() + "/file", "Not a directory"});
  BlockReader absent(dir.path() + "/absent", make_thread_io(2, 1));
  expect_error(scan_blocks(regtest(), absent), ErrorKind::io, {dir.path() + "/absent", "No such file or directory"});

  TestDir odd;
  ASSERT_EQ(::mkdir(odd.file(0).c_str(), 0755), 0);
  expect_error(scan(odd), ErrorKind::io, {odd.file(0), "not a regular file"});
  TestDir dangling;
  ASSERT_EQ(::symlink("nowhere", dangling.file(0).c_str()), 0);
  expect_error(scan(dangling), ErrorKind::io, {dangling.file(0), "No such file or directory"});
}

TEST(BlockMap, XorKey) {
  TestDir dir;
  BlockMaker maker(17);
  const auto blocks = maker.chain(200, 900);
  XorKey key;
  for (std::byte& b : key.bytes) b = static_cast<std::byte>(maker.random().next() | 1);
  dir.write("xor.dat", key.bytes);
  for (std::uint32_t f = 0; f < 2; ++f) {
    Buffer bytes = records(blocks, f * 100, f * 100 + 100);
    key.apply(bytes, 0);
    bytes.resize(bytes.size() + 4096);  // space allocated ahead is not obscured
    dir.write(f, bytes);
  }
  auto map = scan(dir);
  ASSERT_TRUE(map.ok()) << map.error().message;
  expect_chain(map.value(), blocks, 200);

  std::filesystem::remove(dir.path() + "/xor.dat");
  expect_error(scan(dir), ErrorKind::unsupported, {"another network", "is xor.dat missing?"});
  dir.write("xor.dat", Buffer(7));
  expect_error(scan(dir), ErrorKind::corrupt, {"xor.dat", "8 bytes", "7"});
  dir.write("xor.dat", Buffer(9));
  expect_error(scan(dir), ErrorKind::corrupt, {"xor.dat", "8 bytes", "more"});
}

TEST(XorKey, AppliesByFileOffset) {
  XorKey key;
  for (std::size_t i = 0; i < 8; ++i) key.bytes[i] = static_cast<std::byte>(0x11 * (i + 1));
  for (std::uint64_t offset = 0; offset < 20; ++offset) {
    for (std::size_t size = 0; size < 40; ++size) {
      Buffer bytes(size);
      key.apply(bytes, offset);
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(bytes[i], key.bytes[(offset + i) % 8]);
    }
  }
}

TEST(BlockMap, ScanUnderShortLateAndInterruptedReads) {
  TestDir dir;
  const auto blocks = BlockMaker(21).chain(300, 2000);
  for (std::uint32_t f = 0; f < 6; ++f) dir.write(f, records(blocks, f * 50, f * 50 + 50));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto io = std::make_unique<test::FaultyIo>(
        4, test::Faults{.seed = seed, .short_read = 0.4, .interrupted = 0.2, .reorder = true});
    const test::FaultyIo& faulty = *io;
    BlockReader reader(dir.path(), std::move(io));
    auto map = scan_blocks(regtest(), reader);
    ASSERT_TRUE(map.ok()) << "seed " << seed << ": " << map.error().message;
    expect_chain(map.value(), blocks, 300);
    EXPECT_GT(faulty.most_in_flight(), 1u);
    EXPECT_GT(faulty.short_reads(), 0);
  }
}

TEST(BlockMap, ScanErrorsOfTheDeviceNameThePlace) {
  TestDir dir;
  const auto blocks = BlockMaker(22).chain(20, 300);
  dir.write(0, records(blocks, 0, 20));
  BlockReader reader(dir.path(), std::make_unique<test::FaultyIo>(4, test::Faults{.fail_at = 0}));
  expect_error(scan_blocks(regtest(), reader), ErrorKind::io, {dir.file(0) + ", offset 0", "Input/output error"});
}

}  // namespace
}  // namespace sluice::source
