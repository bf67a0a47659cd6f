#include "serve/token_data.h"

#include <array>
#include <string_view>

#include "serve/json_text.h"

namespace sluice::serve {

void append_token_data(std::string& target, const classify::TokenPrefix& token) {
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
