#include "swap/order_rows.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/prefix.h"
#include "base/varint.h"

namespace sluice::swap {
namespace {

constexpr unsigned has_want_bit = 1;
constexpr unsigned is_backed_bit = 2;
constexpr unsigned has_spender_bit = 4;
constexpr unsigned head_bits = 7;
constexpr unsigned replaced_bit = 1;
constexpr unsigned displaced_bit = 2;
constexpr unsigned opened_bits = 3;
constexpr std::size_t id_bytes = 32;
constexpr std::size_t id_bytes_min = 65;  // in lists: token, txid, and an index of one byte
constexpr std::uint64_t state_format = 1;

void append(RowKey& key, const void* bytes, std::size_t size) noexcept {
  std::memcpy(key.bytes.data() + key.size, bytes, size);
  key.size += size;
}
void append(RowKey& key, std::uint32_t number) noexcept {
  store_be(key.bytes.data() + key.size, number);
  key.size += sizeof number;
}
void append(RowKey& key, const OrderId& id) noexcept {
  append(key, id.token.data(), id_bytes);
  append(key, id.offered.txid.data(), id_bytes);
  append(key, id.offered.index);
}

[[nodiscard]] OrderId id_at(const std::byte* at) noexcept {
  OrderId id;
  std::memcpy(id.token.data(), at, id_bytes);
  id.offered = {Txid::from_bytes(at + id_bytes), load_be<std::uint32_t>(at + 2 * id_bytes)};
  return id;
}

class RowWriter {
 public:
  void byte(unsigned value) { text_ += static_cast<char>(value); }
  void number(std::uint64_t value) {
    std::byte bytes[varint_bytes_max];
    append(bytes, static_cast<std::size_t>(put_varint(bytes, value) - bytes));
  }
  void token(const TokenId& token) { append(token.data(), token.size()); }
  void id(const OrderId& id) {
    token(id.token);
    append(id.offered.txid.data(), id_bytes);
    number(id.offered.index);
  }
  void raw(Bytes bytes) { append(bytes.data(), bytes.size()); }
  void sized(std::string_view bytes) {
    number(bytes.size());
    text_ += bytes;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void append(const std::byte* at, std::size_t size) { text_.append(reinterpret_cast<const char*>(at), size); }

  std::string text_;
};

/// Every read answers with zeros behind the first fault; ok() tells.
class RowReader {
 public:
  explicit RowReader(Bytes bytes) noexcept : rest_(bytes) {}

