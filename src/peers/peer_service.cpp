#include "peers/peer_service.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <random>

#include "config/endpoints.h"
#include "observe/json_writer.h"
#include "observe/log.h"
#include "peers/peer_host.h"
#include "peers/saved_peers.h"
#include "serve/json_text.h"

namespace sluice::peers {
namespace {

using serve::append_json_string;
using serve::NodeAnswer;

constexpr std::string_view area = "peers";
constexpr Seconds told_for = 10;  // an answer is made anew after so long, or when a peer was checked
constexpr Seconds save_interval = 60;
constexpr Seconds wait_max = 60;  // the clock may be set meanwhile

Seconds now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Random seeded() {
  std::random_device device;
  return Random(std::uint64_t{device()} << 32 | device());
}

/// A peer that could not be reached or is too busy to answer is no bad one.
bool is_bad(const Error& error) { return error.kind == ErrorKind::corrupt || error.kind == ErrorKind::limit; }

bool is_same(const config::AddressBytes& left, const config::AddressBytes& right) {
  return left.is_ipv6 == right.is_ipv6 && left.bytes == right.bytes;
}

/// Does the name have this address? Waits for the resolver.
bool resolves_to(const std::string& host, const config::AddressBytes& address) {
  addrinfo hints{};
  hints.ai_family = address.is_ipv6 ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> places(found, &::freeaddrinfo);
  for (const addrinfo* place = found; place != nullptr; place = place->ai_next) {
    const void* bytes =
        address.is_ipv6 ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6*>(place->ai_addr)->sin6_addr)
                        : &reinterpret_cast<const sockaddr_in*>(place->ai_addr)->sin_addr;
    if (place->ai_family == hints.ai_family && std::memcmp(bytes, address.bytes.data(), address.is_ipv6 ? 16 : 4) == 0)
      return true;
  }
  return false;
}

void append_port(std::string& reply, std::uint16_t port) { reply += port == 0 ? "null" : std::to_string(port); }

void append_text_or_null(std::string& reply, std::string_view text) {
  if (text.empty()) reply += "null";
  else append_json_string(reply, text);
}

/// As ElectrumX' peers carry them, for its command line tool.
void append_row(std::string& reply, const Peer& peer, Seconds time) {
  reply += "{\"host\":";
  append_json_string(reply, peer.name.host);
  reply += ",\"features\":{\"hosts\":{";
  append_json_string(reply, peer.name.host);
  reply += ":{\"tcp_port\":";
  append_port(reply, peer.name.ports.tcp);
  reply += ",\"ssl_port\":";
  append_port(reply, peer.name.ports.ssl);
  reply += "}},\"pruning\":";
  reply += peer.name.pruning ? std::to_string(*peer.name.pruning) : "null";
  reply += ",\"server_version\":";
  append_text_or_null(reply, peer.server_version);
  reply += ",\"protocol_min\":";
  append_text_or_null(reply, peer.protocol_min);
  reply += ",\"protocol_max\":";
  append_text_or_null(reply, peer.name.protocol_max);
  reply += fmt::format("}},\"source\":\"{}\",\"ip_addr\":", name_of(peer.source));
  append_text_or_null(reply, peer.address);
  reply += fmt::format(",\"last_good\":{},\"last_try\":{},\"try_count\":{},\"status\":\"{}\"}}", peer.last_good,
                       peer.last_try, peer.try_count, name_of(peer.status(time)));
}

}  // namespace

PeerService::PeerService(PeerServiceOptions options)
    : options_(std::move(options)),
      usual_(usual_ports(*options_.network)),
      may_be_private_(std::any_of(options_.own.begin(), options_.own.end(),
                                  [](const PeerName& name) { return !is_public_host(name.host); })),
      table_(may_be_private_, seeded()),
      add_limit_(seeded()) {
  const Seconds time = now();
  for (const PeerName& name : options_.own) table_.note(name, PeerSource::own, time);
  if (!options_.takes_others) return;
  for (const PeerName& name : options_.given) table_.note(name, PeerSource::operator_, time);
  restore();
}

PeerService::~PeerService() { stop(); }

void PeerService::restore() {
  auto saved = load_peers(options_.file);
  if (!saved) return observe::log_warning(area, saved.error().message + "; the peers in it are not used");
  const Seconds time = now();
  for (SavedPeer& peer : saved.value()) table_.restore(peer.name, std::move(peer.address), peer.last_good, time);
}

void PeerService::start() {
  for (std::size_t i = 0; i < checkers; ++i) threads_.emplace_back([this] { run_checker(); });
  if (options_.takes_others) threads_.emplace_back([this] { run_resolver(); });
}

