// The life of peers by an injected clock: when they are checked, how they stand, who is told, what bounds hold.
#include "peers/peer_table.h"

#include <gtest/gtest.h>

#include <set>

#include "peers/add_limit.h"
#include "peers/peer_host.h"

namespace sluice::peers {
namespace {

constexpr Seconds start = 1'700'000'000;

PeerName named(const std::string& host, std::uint16_t port = 50001) { return {host, {port, 0}, "1.4", std::nullopt}; }

PeerTable table_of(bool may_be_private = false) { return PeerTable(may_be_private, Random(1)); }

void make_good(PeerTable& table, const std::string& host, const std::string& address, Seconds now,
               PeerSource source = PeerSource::peer) {
  ASSERT_TRUE(table.note(named(host), source, now)) << host;
  table.verified(host, {{50001, 0}, "1.4", std::nullopt, "x", "1.4", address}, now);
}

std::set<std::string> told_hosts(PeerTable& table, Seconds now, bool to_tor = false) {
  std::set<std::string> hosts;
  for (const Peer* peer : table.told(now, to_tor)) EXPECT_TRUE(hosts.insert(peer->name.host).second);
  return hosts;
}

TEST(PeerTable, AGoodPeerIsCheckedBeforeItIsStale) {
  PeerTable table = table_of();
  EXPECT_EQ(table.next_due(), std::nullopt);
  table.note(named("a.org"), PeerSource::peer, start);
  const auto taken = table.take_due(start);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->name.host, "a.org");
  EXPECT_EQ(table.take_due(start), std::nullopt) << "it is being checked";
  EXPECT_EQ(table.next_due(), std::nullopt);
  EXPECT_TRUE(table.verified("a.org", {{1, 2}, "1.6", 5, "v", "1.4", "8.8.8.8"}, start));
  EXPECT_EQ(table.next_due(), start + recheck_after);
  EXPECT_EQ(table.take_due(start + recheck_after - 1), std::nullopt);
  const Peer& peer = table.peers().at("a.org");
  EXPECT_EQ(peer.name, (PeerName{"a.org", {1, 2}, "1.6", 5}));
  EXPECT_EQ(peer.status(start + good_for - 1), PeerStatus::good);
  EXPECT_EQ(peer.status(start + good_for), PeerStatus::stale);
  ASSERT_TRUE(table.take_due(start + recheck_after));
  EXPECT_FALSE(table.verified("a.org", {{1, 2}, "1.6", 5, "v", "1.4", "8.8.8.8"}, start + recheck_after)) << "no news";
}

TEST(PeerTable, FailuresWaitLongerAndLongerAndThenEnd) {
  PeerTable table = table_of();
  make_good(table, "good.org", "8.8.8.8", start);
  table.note(named("new.org"), PeerSource::peer, start);
  Seconds now = start;
  for (const Seconds wait : {600, 1200}) {
    ASSERT_TRUE(table.take_due(now));
    EXPECT_FALSE(table.failed("new.org", false, now));
    EXPECT_EQ(table.next_due(), now + wait);
    now += wait;
  }
  EXPECT_TRUE(table.failed("new.org", false, now)) << "the third";
  for (int i = 1; i < 10; ++i) EXPECT_FALSE(table.failed("good.org", false, now)) << i;
  EXPECT_EQ(table.peers().at("good.org").due, now + 300 * 32) << "no longer than about three hours";
  EXPECT_TRUE(table.failed("good.org", false, now));
  EXPECT_TRUE(table.peers().empty());
  EXPECT_FALSE(table.failed("good.org", false, now)) << "the answer comes when it is gone";
  EXPECT_FALSE(table.verified("good.org", {}, now));
}

TEST(PeerTable, BadOnesAreNotTold) {
  PeerTable table = table_of();
  make_good(table, "a.org", "8.8.8.8", start);
  EXPECT_EQ(told_hosts(table, start), (std::set<std::string>{"a.org"}));
  EXPECT_FALSE(table.failed("a.org", true, start));
  EXPECT_EQ(table.counts(start).bad, 1u);
  EXPECT_TRUE(told_hosts(table, start).empty());
  table.failed("a.org", false, start);
  EXPECT_TRUE(table.failed("a.org", false, start)) << "bad ones have three tries, good or not before";
}

TEST(PeerTable, TrustedOnesStay) {
  PeerTable table = table_of();
  ASSERT_TRUE(table.note(named("10.0.0.1"), PeerSource::operator_, start));
  ASSERT_TRUE(table.note(named("127.0.0.1"), PeerSource::own, start));
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(table.failed("10.0.0.1", true, start));
    EXPECT_FALSE(table.failed("127.0.0.1", false, start));
  }
  EXPECT_EQ(table.counts(start).bad, 1u);
  EXPECT_EQ(table.counts(start).never, 1u);
}

TEST(PeerTable, OthersNeverBringPrivateHosts) {
  PeerTable table = table_of();
  for (const PeerSource source : {PeerSource::peer, PeerSource::client, PeerSource::file})
    EXPECT_FALSE(table.note(named("192.168.1.1"), source, start));
  table.note_some({named("127.0.0.1"), named("router.lan"), named("a.org")}, start);
  EXPECT_EQ(table.peers().size(), 1u);
  PeerTable inside = table_of(true);
  EXPECT_TRUE(inside.note(named("192.168.1.1"), PeerSource::peer, start));
}

