// expect: ignoring returned value.*Result|ignoring return value
// A Result that nobody reads.
#include "base/error.h"

sluice::Result<int> read_number();

bool use() {
#ifdef SLUICE_MISTAKE
  read_number();
  return true;
#else
  return read_number().ok();
#endif
}
