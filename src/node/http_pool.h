// HTTP POST to nodes: one thread, kept connections, a bounded number of transfers side by side; by libcurl's multi
// interface, which is seen in http_pool.cpp only.
//
// Callers block until their transfer has ended. No proxy, no redirect, no compression, HTTP/1.1; certificates of
// https nodes are checked. Bodies and headers have a bound; what exceeds it ends the transfer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace sluice::node {

struct HttpRequest {
  std::string url;   ///< without credentials
  std::string user;  ///< both empty: no Authorization header
  std::string password;
  std::string body;
  std::size_t answer_bytes_max = 0;
  std::chrono::milliseconds timeout{0};  ///< from the start of the transfer to its last byte
};

enum class HttpErrc : std::uint8_t {
  ok,           ///< an answer with a status, whatever it says
  unreachable,  ///< no connection: refused, no route, name unknown, TLS failed
  broken,       ///< the connection ended or what came was not HTTP
  timed_out,
  too_large,  ///< the body or the headers exceed their bound
  stopped,    ///< the pool was stopped
};

struct HttpAnswer {
  HttpErrc errc = HttpErrc::stopped;
  long status = 0;  ///< 200, 401, ...; only with ok
  std::vector<char> body;
  std::string message;  ///< for other errors: what happened, in a few words
};

class HttpPool {
 public:
  /// Bounds: transfers_max >= 1; further callers wait in the order they came.
  HttpPool(std::size_t transfers_max, std::chrono::milliseconds connect_timeout);
  /// No caller may be inside post().
  ~HttpPool();
  HttpPool(const HttpPool&) = delete;
  HttpPool& operator=(const HttpPool&) = delete;

  [[nodiscard]] HttpAnswer post(const HttpRequest& request);
  /// Ends transfers under way and all later ones with `stopped`. Returns at once; any thread, any number of times.
  void stop();

 private:
  struct Transfer;
  struct Loop;
  void run();

  const std::size_t transfers_max_;
  const std::chrono::milliseconds connect_timeout_;
  void* multi_ = nullptr;  // CURLM
  std::mutex mutex_;       // held for moments: queue_, is_stopped_, and the answers of ended transfers
  std::condition_variable ended_;
  std::deque<Transfer*> queue_;
  bool is_stopped_ = false;
  std::vector<int> sockets_;  // of the kept connections; of the thread, then of the destructor
  std::thread thread_;
};

}  // namespace sluice::node
