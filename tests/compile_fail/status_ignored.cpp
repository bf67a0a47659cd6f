// expect: ignoring returned value.*Status
// A failed write that nobody notices.
#include "base/error.h"

sluice::Status write_rows();

bool use() {
#ifdef SLUICE_MISTAKE
  write_rows();
  return true;
#else
  return write_rows().ok();
#endif
}
