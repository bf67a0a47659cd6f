#include "load_run.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>

namespace sluice::load {
namespace {

constexpr std::size_t receive_bytes = std::size_t{1} << 18;
constexpr std::size_t latencies_max = 20'000'000;

struct Client {
  int fd = -1;
  std::size_t next = 0;     ///< request to be sent next
  std::size_t awaited = 0;  ///< request whose reply comes next
  std::deque<std::uint64_t> sent_at_ns;
  std::string partial;  ///< beginning of a reply that has not ended
};

class Run {
 public:
  Run(const Target& target, const std::vector<std::string>& requests, const RunOptions& options)
      : requests_(requests), options_(options), clients_(options.connections), buffer_(receive_bytes) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      Client& client = clients_[i];
      client.fd = connect_to(target);
      client.next = client.awaited = i * requests.size() / clients_.size();
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &client;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
    }
  }

  ~Run() {
    for (const Client& client : clients_) ::close(client.fd);
    ::close(epoll_);
  }

  void learn_replies() {
    std::string rest;
    Client& client = clients_.front();
    for (const std::string& request : requests_) {
      send_all(client.fd, request + "\n");
      expected_.push_back(receive_line(client.fd, rest) + "\n");
      if (expected_.back().find("\"error\"") != std::string::npos) give_up(request + ": " + expected_.back());
    }
  }

  void measure() {
    const double server_before = options_.server_pid != 0 ? cpu_us_of(options_.server_pid) : 0;
    const double own_before = own_cpu_us();
    const std::uint64_t begin = now_ns();
    const std::uint64_t until = begin + static_cast<std::uint64_t>(options_.seconds * 1e9);
    for (Client& client : clients_) send(client, options_.in_flight);
    std::uint64_t now = begin;
    while (now < until) now = take_round();
    const double own = own_cpu_us() - own_before;
    const double server = options_.server_pid != 0 ? cpu_us_of(options_.server_pid) - server_before : 0;
    const auto count = static_cast<double>(answered_);
    std::printf(
        "{\"requests\": %llu, \"per_second\": %.0f, \"p50_us\": %.1f, \"p95_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": "
        "%.1f, "
        "\"server_cpu_us\": %.2f, \"own_cpu_us\": %.2f}\n",
        static_cast<unsigned long long>(answered_), count * 1e9 / static_cast<double>(now - begin),
        quantile_us(latency_ns_, 0.5), quantile_us(latency_ns_, 0.95), quantile_us(latency_ns_, 0.99),
        quantile_us(latency_ns_, 0.999), server / count, own / count);
  }

 private:
  /// Handles whatever has come; the time behind it.
  std::uint64_t take_round() {
    epoll_event events[64];
    const int ready = ::epoll_wait(epoll_, events, 64, 30'000);
    if (ready == 0) give_up("no reply for 30 s");
    std::uint64_t now = now_ns();
    for (int i = 0; i < ready; ++i) {
      receive(*static_cast<Client*>(events[i].data.ptr), now);
      now = now_ns();
    }
    return now;
  }

  void receive(Client& client, std::uint64_t now) {
    const ssize_t size = ::recv(client.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) give_up("the server closed a connection");
    std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
    if (!client.partial.empty()) {
      client.partial.append(bytes);
      bytes = client.partial;
    }
    unsigned replies = 0;
    while (true) {
      const std::size_t newline = bytes.find('\n');
      if (newline == bytes.npos) break;
      check(client, bytes.substr(0, newline + 1));
      if (latency_ns_.size() < latencies_max)
        latency_ns_.push_back(static_cast<std::uint32_t>(now - client.sent_at_ns.front()));
      client.sent_at_ns.pop_front();
      bytes.remove_prefix(newline + 1);
      ++replies;
    }
    client.partial = std::string(bytes);
    answered_ += replies;
    send(client, replies);
  }

  void check(Client& client, std::string_view reply) {
    const std::size_t index = client.awaited;
    client.awaited = index + 1 == requests_.size() ? 0 : index + 1;
    const bool good = options_.compare ? reply == expected_[index] : reply.find("\"error\"") == reply.npos;
    if (!good) give_up(requests_[index] + ": got " + std::string(reply.substr(0, 300)));
  }

  void send(Client& client, unsigned count) {
    if (count == 0) return;
    text_.clear();
    for (unsigned i = 0; i < count; ++i) {
      text_ += requests_[client.next];
      text_ += '\n';
      client.next = client.next + 1 == requests_.size() ? 0 : client.next + 1;
    }
    client.sent_at_ns.insert(client.sent_at_ns.end(), count, now_ns());
    send_all(client.fd, text_);
  }

  const std::vector<std::string>& requests_;
  const RunOptions& options_;
  std::vector<std::string> expected_;
  std::vector<Client> clients_;
  std::vector<char> buffer_;
  std::string text_;
  std::vector<std::uint32_t> latency_ns_;
  std::uint64_t answered_ = 0;
  int epoll_ = -1;
};

}  // namespace

void run_load(const Target& target, const std::vector<std::string>& requests, const RunOptions& options) {
  Run run(target, requests, options);
  run.learn_replies();
  run.measure();
}

}  // namespace sluice::load
