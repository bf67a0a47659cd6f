#include "node/http_pool.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/check.h"

namespace sluice::node {
namespace {

constexpr std::size_t header_bytes_max = std::size_t{64} << 10;
constexpr long receive_buffer_bytes = 256L << 10;
// A node closes connections that were idle for 30 s: one that may be about to close is not used again.
constexpr long idle_seconds_max = 20;
constexpr int poll_ms = 60'000;  // woken for every event; a safety net only
// Room behind the body for whoever parses it, so that nothing is copied for it.
constexpr std::size_t padding_bytes = 64;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, EasyDeleter>;
using HeaderList = std::unique_ptr<curl_slist, ListDeleter>;

void start_curl_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  SLUICE_CHECK(code == CURLE_OK);
}

HttpErrc errc_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_OK: return HttpErrc::ok;
    case CURLE_OPERATION_TIMEDOUT: return HttpErrc::timed_out;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_INTERFACE_FAILED: return HttpErrc::unreachable;
    default: return HttpErrc::broken;
  }
}

}  // namespace

/// One post() under way; lives on the caller's stack.
struct HttpPool::Transfer {
  const HttpRequest& request;
  HttpAnswer answer{};
  std::size_t header_bytes = 0;
  bool is_too_large = false;
  bool has_ended = false;  // under the pool's mutex
  CURL* easy = nullptr;
  std::array<char, CURL_ERROR_SIZE> curl_message{};

  static std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take({bytes, size * count});
  }
  static std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    (void)bytes;
    transfer.header_bytes += size * count;
    transfer.is_too_large = transfer.header_bytes > header_bytes_max;
    return transfer.is_too_large ? 0 : size * count;
  }

  std::size_t take(std::string_view bytes) {
    std::vector<char>& body = answer.body;
    is_too_large = bytes.size() > request.answer_bytes_max - body.size();
    if (is_too_large) return 0;
    if (body.empty()) {
      curl_off_t announced = 0;
      curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
      is_too_large = announced > 0 && static_cast<std::uint64_t>(announced) > request.answer_bytes_max;
      if (is_too_large) return 0;
      if (announced > 0) body.reserve(static_cast<std::size_t>(announced) + padding_bytes);
    }
    body.insert(body.end(), bytes.begin(), bytes.end());
    return bytes.size();
  }
};

/// What the pool's thread holds.
struct HttpPool::Loop {
  HttpPool& pool;
  CURLM* multi;
  HeaderList headers;
  std::vector<EasyHandle> idle;
  std::vector<Transfer*> active;

  explicit Loop(HttpPool& owner) : pool(owner), multi(owner.multi_) {
    headers.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    // Without this, libcurl asks before it sends a large body and waits for a second.
    curl_slist_append(headers.get(), "Expect:");
  }

  void start(Transfer& transfer) {
    if (idle.empty()) idle.emplace_back(curl_easy_init());
    CURL* easy = idle.back().release();
    idle.pop_back();
    SLUICE_CHECK(easy != nullptr);
    curl_easy_reset(easy);
    transfer.easy = easy;
    set_options(easy, transfer);
    active.push_back(&transfer);
    const CURLMcode code = curl_multi_add_handle(multi, easy);
    SLUICE_CHECK(code == CURLM_OK);
  }

  void set_options(CURL* easy, Transfer& transfer) const {
    const HttpRequest& request = transfer.request;
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    if (!request.user.empty() || !request.password.empty()) {
      curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
      curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
      curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(pool.connect_timeout_.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, idle_seconds_max);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.curl_message.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Loop::open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &pool.sockets_);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Loop::close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &pool.sockets_);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  }

  static curl_socket_t open_socket(void* sockets, curlsocktype, curl_sockaddr* address) {
    const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket >= 0) static_cast<std::vector<int>*>(sockets)->push_back(socket);
    return socket;
  }
  static int close_socket(void* sockets, curl_socket_t socket) {
    std::erase(*static_cast<std::vector<int>*>(sockets), socket);
    return ::close(socket);
  }

  /// A node sends an answer in parts and holds the next one back until the one before is acknowledged (Nagle), which
  /// the kernel puts off for 40 ms unless told, again for each part.
  void acknowledge_at_once() const {
    const int yes = 1;
    for (const int socket : pool.sockets_) ::setsockopt(socket, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
  }

  /// Starts what there is room for; false when the pool was stopped.
  bool start_queued() {
    std::vector<Transfer*> started;
    {
      const std::lock_guard lock(pool.mutex_);
      if (pool.is_stopped_) return false;
      while (!pool.queue_.empty() && active.size() + started.size() < pool.transfers_max_) {
        started.push_back(pool.queue_.front());
        pool.queue_.pop_front();
      }
    }
    for (Transfer* transfer : started) start(*transfer);
    return true;
  }

  /// True if any ended: there may be room for queued ones.
  bool take_ended() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      char* self = nullptr;
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
      auto& transfer = *reinterpret_cast<Transfer*>(self);
      HttpAnswer& answer = transfer.answer;
      answer.errc = transfer.is_too_large ? HttpErrc::too_large : errc_of(code);
      if (answer.errc == HttpErrc::timed_out && !was_connected(easy)) answer.errc = HttpErrc::unreachable;
      if (code == CURLE_OK) curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
      else answer.message = transfer.curl_message[0] != 0 ? transfer.curl_message.data() : curl_easy_strerror(code);
      end(transfer);
      any = true;
    }
    return any;
  }

  static bool was_connected(CURL* easy) {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &microseconds);
    return microseconds > 0;
  }

  /// The caller may be gone as soon as the lock is released.
  void end(Transfer& transfer) {
    curl_multi_remove_handle(multi, transfer.easy);
    idle.emplace_back(transfer.easy);
    std::erase(active, &transfer);
    const std::lock_guard lock(pool.mutex_);
    transfer.has_ended = true;
    pool.ended_.notify_all();
  }

  void end_all_stopped() {
    while (!active.empty()) {
      active.back()->answer = HttpAnswer();
      end(*active.back());
    }
    const std::lock_guard lock(pool.mutex_);
    for (Transfer* transfer : pool.queue_) transfer->has_ended = true;
    pool.queue_.clear();
    pool.ended_.notify_all();
  }
};

HttpPool::HttpPool(std::size_t transfers_max, std::chrono::milliseconds connect_timeout)
    : transfers_max_(transfers_max), connect_timeout_(connect_timeout) {
  SLUICE_CHECK(transfers_max > 0);
  start_curl_once();
  multi_ = curl_multi_init();
  SLUICE_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(transfers_max));
  thread_ = std::thread([this] { run(); });
}

HttpPool::~HttpPool() {
  stop();
  thread_.join();
  curl_multi_cleanup(multi_);
}

void HttpPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  curl_multi_wakeup(multi_);
}

HttpAnswer HttpPool::post(const HttpRequest& request) {
  Transfer transfer{.request = request};
  {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return {};
    queue_.push_back(&transfer);
  }
  curl_multi_wakeup(multi_);
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [&] { return transfer.has_ended; });
  return std::move(transfer.answer);
}

void HttpPool::run() {
  Loop loop(*this);
  while (loop.start_queued()) {
    int running = 0;
    curl_multi_perform(multi_, &running);
    loop.acknowledge_at_once();
    if (loop.take_ended()) continue;
    curl_multi_poll(multi_, nullptr, 0, poll_ms, nullptr);
  }
  loop.end_all_stopped();
}

}  // namespace sluice::node
