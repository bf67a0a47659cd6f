// The committed rows of swaps, as the swap folder reads them.
#pragma once

#include "store/database.h"
#include "swap/row_source.h"

namespace sluice::store {

/// Lifetime: the database outlives it. Thread: as Database.
class SwapRows final : public swap::RowSource {
 public:
  /// snapshot: null for the newest rows. fill_cache: false for who reads every row once.
  explicit SwapRows(const Database& database, RowSnapshot snapshot = {}, bool fill_cache = true)
      : database_(database), snapshot_(std::move(snapshot)), fill_cache_(fill_cache) {}

  [[nodiscard]] Result<std::optional<std::string>> get(Bytes key) const override;
  [[nodiscard]] Status walk(Bytes first, Bytes until, const swap::RowVisit& visit) const override;

 private:
  const Database& database_;
  RowSnapshot snapshot_;
  bool fill_cache_;
};

}  // namespace sluice::store
