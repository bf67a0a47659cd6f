#include "echo_server.h"

#include <cstdio>
#include <string>

#include "load_client.h"
#include "net/tcp_server.h"

namespace sluice::load {
namespace {

class EchoHandler final : public net::ConnectionHandler {
 public:
  void receive(std::string_view bytes) override { unread_.append(bytes); }

  net::HandlerStep step(std::string& out) override {
    const std::size_t newline = unread_.rfind('\n');
    if (newline == unread_.npos) return net::HandlerStep::idle;
    out.append(unread_, 0, newline + 1);
    unread_.erase(0, newline + 1);
    return net::HandlerStep::progressed;
  }

 private:
  std::string unread_;
};

}  // namespace

void run_echo_server(unsigned loops) {
  net::TcpServerOptions options;
  options.listen.push_back({"127.0.0.1", 0, net::Transport::tcp});
  options.loops = loops;
  options.loop.sessions_max = 20'000;
  auto server =
      net::TcpServer::start(options, [](const net::ConnectionInfo&) -> std::unique_ptr<net::ConnectionHandler> {
        return std::make_unique<EchoHandler>();
      });
  if (!server) give_up(server.error().message);
  std::printf("%u\n", server.value()->port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {}
  server.value()->stop();
}

}  // namespace sluice::load
