// Rows as they will be: the committed ones, and what has changed since, in memory.
#pragma once

#include <map>
#include <optional>
#include <string>

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
  /// As RowSource::walk. Bounds: the visitor changes nothing.
  Status walk(Bytes first, Bytes until, const RowVisit& visit) const;
  void put(const RowKey& key, std::string value) { change(key, std::move(value)); }
  void remove(const RowKey& key) { change(key, std::nullopt); }

  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Of the memory that the changes take, roughly.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// In key order.
  void write_to(write::RowSink& sink) const;

 private:
  void change(const RowKey& key, std::optional<std::string> value);

  const RowSource* source_;
  std::map<std::string, std::optional<std::string>, std::less<>> rows_;  ///< nullopt: removed
  std::size_t bytes_ = 0;
};

}  // namespace sluice::swap
