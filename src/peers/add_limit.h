// How often servers may ask to be listed: once in 600 s a domain or network, so that a check of ours cannot be
// made to hit somebody again and again. Onion names cost nothing: all of Tor shares one turn, at times drawn by chance.
// Source: ElectrumX' on_add_peer. No I/O.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/random.h"
#include "peers/peer_table.h"

namespace sluice::peers {

class AddLimit {
 public:
  static constexpr Seconds interval = 600;
  static constexpr std::uint64_t onion_interval_max = 1200;
  static constexpr std::size_t domains_max = 10'000;  ///< when so many asked lately, others are refused

  explicit AddLimit(Random random) : random_(random) {}

  /// True at most once an interval.
  [[nodiscard]] bool allows(std::string_view host, Seconds now);

 private:
  Random random_;
  std::map<std::string, Seconds> asked_;  ///< by domain
  Seconds onion_from_ = 0;
};

}  // namespace sluice::peers
