#include "serve/status_cache.h"

namespace sluice::serve {

std::optional<StatusProgress> StatusCache::find(const ScriptHash& scripthash) {
  const std::lock_guard lock(mutex_);
  const auto found = by_script_.find(scripthash);
  if (found == by_script_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->progress;
}

void StatusCache::put(const ScriptHash& scripthash, const StatusProgress& progress) {
  static_assert(sizeof(Entry) + 6 * sizeof(void*) + sizeof(ScriptHash) <= entry_bytes);
  if (progress.confirmed_items < kept_from_items || entries_max_ == 0) return;
  const std::lock_guard lock(mutex_);
  if (const auto found = by_script_.find(scripthash); found != by_script_.end()) {
    found->second->progress = progress;
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() == entries_max_) {
    by_script_.erase(entries_.back().scripthash);
    entries_.pop_back();
  }
  entries_.push_front({scripthash, progress});
  by_script_[scripthash] = entries_.begin();
}

std::size_t StatusCache::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace sluice::serve
