// What a view has found out already, kept as long as the view: nothing in it can change, so nothing is invalidated.
//
// Direct-mapped: a key has one slot and whoever comes last has it. Nobody waits: a slot that another thread is copying
// counts as a miss. Fixed memory, no allocation after construction; slots never used take none of the machine's.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace sluice::store {

/// `slots` entries of Key and Value. Any thread.
template <typename Key, typename Value, std::size_t slots>
class ViewCache {
  static_assert(std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>);

 public:
  ViewCache() : slots_(static_cast<Slot*>(std::calloc(slots, sizeof(Slot)))) {
    if (!slots_) throw std::bad_alloc();
  }

  [[nodiscard]] std::optional<Value> find(const Key& key, std::size_t hash) const {
    Slot& slot = slots_[hash % slots];
    const Hold hold(slot);
    return hold && slot.used != 0 && slot.key == key ? std::optional(slot.value) : std::nullopt;
  }

  void put(const Key& key, std::size_t hash, const Value& value) const {
    Slot& slot = slots_[hash % slots];
    const Hold hold(slot);
    if (!hold) return;
    slot.used = 1;
    slot.key = key;
    slot.value = value;
  }

 private:
  /// All zeros is an empty one.
  struct Slot {
    std::uint8_t held;
    std::uint8_t used;
    Key key;
    Value value;
  };

  /// A slot for one copy, if nobody else has it.
  class Hold {
   public:
    // acquire and release: what the last holder wrote is seen by the next.
    explicit Hold(Slot& slot) noexcept
        : held_(slot.held), is_ours_(held_.exchange(1, std::memory_order_acquire) == 0) {}
    ~Hold() {
      if (is_ours_) held_.store(0, std::memory_order_release);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    explicit operator bool() const noexcept { return is_ours_; }

   private:
    std::atomic_ref<std::uint8_t> held_;
    bool is_ours_;
  };

  struct Free {
    void operator()(Slot* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<Slot[], Free> slots_;
};

/// The items of a list that is short enough to be kept in a cache.
template <typename Item, std::size_t size_max>
class ShortList {
 public:
  static constexpr std::size_t capacity = size_max;

  /// nullopt if there are more than its capacity.
  [[nodiscard]] static std::optional<ShortList> of(std::span<const Item> items) {
    if (items.size() > size_max) return std::nullopt;
    ShortList list;
    list.size_ = static_cast<std::uint32_t>(items.size());
    std::copy(items.begin(), items.end(), list.items_.begin());
    return list;
  }
  /// At most `count` of them.
  [[nodiscard]] std::vector<Item> first(std::size_t count) const {
    return {items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(count, size_))};
  }

 private:
  std::uint32_t size_ = 0;
  std::array<Item, size_max> items_{};
};

}  // namespace sluice::store
