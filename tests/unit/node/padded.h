// Text in memory of its own with the padding that simdjson needs behind it, filled with what would be taken for JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/json_walk.h"

namespace sluice::node::test {

class Padded {
 public:
  explicit Padded(std::string_view text) : bytes_(text.size() + json_padding_bytes, '"'), size_(text.size()) {
    std::copy(text.begin(), text.end(), bytes_.begin());
  }
  [[nodiscard]] std::string_view text() const& { return {bytes_.data(), size_}; }

 private:
  std::vector<char> bytes_;
  std::size_t size_;
};

inline std::vector<char> body_of(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace sluice::node::test
