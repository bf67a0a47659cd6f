// Does the kernel give this process an io_uring? Asked without the code under test.
#pragma once

#include <liburing.h>

namespace sluice::source::test {

inline bool machine_has_uring() {
  io_uring ring{};
  if (io_uring_queue_init(2, &ring, 0) != 0) return false;
  io_uring_queue_exit(&ring);
  return true;
}

}  // namespace sluice::source::test
