#include "script_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace sluice::node::test {
namespace {

std::string header(const std::string& head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string::npos; at = head.find("\r\n", at + 2)) {
    if (strncasecmp(head.c_str() + at + 2, name.data(), name.size()) != 0 || head[at + 2 + name.size()] != ':')
      continue;
    const std::size_t begin = head.find_first_not_of(' ', at + 3 + name.size());
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  return {};
}

bool receive(int socket, std::string& bytes) {
  std::array<char, 65536> chunk{};
  const ssize_t count = ::recv(socket, chunk.data(), chunk.size(), 0);
  if (count > 0) bytes.append(chunk.data(), static_cast<std::size_t>(count));
  return count > 0;
}

bool read_request(int socket, std::string& pending, Request& request) {
  std::size_t end = 0;
  while ((end = pending.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(socket, pending)) return false;
  }
  request.head = pending.substr(0, end + 2);
  pending.erase(0, end + 4);
  request.authorization = header(request.head, "Authorization");
  const std::size_t bytes = std::stoul("0" + header(request.head, "Content-Length"));
  while (pending.size() < bytes) {
    if (!receive(socket, pending)) return false;
  }
  request.body = pending.substr(0, bytes);
  pending.erase(0, bytes);
  return true;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

int listen_on(std::uint16_t& port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listener, 64) != 0)
    throw std::runtime_error("no listener");
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

ScriptServer::ScriptServer(Script script, std::uint16_t port) : script_(std::move(script)), port_(port) {
  listener_ = listen_on(port_);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptServer::~ScriptServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
  for (const int socket : sockets_) ::close(socket);
}

void ScriptServer::accept_all() {
  while (true) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    connections_.fetch_add(1);
    const std::lock_guard lock(mutex_);
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void ScriptServer::serve(int socket) {
  std::string pending;
  Request request;
  while (read_request(socket, pending, request)) {
    requests_.fetch_add(1);
    const Response response = script_(request);
    if (!response.raw.empty()) {
      send_all(socket, response.raw);
      break;
    }
    // In two parts, as nodes do: the second waits for the first to be acknowledged.
    send_all(socket, "HTTP/1.1 " + std::to_string(response.status) +
                         " X\r\nContent-Type: application/json\r\nContent-Length: " +
                         std::to_string(response.body.size()) + "\r\n\r\n");
    send_all(socket, response.body);
  }
  ::shutdown(socket, SHUT_RDWR);
}

std::string id_of(const Request& request) {
  const std::size_t at = request.body.rfind("\"id\":") + 5;
  return request.body.substr(at, request.body.find_first_of("},", at) - at);
}

Response result_of(const Request& request, const std::string& result) {
  return {.body = "{\"result\":" + result + ",\"error\":null,\"id\":" + id_of(request) + "}\n", .raw = {}};
}

Response error_of(const Request& request, int code, const std::string& message) {
  return {.status = 500,
          .body = "{\"result\":null,\"error\":{\"code\":" + std::to_string(code) + ",\"message\":\"" + message +
                  "\"},\"id\":" + id_of(request) + "}\n",
          .raw = {}};
}

std::uint16_t closed_port() {
  std::uint16_t port = 0;
  ::close(listen_on(port));
  return port;
}

}  // namespace sluice::node::test
