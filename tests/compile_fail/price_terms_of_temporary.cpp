// expect: use of deleted function
// Price terms of bytes that end with the statement: their scripts would point to nothing.
#include "serve/price_terms.h"

std::vector<std::byte> make_bytes();

bool use() {
#ifdef SLUICE_MISTAKE
  const auto terms = sluice::serve::decode_price_terms(make_bytes());
#else
  const std::vector<std::byte> bytes = make_bytes();
  const auto terms = sluice::serve::decode_price_terms(bytes);
#endif
  return terms && terms->outputs.empty();
}
