// What a view has found out already, kept as long as the view: nothing in it can change, so nothing is invalidated.
//
// Direct-mapped: a key has one slot and whoever comes last has it. Fixed memory, no allocation after construction.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>

namespace sluice::store {

/// `slots` entries of Key and Value. Any thread.
template <typename Key, typename Value, std::size_t slots>
class ViewCache {
 public:
  [[nodiscard]] std::optional<Value> find(const Key& key, std::size_t hash) const {
    const std::size_t index = hash % slots;
    const std::lock_guard lock(stripe_of(index));
    const Slot& slot = slots_[index];
    return slot.used && slot.key == key ? std::optional(slot.value) : std::nullopt;
  }

  void put(const Key& key, std::size_t hash, const Value& value) const {
    const std::size_t index = hash % slots;
    const std::lock_guard lock(stripe_of(index));
    slots_[index] = {true, key, value};
  }

 private:
  struct Slot {
    bool used = false;
    Key key{};
    Value value{};
  };

  static constexpr std::size_t stripes = 16;
  [[nodiscard]] std::mutex& stripe_of(std::size_t index) const noexcept { return stripes_[index % stripes]; }

  mutable std::array<std::mutex, stripes> stripes_;  // each held for one copy of a slot
  std::unique_ptr<Slot[]> slots_ = std::make_unique<Slot[]>(slots);
};

}  // namespace sluice::store
