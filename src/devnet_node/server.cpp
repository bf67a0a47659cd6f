#include "devnet_node/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <random>

#include "devnet_node/basic_auth.h"
#include "devnet_node/control.h"
#include "devnet_node/http_listener.h"
#include "devnet_node/json.h"
#include "devnet_node/zmq_publisher.h"
#include "observe/log.h"

namespace sluice::devnet_node {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::string_view warm_up_text = "Loading block index...";
constexpr std::string_view area = "devnet";

class Server {
 public:
  Server(Node& node, const ServerOptions& options, std::filesystem::path blocks_dir)
      : node_(node),
        options_(options),
        blocks_dir_(std::move(blocks_dir)),
        rpc_(node, switches_),
        control_(node, rpc_, switches_, faults_,
                 {[this](std::uint32_t down_ms, std::uint32_t warm_up_ms) { restart(down_ms, warm_up_ms); },
                  [this](std::uint32_t ms) { warm_up(ms); }}),
        down_timer_(loop_),
        warm_up_timer_(loop_),
        signals_(loop_, SIGINT, SIGTERM) {
    switches_.started = node.now();
  }
  ~Server() {
    node_.observe({});
    if (!has_password()) ::unlink(options_.cookie_file.c_str());
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Status open() {
    if (Status status = new_credentials(); !status) return status;
    if (Status status = open_zmq(options_.zmq_port); !status) return status;
    node_.observe({[this](const Transaction& tx) {
                     if (zmq_) zmq_->publish(tx);
                   },
                   [this](const Block& tip) {
                     if (zmq_) zmq_->publish(tip);
                   }});
    auto rpc =
        HttpListener::open(loop_, options_.rpc_port, [this](const HttpRequest& request) { return answer(request); });
    if (!rpc) return std::move(rpc).error();
    rpc_listener_ = std::move(rpc).value();
    auto control = HttpListener::open(loop_, options_.control_port, [this](const HttpRequest& request) {
      ControlReply reply = control_.answer(request.body);
      return HttpAnswer{reply.http_status, std::move(reply.body)};
    });
    if (!control) return std::move(control).error();
    control_listener_ = std::move(control).value();
    signals_.async_wait([this](const error_code& code, int) {
      if (!code) loop_.stop();
    });
    return {};
  }

  [[nodiscard]] std::string ready_line() const {
    Json line;
    line.open('{').key("rpc_port").number(rpc_listener_->port());
    line.key("control_port").number(control_listener_->port());
    line.key("zmq_port").number(zmq_->port()).key("zmq_address").text(zmq_->addresses().front().address);
    line.key("cookie_file");
    if (has_password()) line.raw("null");
    else line.text(options_.cookie_file.string());
    line.key("blocks_dir").text(blocks_dir_.string());
    line.key("height").number(node_.chain().height()).key("tip").hash(node_.chain().tip().hash);
    return std::move(line.close('}')).str() + "\n";
  }

  void run() { loop_.run(); }

 private:
  [[nodiscard]] bool has_password() const noexcept { return !options_.rpc_user.empty(); }

  Status new_credentials() {
    if (has_password()) {
      credentials_ = options_.rpc_user + ":" + options_.rpc_password;
      return {};
    }
    std::random_device source;
    credentials_ = fmt::format("__cookie__:{:08x}{:08x}{:08x}{:08x}", source(), source(), source(), source());
    const int file = ::open(options_.cookie_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written = file >= 0 && ::write(file, credentials_.data(), credentials_.size()) ==
                                          static_cast<ssize_t>(credentials_.size());
    if (file >= 0) ::close(file);
    if (written) return {};
    return Error{ErrorKind::io, fmt::format("cookie file {}: cannot be written", options_.cookie_file.string())};
  }

  Status open_zmq(std::uint16_t port) {
    auto zmq = ZmqPublisher::open(port);
    if (!zmq) return std::move(zmq).error();
    zmq_ = std::move(zmq).value();
    switches_.zmq = zmq_->addresses();
    return {};
  }

  /// As the node's HTTP server: only POST, only with the right password.
  HttpAnswer answer(const HttpRequest& request) {
    HttpAnswer answer;
    answer.delay_ms = faults_.latency_ms;
    if (request.method != "POST") {
      answer.status = 405;
      answer.body = "JSONRPC server handles only POST requests";
      answer.content_type = "text/html";
      return answer;
    }
    if (basic_credentials(request.authorization) != credentials_) {
      answer.status = 401;
      answer.content_type = "text/html";
      answer.asks_for_password = true;
      return answer;
    }
    answer.fault = faults_.take();
    if (answer.fault != FaultKind::none && answer.fault != FaultKind::truncated) return answer;  // nothing is run
    RpcReply reply = rpc_.answer(request.body);
    answer.status = reply.http_status;
    answer.body = std::move(reply.body);
    return answer;
  }

  void warm_up(std::uint32_t ms) {
    switches_.warm_up = warm_up_text;
    warm_up_timer_.expires_after(std::chrono::milliseconds(ms));
    warm_up_timer_.async_wait([this](const error_code& code) {
      if (!code) switches_.warm_up.clear();
    });
  }

  void restart(std::uint32_t down_ms, std::uint32_t warm_up_ms) {
    rpc_listener_->drop();
    // A restart while it is down only makes it last longer.
    if (zmq_) zmq_port_ = zmq_->port();
    zmq_.reset();
    down_timer_.expires_after(std::chrono::milliseconds(down_ms));
    down_timer_.async_wait([this, warm_up_ms](const error_code& code) {
      if (!code) come_back(warm_up_ms);
    });
  }

  void come_back(std::uint32_t warm_up_ms) {
    Status status = new_credentials();
    if (status.ok()) status = open_zmq(zmq_port_);
    if (status.ok()) status = rpc_listener_->reopen();
    if (!status.ok()) {
      observe::log_error(area, "restart: " + status.error().message);
      return loop_.stop();
    }
    switches_.started = node_.now();
    if (warm_up_ms > 0) warm_up(warm_up_ms);
  }

  Node& node_;
  const ServerOptions& options_;
  std::filesystem::path blocks_dir_;
  RpcSwitches switches_;
  Faults faults_;
  Rpc rpc_;
  Control control_;
  std::string credentials_;
  asio::io_context loop_{1};
  asio::steady_timer down_timer_;
  asio::steady_timer warm_up_timer_;
  asio::signal_set signals_;
  std::uint16_t zmq_port_ = 0;
  std::unique_ptr<ZmqPublisher> zmq_;
  std::unique_ptr<HttpListener> rpc_listener_;
  std::unique_ptr<HttpListener> control_listener_;
};

}  // namespace

Status serve(Node& node, const ServerOptions& options, const std::filesystem::path& blocks_dir,
             const std::function<void(std::string_view)>& ready) {
  Server server(node, options, blocks_dir);
  if (Status status = server.open(); !status) return status;
  ready(server.ready_line());
  server.run();
  return {};
}

}  // namespace sluice::devnet_node
