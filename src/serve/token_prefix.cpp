#include "serve/token_prefix.h"

#include <array>
#include <limits>
#include <string_view>

#include "serve/json_text.h"
#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

constexpr std::uint8_t marker = 0xef;
constexpr std::size_t commitment_bytes_max = 128;

/// A compact size in its shortest form; false otherwise.
bool read_canonical(ByteReader& reader, std::uint64_t& value) {
  const std::size_t begin = reader.at();
  value = reader.compact_size();
  const std::size_t size = value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
  return !reader.failed() && reader.at() - begin == size;
}

}  // namespace

bool split_token_prefix(Bytes blob, TokenPrefix& target) {
  if (blob.empty() || static_cast<std::uint8_t>(blob[0]) != marker) return false;
  target = TokenPrefix{};
  ByteReader reader(blob.subspan(1));
  target.category = reader.take(32);
  const auto bits = reader.number<std::uint8_t>();
  const bool has_amount = (bits & 0x10) != 0;
  const bool has_commitment = (bits & 0x40) != 0;
  target.has_nft = (bits & 0x20) != 0;
  target.capability = bits & 0x0f;
  if (reader.failed() || (bits & 0x80) != 0 || target.capability > 2) return false;
  if (!has_amount && !target.has_nft) return false;
  if (!target.has_nft && (has_commitment || target.capability != 0)) return false;
  if (has_commitment) {
    std::uint64_t size = 0;
    if (!read_canonical(reader, size) || size == 0 || size > commitment_bytes_max) return false;
    target.commitment = reader.take(size);
  }
  if (has_amount) {
    if (!read_canonical(reader, target.amount) || target.amount == 0) return false;
    if (target.amount > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  }
  if (reader.failed()) return false;
  target.script = reader.take(reader.left());
  return true;
}

void append_token_data(std::string& target, const TokenPrefix& token) {
  target += ",\"tokenData\":{\"category\":";
  append_json_hash(target, token.category);
  // Amounts go up to 2^63 - 1, beyond what many JSON readers keep: the node prints a string.
  target += ",\"amount\":";
  append_plain_string(target, std::to_string(token.amount));
  if (token.has_nft) {
    static constexpr std::array<std::string_view, 3> names = {"none", "mutable", "minting"};
    target += ",\"nft\":{\"capability\":";
    append_plain_string(target, names[token.capability]);
    target += ",\"commitment\":";
    append_json_hex(target, token.commitment);
    target += '}';
  }
  target += '}';
}

}  // namespace sluice::serve
