#include "serve/json_items.h"

#include "base/check.h"

namespace sluice::serve {

std::string_view JsonItems::next() {
  const std::size_t begin = at_;
  unsigned depth = 0;
  for (bool in_string = false;; ++at_) {
    SLUICE_CHECK(at_ < text_.size());
    const char c = text_[at_];
    if (in_string) {
      if (c == '\\') ++at_;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      break;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::string_view(text_).substr(begin, at_++ - begin);
}

}  // namespace sluice::serve
