// The token prefix of Bitcoin Cash outputs.
//
//   ef | category 32 | bitfield | [commitment: compact size + bytes] | [amount: compact size] | script
//
// A malformed prefix is no prefix: the whole blob is then the script.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace sluice::serve {

struct TokenPrefix {
  Bytes category;  ///< internal order
  bool has_nft = false;
  unsigned capability = 0;  ///< 0 none, 1 mutable, 2 minting
  Bytes commitment;
  std::uint64_t amount = 0;
  Bytes script;  ///< what follows the prefix
};

[[nodiscard]] bool split_token_prefix(Bytes blob, TokenPrefix& target);
/// Appends `,"tokenData":{...}`.
void append_token_data(std::string& target, const TokenPrefix& token);

}  // namespace sluice::serve
