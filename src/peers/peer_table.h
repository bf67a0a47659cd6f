// All peers that are known: when each is checked next, how it stands, and which are told to clients. No I/O; time and
// chance come from outside.
//
//   note() -> due at once -> take_due() -> checked by somebody -> verified() or failed() -> due again
//
// A peer that answered well is checked again before three hours are over, one that failed after 10, 20, 40 ... minutes,
// and it is forgotten after three failures, or ten if it was ever good. Source: ElectrumX' peer manager.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "peers/peer_answers.h"
#include "peers/peer_name.h"
#include "serve/peer_gate.h"

namespace sluice::peers {

/// Unix time.
using Seconds = std::int64_t;

inline constexpr Seconds good_for = 3 * 3600;
inline constexpr Seconds retry_after = 300;
inline constexpr Seconds recheck_after = good_for - 2 * retry_after;

/// Who told of a peer.
enum class PeerSource : std::uint8_t { own, operator_, file, peer, client };
[[nodiscard]] std::string_view name_of(PeerSource source) noexcept;

enum class PeerStatus : std::uint8_t { good, stale, never, bad };
[[nodiscard]] std::string_view name_of(PeerStatus status) noexcept;

struct Peer {
  PeerName name;
  PeerSource source = PeerSource::peer;
  std::string address;         ///< numeric, of the last check that succeeded; empty behind a proxy or before
  std::string server_version;  ///< as it says; empty if unknown
  std::string protocol_min;
  Seconds last_good = 0;  ///< 0: never
  Seconds last_try = 0;
  unsigned try_count = 0;  ///< failures since it was good
  bool is_bad = false;
  bool is_checked_now = false;
  Seconds due = 0;

  [[nodiscard]] bool is_own() const noexcept { return source == PeerSource::own; }
  /// The operator named it: it is never forgotten and may be inside the own network.
  [[nodiscard]] bool is_trusted() const noexcept { return is_own() || source == PeerSource::operator_; }
  [[nodiscard]] PeerStatus status(Seconds now) const noexcept;
};

/// What a check that succeeded found.
struct Verified {
  Ports ports;
  std::string protocol_max;
  std::optional<std::uint32_t> pruning;
  std::string server_version;
  std::string protocol_min;
  std::string address;  ///< as Peer::address
};

class PeerTable {
 public:
  static constexpr std::size_t peers_max = 2000;
  static constexpr std::size_t new_from_peer_max = 2;  ///< taken from one answer: nobody can fill the table at once
  static constexpr std::size_t told_in_bucket_max = 2;

  /// may_be_private: this server is itself inside a private network, and so may its peers be.
  PeerTable(bool may_be_private, Random random) : may_be_private_(may_be_private), random_(random) {}

  /// Takes a peer, to be checked at once. One that is known stays as it is; with `renew` it gets these ports, and a
  /// check if they differ. A full table gives up one that was never good. False: not taken, as its host cannot be
  /// public, or no room.
  bool note(const PeerName& name, PeerSource source, Seconds now, bool renew = false);
  /// A few by chance of those that are not known.
  void note_some(std::vector<PeerName> names, Seconds now);
  /// One that was good before the last stop.
  void restore(const PeerName& name, std::string address, Seconds last_good, Seconds now);

  /// A peer to check now: nobody else gets it before verified() or failed(). nullopt: none is due.
  [[nodiscard]] std::optional<Peer> take_due(Seconds now);
  /// When the next one is due; nullopt: none waits.
  [[nodiscard]] std::optional<Seconds> next_due() const;

  /// True if it was not good before.
  bool verified(std::string_view host, const Verified& found, Seconds now);
  /// True if it is forgotten by that.
  bool failed(std::string_view host, bool is_bad, Seconds now);

  /// Whom clients are told of: the own names that were verified, two by chance of each bucket, some onion ones.
  [[nodiscard]] std::vector<const Peer*> told(Seconds now, bool to_tor_client);

  [[nodiscard]] const std::map<std::string, Peer, std::less<>>& peers() const noexcept { return peers_; }
  [[nodiscard]] serve::PeerCounts counts(Seconds now) const;

 private:
  [[nodiscard]] bool make_room();
  template <typename T>
  void shuffle(std::vector<T>& items);

  bool may_be_private_;
  Random random_;
  std::map<std::string, Peer, std::less<>> peers_;  ///< by host; at most peers_max
};

}  // namespace sluice::peers
