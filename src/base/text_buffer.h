// Text buffers that are large at times and kept for long.
#pragma once

#include <cstddef>
#include <string>

namespace sluice {

/// Empties a buffer, and gives back its memory if that is more than `kept_bytes`. (Assigning an empty string would
/// keep it: libstdc++ copies a short string into the memory that is there.)
inline void empty_buffer(std::string& buffer, std::size_t kept_bytes) {
  if (buffer.capacity() > kept_bytes) std::string().swap(buffer);
  else buffer.clear();
}

}  // namespace sluice
