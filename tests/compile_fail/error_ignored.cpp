// expect: ignoring returned value.*Error
// An Error made and dropped.
#include "base/error.h"

sluice::Error describe_fault();

sluice::Status use() {
#ifdef SLUICE_MISTAKE
  describe_fault();
  return {};
#else
  return describe_fault();
#endif
}
