#include "node/rpc_client.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/check.h"
#include "observe/log.h"

namespace sluice::node {
namespace {

constexpr std::string_view area = "node";
constexpr std::size_t cookie_bytes_max = 4096;
constexpr std::size_t quoted_bytes_max = 100;

std::string http_url(const config::DaemonUrl& url) { return (url.tls ? "https://" : "http://") + url.logged(); }

Result<std::string> read_cookie(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(cookie_bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) {
    return Error{ErrorKind::io, "cookie file " + path.string() +
                                    " cannot be read: is the node running, and may this user read the file?"};
  }
  if (text.find(':') == std::string::npos || text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return Error{ErrorKind::corrupt, "cookie file " + path.string() + " is not one line user:password"};
  return text;
}

/// The beginning of a body that is no answer; the log escapes what is not text.
std::string beginning_of(const std::vector<char>& body) {
  if (body.empty()) return "nothing";
  const bool is_whole = body.size() <= quoted_bytes_max;
  return "\"" + std::string(body.data(), std::min(body.size(), quoted_bytes_max)) + (is_whole ? "\"" : "...\"");
}

Attempted attempted_of(HttpErrc errc) noexcept {
  switch (errc) {
    case HttpErrc::timed_out: return Attempted::slow;
    case HttpErrc::too_large: return Attempted::bad_answer;
    default: return Attempted::unreachable;
  }
}

/// A node gives its JSON errors with one of these.
bool can_hold_answer(long status) noexcept { return status == 200 || status == 400 || status == 404 || status == 500; }

const NodeError* warming_up(const RpcReply& reply) noexcept {
  for (const RpcOutcome& outcome : reply.outcomes()) {
    if (outcome.error && outcome.error->code == code_warming_up) return &*outcome.error;
  }
  return nullptr;
}

}  // namespace

RpcClient::RpcClient(RpcOptions options, AttemptObserver observer)
    : options_(std::move(options)),
      observer_(std::move(observer)),
      urls_(options_.urls),
      schedule_(urls_.size()),
      pool_(options_.calls_max, options_.connect_timeout) {}

Result<RpcReply> RpcClient::call(const RpcRequest& request, const CallPolicy& policy) {
  const std::uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
  return run(write_request(request, id), RequestForm::single, id, 1, policy);
}

Result<RpcReply> RpcClient::batch(std::span<const RpcRequest> requests, const CallPolicy& policy) {
  SLUICE_CHECK(!requests.empty());
  const std::uint64_t first_id = next_id_.fetch_add(requests.size(), std::memory_order_relaxed);
  return run(write_batch(requests, first_id), RequestForm::batch, first_id, requests.size(), policy);
}

void RpcClient::use(std::vector<config::DaemonUrl> urls) {
  SLUICE_CHECK(!urls.empty());
  const std::lock_guard lock(mutex_);
  urls_ = std::move(urls);
  schedule_ = RetrySchedule(urls_.size(), schedule_.begin().epoch + 1);
}

void RpcClient::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopping_.notify_all();
  pool_.stop();
}

RpcCounters RpcClient::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::string RpcClient::url() const {
  const std::lock_guard lock(mutex_);
  return urls_[schedule_.begin().url_index].logged();
}

std::string RpcClient::host() const {
  const std::lock_guard lock(mutex_);
  return urls_[schedule_.begin().url_index].host;
}

Result<RpcReply> RpcClient::run(std::string body, RequestForm form, std::uint64_t first_id, std::size_t count,
                                const CallPolicy& policy) {
  HttpRequest request{.url = {},
                      .user = {},
                      .password = {},
                      .body = std::move(body),
                      .answer_bytes_max = policy.answer_bytes_max,
                      .timeout = policy.timeout};
  while (true) {
    RetrySchedule::Attempt begun;
    config::DaemonUrl url;
    {
      const std::lock_guard lock(mutex_);
      begun = schedule_.begin();
      url = urls_[begun.url_index];
      ++(form == RequestForm::single ? counters_.calls : counters_.batches);
      if (form == RequestForm::batch) counters_.batched += count;
    }
    AttemptResult result = attempt(url, request, form, first_id, count);
    if (result.is_stopped) return Error{ErrorKind::stopped, "the call to the node was stopped"};
    if (observer_) observer_(result.attempted, url.logged(), result.detail);
    if (result.attempted == Attempted::answered) {
      const std::lock_guard lock(mutex_);
      schedule_.succeeded(begun);
      return std::move(result.reply);
    }
    const std::chrono::milliseconds time = note_failure(begun);
    const bool is_told_by_node = result.attempted == Attempted::warming_up && policy.retry == Retry::never;
    if (is_told_by_node) return std::move(result.reply);
    if (result.is_final || policy.retry == Retry::never) {
      return Error{result.is_final ? ErrorKind::limit : ErrorKind::io, "node " + url.logged() + ": " + result.detail};
    }
    if (!wait(time)) return Error{ErrorKind::stopped, "the call to the node was stopped"};
  }
}

RpcClient::AttemptResult RpcClient::attempt(const config::DaemonUrl& url, HttpRequest& request, RequestForm form,
                                            std::uint64_t first_id, std::size_t count) {
  request.url = http_url(url);
  const bool has_cookie = !url.has_credentials() && !options_.cookie_file.empty();
  AttemptResult result;
  for (const bool read_again : {false, true}) {
    if (!put_credentials(url, request, read_again, result.detail)) {
      result.attempted = Attempted::unreachable;
      return result;
    }
    result = judge(post_counted(request), form, first_id, count);
    if (result.attempted != Attempted::refused || !has_cookie) break;
  }
  return result;
}

RpcClient::AttemptResult RpcClient::judge(HttpAnswer&& answer, RequestForm form, std::uint64_t first_id,
                                          std::size_t count) const {
  AttemptResult result;
  if (answer.errc == HttpErrc::stopped) {
    result.is_stopped = true;
  } else if (answer.errc != HttpErrc::ok) {
    result.attempted = attempted_of(answer.errc);
    result.is_final = answer.errc == HttpErrc::too_large;
    result.detail = result.is_final ? "the answer exceeds its bound" : std::move(answer.message);
  } else if (answer.status == 401 || answer.status == 403) {
    result.attempted = Attempted::refused;
    result.detail = "HTTP status " + std::to_string(answer.status) +
                    (answer.status == 401 ? ": it does not take the user and password"
                                          : ": it does not allow calls from here (rpcallowip)");
  } else if (answer.status == 503) {
    result.attempted = Attempted::slow;
    result.detail = "HTTP status 503: " + beginning_of(answer.body);
  } else if (!can_hold_answer(answer.status)) {
    result.attempted = Attempted::bad_answer;
    result.detail = "HTTP status " + std::to_string(answer.status) + ": " + beginning_of(answer.body);
  } else {
    const std::string beginning = beginning_of(answer.body);
    const AnswerErrc errc = read_answer(std::move(answer.body), form, first_id, count, result.reply);
    if (errc != AnswerErrc::ok) {
      result.attempted = Attempted::bad_answer;
      result.detail = std::string(describe(errc)) + ", HTTP status " + std::to_string(answer.status) + ": " + beginning;
    } else if (const NodeError* error = warming_up(result.reply)) {
      result.attempted = Attempted::warming_up;
      result.detail = error->message;
    }
  }
  return result;
}

bool RpcClient::put_credentials(const config::DaemonUrl& url, HttpRequest& request, bool read_again,
                                std::string& detail) {
  request.user = url.user;
  request.password = url.password;
  if (url.has_credentials() || options_.cookie_file.empty()) return true;
  std::string cookie;
  if (!read_again) {
    const std::lock_guard lock(mutex_);
    cookie = cookie_;
  }
  if (cookie.empty()) {
    auto read = read_cookie(options_.cookie_file);
    if (!read) {
      detail = read.error().message;
      return false;
    }
    cookie = std::move(read).value();
    const std::lock_guard lock(mutex_);
    cookie_ = cookie;
  }
  const std::size_t colon = cookie.find(':');
  request.user = cookie.substr(0, colon);
  request.password = cookie.substr(colon + 1);
  return true;
}

HttpAnswer RpcClient::post_counted(const HttpRequest& request) {
  const auto begin = std::chrono::steady_clock::now();
  HttpAnswer answer = pool_.post(request);
  const auto latency = std::chrono::steady_clock::now() - begin;
  const std::lock_guard lock(mutex_);
  counters_.latency += latency;
  counters_.sent_bytes += request.body.size();
  counters_.received_bytes += answer.body.size();
  return answer;
}

std::chrono::milliseconds RpcClient::note_failure(const RetrySchedule::Attempt& attempt) {
  std::string next;
  std::chrono::milliseconds time{0};
  {
    const std::lock_guard lock(mutex_);
    const std::size_t url_before = schedule_.begin().url_index;
    time = schedule_.failed(attempt);
    const std::size_t url_now = schedule_.begin().url_index;
    ++counters_.failures;
    if (url_now == url_before) return time;
    ++counters_.failovers;
    next = urls_[url_now].logged();
  }
  observe::log_info(area, "failing over to " + next);
  return time;
}

bool RpcClient::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  if (stopping_.wait_for(lock, time, [this] { return is_stopped_; })) return false;
  ++counters_.retries;
  return true;
}

}  // namespace sluice::node
