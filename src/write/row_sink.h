// Where finished rows go: a table file or a write batch.
#pragma once

#include "base/bytes.h"

namespace sluice::write {

class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual void put(Bytes key, Bytes value) = 0;
  virtual void remove(Bytes key) = 0;
};

}  // namespace sluice::write
