// Any bytes as rows of the swap table. Selector 0 to 5: one value, read as each kind of row is; what is read is
// written back and read the same. From 6 on: a table of (key size 1, value size 2, key, value), checked, and worked on
// by a block and by an undo.
#include <string>

#include "fuzz_support.h"
#include "support/map_rows.h"
#include "swap/order_changes.h"
#include "swap/rows_check.h"

namespace sluice {
namespace {

Bytes row_bytes(const std::string& row) { return std::as_bytes(std::span(row)); }

/// What is read is written back in one form, whatever form it was read from.
template <typename Decode, typename Encode>
void check_value(Bytes value, const Decode& decode, const Encode& encode) {
  const auto decoded = decode(value);
  if (!decoded) return;
  const std::string row = encode(*decoded);
  SLUICE_CHECK(row.size() <= value.size());
  const auto again = decode(row_bytes(row));
  SLUICE_CHECK(again.has_value());
  SLUICE_CHECK(encode(*again) == row);
}

test::MapRows table_of(Bytes bytes) {
  test::MapRows rows;
  while (bytes.size() >= 3) {
    const auto key_size = std::to_integer<std::size_t>(bytes[0]);
    const std::size_t value_size = load_le<std::uint16_t>(bytes.data() + 1);
    bytes = bytes.subspan(3);
    if (bytes.size() < key_size + value_size) break;
    rows.put(bytes.first(key_size), bytes.subspan(key_size, value_size));
    bytes = bytes.subspan(key_size + value_size);
  }
  return rows;
}

std::uint32_t height_of(std::uint64_t tx_number) {
  return tx_number / 1000 > 0xffffffff ? 0xffffffff : static_cast<std::uint32_t>(tx_number / 1000);
}

Status work_on(swap::OrderChanges& changes, const std::vector<swap::OrderId>& ids) {
  const std::uint32_t height = changes.state().block_count;
  changes.begin_block(height, 5000);
  for (const swap::OrderId& id : ids)
    if (Status status = changes.spend(id.offered, 5001); !status) return status;
  for (const swap::OrderId& id : ids) {
    swap::Order order;
    order.id = id;
    order.want.back() = std::byte{1};
    order.ad.tx_number = 5002;
    if (Status status = changes.advertise(order); !status) return status;
  }
  if (Status status = changes.end_block(); !status) return status;
  const auto find = [](const Outpoint& outpoint) -> Result<swap::CoinFound> {
    return swap::CoinFound{static_cast<swap::CoinStanding>(outpoint.index % 3), 1};
  };
  return changes.settle(find, height_of);
}

void check_table(const test::MapRows& rows) {
  const auto ignore = [](swap::RowFault, const std::string& text) { SLUICE_CHECK(!text.empty()); };
  SLUICE_CHECK(swap::check_rows(rows, height_of, ignore).ok());
  std::vector<swap::OrderId> ids;
  for (const auto& [key, value] : rows.rows) {
    const auto id = swap::decode_order_key(row_bytes(key));
    if (id && ids.size() < 8) ids.push_back(*id);
  }
  const auto over = [&rows] { return swap::OrderChanges::over(rows, {.history_blocks = 2}); };
  auto undone = over();
  if (undone.ok() && undone.value().state().block_count > undone.value().state().undo_first_height) {
    const Status status = undone.value().undo_block();
    if (!status) SLUICE_CHECK(status.error().kind == ErrorKind::corrupt);
  }
  auto changed = over();
  if (!changed || changed.value().state().block_count == 0xffffffff) return;
  const Status status = work_on(changed.value(), ids);
  if (!status) SLUICE_CHECK(status.error().kind == ErrorKind::corrupt);
}

void check_rows(const fuzz::FuzzInput& input) {
  const Bytes value = input.bytes;
  switch (input.selector) {
    case 0:
      return check_value(
          value, [](Bytes row) { return swap::decode_order({}, row); }, swap::encode_order);
    case 1: return check_value(value, swap::decode_counts, swap::encode_counts);
    case 2: return check_value(value, swap::decode_count, swap::encode_count);
    case 3: return check_value(value, swap::decode_ids, swap::encode_ids);
    case 4: return check_value(value, swap::decode_state, swap::encode_state);
    case 5: return check_value(value, swap::decode_undo, swap::encode_undo);
    default: return check_table(table_of(value));
  }
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::check_rows(sluice::fuzz::split_input(data, size));
  return 0;
}
