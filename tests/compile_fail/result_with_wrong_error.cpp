// expect: could not convert
// A message alone is no Error: the kind is what code decides on.
#include "base/error.h"

sluice::Result<int> use() {
#ifdef SLUICE_MISTAKE
  return std::string("file is gone");
#else
  return sluice::Error{sluice::ErrorKind::io, "file is gone"};
#endif
}
