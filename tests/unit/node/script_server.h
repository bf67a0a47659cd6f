// A node as far as HTTP goes, on 127.0.0.1: plain sockets, any number of connections, each answered by one function
// of the test. Shares nothing with the client it tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::node::test {

struct Request {
  std::string head;           ///< request line and headers
  std::string authorization;  ///< of the header; "" if absent
  std::string body;
};

struct Response {
  int status = 200;
  std::string body;
  std::string raw;  ///< if set: sent instead of all else, and the connection closed
};

class ScriptServer {
 public:
  using Script = std::function<Response(const Request&)>;

  /// The script is called from a thread for each connection. Port 0: a free one.
  explicit ScriptServer(Script script, std::uint16_t port = 0);
  /// Closes all connections; scripts that wait must have been let go.
  ~ScriptServer();
  ScriptServer(const ScriptServer&) = delete;
  ScriptServer& operator=(const ScriptServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] unsigned connections() const noexcept { return connections_.load(); }
  [[nodiscard]] unsigned requests() const noexcept { return requests_.load(); }

 private:
  void accept_all();
  void serve(int socket);

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<unsigned> connections_{0};
  std::atomic<unsigned> requests_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// {"result":RESULT,"error":null,"id":ID} with the id of the request.
Response result_of(const Request& request, const std::string& result);
/// With HTTP status 500, as nodes answer.
Response error_of(const Request& request, int code, const std::string& message);
/// The text behind "id": of a single request.
std::string id_of(const Request& request);
/// A port that nobody listens on.
std::uint16_t closed_port();

}  // namespace sluice::node::test
