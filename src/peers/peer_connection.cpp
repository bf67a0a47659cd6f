#include "peers/peer_connection.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "config/endpoints.h"
#include "peers/peer_host.h"

namespace sluice::peers {
namespace {

using Clock = std::chrono::steady_clock;
using serve::JsonKind;
using serve::JsonValue;

/// Notifications before an answer that a peer may send.
constexpr int other_messages_max = 20;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

config::AddressBytes address_of(const sockaddr& place) noexcept {
  config::AddressBytes address;
  if (place.sa_family == AF_INET) {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in&>(place).sin_addr, 4);
  } else {
    address.is_ipv6 = true;
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(place).sin6_addr, 16);
  }
  return address;
}

Error failure(std::string why) { return {ErrorKind::io, std::move(why)}; }

}  // namespace

StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { SLUICE_CHECK(descriptor_ >= 0); }

StopSignal::~StopSignal() { ::close(descriptor_); }

void StopSignal::stop() noexcept {
  is_stopped_.store(true, std::memory_order_relaxed);
  ::eventfd_write(descriptor_, 1);
}

/// What libcurl holds and calls back with.
struct PeerConnection::Transfer {
  Transfer(const ConnectOptions& chosen, const StopSignal& signal)
      : options(chosen), stop(signal), easy(curl_easy_init()), deadline(Clock::now() + chosen.timeout) {
    SLUICE_CHECK(easy != nullptr);
  }

  const ConnectOptions options;
  const StopSignal& stop;
  std::unique_ptr<CURL, EasyDeleter> easy;
  const Clock::time_point deadline;
  bool was_refused = false;
  std::array<char, CURL_ERROR_SIZE> message{};

  /// Called with each address before it is connected to.
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* place) {
    auto& transfer = *static_cast<Transfer*>(self);
    const bool is_allowed = transfer.options.proxy != nullptr || transfer.options.may_be_private ||
                            is_public_address(address_of(place->addr));
    if (!is_allowed) {
      transfer.was_refused = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(place->family, place->socktype | SOCK_CLOEXEC, place->protocol);
  }

  static int should_end(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->stop.is_stopped() ? 1 : 0;
  }

  template <typename T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy.get(), option, value);
    SLUICE_CHECK(code == CURLE_OK);
  }

  void set_options() {
    // The scheme says only whether there is TLS: with CONNECT_ONLY no HTTP is spoken.
    set(CURLOPT_URL,
        fmt::format("{}://{}/", options.tls ? "https" : "http", config::show_host_port(options.host, options.port))
            .c_str());
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L);  // does not wait for a look-up that was given up
    set(CURLOPT_PROXY, "");       // none from the environment
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
    set(CURLOPT_SSL_ENABLE_ALPN, 0L);
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
    set(CURLOPT_ERRORBUFFER, message.data());
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Transfer::should_end);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
  }

  /// Through the first port of the proxy that answers.
  CURLcode connect() {
    if (options.proxy == nullptr) return curl_easy_perform(easy.get());
    CURLcode code = CURLE_COULDNT_CONNECT;
    for (const std::uint16_t port : options.proxy->ports) {
      set(CURLOPT_PROXY, fmt::format("socks5h://{}", config::show_host_port(options.proxy->host, port)).c_str());
      code = curl_easy_perform(easy.get());
      if (code != CURLE_COULDNT_CONNECT) break;
    }
    return code;
  }

  [[nodiscard]] std::string why(CURLcode code) const {
    if (stop.is_stopped()) return "the server stops";
    if (was_refused) return "its address is not a public one";
    return message[0] != '\0' ? message.data() : curl_easy_strerror(code);
  }
};

Result<std::unique_ptr<PeerConnection>> PeerConnection::open(const ConnectOptions& options, const StopSignal& stop) {
  auto transfer = std::make_unique<Transfer>(options, stop);
  transfer->set_options();
  if (const CURLcode code = transfer->connect(); code != CURLE_OK) {
    return failure(fmt::format("{}: {}", config::show_host_port(options.host, options.port), transfer->why(code)));
  }
  return std::unique_ptr<PeerConnection>(new PeerConnection(std::move(transfer)));
}

