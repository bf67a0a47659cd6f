// Swap rows in a map, for tests: committed rows to read, and what a commit does to them.
#pragma once

#include <map>
#include <string>

#include "swap/row_source.h"
#include "write/row_sink.h"

namespace sluice::test {

class MapRows final : public swap::RowSource, public write::RowSink {
 public:
  std::map<std::string, std::string> rows;

  [[nodiscard]] Result<std::optional<std::string>> get(Bytes key) const override {
    const auto row = rows.find(text(key));
    return row == rows.end() ? std::optional<std::string>() : std::optional(row->second);
  }
  [[nodiscard]] Status walk(Bytes first, Bytes until, const swap::RowVisit& visit) const override {
    for (auto row = rows.lower_bound(text(first)); row != rows.end() && (until.empty() || row->first < text(until));
         ++row)
      if (!visit(std::as_bytes(std::span(row->first)), std::as_bytes(std::span(row->second)))) break;
    return {};
  }
  void put(Bytes key, Bytes value) override { rows[text(key)] = text(value); }
  void remove(Bytes key) override { rows.erase(text(key)); }

  [[nodiscard]] static std::string text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

}  // namespace sluice::test
