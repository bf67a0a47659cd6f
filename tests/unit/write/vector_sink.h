// A row sink that keeps what it is given, and insists on ascending keys as the table builder does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/hex.h"
#include "write/row_writer.h"

namespace sluice::write {

/// Key and value as hex; a removal has the value "removed".
struct HexRow {
  std::string key;
  std::string value;
  friend bool operator==(const HexRow&, const HexRow&) = default;
};

inline std::ostream& operator<<(std::ostream& stream, const HexRow& row) {
  return stream << row.key << " -> " << row.value;
}

class VectorSink final : public RowSink {
 public:
  void put(Bytes key, Bytes value) override { add({to_hex(key), to_hex(value)}); }
  void remove(Bytes key) override { add({to_hex(key), "removed"}); }

  std::vector<HexRow> rows;
  bool ascending = true;

 private:
  void add(HexRow row) {
    ascending &= rows.empty() || rows.back().key < row.key;
    rows.push_back(std::move(row));
  }
};

}  // namespace sluice::write
