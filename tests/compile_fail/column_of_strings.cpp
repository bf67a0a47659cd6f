// expect: static assertion failed
// Columns hold plain values: their memory is moved and reused as bytes.
#include <string>

#include "base/column.h"

#ifdef SLUICE_MISTAKE
sluice::Column<std::string> column;
#else
sluice::Column<unsigned> column;
#endif
