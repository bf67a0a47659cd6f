// A cache of RocksDB that counts what is found in it. RocksDB's own statistics are of a whole database: they cannot say
// how the cache of one table does.
#pragma once

#include <rocksdb/cache.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::store {

/// All else is the cache's within.
class CountingCache final : public rocksdb::Cache {
 public:
  explicit CountingCache(std::shared_ptr<rocksdb::Cache> cache) : cache_(std::move(cache)) {}

  /// Look-ups since the start that found their block, and that did not. Any thread.
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_.load(std::memory_order_relaxed); }

  Handle* Lookup(const rocksdb::Slice& key, rocksdb::Statistics* statistics) override {
    return counted(cache_->Lookup(key, statistics));
  }
  Handle* Lookup(const rocksdb::Slice& key, const CacheItemHelper* helper, const CreateCallback& create,
                 Priority priority, bool wait, rocksdb::Statistics* statistics) override {
    return counted(cache_->Lookup(key, helper, create, priority, wait, statistics));
  }

  const char* Name() const override { return cache_->Name(); }
  rocksdb::Status Insert(const rocksdb::Slice& key, void* value, std::size_t charge, DeleterFn deleter, Handle** handle,
                         Priority priority) override {
    return cache_->Insert(key, value, charge, deleter, handle, priority);
  }
  rocksdb::Status Insert(const rocksdb::Slice& key, void* value, const CacheItemHelper* helper, std::size_t charge,
                         Handle** handle, Priority priority) override {
    return cache_->Insert(key, value, helper, charge, handle, priority);
  }
  bool Ref(Handle* handle) override { return cache_->Ref(handle); }
  bool Release(Handle* handle, bool erase_if_last_ref) override { return cache_->Release(handle, erase_if_last_ref); }
  bool Release(Handle* handle, bool useful, bool erase_if_last_ref) override {
    return cache_->Release(handle, useful, erase_if_last_ref);
  }
  bool IsReady(Handle* handle) override { return cache_->IsReady(handle); }
  void Wait(Handle* handle) override { cache_->Wait(handle); }
  void WaitAll(std::vector<Handle*>& handles) override { cache_->WaitAll(handles); }
  void* Value(Handle* handle) override { return cache_->Value(handle); }
  void Erase(const rocksdb::Slice& key) override { cache_->Erase(key); }
  std::uint64_t NewId() override { return cache_->NewId(); }
  void SetCapacity(std::size_t capacity) override { cache_->SetCapacity(capacity); }
  void SetStrictCapacityLimit(bool strict) override { cache_->SetStrictCapacityLimit(strict); }
  bool HasStrictCapacityLimit() const override { return cache_->HasStrictCapacityLimit(); }
  std::size_t GetCapacity() const override { return cache_->GetCapacity(); }
  std::size_t GetUsage() const override { return cache_->GetUsage(); }
  std::size_t GetUsage(Handle* handle) const override { return cache_->GetUsage(handle); }
  std::size_t GetOccupancyCount() const override { return cache_->GetOccupancyCount(); }
  std::size_t GetTableAddressCount() const override { return cache_->GetTableAddressCount(); }
  std::size_t GetPinnedUsage() const override { return cache_->GetPinnedUsage(); }
  std::size_t GetCharge(Handle* handle) const override { return cache_->GetCharge(handle); }
  DeleterFn GetDeleter(Handle* handle) const override { return cache_->GetDeleter(handle); }
  void DisownData() override { cache_->DisownData(); }
  void ApplyToAllEntries(const std::function<void(const rocksdb::Slice& key, void* value, std::size_t charge,
                                                  DeleterFn deleter)>& callback,
                         const ApplyToAllEntriesOptions& options) override {
    cache_->ApplyToAllEntries(callback, options);
  }
  void EraseUnRefEntries() override { cache_->EraseUnRefEntries(); }
  std::string GetPrintableOptions() const override { return cache_->GetPrintableOptions(); }

 private:
  Handle* counted(Handle* found) noexcept {
    (found != nullptr ? hits_ : misses_).fetch_add(1, std::memory_order_relaxed);
    return found;
  }

  std::shared_ptr<rocksdb::Cache> cache_;
  std::atomic<std::uint64_t> hits_{0};
  std::atomic<std::uint64_t> misses_{0};
};

}  // namespace sluice::store
