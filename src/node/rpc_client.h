// Calls to the node, from any thread: retried, failed over, counted, and ended by stop().
//
// Several addresses of DAEMON_URL are nodes that stand in for each other; one of them is asked at a time. What is
// worth another attempt: no connection, a broken or late answer, 503 (the node's work queue is full), an answer that
// is not JSON-RPC, a node that warms up (-28), refused credentials (the cookie file is read again first). An error that
// the node gives for the call itself is an answer. Whether there is another attempt is the caller's choice: following
// the chain retries until it is stopped; a broadcast or what a client waits for is tried once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "config/endpoints.h"
#include "node/http_pool.h"
#include "node/retry_schedule.h"
#include "node/rpc_message.h"

namespace sluice::node {

/// What one attempt came to, as far as the node's health is concerned.
enum class Attempted : std::uint8_t {
  answered,     ///< a JSON-RPC answer, be it an error of the call
  unreachable,  ///< no connection, or it broke
  slow,         ///< no answer in time, or 503
  refused,      ///< 401 or 403, also with the cookie read again
  warming_up,   ///< -28
  bad_answer,   ///< HTTP, but no JSON-RPC; or more than the bound
};

/// Told of every attempt, from the calling thread, outside of all locks. `url` has no password; `detail` is one line.
using AttemptObserver = std::function<void(Attempted attempted, std::string_view url, std::string_view detail)>;

enum class Retry : std::uint8_t {
  until_stopped,  ///< only stop() and answers beyond the bound end the call without an answer
  never,          ///< one attempt
};

struct CallPolicy {
  Retry retry = Retry::until_stopped;
  std::chrono::milliseconds timeout{30'000};  ///< of one attempt
  std::size_t answer_bytes_max = std::size_t{64} << 20;
};

struct RpcOptions {
  std::vector<config::DaemonUrl> urls;  ///< at least one, ports put in
  std::filesystem::path cookie_file;    ///< for addresses without user and password; "" for none
  std::size_t calls_max = 10;           ///< HTTP calls side by side, as ElectrumX has them
  std::chrono::milliseconds connect_timeout{5'000};
};

/// Sums since the start.
struct RpcCounters {
  std::uint64_t calls = 0;     ///< attempts of single calls
  std::uint64_t batches = 0;   ///< attempts of batches
  std::uint64_t batched = 0;   ///< calls within batches
  std::uint64_t failures = 0;  ///< attempts without a JSON-RPC answer
  std::uint64_t retries = 0;   ///< attempts after the first of a call
  std::uint64_t failovers = 0;
  std::uint64_t sent_bytes = 0;         ///< HTTP bodies
  std::uint64_t received_bytes = 0;     ///< HTTP bodies
  std::chrono::nanoseconds latency{0};  ///< over all attempts
};

class RpcClient {
 public:
  explicit RpcClient(RpcOptions options, AttemptObserver observer = {});
  RpcClient(const RpcClient&) = delete;
  RpcClient& operator=(const RpcClient&) = delete;

  /// Errors: io (no answer, Retry::never only), limit (answer too large), stopped. What the node says against the call
  ///         is in the reply's outcome.
  [[nodiscard]] Result<RpcReply> call(const RpcRequest& request, const CallPolicy& policy = {});
  /// All requests in one HTTP call. Bounds: at least one.
  [[nodiscard]] Result<RpcReply> batch(std::span<const RpcRequest> requests, const CallPolicy& policy = {});

  /// Asks these from the next attempt on. Any thread. Bounds: at least one, ports put in.
  void use(std::vector<config::DaemonUrl> urls);

  /// Ends all calls under way, and later ones at once, with ErrorKind::stopped. Any thread.
  void stop();

  [[nodiscard]] RpcCounters counters() const;
  /// The address that is asked now, without user and password.
  [[nodiscard]] std::string url() const;
  /// Its host.
  [[nodiscard]] std::string host() const;

 private:
  struct AttemptResult {
    Attempted attempted = Attempted::answered;
    RpcReply reply;
    std::string detail;
    bool is_stopped = false;
    bool is_final = false;  // another attempt cannot help
  };

  Result<RpcReply> run(std::string body, RequestForm form, std::uint64_t first_id, std::size_t count,
                       const CallPolicy& policy);
  AttemptResult attempt(const config::DaemonUrl& url, HttpRequest& request, RequestForm form, std::uint64_t first_id,
                        std::size_t count);
  AttemptResult judge(HttpAnswer&& answer, RequestForm form, std::uint64_t first_id, std::size_t count) const;
  /// Puts user and password into the request; false with `detail` set if the cookie file cannot be read.
  bool put_credentials(const config::DaemonUrl& url, HttpRequest& request, bool read_again, std::string& detail);
  HttpAnswer post_counted(const HttpRequest& request);
  std::chrono::milliseconds note_failure(const RetrySchedule::Attempt& attempt);
  /// False when stopped.
  bool wait(std::chrono::milliseconds time);

  const RpcOptions options_;
  const AttemptObserver observer_;
  std::atomic<std::uint64_t> next_id_{0};
  mutable std::mutex mutex_;  // held for moments: all below
  std::condition_variable stopping_;
  bool is_stopped_ = false;
  std::vector<config::DaemonUrl> urls_;  // those of the options, until use()
  RetrySchedule schedule_;
  RpcCounters counters_;
  std::string cookie_;  // user:password
  HttpPool pool_;
};

}  // namespace sluice::node
