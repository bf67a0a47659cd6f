// Sessions of several loops seen from outside: listed, logged, disconnected; what they did is counted.
#include "net/session_registry.h"

#include <gtest/gtest.h>

#include <numeric>

#include "client.h"
#include "handler_support.h"
#include "loopback_client.h"
#include "net/electrum_endpoint.h"
#include "net/loopback_only.h"
#include "net/tcp_server.h"

namespace sluice::net {
namespace {

constexpr std::chrono::seconds patience{60};
constexpr unsigned loops = 3;

class Registry : public ::testing::TestWithParam<IoBackend> {
 protected:
  void SetUp() override {
    endpoint_ = std::make_unique<ElectrumEndpoint>(core_.context, session::SessionLimits{}, loops, naming_);
    TcpServerOptions options;
    options.listen = {{"127.0.0.1", 0}};
    options.loops = loops;
    options.backend = GetParam();
    auto started = TcpServer::start(options, endpoint_->factory());
    ASSERT_TRUE(started.ok()) << started.error().message;
    server_ = std::move(started).value();
  }

  std::vector<serve::SessionRow> rows() {
    SessionRoster roster(loops);
    server_->post(roster.take_event());
    auto rows = roster.wait(patience);
    EXPECT_TRUE(rows);
    return rows.value_or(std::vector<serve::SessionRow>{});
  }
  void order(serve::SessionDeed deed, std::vector<std::uint64_t> ids) {
    server_->post(std::make_shared<SessionOrder>(deed, std::move(ids)));
  }

  serve::test::FakeView view_{chain::Coin::radiant, {0, 1, 3}};
  serve::test::Client core_{view_};
  SessionNaming naming_;
  std::unique_ptr<ElectrumEndpoint> endpoint_;
  std::unique_ptr<TcpServer> server_;  // destroyed first
};

TEST_P(Registry, ListsAndMovesSessions) {
  std::vector<std::unique_ptr<test::Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<test::Client>(server_->port()));
    ASSERT_TRUE(clients.back()->send("{\"id\":1,\"method\":\"server.ping\"}\n"));
    ASSERT_NE(clients.back()->line(), "<closed>");
  }
  std::vector<serve::SessionRow> all = rows();
  ASSERT_EQ(all.size(), clients.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].id, i);
    EXPECT_EQ(all[i].flags(), "T10");
    EXPECT_EQ(all[i].address, "127.0.0.1");
    EXPECT_EQ(all[i].load.receive_lines, 1u);
  }
  naming_.registry->log_new(true);
  test::Client logged(server_->port());
  ASSERT_TRUE(logged.send("{\"id\":1,\"method\":\"server.ping\"}\n"));
  ASSERT_NE(logged.line(), "<closed>");
  order(serve::SessionDeed::log, {4, 400});
  order(serve::SessionDeed::disconnect, {5, 3});
  all = rows();
  EXPECT_EQ(std::ranges::count_if(all, [](const auto& row) { return row.is_logged; }), 2);
  EXPECT_TRUE(std::ranges::find(all, 4u, &serve::SessionRow::id)->is_logged);
  EXPECT_TRUE(all.back().is_logged);
  EXPECT_EQ(clients[3]->line(), "<closed>");
  EXPECT_EQ(clients[5]->line(), "<closed>");
  while (rows().size() != clients.size() - 1) {}
  order(serve::SessionDeed::do_not_log, {4});
  ASSERT_TRUE(clients[4]->send("{\"id\":1,\"method\":\"server.ping\"}\n"));
  EXPECT_NE(clients[4]->line(), "<closed>");
}

