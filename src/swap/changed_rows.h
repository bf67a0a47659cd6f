// Rows as they will be: the committed ones, and what has changed since, in memory.
//
// Most rows are only asked for by their whole key, so they stand in a hash table and are sorted once, when they are
// written; those of the types that are walked are kept in order.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "swap/order_rows.h"
#include "swap/row_source.h"
#include "write/row_sink.h"

namespace sluice::swap {

/// Lifetime: not longer than the source.
class ChangedRows {
 public:
  /// source: null while nothing is committed, which spares a sync from nothing the look-ups of its first segment.
  explicit ChangedRows(const RowSource* source) : source_(source) {}

  [[nodiscard]] Result<std::optional<std::string>> get(Bytes key) const;
  /// As RowSource::walk. Bounds: within one of the types by_outpoint, closed, undo and unsettled; the visitor changes
  /// nothing.
  Status walk(Bytes first, Bytes until, const RowVisit& visit) const;
  void put(const RowKey& key, std::string value) { change(key, std::move(value)); }
  void remove(const RowKey& key) { change(key, std::nullopt); }

  [[nodiscard]] bool empty() const noexcept { return walked_.empty() && others_.empty(); }
  /// Of the memory that the changes take, roughly.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// In key order.
  void write_to(write::RowSink& sink) const;

 private:
  using Value = std::optional<std::string>;  ///< nullopt: removed
  struct KeyHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  void change(const RowKey& key, Value value);
  template <typename Rows>
  void change_in(Rows& rows, const RowKey& key, Value value);

  const RowSource* source_;
  std::map<std::string, Value, std::less<>> walked_;
  std::unordered_map<std::string, Value, KeyHash, std::equal_to<>> others_;
  std::size_t bytes_ = 0;
};

}  // namespace sluice::swap
