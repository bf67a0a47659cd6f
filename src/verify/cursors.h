// The tables of the index as streams of decoded entries, in key order.
//
// A cursor hands out only what is well formed, in range and strictly ascending; everything else is a
// finding (or is passed over in silence, when an earlier check has told it). Well formed means that
// encoding what was decoded gives the same bytes again. So every stream can be merged with another
// one without further care, and no damage goes unseen.
#pragma once

#include <array>
#include <compare>
#include <memory>
#include <tuple>
#include <vector>

#include "base/hash256.h"
#include "base/prefix.h"
#include "verify/context.h"
#include "write/rows.h"

namespace sluice::verify {

enum class Malformed : std::uint8_t { told, passed_over };

/// Rows of one table from a key on. A table that cannot be read on is a finding, and ends there.
class RowCursor {
 public:
  RowCursor(Context& context, store::Table table, Malformed malformed, Bytes from = {});

  [[nodiscard]] bool next();
  [[nodiscard]] Bytes key() const { return store::bytes_of_slice(iterator_->key()); }
  [[nodiscard]] Bytes value() const { return store::bytes_of_slice(iterator_->value()); }
  /// Names the current row as damaged.
  void reject(std::string_view why);
  [[nodiscard]] Context& context() const noexcept { return context_; }

 private:
  Context& context_;
  store::Table table_;
  Malformed malformed_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
  std::uint64_t rows_ = 0;
  bool started_ = false;
};

struct HistoryItem {
  std::uint64_t prefix = 0;
  std::uint64_t tx_number = 0;
  friend auto operator<=>(const HistoryItem&, const HistoryItem&) = default;
};

class HistoryCursor {
 public:
  HistoryCursor(Context& context, Malformed malformed, PrefixRange range = {});
  [[nodiscard]] bool next(HistoryItem& item);

 private:
  [[nodiscard]] bool load();
  RowCursor rows_;
  PrefixRange range_;
  std::uint64_t prefix_ = 0;
  std::vector<std::uint64_t> numbers_;
  std::size_t at_ = 0;
  HistoryItem last_;
  bool has_last_ = false;
};

/// An unspent output, from either of its two tables, or a spent one in an undo row.
struct OutputItem {
  std::uint64_t prefix = 0;
  std::uint64_t tx_number = 0;
  std::uint64_t bits = 0;  ///< ValueFlags
  std::uint32_t index = 0;

  [[nodiscard]] auto by_script() const noexcept { return std::tuple(prefix, tx_number, index); }
  [[nodiscard]] auto by_place() const noexcept { return std::tuple(tx_number, index); }
};

class UnspentCursor {
 public:
  UnspentCursor(Context& context, Malformed malformed, PrefixRange range = {});
  [[nodiscard]] bool next(OutputItem& item);

 private:
  RowCursor rows_;
  PrefixRange range_;
};

/// Entries of outputs rows whose script is in the range, in order of place.
class OutputsCursor {
 public:
  OutputsCursor(Context& context, Malformed malformed, PrefixRange range = {});
  [[nodiscard]] bool next(OutputItem& item);

 private:
  RowCursor rows_;
  PrefixRange range_;
};

/// What table scripts keeps of a scripthash.
using ScriptKey = std::array<std::byte, write::script_key_bytes>;
[[nodiscard]] inline std::uint64_t prefix_of_key(const ScriptKey& key) noexcept {
  return load_be<std::uint64_t>(key.data()) & prefix_mask;
}

class ScriptsCursor {
 public:
  ScriptsCursor(Context& context, Malformed malformed, PrefixRange range = {});
  [[nodiscard]] bool next(ScriptKey& key);

 private:
  RowCursor rows_;
  PrefixRange range_;
};

class TxsCursor {
 public:
  TxsCursor(Context& context, Malformed malformed);
  [[nodiscard]] bool next(write::PrefixTx& item);

 private:
  RowCursor rows_;
};

using Ref = std::array<std::byte, 36>;
inline constexpr std::size_t ref_push_bytes = 37;  ///< type and ref

struct OutputRefsItem {
  std::uint64_t tx_number = 0;
  std::uint32_t index = 0;
  Bytes pushes;  ///< whole pushes of ref_push_bytes; ends with the next call

  [[nodiscard]] auto by_place() const noexcept { return std::tuple(tx_number, index); }
};

class OutputRefsCursor {
 public:
  OutputRefsCursor(Context& context, Malformed malformed);
  [[nodiscard]] bool next(OutputRefsItem& item);

 private:
  RowCursor rows_;
};

struct RefPlaceItem {
  Ref ref{};
  std::uint8_t is_location = 0;
  std::uint64_t tx_number = 0;
  friend auto operator<=>(const RefPlaceItem&, const RefPlaceItem&) = default;
};
/// The share of refs that a pass looks at goes by their first 8 bytes.
[[nodiscard]] inline std::uint64_t ref_prefix(const Ref& ref) noexcept { return load_be<std::uint64_t>(ref.data()); }

class RefsCursor {
 public:
  RefsCursor(Context& context, Malformed malformed, PrefixRange range = {});
  [[nodiscard]] bool next(RefPlaceItem& item);

 private:
  RowCursor rows_;
  PrefixRange range_;
};

struct UndoItem {
  std::uint32_t height = 0;
  OutputItem output;
  [[nodiscard]] auto key() const noexcept { return std::tuple(height, output.tx_number, output.index); }
};

/// Entries of undo rows whose script is in the range. `heights`, if given, gets the height of every row.
class UndoCursor {
 public:
  UndoCursor(Context& context, Malformed malformed, PrefixRange range = {},
             std::vector<std::uint32_t>* heights = nullptr);
  [[nodiscard]] bool next(UndoItem& item);

 private:
  [[nodiscard]] bool load();
  RowCursor rows_;
  PrefixRange range_;
  std::vector<std::uint32_t>* heights_;
  std::vector<UndoItem> entries_;
  std::size_t at_ = 0;
  std::vector<std::byte> again_;
};

/// A sorted vector as a cursor.
template <typename T>
class VectorCursor {
 public:
  explicit VectorCursor(const std::vector<T>& items) : items_(items) {}
  [[nodiscard]] bool next(T& item) {
    if (at_ == items_.size()) return false;
    item = items_[at_++];
    return true;
  }

 private:
  const std::vector<T>& items_;
  std::size_t at_ = 0;
};

/// Walks two ascending streams side by side and calls only_left(l), only_right(r) or both(l, r) for
/// each key, in key order.
template <typename L, typename R, typename Left, typename Right, typename LeftKey, typename RightKey, typename OnLeft,
          typename OnRight, typename OnBoth>
void merge(Left& left, Right& right, LeftKey left_key, RightKey right_key, OnLeft only_left, OnRight only_right,
           OnBoth both) {
  L l{};
  R r{};
  bool has_left = left.next(l);
  bool has_right = right.next(r);
  while (has_left || has_right) {
    if (has_left && (!has_right || left_key(l) < right_key(r))) {
      only_left(l);
      has_left = left.next(l);
    } else if (!has_left || right_key(r) < left_key(l)) {
      only_right(r);
      has_right = right.next(r);
    } else {
      both(l, r);
      has_left = left.next(l);
      has_right = right.next(r);
    }
  }
}

}  // namespace sluice::verify