TEST_P(Registry, CountsWhatSessionsDid) {
  {
    test::Client client(server_->port());
    const std::string lines =
        "{\"id\":1,\"method\":\"server.ping\"}\n{\"id\":2,\"method\":\"server.ping\",\"params\":[1]}\n"
        "{\"id\":3,\"method\":\"blockchain.headers.subscribe\"}\n{\"id\":4,\"method\":\"none\"}\n?\n";
    ASSERT_TRUE(client.send(lines));
    for (int i = 0; i < 5; ++i) ASSERT_NE(client.line(), "<closed>");
    server_->post(endpoint_->publish({std::shared_ptr<const serve::ReadView>(&view_, [](const auto*) {}), nullptr},
                                     {.tip_changed = true, .everything_touched = false, .touched = {}}));
    EXPECT_NE(client.line().find("\"method\""), std::string::npos);
    (void)rows();  // whatever was sent is counted before a loop sees the next event
    const EndpointFigures figures = endpoint_->figures();
    EXPECT_EQ(figures.subscriptions, 1u);
    EXPECT_EQ(figures.traffic[0].receive_bytes, lines.size());
    EXPECT_EQ(figures.traffic[0].receive_lines, 5u);
    EXPECT_EQ(figures.traffic[0].send_lines, 6u);
    EXPECT_EQ(figures.traffic[0].notifications, 1u);
    EXPECT_GT(figures.traffic[0].send_bytes, 300u);
    EXPECT_EQ(figures.traffic[1].receive_bytes, 0u);
    const auto methods = serve::all_methods();
    for (std::size_t i = 0; i < methods.size(); ++i) {
      const std::uint64_t wanted = methods[i].name == "server.ping"                    ? 2
                                   : methods[i].name == "blockchain.headers.subscribe" ? 1
                                                                                       : 0;
      EXPECT_EQ(figures.requests.methods[i].count(), wanted) << methods[i].name;
      EXPECT_EQ(figures.requests.methods[i].seconds > 0, wanted > 0) << methods[i].name;
    }
    const auto faults = [&](serve::FaultCode code) {
      return figures.requests.faults[static_cast<std::size_t>(std::ranges::find(session::counted_faults, code) -
                                                              session::counted_faults.begin())];
    };
    EXPECT_EQ(faults(serve::FaultCode::invalid_arguments), 1u);
    EXPECT_EQ(faults(serve::FaultCode::method_not_found), 1u);
    EXPECT_EQ(faults(serve::FaultCode::parse_error), 1u);
    EXPECT_EQ(std::accumulate(figures.requests.faults.begin(), figures.requests.faults.end(), std::uint64_t{0}), 3u);
  }
  while (!rows().empty()) {}
  EXPECT_EQ(endpoint_->figures().subscriptions, 0u);
  EXPECT_EQ(endpoint_->figures().traffic[0].receive_lines, 5u);
}

TEST(Roster, EndsWithoutAServer) {
  SessionRoster roster(2);
  roster.take_event().reset();
  const auto rows = roster.wait(patience);
  ASSERT_TRUE(rows);
  EXPECT_TRUE(rows->empty());
}

TEST(Roster, GivesUpOnALoopThatDoesNotAnswer) {
  SessionRoster roster(1);
  const auto kept = roster.take_event();
  EXPECT_FALSE(roster.wait(std::chrono::milliseconds(1)));
}

TEST(LoopbackOnly, AnswersOthersWithARefusal) {
  const HandlerFactory factory =
      loopback_only([](const ConnectionInfo&) { return std::make_unique<test::LineServer>(); }, "no");
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1"}) {
    test::Driven driven{factory({.peer_address = address}), {}, false};
    driven.feed("hello\n");
    EXPECT_EQ(driven.out, "hello\n") << address;
  }
  for (const char* address : {"128.0.0.1", "10.0.0.1", "::2", "", "2001:db8::1"}) {
    test::Driven driven{factory({.peer_address = address}), {}, false};
    driven.step_all();
    EXPECT_EQ(driven.out, "") << address;
    driven.feed("hello\n");
    EXPECT_EQ(driven.out, "no\n") << address;
    EXPECT_TRUE(driven.finished);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, Registry, ::testing::Values(IoBackend::automatic, IoBackend::epoll));

}  // namespace
}  // namespace sluice::net
