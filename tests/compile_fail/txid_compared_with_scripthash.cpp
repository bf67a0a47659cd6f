// expect: no match for .operator==
// Two identifiers of different meaning are never equal: asking is a mistake.
#include "base/hash256.h"

bool use(const sluice::Txid& txid, const sluice::ScriptHash& scripthash) {
#ifdef SLUICE_MISTAKE
  return txid == scripthash;
#else
  return txid == sluice::hash_cast<sluice::Txid>(scripthash);
#endif
}
