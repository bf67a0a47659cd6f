#include "swap/changed_rows.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"

namespace sluice::swap {
namespace {

constexpr std::size_t node_bytes = 128;  // of a map, with its two strings

[[nodiscard]] std::string_view text_of(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[nodiscard]] bool is_walked(Bytes key) noexcept {
  const auto type = row_type_of(key);
  return type == RowType::by_outpoint || type == RowType::closed || type == RowType::undo || type == RowType::unsettled;
}

}  // namespace

Result<std::optional<std::string>> ChangedRows::get(Bytes key) const {
  const auto look_up = [&](const auto& rows) -> Result<std::optional<std::string>> {
    const auto found = rows.find(text_of(key));
    if (found != rows.end()) return found->second;
    return source_ != nullptr ? source_->get(key) : std::optional<std::string>();
  };
  return is_walked(key) ? look_up(walked_) : look_up(others_);
}

Status ChangedRows::walk(Bytes first, Bytes until, const RowVisit& visit) const {
  SLUICE_CHECK(is_walked(first));
  auto change = walked_.lower_bound(text_of(first));
  const auto end = walked_.lower_bound(text_of(until));
  bool go_on = true;
  const auto visit_change = [&] {
    if (change->second) go_on = visit(bytes_of_row(change->first), bytes_of_row(*change->second));
    ++change;
  };
  const auto visit_row = [&](Bytes key, Bytes value) {
    while (go_on && change != end && change->first < text_of(key)) visit_change();
    if (!go_on) return false;
    if (change != end && change->first == text_of(key)) visit_change();
    else go_on = visit(key, value);
    return go_on;
  };
  if (source_ != nullptr)
    if (Status status = source_->walk(first, until, visit_row); !status) return status;
  while (go_on && change != end) visit_change();
  return {};
}

template <typename Rows>
void ChangedRows::change_in(Rows& rows, const RowKey& key, Value value) {
  const auto [row, is_new] = rows.try_emplace(key.text());
  if (is_new) bytes_ += key.size + node_bytes;
  bytes_ -= row->second ? row->second->size() : 0;
  if (!value && source_ == nullptr) {
    bytes_ -= key.size + node_bytes;
    rows.erase(row);
    return;
  }
  bytes_ += value ? value->size() : 0;
  row->second = std::move(value);
}

void ChangedRows::change(const RowKey& key, Value value) {
  if (is_walked(key.span())) change_in(walked_, key, std::move(value));
  else change_in(others_, key, std::move(value));
}

void ChangedRows::write_to(write::RowSink& sink) const {
  std::vector<std::pair<std::string_view, const Value*>> rows;
  rows.reserve(walked_.size() + others_.size());
  for (const auto& [key, value] : others_) rows.emplace_back(key, &value);
  for (const auto& [key, value] : walked_) rows.emplace_back(key, &value);
  std::sort(rows.begin(), rows.end());
  for (const auto& [key, value] : rows) {
    if (*value) sink.put(bytes_of_row(key), bytes_of_row(**value));
    else sink.remove(bytes_of_row(key));
  }
}

}  // namespace sluice::swap