  [[nodiscard]] unsigned byte() noexcept {
    const Bytes taken = take(1);
    return taken.empty() ? 0 : std::to_integer<unsigned>(taken[0]);
  }
  [[nodiscard]] std::uint64_t number() noexcept {
    std::uint64_t value = 0;
    const std::byte* end = rest_.empty() ? nullptr : get_varint(rest_.data(), rest_.data() + rest_.size(), value);
    if (end == nullptr) return fail(), 0;
    rest_ = rest_.subspan(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  [[nodiscard]] std::uint32_t number32() noexcept {
    const std::uint64_t value = number();
    if (value > 0xffffffff) return fail(), 0;
    return static_cast<std::uint32_t>(value);
  }
  /// How many items follow, of item_bytes_min each at least.
  [[nodiscard]] std::size_t count(std::size_t item_bytes_min) noexcept {
    const std::uint64_t value = number();
    if (value > rest_.size() / item_bytes_min) return fail(), 0;
    return static_cast<std::size_t>(value);
  }
  [[nodiscard]] TokenId token() noexcept {
    TokenId token{};
    const Bytes taken = take(id_bytes);
    if (!taken.empty()) std::memcpy(token.data(), taken.data(), id_bytes);
    return token;
  }
  [[nodiscard]] OrderId id() noexcept {
    OrderId id;
    id.token = token();
    id.offered.txid.bytes = token();
    id.offered.index = number32();
    return id;
  }
  /// Views end with the row.
  [[nodiscard]] Bytes sized() noexcept {
    const std::uint64_t size = number();
    if (size > rest_.size()) return fail(), Bytes{};
    return take(static_cast<std::size_t>(size));
  }
  [[nodiscard]] std::string text() {
    const Bytes bytes = sized();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] Bytes rest() noexcept { return take(rest_.size()); }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] bool at_end() const noexcept { return ok_ && rest_.empty(); }

 private:
  [[nodiscard]] Bytes take(std::size_t size) noexcept {
    if (size > rest_.size()) return fail(), Bytes{};
    const Bytes taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  void fail() noexcept {
    ok_ = false;
    rest_ = {};
  }

  Bytes rest_;
  bool ok_ = true;
};

/// An order as bytes of another row; checked there and then, so that whoever restores it need not.
[[nodiscard]] std::string order_text(RowReader& reader, const OrderId& id, bool& ok) {
  std::string text = reader.text();
  ok = ok && reader.ok() && decode_order(id, std::as_bytes(std::span(text))).has_value();
  return text;
}

}  // namespace

std::optional<RowType> row_type_of(Bytes key) noexcept {
  if (key.empty() || std::to_integer<std::size_t>(key[0]) >= row_type_count) return std::nullopt;
  return static_cast<RowType>(key[0]);
}

RowKey type_key(RowType type) noexcept {
  RowKey key;
  append(key, &type, 1);
  return key;
}

RowKey order_key(RowType type, const OrderId& id) noexcept {
  RowKey key = type_key(type);
  append(key, id);
  return key;
}

RowKey token_key(RowType type, const TokenId& token) noexcept {
  RowKey key = type_key(type);
  append(key, token.data(), token.size());
  return key;
}

RowKey want_key(RowType type, const TokenId& want, const OrderId& id) noexcept {
  RowKey key = token_key(type, want);
  append(key, id);
  return key;
}

RowKey pair_key(RowType type, const TokenId& want, const TokenId& token) noexcept {
  RowKey key = token_key(type, want);
  append(key, token.data(), token.size());
  return key;
}

RowKey outpoint_prefix(const Outpoint& offered) noexcept {
  RowKey key = type_key(RowType::by_outpoint);
  std::byte prefix[8];
  store_be(prefix, prefix_of(offered.txid));
  append(key, prefix, sizeof prefix);
  append(key, offered.index);
  return key;
}

RowKey outpoint_key(const Outpoint& offered, const TokenId& token) noexcept {
  RowKey key = outpoint_prefix(offered);
  append(key, token.data(), token.size());
  return key;
}

RowKey behind_all(RowKey prefix) noexcept {
  // A type byte is never ff, so this ends there at the latest.
  while (prefix.bytes[prefix.size - 1] == std::byte{0xff}) --prefix.size;
  std::byte& last = prefix.bytes[prefix.size - 1];
  last = static_cast<std::byte>(std::to_integer<unsigned>(last) + 1);
  return prefix;
}

RowKey height_key(RowType type, std::uint32_t height) noexcept {
  RowKey key = type_key(type);
  append(key, height);
  return key;
}

RowKey counts_key(RowType type, const TokenId& token) noexcept { return token_key(type, token); }

RowType by_want(RowType type) noexcept {
  SLUICE_CHECK(type == RowType::open || type == RowType::dead || type == RowType::history);
  return static_cast<RowType>(static_cast<int>(type) + 3);
}
static_assert(static_cast<int>(RowType::open_by_want) == static_cast<int>(RowType::open) + 3);
static_assert(static_cast<int>(RowType::dead_by_want) == static_cast<int>(RowType::dead) + 3);
static_assert(static_cast<int>(RowType::history_by_want) == static_cast<int>(RowType::history) + 3);

std::optional<OrderId> decode_order_key(Bytes key) noexcept {
  if (key.size() != order_key_bytes) return std::nullopt;
  return id_at(key.data() + 1);
}

std::optional<WantKey> decode_want_key(Bytes key) noexcept {
  if (key.size() != want_key_bytes) return std::nullopt;
  WantKey decoded;
  std::memcpy(decoded.want.data(), key.data() + 1, id_bytes);
  decoded.id = id_at(key.data() + 1 + id_bytes);
  return decoded;
}

std::optional<OutpointKey> decode_outpoint_key(Bytes key) noexcept {
  if (key.size() != outpoint_key_bytes) return std::nullopt;
  OutpointKey decoded;
  decoded.prefix = load_be<std::uint64_t>(key.data() + 1);
  decoded.index = load_be<std::uint32_t>(key.data() + 9);
  std::memcpy(decoded.token.data(), key.data() + 13, id_bytes);
  return decoded;
}

std::optional<std::uint32_t> decode_height_key(Bytes key) noexcept {
  if (key.size() != height_key_bytes) return std::nullopt;
  return load_be<std::uint32_t>(key.data() + 1);
}

std::optional<TokenId> decode_counts_key(Bytes key) noexcept {
  if (key.size() != counts_key_bytes) return std::nullopt;
  TokenId token;
  std::memcpy(token.data(), key.data() + 1, id_bytes);
  return token;
}

std::string encode_order(const Order& order) {
  RowWriter writer;
  writer.byte((order.has_want() ? has_want_bit : 0) | (order.is_backed ? is_backed_bit : 0) |
              (order.spent_by != 0 ? has_spender_bit : 0));
  writer.byte(order.version);
  writer.byte(order.flags);
  writer.byte(order.offered_type);
  writer.byte(order.terms_type);
  if (order.has_want()) writer.token(order.want);
  writer.number(order.ad.tx_number);
  writer.number(order.ad.output);
  if (order.spent_by != 0) writer.number(order.spent_by);
  writer.number(order.price_terms.size());
  writer.raw(order.price_terms);
  writer.raw(order.signature);
  return writer.take();
}

std::optional<Order> decode_order(const OrderId& id, Bytes value) noexcept {
  RowReader reader(value);
  Order order;
  order.id = id;
  const unsigned head = reader.byte();
  order.version = static_cast<std::uint8_t>(reader.byte());
  order.flags = static_cast<std::uint8_t>(reader.byte());
  order.offered_type = static_cast<std::uint8_t>(reader.byte());
  order.terms_type = static_cast<std::uint8_t>(reader.byte());
  const bool has_want = (head & has_want_bit) != 0;
  const bool has_spender = (head & has_spender_bit) != 0;
  if (has_want) order.want = reader.token();
  order.ad.tx_number = reader.number();
  order.ad.output = reader.number32();
  if (has_spender) order.spent_by = reader.number();
  order.is_backed = (head & is_backed_bit) != 0;
  order.price_terms = reader.sized();
  order.signature = reader.rest();
  const bool head_holds = head <= head_bits && order.has_want() == has_want && (order.spent_by != 0) == has_spender;
  if (!reader.at_end() || !head_holds) return std::nullopt;
  return order;
}

std::uint64_t& Counts::of(RowType type) noexcept {
  switch (type) {
    case RowType::open: return open;
    case RowType::dead: return dead;
    case RowType::superseded: return superseded;
    default: SLUICE_CHECK(type == RowType::history); return history;
  }
}

std::string encode_counts(const Counts& counts) {
  RowWriter writer;
  for (const std::uint64_t count : {counts.open, counts.dead, counts.superseded, counts.history}) writer.number(count);
  return writer.take();
}

std::optional<Counts> decode_counts(Bytes value) noexcept {
  RowReader reader(value);
  Counts counts;
  for (std::uint64_t* count : {&counts.open, &counts.dead, &counts.superseded, &counts.history})
    *count = reader.number();
  if (!reader.at_end()) return std::nullopt;
  return counts;
}

std::string encode_count(std::uint64_t count) {
  RowWriter writer;
  writer.number(count);
  return writer.take();
}

std::optional<std::uint64_t> decode_count(Bytes value) noexcept {
  RowReader reader(value);
  const std::uint64_t count = reader.number();
  if (!reader.at_end() || count == 0) return std::nullopt;
  return count;
}

std::string encode_ids(const std::vector<OrderId>& ids) {
  RowWriter writer;
  writer.number(ids.size());
  for (const OrderId& id : ids) writer.id(id);
  return writer.take();
}

std::optional<std::vector<OrderId>> decode_ids(Bytes value) {
  RowReader reader(value);
  std::vector<OrderId> ids(reader.count(id_bytes_min));
  for (OrderId& id : ids) id = reader.id();
  if (!reader.at_end() || ids.empty()) return std::nullopt;
  return ids;
}

std::string encode_state(const SwapState& state) {
  RowWriter writer;
  writer.number(state_format);
  writer.byte(state.op_number_index ? 1 : 0);
  for (const std::uint64_t number :
       {std::uint64_t{state.block_count}, std::uint64_t{state.settled_blocks}, std::uint64_t{state.undo_first_height},
        std::uint64_t{state.history_blocks}, std::uint64_t{state.history_first_height}, state.open, state.dead,
        state.superseded, state.history})
    writer.number(number);
  return writer.take();
}

std::optional<SwapState> decode_state(Bytes value) noexcept {
  RowReader reader(value);
  SwapState state;
  if (reader.number() != state_format) return std::nullopt;
  const unsigned flag = reader.byte();
  state.op_number_index = flag == 1;
  for (std::uint32_t* number : {&state.block_count, &state.settled_blocks, &state.undo_first_height,
                                &state.history_blocks, &state.history_first_height})
    *number = reader.number32();
  for (std::uint64_t* number : {&state.open, &state.dead, &state.superseded, &state.history}) *number = reader.number();
  const bool holds =
      flag <= 1 && state.settled_blocks <= state.block_count && state.undo_first_height <= state.block_count;
  if (!reader.at_end() || !holds) return std::nullopt;
  return state;
}

std::string encode_undo(const UndoRow& row) {
  RowWriter writer;
  writer.number(row.opened.size());
  for (const OpenedEntry& entry : row.opened) {
    writer.id(entry.id);
    writer.byte((entry.replaced ? replaced_bit : 0) | (entry.displaced ? displaced_bit : 0));
    if (entry.replaced) writer.sized(*entry.replaced);
    if (entry.displaced) writer.sized(*entry.displaced);
  }
  writer.number(row.pruned.size());
  for (const PrunedHeight& group : row.pruned) {
    writer.number(group.height);
    writer.number(group.orders.size());
    for (const PrunedEntry& entry : group.orders) {
      writer.id(entry.id);
      writer.sized(entry.order);
    }
  }
  return writer.take();
}

std::optional<UndoRow> decode_undo(Bytes value) {
  RowReader reader(value);
  UndoRow row;
  bool ok = true;
  for (std::size_t left = reader.count(id_bytes_min + 1); left > 0 && ok; --left) {
    OpenedEntry& entry = row.opened.emplace_back();
    entry.id = reader.id();
    const unsigned flags = reader.byte();
    ok = reader.ok() && flags <= opened_bits;
    if (ok && (flags & replaced_bit) != 0) entry.replaced = order_text(reader, entry.id, ok);
    if (ok && (flags & displaced_bit) != 0) entry.displaced = order_text(reader, entry.id, ok);
  }
  for (std::size_t groups = reader.count(2); groups > 0 && ok; --groups) {
    PrunedHeight& group = row.pruned.emplace_back();
    group.height = reader.number32();
    for (std::size_t left = reader.count(id_bytes_min + 1); left > 0 && ok; --left) {
      PrunedEntry& entry = group.orders.emplace_back();
      entry.id = reader.id();
      entry.order = order_text(reader, entry.id, ok);
    }
  }
  if (!ok || !reader.at_end() || row.empty()) return std::nullopt;
  return row;
}

}  // namespace sluice::swap
