// expect: invalid initialization of reference|could not convert|no matching function
// A txid where a block hash is wanted.
#include "base/hash256.h"

int height_of(const sluice::BlockHash& hash);

int use(const sluice::Txid& txid, const sluice::BlockHash& hash) {
#ifdef SLUICE_MISTAKE
  return height_of(txid);
#else
  static_cast<void>(txid);
  return height_of(hash);
#endif
}
