#include "classify/scripthash.h"

#include "classify/templates.h"
#include "classify/token_prefix.h"
#include "hash/sha256.h"

namespace sluice::classify {

ScriptHash script_hash(Bytes script, chain::Coin coin, bool parity) noexcept {
  if (coin == chain::Coin::bitcoin_cash) script = strip_token_prefix(script);
  if (coin == chain::Coin::radiant && match_template(script) == ScriptKind::other &&
      needs_rewrite(scan_script(script, nullptr), parity)) {
    hash::Sha256 hasher;
    for_each_rewritten_piece(script, parity, [&](Bytes piece) { hasher.update(piece); });
    return hash_cast<ScriptHash>(hasher.finish());
  }
  return hash_cast<ScriptHash>(hash::sha256(script));
}

bool is_indexed(Bytes script, chain::Coin coin) noexcept {
  if (coin == chain::Coin::bitcoin_cash) script = strip_token_prefix(script);
  if (is_unspendable(script)) return false;
  return coin != chain::Coin::radiant || match_template(script) != ScriptKind::other ||
         scan_script(script, nullptr).walkable;
}

}  // namespace sluice::classify
