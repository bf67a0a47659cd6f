#include "verify/cursors.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/hex.h"
#include "base/prefix.h"

namespace sluice::verify {
namespace {

using store::Table;

bool same_bytes(Bytes a, Bytes b) noexcept { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }
bool is_prefix(std::uint64_t prefix) noexcept { return (prefix & ~prefix_mask) == 0; }

/// Where a range begins; the whole table begins at its first row, however short that row's key is.
write::Key begin_key(const PrefixRange& range) noexcept {
  return range.first == 0 ? write::Key{} : write::prefix_key(range.first);
}

}  // namespace

RowCursor::RowCursor(Context& context, Table table, Malformed malformed, Bytes from)
    : context_(context), table_(table), malformed_(malformed), iterator_(context.database.iterate(table, false)) {
  if (from.empty()) iterator_->SeekToFirst();
  else iterator_->Seek(store::slice_of(from));
}

bool RowCursor::next() {
  constexpr std::uint64_t rows_between_looks = 1u << 16;
  if (started_ && iterator_->Valid()) iterator_->Next();
  started_ = true;
  if (++rows_ % rows_between_looks == 0) {
    if (context_.stopped()) return false;
    context_.tell();
  }
  if (iterator_->Valid()) return true;
  if (!iterator_->status().ok()) {
    context_.findings.add([&] {
      return fmt::format("table {}: cannot be read to its end: {}", table_name(table_), iterator_->status().ToString());
    });
  }
  return false;
}

void RowCursor::reject(std::string_view why) {
  if (malformed_ == Malformed::passed_over) return;
  context_.findings.add([&] {
    constexpr std::size_t shown = 64;
    std::string value_hex = to_hex(value().first(std::min(shown, value().size())));
    return fmt::format("table {}: row {} -> {}{}: {}", table_ == Table::state ? "state" : table_name(table_),
                       to_hex(key()), value_hex.empty() ? "nothing" : value_hex, value().size() > shown ? "..." : "",
                       why);
  });
}

HistoryCursor::HistoryCursor(Context& context, Malformed malformed, PrefixRange range)
    : rows_(context, Table::history, malformed, begin_key(range).span()), range_(range) {}

bool HistoryCursor::next(HistoryItem& item) {
  while (at_ == numbers_.size()) {
    if (!rows_.next()) return false;
    numbers_.clear();
    at_ = 0;
    if (!load()) return false;
  }
  item = {prefix_, numbers_[at_++]};
  return true;
}

// false where the range ends.
bool HistoryCursor::load() {
  const auto row = write::decode_prefix_tx(rows_.key());
  if (!row) {
    rows_.reject("malformed key");
    return true;
  }
  if (row->prefix > range_.last) return false;
  prefix_ = row->prefix;
  std::size_t encoded = 0;
  const bool read = write::for_each_history(row->tx_number, rows_.value(), [&](std::uint64_t number) {
    std::byte delta[varint_bytes_max];
    if (!numbers_.empty()) encoded += static_cast<std::size_t>(put_varint(delta, number - numbers_.back()) - delta);
    numbers_.push_back(number);
  });
  const std::size_t count = numbers_.size();
  // A varint can only be read from more bytes than it is written to, so equal sizes mean equal bytes.
  if (!read || encoded != rows_.value().size() || count > write::history_run_max || !is_prefix(prefix_)) {
    rows_.reject(!read || encoded != rows_.value().size() ? "malformed value"
                 : count > write::history_run_max         ? "run too long"
                                                          : "malformed prefix");
    numbers_.clear();
    return true;
  }
  if (numbers_.back() >= rows_.context().state.tx_count) {
    rows_.reject("names a transaction behind the last one");
    std::erase_if(numbers_, [&](std::uint64_t number) { return number >= rows_.context().state.tx_count; });
  }
  if (numbers_.empty()) return true;
  if (has_last_ && HistoryItem{prefix_, numbers_.front()} <= last_) {
    rows_.reject("names a transaction that the row before it has passed");
    std::erase_if(numbers_, [&](std::uint64_t number) { return HistoryItem{prefix_, number} <= last_; });
  }
  if (numbers_.empty()) return true;
  last_ = {prefix_, numbers_.back()};
  has_last_ = true;
  return true;
}

UnspentCursor::UnspentCursor(Context& context, Malformed malformed, PrefixRange range)
    : rows_(context, Table::unspent, malformed, begin_key(range).span()), range_(range) {}

bool UnspentCursor::next(OutputItem& item) {
  while (rows_.next()) {
    const auto row = write::decode_unspent(rows_.key(), rows_.value());
    if (!row) {
      rows_.reject("malformed row");
      continue;
    }
    if (row->prefix > range_.last) return false;
    std::byte value[varint_bytes_max];
    const bool same = same_bytes(write::unspent_key(row->prefix, row->tx_number, row->index).span(), rows_.key()) &&
                      same_bytes({value, put_varint(value, row->value.bits)}, rows_.value());
    if (!same || !is_prefix(row->prefix)) {
      rows_.reject("malformed row");
    } else if (row->tx_number >= rows_.context().state.tx_count) {
      rows_.reject("names a transaction behind the last one");
    } else {
      item = {row->prefix, row->tx_number, row->value.bits, row->index};
      return true;
    }
  }
  return false;
}

OutputsCursor::OutputsCursor(Context& context, Malformed malformed, PrefixRange range)
    : rows_(context, Table::outputs, malformed), range_(range) {}

bool OutputsCursor::next(OutputItem& item) {
  while (rows_.next()) {
    const auto place = write::decode_place(rows_.key());
    const auto entry = write::decode_output(rows_.value());
    if (!place || !same_bytes(write::place_key(place->tx_number, place->index).span(), rows_.key())) {
      rows_.reject("malformed key");
      continue;
    }
    if (place->tx_number >= rows_.context().state.tx_count) {
      rows_.reject("names a transaction behind the last one");
      continue;
    }
    std::byte again[write::output_bytes_max];
    if (!entry || !is_prefix(entry->prefix) || !same_bytes({again, write::put_output(again, *entry)}, rows_.value())) {
      rows_.reject("malformed value");
      continue;
    }
    if (!range_.contains(entry->prefix)) continue;
    item = {entry->prefix, place->tx_number, entry->value.bits, place->index};
    return true;
  }
  return false;
}

ScriptsCursor::ScriptsCursor(Context& context, Malformed malformed, PrefixRange range)
    : rows_(context, Table::scripts, malformed, begin_key(range).span()), range_(range) {}

bool ScriptsCursor::next(ScriptKey& key) {
  while (rows_.next()) {
    if (rows_.key().size() != key.size() || !rows_.value().empty()) {
      rows_.reject("malformed row");
      continue;
    }
    std::memcpy(key.data(), rows_.key().data(), key.size());
    return prefix_of_key(key) <= range_.last;
  }
  return false;
}

TxsCursor::TxsCursor(Context& context, Malformed malformed) : rows_(context, Table::txs, malformed) {}

bool TxsCursor::next(write::PrefixTx& item) {
  while (rows_.next()) {
    const auto row = write::decode_prefix_tx(rows_.key());
    if (!row || !rows_.value().empty() || !is_prefix(row->prefix)) {
      rows_.reject("malformed row");
    } else if (row->tx_number >= rows_.context().state.tx_count) {
      rows_.reject("names a transaction behind the last one");
    } else {
      item = *row;
      return true;
    }
  }
  return false;
}

OutputRefsCursor::OutputRefsCursor(Context& context, Malformed malformed)
    : rows_(context, Table::output_refs, malformed) {}

bool OutputRefsCursor::next(OutputRefsItem& item) {
  while (rows_.next()) {
    const Bytes key = rows_.key();
    const Bytes value = rows_.value();
    std::uint32_t index = 0;
    const bool key_read =
        key.size() > write::tx_number_bytes &&
        get_ordered(key.data() + write::tx_number_bytes, key.data() + key.size(), index) == key.data() + key.size();
    const std::uint64_t tx_number = key_read ? write::get_tx_number(key.data()) : 0;
    if (!key_read || !same_bytes(write::place_key(tx_number, index).span(), key)) {
      rows_.reject("malformed key");
      continue;
    }
    bool good = !value.empty() && value.size() % ref_push_bytes == 0;
    std::set<Ref> seen;
    for (std::size_t at = 0; good && at < value.size(); at += ref_push_bytes) {
      Ref ref;
      std::memcpy(ref.data(), value.data() + at + 1, ref.size());
      good = value[at] <= std::byte{1} && seen.insert(ref).second;
    }
    if (!good) {
      rows_.reject("malformed value");
    } else if (tx_number >= rows_.context().state.tx_count) {
      rows_.reject("names a transaction behind the last one");
    } else {
      item = {tx_number, index, value};
      return true;
    }
  }
  return false;
}

RefsCursor::RefsCursor(Context& context, Malformed malformed, PrefixRange range)
    : rows_(context, Table::refs, malformed, begin_key(range).span()), range_(range) {}

bool RefsCursor::next(RefPlaceItem& item) {
  while (rows_.next()) {
    const Bytes key = rows_.key();
    if (key.size() != write::key_bytes_max || key[36] > std::byte{1} || !rows_.value().empty()) {
      rows_.reject("malformed row");
      continue;
    }
    std::memcpy(item.ref.data(), key.data(), item.ref.size());
    item.is_location = std::to_integer<std::uint8_t>(key[36]);
    item.tx_number = write::get_tx_number(key.data() + 37);
    if (ref_prefix(item.ref) > range_.last) return false;
    if (item.tx_number < rows_.context().state.tx_count) return true;
    rows_.reject("names a transaction behind the last one");
  }
  return false;
}

UndoCursor::UndoCursor(Context& context, Malformed malformed, PrefixRange range, std::vector<std::uint32_t>* heights)
    : rows_(context, Table::undo, malformed), range_(range), heights_(heights) {}

bool UndoCursor::next(UndoItem& item) {
  for (;;) {
    for (; at_ < entries_.size(); ++at_) {
      if (!range_.contains(entries_[at_].output.prefix)) continue;
      item = entries_[at_++];
      return true;
    }
    if (!rows_.next()) return false;
    entries_.clear();
    at_ = 0;
    if (!load()) entries_.clear();
  }
}

bool UndoCursor::load() {
  if (rows_.key().size() != 4) {
    rows_.reject("malformed key");
    return false;
  }
  const auto height = load_be<std::uint32_t>(rows_.key().data());
  if (heights_ != nullptr) heights_->push_back(height);
  if (height >= rows_.context().state.block_count) return false;  // the heights tell it
  const std::uint64_t end_tx = rows_.context().end_tx_of(height);
  again_.clear();
  bool ascending = true, in_range = true;
  const bool read = write::for_each_undo(rows_.value(), [&](const write::UndoEntry& entry) {
    const UndoItem item{height, {entry.prefix, entry.tx_number, entry.value.bits, entry.index}};
    ascending = ascending && is_prefix(entry.prefix) && (entries_.empty() || entries_.back().key() < item.key());
    in_range = in_range && entry.tx_number < end_tx;
    write::append_undo(again_, entry);
    entries_.push_back(item);
  });
  if (read && ascending && in_range && same_bytes(again_, rows_.value())) return true;
  rows_.reject(read && ascending && !in_range ? "names a transaction that its block cannot have spent"
                                              : "malformed value");
  return false;
}

}  // namespace sluice::verify
