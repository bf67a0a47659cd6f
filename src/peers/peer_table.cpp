#include "peers/peer_table.h"

#include <algorithm>
#include <array>

#include "peers/peer_host.h"

namespace sluice::peers {
namespace {

constexpr unsigned failures_max = 3;
constexpr unsigned failures_of_good_max = 10;
/// Peers that are never forgotten are tried at least about once in three hours.
constexpr unsigned doublings_max = 5;
constexpr std::size_t onions_told_least = 10;
constexpr std::size_t onions_told_to_tor = 50;

}  // namespace

std::string_view name_of(PeerSource source) noexcept {
  constexpr std::array<std::string_view, 5> names{"own", "operator", "file", "peer", "client"};
  return names[static_cast<std::size_t>(source)];
}

std::string_view name_of(PeerStatus status) noexcept {
  constexpr std::array<std::string_view, 4> names{"good", "stale", "never", "bad"};
  return names[static_cast<std::size_t>(status)];
}

PeerStatus Peer::status(Seconds now) const noexcept {
  if (is_bad) return PeerStatus::bad;
  if (last_good == 0) return PeerStatus::never;
  return last_good > now - good_for ? PeerStatus::good : PeerStatus::stale;
}

bool PeerTable::note(const PeerName& name, PeerSource source, Seconds now, bool renew) {
  if (const auto known = peers_.find(name.host); known != peers_.end()) {
    Peer& peer = known->second;
    if (!renew || peer.is_own()) return true;
    if (source == PeerSource::operator_) peer.source = source;
    else if (peer.name.ports == name.ports) return true;
    peer.name.ports = name.ports;
    peer.due = now;
    return true;
  }
  Peer peer;
  peer.name = name;
  peer.source = source;
  peer.due = now;
  if (!peer.is_trusted() && !may_be_private_ && !is_public_host(name.host)) return false;
  if (peers_.size() >= peers_max && !make_room()) return false;
  peers_.emplace(name.host, std::move(peer));
  return true;
}

void PeerTable::note_some(std::vector<PeerName> names, Seconds now) {
  std::erase_if(names, [&](const PeerName& name) {
    return peers_.contains(name.host) || (!may_be_private_ && !is_public_host(name.host));
  });
  shuffle(names);
  if (names.size() > new_from_peer_max) names.resize(new_from_peer_max);
  for (const PeerName& name : names) note(name, PeerSource::peer, now);
}

void PeerTable::restore(const PeerName& name, std::string address, Seconds last_good, Seconds now) {
  if (peers_.contains(name.host) || !note(name, PeerSource::file, now)) return;
  Peer& peer = peers_.find(name.host)->second;
  peer.address = std::move(address);
  peer.last_good = std::min(last_good, now);
}

std::optional<Peer> PeerTable::take_due(Seconds now) {
  Peer* next = nullptr;
  for (auto& [host, peer] : peers_) {
    if (!peer.is_checked_now && peer.due <= now && (next == nullptr || peer.due < next->due)) next = &peer;
  }
  if (next == nullptr) return std::nullopt;
  next->is_checked_now = true;
  next->last_try = now;
  return *next;
}

std::optional<Seconds> PeerTable::next_due() const {
  std::optional<Seconds> next;
  for (const auto& [host, peer] : peers_) {
    if (!peer.is_checked_now && (!next || peer.due < *next)) next = peer.due;
  }
  return next;
}

bool PeerTable::verified(std::string_view host, const Verified& found, Seconds now) {
  const auto place = peers_.find(host);
  if (place == peers_.end()) return false;
  Peer& peer = place->second;
  const bool is_news = peer.status(now) != PeerStatus::good;
  peer.name.ports = found.ports;
  peer.name.protocol_max = found.protocol_max;
  peer.name.pruning = found.pruning;
  peer.server_version = found.server_version;
  peer.protocol_min = found.protocol_min;
  peer.address = found.address;
  peer.last_good = now;
  peer.try_count = 0;
  peer.is_bad = peer.is_checked_now = false;
  peer.due = now + recheck_after;
  return is_news;
}

bool PeerTable::failed(std::string_view host, bool is_bad, Seconds now) {
  const auto place = peers_.find(host);
  if (place == peers_.end()) return false;
  Peer& peer = place->second;
  peer.is_checked_now = false;
  peer.is_bad = peer.is_bad || is_bad;
  ++peer.try_count;
  const unsigned most = peer.last_good != 0 && !peer.is_bad ? failures_of_good_max : failures_max;
  if (peer.try_count >= most && !peer.is_trusted()) {
    peers_.erase(place);
    return true;
  }
  peer.due = now + (retry_after << std::min(peer.try_count, doublings_max));
  return false;
}

std::vector<const Peer*> PeerTable::told(Seconds now, bool to_tor_client) {
  std::vector<const Peer*> told, onions;
  std::map<std::string, std::vector<const Peer*>> buckets;
  for (const auto& [host, peer] : peers_) {
    if (peer.status(now) != PeerStatus::good) continue;
    if (peer.is_own()) told.push_back(&peer);
    else if (is_onion(host)) onions.push_back(&peer);
    else if (may_be_private_ || is_public_host(host)) buckets[bucket_of(host, peer.address)].push_back(&peer);
  }
  const auto add = [&](std::vector<const Peer*>& some, std::size_t most) {
    shuffle(some);
    told.insert(told.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(std::min(some.size(), most)));
  };
  for (auto& [bucket, members] : buckets) add(members, told_in_bucket_max);
  add(onions, to_tor_client ? onions_told_to_tor : std::max(onions_told_least, told.size() / 4));
  return told;
}

serve::PeerCounts PeerTable::counts(Seconds now) const {
  serve::PeerCounts counts;
  for (const auto& [host, peer] : peers_) {
    switch (peer.status(now)) {
      case PeerStatus::good: ++counts.good; break;
      case PeerStatus::stale: ++counts.stale; break;
      case PeerStatus::never: ++counts.never; break;
      case PeerStatus::bad: ++counts.bad; break;
    }
  }
  return counts;
}

/// Chance decides, so that nobody can choose who goes; whoever was ever good stays.
bool PeerTable::make_room() {
  std::vector<std::string> candidates;
  for (const auto& [host, peer] : peers_) {
    if (!peer.is_trusted() && !peer.is_checked_now && (peer.last_good == 0 || peer.is_bad)) candidates.push_back(host);
  }
  if (candidates.empty()) return false;
  peers_.erase(candidates[random_.below(candidates.size())]);
  return true;
}

/// Fisher and Yates'.
template <typename T>
void PeerTable::shuffle(std::vector<T>& items) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random_.below(i)]);
}

}  // namespace sluice::peers
