#include "serve/token_name.h"

#include <algorithm>
#include <charconv>

#include "base/hex.h"
#include "hash/sha256.h"

namespace sluice::serve {
namespace {

constexpr std::size_t ref_bytes = 36;
constexpr std::size_t id_digits = 64;
constexpr std::size_t place_bytes = 32 + 32 + 4;

swap::TokenId token_at(const std::byte* at) {
  swap::TokenId id;
  std::copy_n(at, id.size(), id.begin());
  return id;
}

TokenName name_of_ref(const std::array<std::byte, ref_bytes>& ref) {
  const swap::TokenId hashed = token_of_ref(ref);
  const swap::TokenId shown = token_at(ref.data());
  if (load_le<std::uint32_t>(ref.data() + 32) != 0) return {hashed, std::nullopt};
  if (swap::is_plain(shown)) return {shown, std::nullopt};
  return {shown, hashed};
}

Result<bool> has_orders(const SwapView& swaps, const swap::TokenId& token) {
  for (const BookSide side : {BookSide::offered, BookSide::wanted}) {
    const auto counts = swaps.counts(side, token);
    if (!counts) return counts.error();
    if (counts.value().open + counts.value().dead + counts.value().history != 0) return true;
  }
  return false;
}

}  // namespace

swap::TokenId token_of_ref(Bytes ref) {
  const Digest digest = hash::sha256(ref);
  swap::TokenId id;
  std::reverse_copy(digest.bytes.begin(), digest.bytes.end(), id.begin());
  return id;
}

std::optional<TokenName> read_token_name(std::string_view text) {
  std::array<std::byte, ref_bytes> ref{};
  if (text.size() == 2 * ref_bytes) {
    const auto bytes = from_hex(text);
    if (!bytes) return std::nullopt;
    std::ranges::copy(*bytes, ref.begin());
    return name_of_ref(ref);
  }
  const auto shown = Txid::from_display(text.substr(0, id_digits));
  if (!shown) return std::nullopt;
  if (text.size() == id_digits) return TokenName{shown->bytes, std::nullopt};
  std::uint32_t index = 0;
  const char* const end = text.data() + text.size();
  const auto number = text[id_digits] == '_' ? text.substr(id_digits + 1) : std::string_view();
  if (number.empty()) return std::nullopt;
  const auto read = std::from_chars(number.data(), end, index);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  std::ranges::copy(shown->bytes, ref.begin());
  store_le(ref.data() + 32, index);
  return name_of_ref(ref);
}

Result<swap::TokenId> resolve(const SwapView& swaps, const TokenName& name) {
  if (!name.by_ref) return name.id;
  const auto by_id = has_orders(swaps, name.id);
  if (!by_id) return by_id.error();
  if (by_id.value()) return name.id;
  const auto by_ref = has_orders(swaps, *name.by_ref);
  if (!by_ref) return by_ref.error();
  return by_ref.value() ? *name.by_ref : name.id;
}

std::string list_cursor(const ListPlace& place) {
  std::array<std::byte, place_bytes> bytes;
  std::ranges::copy(place.last.token, bytes.begin());
  std::ranges::copy(place.last.offered.txid.bytes, bytes.begin() + 32);
  store_be(bytes.data() + 64, place.last.offered.index);
  return static_cast<char>('0' + place.listing) + to_hex(bytes);
}

std::optional<ListPlace> read_list_cursor(std::string_view text, std::size_t listing_count) {
  if (text.size() != 1 + 2 * place_bytes || text[0] < '0') return std::nullopt;
  const auto listing = static_cast<std::size_t>(text[0] - '0');
  const auto bytes = from_hex(text.substr(1));
  if (listing >= listing_count || !bytes) return std::nullopt;
  ListPlace place{listing, {token_at(bytes->data()), {}}};
  place.last.offered = {Txid::from_bytes(bytes->data() + 32), load_be<std::uint32_t>(bytes->data() + 64)};
  return place;
}

}  // namespace sluice::serve
