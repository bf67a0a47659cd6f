// The back ends, the choice between them, the reader on top, and single ranges.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "block_maker.h"
#include "faulty_io.h"
#include "machine_has_uring.h"
#include "source/block_reader.h"
#include "source/block_source.h"
#include "source/range_reader.h"
#include "source/raw_io.h"

namespace sluice::source {
namespace {

using test::BlockMaker;
using test::Buffer;
using test::Faults;
using test::FaultyIo;
using test::TestDir;

Buffer random_bytes(std::size_t size, std::uint64_t seed) {
  Random random(seed);
  Buffer bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random.next());
  return bytes;
}

/// Reads scattered pieces, all slots busy all the time, and compares.
void read_scattered(RawIo& io, const TestDir& dir, const Buffer& content, MutableBytes memory) {
  const int fd = ::open(dir.file(0).c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  Random random(5);
  const std::uint32_t piece = 3000;
  ASSERT_GE(memory.size(), std::size_t{piece} * io.depth());
  std::vector<RawRead> reads(io.depth());
  const auto start = [&](std::uint32_t slot) {
    const auto size = static_cast<std::uint32_t>(1 + random.below(piece));
    reads[slot] = {.fd = fd,
                   .offset = random.below(content.size() - size),
                   .target = memory.data() + std::size_t{slot} * piece,
                   .size = size,
                   .slot = slot};
    io.start(reads[slot]);
  };
  for (std::uint32_t slot = 0; slot < io.depth(); ++slot) start(slot);
  io.flush();
  int left = 500;
  for (std::uint32_t in_flight = io.depth(); in_flight > 0;) {
    const RawDone done = io.wait();
    const RawRead& read = reads[done.slot];
    ASSERT_EQ(done.result, read.size);
    ASSERT_TRUE(
        std::equal(read.target, read.target + read.size, content.begin() + static_cast<std::ptrdiff_t>(read.offset)));
    if (left-- > 0) start(done.slot);
    else --in_flight;
  }
  io.start({.fd = fd, .offset = content.size() - 10, .target = memory.data(), .size = 100, .slot = 0});
  EXPECT_EQ(io.wait().result, 10);
  io.start({.fd = fd, .offset = content.size(), .target = memory.data(), .size = 100, .slot = 0});
  EXPECT_EQ(io.wait().result, 0);
  io.start({.fd = -1, .offset = 0, .target = memory.data(), .size = 100, .slot = 0});
  EXPECT_EQ(io.wait().result, -EBADF);
  ::close(fd);
}

TEST(RawIo, Threads) {
  TestDir dir;
  const Buffer content = random_bytes(200'000, 1);
  dir.write(0, content);
  for (const std::uint32_t depth : {1u, 2u, 16u}) {
    Buffer memory(3000 * std::size_t{depth});
    const auto io = make_thread_io(depth, std::min(depth, 4u));
    EXPECT_EQ(io->name(), "threads");
    EXPECT_FALSE(io->register_memory({}));
    read_scattered(*io, dir, content, memory);
  }
}

TEST(RawIo, UringPlainAndRegistered) {
  auto made = make_uring_io(16);
  ASSERT_EQ(made.ok(), test::machine_has_uring()) << "io_uring is there but was not run, or the other way round";
  if (!made.ok()) {
    EXPECT_NE(made.error().message.find("io_uring is refused"), std::string::npos);
    GTEST_SKIP() << "this machine refuses io_uring: " << made.error().message;
  }
  TestDir dir;
  const Buffer content = random_bytes(200'000, 2);
  dir.write(0, content);
  RawIo& io = *made.value();
  EXPECT_EQ(io.name(), "io_uring");
  RawBuffer pinned(64 * 1024), plain(64 * 1024);
  read_scattered(io, dir, content, plain.memory());
  const MutableBytes regions[] = {pinned.memory()};
  ASSERT_TRUE(io.register_memory(regions)) << "64 KiB may be locked by anybody";
  read_scattered(io, dir, content, pinned.memory());
  read_scattered(io, dir, content, plain.memory());  // outside the registered memory
  io.forget_memory();
  io.forget_memory();
  read_scattered(io, dir, content, pinned.memory());
}

TEST(RawIo, DestroyedWhileReadsAreInFlight) {
  TestDir dir;
  dir.write(0, random_bytes(1 << 20, 3));
  const int fd = ::open(dir.file(0).c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  Buffer memory(8 << 17);
  for (const bool uring : {false, true}) {
    if (uring && !test::machine_has_uring()) continue;
    const auto io = uring ? make_uring_io(8).value() : make_thread_io(8, 2);
    for (std::uint32_t slot = 0; slot < 8; ++slot) {
      io->start({.fd = fd,
                 .offset = slot << 17,
                 .target = memory.data() + (std::size_t{slot} << 17),
                 .size = 1 << 17,
                 .slot = slot});
    }
  }
  ::close(fd);
}

TEST(ChooseIo, Setting) {
  auto unknown = choose_io("epoll", 4);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::config);
  EXPECT_NE(unknown.error().message.find("SLUICE_IO is 'epoll'"), std::string::npos);
  EXPECT_NE(unknown.error().message.find("io_uring or threads"), std::string::npos);
  auto threads = choose_io("threads", 4);
  ASSERT_TRUE(threads.ok());
  EXPECT_EQ(threads.value().io->name(), "threads");
  EXPECT_EQ(threads.value().reason, "");
  auto best = choose_io("", 4);
  ASSERT_TRUE(best.ok());
  auto forced = choose_io("io_uring", 4);
  ASSERT_EQ(forced.ok(), test::machine_has_uring());
  if (forced.ok()) {
    EXPECT_EQ(best.value().io->name(), "io_uring");
    EXPECT_EQ(best.value().reason, "");
  } else {
    EXPECT_EQ(best.value().io->name(), "threads");
    EXPECT_NE(best.value().reason.find("io_uring is refused"), std::string::npos);
  }
  ::setenv("SLUICE_IO", "threads", 1);
  EXPECT_EQ(io_setting(), "threads");
  ::unsetenv("SLUICE_IO");
  EXPECT_EQ(io_setting(), "");
}

TEST(BlockReader, ContinuesShortReadsAndReportsTheEnd) {
  TestDir dir;
  const Buffer content = random_bytes(50'000, 4);
  dir.write(0, content);
  dir.write(1, Bytes(content).first(1000));
  BlockReader reader(dir.path(), std::make_unique<FaultyIo>(
                                     3, Faults{.seed = 8, .short_read = 0.8, .interrupted = 0.3, .reorder = true}));
  Buffer target(60'000);
  ASSERT_TRUE(reader.submit({.file_number = 0, .offset = 0, .target = target.data(), .size = 50'000, .tag = 70}).ok());
  ASSERT_TRUE(
      reader.submit({.file_number = 1, .offset = 100, .target = target.data() + 50'000, .size = 2000, .tag = 71}).ok());
  ASSERT_TRUE(
      reader.submit({.file_number = 1, .offset = 5000, .target = target.data() + 53'000, .size = 10, .tag = 72}).ok());
  EXPECT_FALSE(reader.can_submit());
  std::uint32_t bytes[3] = {99, 99, 99};
  while (reader.in_flight() > 0) {
    auto done = reader.wait();
    ASSERT_TRUE(done.ok());
    bytes[done.value().tag - 70] = done.value().bytes;
  }
  EXPECT_EQ(bytes[0], 50'000u);
  EXPECT_EQ(bytes[1], 900u);
  EXPECT_EQ(bytes[2], 0u);
  EXPECT_TRUE(std::equal(content.begin(), content.end(), target.begin()));
}

TEST(BlockReader, ErrorsNameFileAndOffset) {
  TestDir dir;
  dir.write(0, random_bytes(5000, 5));
  BlockReader reader(dir.path(), std::make_unique<FaultyIo>(2, Faults{.fail_at = 1}));
  Buffer target(100);
  auto absent = reader.submit({.file_number = 4, .offset = 0, .target = target.data(), .size = 10, .tag = 0});
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().kind, ErrorKind::io);
  EXPECT_EQ(absent.error().message, "cannot open " + dir.file(4) + ": No such file or directory");
  EXPECT_EQ(reader.in_flight(), 0u);
  for (const bool fails : {false, true, false}) {
    ASSERT_TRUE(reader.submit({.file_number = 0, .offset = 1234, .target = target.data(), .size = 10, .tag = 0}).ok());
    auto done = reader.wait();
    ASSERT_EQ(done.ok(), !fails);
    if (done.ok()) continue;
    EXPECT_EQ(done.error().message, "cannot read " + dir.file(0) + ", offset 1234: Input/output error");
  }
}

TEST(FileCache, StaysBoundedAndKeepsWhatIsUsed) {
  TestDir dir;
  for (std::uint32_t f = 0; f < 20; ++f) dir.write(f, Buffer(10, static_cast<std::byte>(f)));
  FileCache cache(dir.path(), 4);
  const int first = cache.acquire(0).value();
  for (std::uint32_t f = 1; f < 20; ++f) {
    std::byte b{};
    ASSERT_EQ(::pread(cache.acquire(f).value(), &b, 1, 3), 1);
    EXPECT_EQ(b, static_cast<std::byte>(f));
    cache.release(f);
    EXPECT_LE(cache.open_count(), 4u);
  }
  EXPECT_EQ(cache.acquire(0).value(), first);
  for (std::uint32_t f = 1; f < 10; ++f) ASSERT_TRUE(cache.acquire(f).ok());
  EXPECT_EQ(cache.open_count(), 10u);  // all in use at once
  for (std::uint32_t f = 1; f < 10; ++f) cache.release(f);
  EXPECT_LE(cache.open_count(), 4u);
}

TEST(RangeReader, ReadsClearsAndRefuses) {
  TestDir dir;
  const Buffer content = random_bytes(10'000, 6);
  XorKey key;
  for (std::byte& b : key.bytes) b = std::byte{0x3c};
  Buffer obscured = content;
  key.apply(obscured, 0);
  dir.write(0, content);
  dir.write(1, obscured);
  RangeReader plain(dir.path());
  RangeReader keyed(dir.path(), key);
  for (const auto& [offset, size] :
       {std::pair{0u, 10u}, std::pair{77u, 5000u}, std::pair{9990u, 10u}, std::pair{5u, 0u}}) {
    auto a = plain.read_range(0, offset, size);
    auto b = keyed.read_range(1, offset, size);
    ASSERT_TRUE(a.ok() && b.ok());
    ASSERT_EQ(a.value().size(), size);
    EXPECT_TRUE(std::equal(a.value().begin(), a.value().end(), content.begin() + offset));
    EXPECT_EQ(a.value(), b.value());
  }
  auto beyond = plain.read_range(0, 9990, 11);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().kind, ErrorKind::corrupt);
  EXPECT_NE(beyond.error().message.find(dir.file(0) + ", offset 10000"), std::string::npos);
  EXPECT_EQ(plain.read_range(7, 0, 1).error().kind, ErrorKind::io);
  EXPECT_EQ(plain.read_range(0, ~std::uint64_t{0} - 5, 10).error().kind, ErrorKind::limit);
  EXPECT_EQ(plain.read_range(0, 0, 0xffffffff).error().kind, ErrorKind::limit);
}

TEST(RangeReader, ManyThreadsFewDescriptors) {
  TestDir dir;
  std::vector<Buffer> contents;
  for (std::uint32_t f = 0; f < 8; ++f) dir.write(f, contents.emplace_back(random_bytes(4000, 100 + f)));
  RangeReader reader(dir.path(), {}, 2);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Random random(t);
      for (int i = 0; i < 500; ++i) {
        const auto file = static_cast<std::uint32_t>(random.below(8));
        const std::uint64_t offset = random.below(3000);
        auto bytes = reader.read_range(file, offset, 900);
        ASSERT_TRUE(bytes.ok()) << bytes.error().message;
        ASSERT_TRUE(std::equal(bytes.value().begin(), bytes.value().end(),
                               contents[file].begin() + static_cast<std::ptrdiff_t>(offset)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

/// What the child of the next test does: 0 if all went well, else the number of the step that did not.
int read_with_little_lockable_memory(const TestDir& dir, std::size_t block_count) {
  const rlimit limit{.rlim_cur = 64 * 1024, .rlim_max = 64 * 1024};
  if (::setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return 1;
  if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) return 2;
  auto choice = choose_io("", 16);
  if (!choice) return 3;
  const bool uring = choice.value().io->name() == "io_uring";
  BlockReader reader(dir.path(), std::move(choice.value().io));
  auto map = scan_blocks(test::regtest(), reader);
  if (!map || map.value().height_count() != block_count) return 4;
  std::vector<RawBuffer> slots(4);
  BlockSource source(map.value(), reader, slots, {.batch_bytes = 4 << 20}, 0, map.value().height_count());
  if (uring && source.memory_registered()) return 5;  // 16 MiB cannot be locked with a limit of 64 KiB
  for (std::uint32_t slot = 0; slot < slots.size(); ++slot) source.give(slot);
  std::size_t blocks = 0;
  for (;;) {
    std::uint32_t slot = 0;
    switch (source.step(slot)) {
      case SourceStep::ready:
        blocks += slots[slot].blocks.size();
        source.give(slot);
        break;
      case SourceStep::progressed: break;
      case SourceStep::finished: return blocks == block_count ? 0 : 6;
      default: return 7;
    }
  }
}

TEST(BlockSource, LittleLockableMemoryAsAnOrdinaryUser) {
  TestDir dir;
  const auto blocks = BlockMaker(30).chain(200, 50'000);
  dir.write(0, test::records(blocks, 0, 200));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(read_with_little_lockable_memory(dir, 200));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace sluice::source
