#include "swap/changed_rows.h"

#include <string_view>
#include <utility>

namespace sluice::swap {
namespace {

constexpr std::size_t node_bytes = 128;  // of the map, with its two strings

[[nodiscard]] std::string_view text_of(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Result<std::optional<std::string>> ChangedRows::get(Bytes key) const {
  const auto found = rows_.find(text_of(key));
  if (found != rows_.end()) return found->second;
  return source_ != nullptr ? source_->get(key) : std::optional<std::string>();
}

Status ChangedRows::walk(Bytes first, Bytes until, const RowVisit& visit) const {
  auto change = rows_.lower_bound(text_of(first));
  const auto end = until.empty() ? rows_.end() : rows_.lower_bound(text_of(until));
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

void ChangedRows::change(const RowKey& key, std::optional<std::string> value) {
  const auto [row, is_new] = rows_.try_emplace(key.text());
  if (is_new) bytes_ += key.size + node_bytes;
  bytes_ -= row->second ? row->second->size() : 0;
  bytes_ += value ? value->size() : 0;
  row->second = std::move(value);
}

void ChangedRows::write_to(write::RowSink& sink) const {
  for (const auto& [key, value] : rows_) {
    if (value) sink.put(bytes_of_row(key), bytes_of_row(*value));
    else sink.remove(bytes_of_row(key));
  }
}

}  // namespace sluice::swap