TEST(PeerTable, OneAnswerBringsFewByChance) {
  std::set<std::string> taken;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    PeerTable table(false, Random(seed));
    std::vector<PeerName> names;
    for (int i = 0; i < 10; ++i) names.push_back(named("h" + std::to_string(i) + ".org"));
    table.note_some(names, start);
    EXPECT_EQ(table.peers().size(), PeerTable::new_from_peer_max);
    for (const auto& [host, peer] : table.peers()) taken.insert(host);
  }
  EXPECT_EQ(taken.size(), 10u);
}

TEST(PeerTable, TwoOfEachBucketAndAnOnionQuota) {
  PeerTable table = table_of();
  for (int i = 0; i < 20; ++i)
    make_good(table, "h" + std::to_string(i) + ".org", "8.8.0." + std::to_string(i + 1), start);
  for (int i = 0; i < 60; ++i) make_good(table, "o" + std::to_string(i) + ".onion", "", start);
  make_good(table, "own.org", "8.8.0.200", start, PeerSource::own);
  std::set<std::string> ever;
  for (int round = 0; round < 100; ++round) {
    const auto hosts = told_hosts(table, start);
    EXPECT_TRUE(hosts.contains("own.org"));
    EXPECT_EQ(hosts.size(), 1u + PeerTable::told_in_bucket_max + 10);
    ever.insert(hosts.begin(), hosts.end());
  }
  EXPECT_EQ(ever.size(), 81u) << "by chance each is told at times";
  EXPECT_EQ(told_hosts(table, start, true).size(), 1u + 2 + 50);
  for (int i = 0; i < 100; ++i)
    make_good(table, "n" + std::to_string(i) + ".org", std::to_string(i + 11) + ".9.0.1", start);
  EXPECT_EQ(told_hosts(table, start).size(), 103u + 25) << "a quarter of the others";
  EXPECT_TRUE(told_hosts(table, start + good_for).empty());
}

TEST(PeerTable, IsBoundedAndGivesUpTheUnproven) {
  PeerTable table = table_of();
  for (std::size_t i = 0; i < PeerTable::peers_max / 2; ++i)
    make_good(table, "g" + std::to_string(i) + ".org", "8.8.8.8", start);
  for (std::size_t i = 0; i < PeerTable::peers_max; ++i)
    EXPECT_TRUE(table.note(named("n" + std::to_string(i) + ".org"), PeerSource::client, start));
  EXPECT_EQ(table.peers().size(), PeerTable::peers_max);
  EXPECT_EQ(table.counts(start).good, PeerTable::peers_max / 2);
  while (const auto peer = table.take_due(start))
    table.verified(peer->name.host, {{1, 0}, "1.4", {}, "", "", ""}, start);
  EXPECT_FALSE(table.note(named("late.org"), PeerSource::client, start));
}

TEST(PeerTable, NewPortsOfAKnownHostAreCheckedAtOnce) {
  PeerTable table = table_of();
  make_good(table, "a.org", "8.8.8.8", start);
  EXPECT_TRUE(table.note(named("a.org", 7), PeerSource::peer, start + 1));
  EXPECT_EQ(table.peers().at("a.org").name.ports.tcp, 50001) << "another peer does not decide that";
  EXPECT_TRUE(table.note(named("a.org"), PeerSource::client, start + 1, true));
  EXPECT_EQ(table.next_due(), start + recheck_after) << "nothing new";
  EXPECT_TRUE(table.note(named("a.org", 7), PeerSource::client, start + 1, true));
  EXPECT_EQ(table.next_due(), start + 1);
  make_good(table, "own.org", "8.8.8.8", start, PeerSource::own);
  EXPECT_TRUE(table.note(named("own.org", 9), PeerSource::client, start + 1, true));
  EXPECT_EQ(table.peers().at("own.org").name.ports.tcp, 50001);
}

TEST(PeerTable, ARestoredPeerIsToldAndCheckedAtOnce) {
  PeerTable table = table_of();
  table.restore(named("a.org"), "8.8.8.8", start - 100, start);
  table.restore(named("future.org"), "8.9.8.8", start + 1'000'000, start);
  table.restore(named("10.0.0.1"), "10.0.0.1", start, start);
  EXPECT_EQ(told_hosts(table, start), (std::set<std::string>{"a.org", "future.org"}));
  EXPECT_EQ(table.next_due(), start);
  EXPECT_TRUE(told_hosts(table, start + good_for).empty());
}

TEST(AddLimit, OncePerDomainAndInterval) {
  AddLimit limit(Random(1));
  EXPECT_TRUE(limit.allows("a.example.org", start));
  EXPECT_FALSE(limit.allows("b.example.org", start + 599));
  EXPECT_TRUE(limit.allows("example.net", start + 599));
  EXPECT_TRUE(limit.allows("b.example.org", start + 600));
  EXPECT_TRUE(limit.allows("8.8.1.1", start));
  EXPECT_FALSE(limit.allows("8.8.2.2", start));
}

TEST(AddLimit, OnionsShareOneTurn) {
  AddLimit limit(Random(1));
  EXPECT_TRUE(limit.allows("a.onion", start));
  int allowed = 0;
  for (Seconds now = start + 1; now <= start + 24'000; ++now) allowed += limit.allows("b.onion", now) ? 1 : 0;
  EXPECT_GT(allowed, 20);
  EXPECT_LT(allowed, 100) << "every ten minutes on average";
}

TEST(AddLimit, IsBounded) {
  AddLimit limit(Random(1));
  for (std::size_t i = 0; i < AddLimit::domains_max; ++i)
    ASSERT_TRUE(limit.allows("h" + std::to_string(i) + ".org", start));
  EXPECT_FALSE(limit.allows("one-more.org", start + 599));
  EXPECT_TRUE(limit.allows("one-more.org", start + 600));
}

}  // namespace
}  // namespace sluice::peers
