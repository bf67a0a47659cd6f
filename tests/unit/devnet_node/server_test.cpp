// The node's ports in one process: what a ZeroMQ subscriber is told when the control port is asked to mine, in which
// order and with which numbers, and that SIGTERM ends it.
#include "devnet_node/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <map>
#include <thread>
#include <zmq.hpp>

#include "base/hex.h"
#include "devnet_node/basic_auth.h"
#include "recorded_chain.h"

namespace sluice::devnet_node::test {
namespace {

struct Message {
  std::string topic;
  std::string body;  ///< hex
  std::uint32_t number = 0;
};

/// Waits for one message as long as the socket is set to; one without a topic if none came.
Message receive(zmq::socket_t& socket) {
  std::vector<std::string> parts;
  do {
    zmq::message_t part;
    if (!socket.recv(part)) return {};
    parts.push_back(part.to_string());
  } while (socket.get(zmq::sockopt::rcvmore) != 0);
  EXPECT_EQ(parts.size(), 3u);
  if (parts.size() != 3 || parts[2].size() != 4) return {};
  const auto bytes = [](const std::string& text) {
    return Bytes(reinterpret_cast<const std::byte*>(text.data()), text.size());
  };
  return {parts[0], to_hex(bytes(parts[1])), load_le<std::uint32_t>(bytes(parts[2]).data())};
}

/// Sends one POST and waits until the answer has come whole.
std::string post(std::uint16_t port, const std::string& body) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&place), sizeof place), 0);
  const std::string request =
      "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  EXPECT_EQ(::send(socket, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(socket, buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(got));
  ::close(socket);
  return answer;
}

std::uint16_t number_after(const std::string& text, const std::string& name) {
  const std::size_t at = text.find("\"" + name + "\":");
  return at == std::string::npos ? std::uint16_t{0}
                                 : static_cast<std::uint16_t>(std::stoul(text.substr(at + name.size() + 3)));
}

TEST(Server, TellsSubscribersWhatHappens) {
  const sluice::test::TempDir dir;
  NodeOptions options;
  options.chain.directory = dir.path() / "blocks";
  options.chain.blocks = 30;
  auto opened = Node::open(regtest(), options);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  Node& node = *opened.value();
  ServerOptions ports;
  ports.cookie_file = dir.path() / ".cookie";

  std::promise<std::string> started;
  std::jthread server([&] {
    const Status status = serve(node, ports, options.chain.directory,
                                [&](std::string_view line) { started.set_value(std::string(line)); });
    EXPECT_TRUE(status.ok());
  });
  const std::string ready = started.get_future().get();
  const std::uint16_t control = number_after(ready, "control_port");

  zmq::context_t context{1};
  zmq::socket_t subscriber(context, zmq::socket_type::sub);
  subscriber.set(zmq::sockopt::rcvtimeo, 60'000);
  subscriber.set(zmq::sockopt::subscribe, "");
  subscriber.connect("tcp://127.0.0.1:" + std::to_string(number_after(ready, "zmq_port")));
  // A subscriber is told nothing until its subscription has arrived.
  std::map<std::string, std::uint32_t> last;
  Message message;
  for (subscriber.set(zmq::sockopt::rcvtimeo, 50); message.topic.empty(); message = receive(subscriber))
    post(control, R"({"command":"mine"})");
  subscriber.set(zmq::sockopt::rcvtimeo, 60'000);
  // The tip's raw block comes last of what is under way.
  for (const std::string tip = to_hex(node.chain().tip().raw);; message = receive(subscriber)) {
    last[message.topic] = message.number;
    if (message.body == tip || message.topic.empty()) break;
  }
  const auto expect = [&](const std::string& topic, const std::string& body) {
    const Message told = receive(subscriber);
    EXPECT_EQ(told.topic, topic);
    EXPECT_EQ(told.body, body);
    EXPECT_EQ(told.number, last[topic] + 1);
    last[topic] = told.number;
  };

  EXPECT_NE(post(control, R"({"command":"churn","add":2})").find("\"added\":2"), std::string::npos);
  const std::vector<const MempoolEntry*> entries = node.mempool().in_order();
  EXPECT_EQ(entries.size(), 2u);
  for (const MempoolEntry* entry : entries) {
    expect("hashtx", entry->tx.txid.display());
    expect("rawtx", to_hex(entry->tx.raw));
  }
  const Block& before = node.chain().tip();
  post(control, R"({"command":"reorg","depth":1,"blocks":2,"mempool_percent":100})");
  const auto expect_txs = [&](const Block& block) {
    for (std::size_t i = 0; i < block.txids.size(); ++i) {
      expect("hashtx", block.txids[i].display());
      expect("rawtx", to_hex(block.tx_bytes(i)));
    }
  };
  expect_txs(before);
  expect_txs(*node.chain().at(before.height));
  expect_txs(node.chain().tip());
  expect("hashblock", node.chain().tip().hash.display());
  expect("rawblock", to_hex(node.chain().tip().raw));

  EXPECT_EQ(::raise(SIGTERM), 0);
  server.join();
  EXPECT_FALSE(std::filesystem::exists(ports.cookie_file));
}

TEST(BasicAuth, TakesWellFormedCredentialsOnly) {
  EXPECT_EQ(basic_credentials("Basic dXNlcjpwYXNz"), "user:pass");
  EXPECT_EQ(basic_credentials("Basic YTpi"), "a:b");
  EXPECT_EQ(basic_credentials("Basic YTpiYw=="), "a:bc");
  EXPECT_EQ(basic_credentials("Basic YTpiY2Q="), "a:bcd");
  for (const char* bad :
       {"", "Basic", "Basic ", "Bearer dXNlcjpwYXNz", "Basic dXNlcjpwYXN", "Basic ****", "Basic ====", "basic YTpi"})
    EXPECT_FALSE(basic_credentials(bad).has_value()) << bad;
}

}  // namespace
}  // namespace sluice::devnet_node::test