void PeerService::stop() {
  std::deque<Lookup> unanswered;
  {
    const std::lock_guard lock(mutex_);
    stop_.stop();
    unanswered.swap(lookups_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const Lookup& lookup : unanswered) lookup.answer->give(NodeAnswer::Outcome::answered, 0, "false");
  if (!unanswered.empty()) options_.on_answer();
  save(true);
}

void PeerService::run_checker() {
  for (;;) {
    std::optional<Peer> peer;
    {
      std::unique_lock lock(mutex_);
      while (!stop_.is_stopped() && !(peer = table_.take_due(now()))) {
        const auto due = table_.next_due();
        const Seconds wait = due ? std::clamp<Seconds>(*due - now(), 1, wait_max) : wait_max;
        changed_.wait_for(lock, std::chrono::seconds(wait));
      }
      if (stop_.is_stopped()) return;
    }
    check(*peer);
    save(false);
  }
}

void PeerService::check(const Peer& peer) {
  const std::string& host = peer.name.host;
  auto result = ask_peer(peer);
  if (stop_.is_stopped()) return;
  const Seconds time = now();
  std::string news;
  {
    const std::lock_guard lock(mutex_);
    if (result) {
      const VerifyResult& found = result.value();
      const bool is_news = table_.verified(host, found.verified, time);
      if (options_.takes_others) table_.note_some(found.peers, time);
      if (is_news) news = fmt::format("{} is good: {}", host, found.verified.server_version);
      if (found.was_told) news = fmt::format("{} is good and lists this server now", host);
      is_unsaved_ = true;
    } else {
      const bool is_liar = is_bad(result.error());
      const bool is_gone = table_.failed(host, is_liar, time);
      is_unsaved_ |= is_liar || is_gone;
      if (is_liar) news = fmt::format("{} is no peer of ours: {}", host, result.error().message);
      if (is_gone) news = fmt::format("{} is forgotten: {}", host, result.error().message);
    }
    forget_told();
  }
  changed_.notify_all();
  if (!news.empty()) return observe::log_info(area, news);
  if (!result) observe::log_debug(area, fmt::format("{}: {}", host, result.error().message));
}

/// By TLS if it can be, else by TCP.
Result<VerifyResult> PeerService::ask_peer(const Peer& peer) {
  const bool is_to_onion = is_onion(peer.name.host);
  const auto view = options_.view();
  OurSide ours;
  ours.network = options_.network;
  ours.view = view.get();
  ours.software = options_.software;
  ours.protocols = options_.protocols;
  for (const PeerName& name : options_.own) ours.hosts.push_back(name.host);
  if (!peer.is_own()) ours.announcement = is_to_onion ? options_.onion_announcement : options_.announcement;

  ConnectOptions connect;
  connect.host = peer.name.host;
  connect.proxy = is_to_onion || options_.force_proxy ? &options_.proxy : nullptr;
  connect.may_be_private = may_be_private_ || peer.is_trusted();
  Error last{ErrorKind::io, "it has no port that is spoken here"};
  for (const bool tls : {true, false}) {
    connect.tls = tls;
    connect.port = tls ? peer.name.ports.ssl : peer.name.ports.tcp;
    if (connect.port == 0) continue;
    auto connection = PeerConnection::open(connect, stop_);
    if (!connection) {
      last = std::move(connection).error();
      continue;
    }
    // relaxed: nothing else follows from it.
    if (connect.proxy != nullptr) proxy_has_worked_.store(true, std::memory_order_relaxed);
    auto result = verify(peer.name, ours, *connection.value());
    if (result) result.value().verified.address = connection.value()->address();
    if (result || is_bad(result.error())) return result;
    last = std::move(result).error();
  }
  return last;
}

void PeerService::run_resolver() {
  for (;;) {
    Lookup next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stop_.is_stopped() || !lookups_.empty(); });
      if (stop_.is_stopped()) return;
      next = std::move(lookups_.front());
      lookups_.pop_front();
    }
    give(*next.answer, next.name, resolves_to(next.name.host, next.client));
    options_.on_answer();
  }
}

/// Decides about a server that wants to be listed.
void PeerService::give(NodeAnswer& answer, const PeerName& name, bool is_at_client) {
  bool is_taken = false;
  if (is_at_client) {
    const Seconds time = now();
    const std::lock_guard lock(mutex_);
    is_taken = add_limit_.allows(name.host, time) && table_.note(name, PeerSource::client, time, true);
  }
  if (is_taken) changed_.notify_all();
  answer.give(NodeAnswer::Outcome::answered, 0, is_taken ? "true" : "false");
}

