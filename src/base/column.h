// A grow-only array of trivial values for the columns of a batch.
//
// Memory is kept when a batch goes back to its pool. A column of the data plane is given address
// space for the most that a batch can hold, once: it then allocates nothing, and costs memory only for
// what it has ever held. Elsewhere resize() allocates beyond the largest size seen. Contents are not
// initialised.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "base/address_space.h"
#include "base/check.h"

namespace sluice {

template <typename T>
class Column {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Column() = default;
  explicit Column(std::size_t capacity) { reserve(capacity); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] T* data() noexcept { return data_.get(); }
  [[nodiscard]] const T* data() const noexcept { return data_.get(); }
  [[nodiscard]] T& operator[](std::size_t index) noexcept { return data_[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return data_[index]; }
  [[nodiscard]] T* begin() noexcept { return data(); }
  [[nodiscard]] T* end() noexcept { return data() + size_; }
  [[nodiscard]] const T* begin() const noexcept { return data(); }
  [[nodiscard]] const T* end() const noexcept { return data() + size_; }
  [[nodiscard]] T& back() noexcept { return data_[size_ - 1]; }
  [[nodiscard]] const T& back() const noexcept { return data_[size_ - 1]; }
  [[nodiscard]] std::span<const T> span() const noexcept { return {data(), size_}; }
  [[nodiscard]] std::span<T> span() noexcept { return {data(), size_}; }

  void clear() noexcept { size_ = 0; }

  /// Makes room for `capacity` values, keeping what is there.
  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    move_to(Memory(new T[capacity]), capacity);
  }

  /// As reserve, out of address space that costs memory only where it is touched.
  void reserve_address_space(std::size_t capacity) {
    if (capacity <= capacity_) return;
    const std::size_t bytes = capacity * sizeof(T);
    std::byte* memory = sluice::reserve_address_space(bytes, PageSize::ordinary);
    move_to(Memory(reinterpret_cast<T*>(memory), Release{bytes}), capacity);
  }

  /// New values are uninitialised.
  void resize(std::size_t size) {
    if (size > capacity_) reserve(size > 2 * capacity_ ? size : 2 * capacity_);
    size_ = size;
  }

  void push_back(const T& value) {
    const T copy = value;
    resize(size_ + 1);
    data_[size_ - 1] = copy;
  }

 private:
  struct Release {
    std::size_t mapped_bytes = 0;  ///< 0: memory of the heap
    void operator()(T* memory) const noexcept {
      if (mapped_bytes != 0) release_address_space(memory, mapped_bytes);
      else delete[] memory;
    }
  };
  using Memory = std::unique_ptr<T[], Release>;

  void move_to(Memory memory, std::size_t capacity) noexcept {
    for (std::size_t i = 0; i < size_; ++i) memory[i] = data_[i];
    data_ = std::move(memory);
    capacity_ = capacity;
  }

  Memory data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace sluice
