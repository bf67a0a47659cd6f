#include "peers/add_limit.h"

#include "peers/peer_host.h"

namespace sluice::peers {

bool AddLimit::allows(std::string_view host, Seconds now) {
  if (is_onion(host)) {
    if (now < onion_from_) return false;
    onion_from_ = now + static_cast<Seconds>(random_.below(onion_interval_max + 1));
    return true;
  }
  std::erase_if(asked_, [&](const auto& entry) { return entry.second <= now - interval; });
  if (asked_.size() >= domains_max) return false;
  return asked_.emplace(domain_of(host), now).second;
}

}  // namespace sluice::peers
