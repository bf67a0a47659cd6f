// The file of good peers: written and read back, and refused as a whole when it is not as it was written.
#include "peers/saved_peers.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.h"

namespace sluice::peers {
namespace {

TEST(SavedPeers, ComeBack) {
  PeerTable table(false, Random(1));
  const Verified found{{1, 2}, "1.4.2", 7, "v", "1.4", "8.8.8.8"};
  for (const char* host : {"a.org", "b.onion", "never.org", "bad.org"})
    table.note({host, {1, 2}, "1.4", std::nullopt}, PeerSource::peer, 1);
  table.note({"own.org", {1, 2}, "1.4", std::nullopt}, PeerSource::own, 1);
  for (const char* host : {"a.org", "bad.org", "own.org"}) table.verified(host, found, 1000);
  table.verified("b.onion", {{50001, 0}, "1.4", {}, "", "", ""}, 2000);
  table.failed("bad.org", true, 3000);
  const std::string text = show_saved(table);
  EXPECT_EQ(text, "sluice peers 1\n1000 8.8.8.8 a.org v1.4.2 p7 s2 t1\n2000 - b.onion v1.4 t50001\n");
  const auto read = read_saved(text);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().size(), 2u);
  EXPECT_EQ(read.value()[0].name, (PeerName{"a.org", {1, 2}, "1.4.2", 7}));
  EXPECT_EQ(read.value()[0].address, "8.8.8.8");
  EXPECT_EQ(read.value()[1].last_good, 2000);
  EXPECT_EQ(read.value()[1].address, "");
}

TEST(SavedPeers, OtherTextIsRefused) {
  for (const char* text : {"", "sluice peers 2\n", "sluice peers 1 \n", "[]"})
    EXPECT_FALSE(read_saved(text).ok()) << text;
  for (const char* line : {"\n", "x - a.org t1", "-1 - a.org t1", "5", "5 -", "5 - a.org", "5 - a.org t", "5  a.org t1",
                           "5 8.8.8 a.org t1", "99999999999999999999 - a.org t1", "5 - a.org t1\n\n"}) {
    const auto read = read_saved(std::string("sluice peers 1\n") + line);
    ASSERT_FALSE(read.ok()) << line;
    EXPECT_NE(read.error().message.find("is no saved peer"), std::string::npos);
  }
}

TEST(SavedPeers, AFileIsNamedInErrors) {
  const test::TempDir directory;
  const auto file = directory.path() / "peers";
  EXPECT_TRUE(load_peers(file).value().empty()) << "there is none yet";
  std::ofstream(file) << "sluice peers 1\n5 - a.org t1\nnonsense\n";
  EXPECT_EQ(load_peers(file).error().message, file.string() + ": line 3 is no saved peer");
  std::filesystem::resize_file(file, 100'000'000);
  EXPECT_EQ(load_peers(file).error().kind, ErrorKind::limit);
}

}  // namespace
}  // namespace sluice::peers
