// Addresses and networks that the operator wants no connection from.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "net/address.h"
#include "net/connection_handler.h"

namespace sluice::net {

/// Networks as sets by prefix length: a look-up costs one probe for each length that occurs.
class NetworkSet {
 public:
  void add(const IpNetwork& network);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::map<std::pair<bool, std::uint8_t>, std::unordered_set<std::string>> by_prefix_;  ///< IPv6?, bits
  std::size_t size_ = 0;
};

/// One address or network (`203.0.113.0/24`) a line; `#` begins a comment, blank lines are skipped.
/// Errors: config, naming the line.
[[nodiscard]] Result<NetworkSet> parse_ban_list(std::string_view text);

/// Read by all threads while it is replaced.
class BanList {
 public:
  static constexpr std::uintmax_t file_bytes_max = 16 << 20;

  explicit BanList(std::filesystem::path path) : path_(std::move(path)) {}

  /// Reads the file; what was read before stays if that fails. Errors: config, io; they name file and line.
  [[nodiscard]] Status load();
  [[nodiscard]] bool contains(std::string_view address) const;
  [[nodiscard]] std::size_t size() const { return current()->size(); }

  void count_refused() noexcept { refused_.fetch_add(1, std::memory_order_relaxed); }
  /// Connections refused since the start.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  [[nodiscard]] std::shared_ptr<const NetworkSet> current() const {
    const std::lock_guard lock(mutex_);
    return networks_;
  }

  std::filesystem::path path_;
  mutable std::mutex mutex_;  // held for a copy of the pointer
  std::shared_ptr<const NetworkSet> networks_ = std::make_shared<NetworkSet>();
  std::atomic<std::uint64_t> refused_{0};
};

/// Handlers of `inner`, refused to the banned before anything is made for them. list: null: nobody is.
[[nodiscard]] HandlerFactory refused_to_banned(HandlerFactory inner, std::shared_ptr<BanList> list);

}  // namespace sluice::net
