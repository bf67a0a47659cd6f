// The items of a JSON array one after the other, without parsing it: so that each can be parsed when its turn comes.
#pragma once

#include <string>
#include <string_view>

namespace sluice::serve {

class JsonItems {
 public:
  /// Bounds: text is valid JSON, an array.
  explicit JsonItems(std::string_view text) : text_(text), at_(text_.find('[') + 1) {}

  /// The text of the next item. Bounds: there is one; valid as long as this.
  [[nodiscard]] std::string_view next();
  /// Where next() goes on: behind the bracket or comma before the next item.
  [[nodiscard]] std::size_t place() const noexcept { return at_; }
  void go_back(std::size_t place) noexcept { at_ = place; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  std::string text_;
  std::size_t at_;
};

}  // namespace sluice::serve