std::shared_ptr<const NodeAnswer> PeerService::ask_add(const serve::JsonValue& features,
                                                       std::string_view client_address) {
  auto answer = std::make_shared<NodeAnswer>();
  const auto client = config::parse_literal(client_address);
  const auto read = read_features(features);
  const bool is_usable = options_.takes_others && client && read && !read.value().hosts.empty() &&
                         read.value().genesis_hash == options_.network->genesis_hash;
  if (!is_usable) {
    answer->give(NodeAnswer::Outcome::answered, 0, "false");
    return answer;
  }
  // Only the first host counts: the others may be anybody's.
  const PeerName& name = read.value().hosts.front();
  const auto literal = config::parse_literal(name.host);
  const bool is_own =
      std::any_of(options_.own.begin(), options_.own.end(), [&](const PeerName& own) { return own.host == name.host; });
  // Who comes through Tor has no address to compare.
  const bool is_by_tor = is_onion(name.host);
  const bool is_public = is_public_host(name.host) && (is_by_tor || is_public_address(*client));
  const bool could_be = !is_own && (may_be_private_ || is_public);
  if (!could_be || literal || is_by_tor) {
    give(*answer, name, could_be && (!literal || is_same(*literal, *client)));
    return answer;
  }
  {
    const std::lock_guard lock(mutex_);
    // One at a time for a client: its names may be slow to look up.
    const bool waits_already = std::any_of(lookups_.begin(), lookups_.end(),
                                           [&](const Lookup& lookup) { return is_same(lookup.client, *client); });
    if (!stop_.is_stopped() && !waits_already && lookups_.size() < lookups_waiting_max) {
      lookups_.push_back({name, *client, answer});
      changed_.notify_all();
      return answer;
    }
  }
  answer->give(NodeAnswer::Outcome::answered, 0, "false");
  return answer;
}

bool PeerService::is_tor_client(std::string_view address) const {
  if (!proxy_has_worked_.load(std::memory_order_relaxed)) return false;
  return options_.proxy.host == address || (config::is_loopback(options_.proxy.host) && config::is_loopback(address));
}

void PeerService::forget_told() {
  for (Told& told : told_) told.until = 0;
}

void PeerService::append_peers(std::string& reply, std::string_view client_address) {
  const bool is_tor = is_tor_client(client_address);
  const Seconds time = now();
  const std::lock_guard lock(mutex_);
  Told& told = told_[is_tor ? 1 : 0];
  if (told.until <= time || told.until > time + told_for) {
    told.text = "[";
    for (const Peer* peer : table_.told(time, is_tor)) {
      if (told.text.size() > 1) told.text += ',';
      told.text += '[';
      append_json_string(told.text, peer->address.empty() ? peer->name.host : peer->address);
      told.text += ',';
      append_json_string(told.text, peer->name.host);
      told.text += ",[";
      bool is_first = true;
      for (const std::string& detail : details_of(peer->name, usual_)) {
        if (!is_first) told.text += ',';
        is_first = false;
        append_json_string(told.text, detail);
      }
      told.text += "]]";
    }
    told.text += ']';
    told.until = time + told_for;
  }
  reply += told.text;
}

void PeerService::append_rows(std::string& reply) const {
  const Seconds time = now();
  const std::lock_guard lock(mutex_);
  reply += '[';
  for (const auto& [host, peer] : table_.peers()) {
    if (reply.back() == '}') reply += ',';
    append_row(reply, peer, time);
  }
  reply += ']';
}

serve::PeerCounts PeerService::counts() const {
  const std::lock_guard lock(mutex_);
  return table_.counts(now());
}

Status PeerService::add(std::string_view real_name) {
  auto name = parse_real_name(real_name, usual_);
  if (!name) return std::move(name).error();
  {
    const std::lock_guard lock(mutex_);
    if (!table_.note(name.value(), PeerSource::operator_, now(), true))
      return Error{ErrorKind::limit,
                   fmt::format("peer {}: no room among {} peers", name.value().host, PeerTable::peers_max)};
  }
  changed_.notify_all();
  return {};
}

void PeerService::save(bool at_once) {
  const std::lock_guard file_lock(file_mutex_);
  std::string text;
  {
    const std::lock_guard lock(mutex_);
    const Seconds time = now();
    if (!options_.takes_others || !is_unsaved_ || (!at_once && time < saved_at_ + save_interval)) return;
    text = show_saved(table_);
    is_unsaved_ = false;
    saved_at_ = time;
  }
  if (Status status = observe::write_report(options_.file, text); !status)
    observe::log_warning(area, status.error().message);
}

}  // namespace sluice::peers