PeerConnection::PeerConnection(std::unique_ptr<Transfer> transfer) : transfer_(std::move(transfer)) {
  const char* address = nullptr;
  const bool is_direct = transfer_->options.proxy == nullptr;
  if (is_direct && curl_easy_getinfo(transfer_->easy.get(), CURLINFO_PRIMARY_IP, &address) == CURLE_OK && address)
    address_ = address;
}

PeerConnection::~PeerConnection() = default;

Status PeerConnection::wait(short events) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(transfer_->easy.get(), CURLINFO_ACTIVESOCKET, &socket);
  if (socket == CURL_SOCKET_BAD) return failure("the connection is gone");
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(transfer_->deadline - Clock::now()).count();
  std::array<pollfd, 2> places{{{socket, events, 0}, {transfer_->stop.descriptor(), POLLIN, 0}}};
  const int ready = left > 0 ? ::poll(places.data(), places.size(), static_cast<int>(left)) : 0;
  if (transfer_->stop.is_stopped()) return failure("the server stops");
  if (ready == 0) return failure(fmt::format("no answer within {} s", transfer_->options.timeout.count() / 1000));
  return {};
}

Status PeerConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const CURLcode code = curl_easy_send(transfer_->easy.get(), bytes.data(), bytes.size(), &sent);
    bytes.remove_prefix(sent);
    if (code == CURLE_OK) continue;
    if (code != CURLE_AGAIN) return failure(curl_easy_strerror(code));
    if (Status status = wait(POLLOUT); !status) return status;
  }
  return {};
}

Status PeerConnection::receive_line() {
  std::size_t searched = 0;
  for (;;) {
    if (const std::size_t end = received_.find('\n', searched); end != std::string::npos) {
      line_.assign(received_, 0, end);
      received_.erase(0, end + 1);
      return {};
    }
    searched = received_.size();
    std::array<char, 16384> piece;
    std::size_t count = 0;
    const CURLcode code = curl_easy_recv(transfer_->easy.get(), piece.data(), piece.size(), &count);
    if (code == CURLE_AGAIN) {
      if (Status status = wait(POLLIN); !status) return status;
      continue;
    }
    if (code != CURLE_OK) return failure(curl_easy_strerror(code));
    if (count == 0) return failure("it closed the connection");
    bytes_ += count;
    received_.append(piece.data(), count);
    if (received_.size() > transfer_->options.line_bytes_max || bytes_ > transfer_->options.bytes_max)
      return Error{ErrorKind::limit, "it sends too much"};
  }
}

Result<JsonValue> PeerConnection::ask(std::string_view method, std::string_view params) {
  const std::string id = std::to_string(next_id_++);
  Status sent = send(fmt::format(R"({{"jsonrpc":"2.0","method":"{}","params":{},"id":{}}})"
                                 "\n",
                                 method, params, id));
  if (!sent) return std::move(sent).error();
  for (int others = 0; others <= other_messages_max; ++others) {
    if (Status status = receive_line(); !status) {
      return Error{status.error().kind, fmt::format("{}: {}", method, status.error().message)};
    }
    if (document_.parse(line_) != serve::JsonErrc::ok || !document_.root().is(JsonKind::object))
      return Error{ErrorKind::corrupt, fmt::format("{}: it does not answer in JSON-RPC", method)};
    const JsonValue root = document_.root();
    const JsonValue answers = root.member("id");
    if (!answers || answers.token() != id) continue;
    if (const JsonValue error = root.member("error"); error && !error.is(JsonKind::null))
      return Error{ErrorKind::unsupported, fmt::format("{}: it answers with an error", method)};
    if (const JsonValue result = root.member("result")) return result;
    return Error{ErrorKind::corrupt, fmt::format("{}: an answer without a result", method)};
  }
  return Error{ErrorKind::corrupt, fmt::format("{}: it sends other messages only", method)};
}

}  // namespace sluice::peers
