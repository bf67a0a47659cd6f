// A pointer that counts in the object it points to, and so can tell its sole owner.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace sluice::mempool {

/// Base of what Shared points to. A copy starts with a count of its own.
class Counted {
 public:
  Counted() = default;
  Counted(const Counted&) noexcept {}
  Counted& operator=(const Counted&) = delete;

 private:
  template <typename T>
  friend class Shared;
  mutable std::atomic<std::uint32_t> owners_{0};
};

/// Like std::shared_ptr, but one word, and is_sole_owner() can be relied on: who holds the only pointer may change
/// the object although other threads held pointers before.
template <typename T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T* object) noexcept : object_(object) { take(); }
  Shared(const Shared& other) noexcept : object_(other.object_) { take(); }
  Shared(Shared&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Shared() { give(); }

  [[nodiscard]] T* get() const noexcept { return object_; }
  [[nodiscard]] T* operator->() const noexcept { return object_; }
  [[nodiscard]] T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  friend bool operator==(const Shared&, const Shared&) = default;

  /// Bounds: not null; this very pointer is not copied meanwhile.
  [[nodiscard]] bool is_sole_owner() const noexcept {
    // Pairs with the release in give(): what the last other owner read, it has read.
    return object_->owners_.load(std::memory_order_acquire) == 1;
  }

 private:
  void take() noexcept {
    if (object_ != nullptr) object_->owners_.fetch_add(1, std::memory_order_relaxed);
  }
  void give() noexcept {
    // acq_rel: whoever deletes comes after everybody's last use; pairs with itself and is_sole_owner().
    if (object_ != nullptr && object_->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete object_;
  }

  T* object_ = nullptr;
};

}  // namespace sluice::mempool
