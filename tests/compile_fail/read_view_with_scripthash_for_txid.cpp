// expect: could not convert|cannot convert|no matching function|invalid initialization of reference
// A scripthash where the read view wants a txid.
#include "serve/read_view.h"

bool use(const sluice::serve::ReadView& view, const sluice::Txid& txid, const sluice::ScriptHash& scripthash) {
#ifdef SLUICE_MISTAKE
  static_cast<void>(txid);
  return view.find_tx(scripthash).ok();
#else
  static_cast<void>(scripthash);
  return view.find_tx(txid).ok();
#endif
}
