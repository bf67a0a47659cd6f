// Compact JSON as a node writes it, appended piece by piece. Commas come by themselves.
#pragma once

#include <string>
#include <string_view>

#include "base/hash256.h"
#include "serve/json_text.h"

namespace sluice::devnet_node {

class Json {
 public:
  Json& open(char bracket) {
    separate();
    text_ += bracket;
    return *this;
  }
  Json& close(char bracket) {
    text_ += bracket;
    return *this;
  }
  Json& key(std::string_view name) {
    separate();
    serve::append_plain_string(text_, name);
    text_ += ':';
    return *this;
  }
  /// A finished JSON value.
  Json& raw(std::string_view json) {
    separate();
    text_ += json;
    return *this;
  }
  Json& number(std::uint64_t value) { return raw(std::to_string(value)); }
  Json& boolean(bool value) { return raw(value ? "true" : "false"); }
  Json& text(std::string_view value) {
    separate();
    serve::append_json_string(text_, value);
    return *this;
  }
  template <typename Tag>
  Json& hash(const Hash32<Tag>& value) {
    separate();
    serve::append_json_hash(text_, value.span());
    return *this;
  }
  Json& hex(Bytes bytes) {
    separate();
    serve::append_json_hex(text_, bytes);
    return *this;
  }
  /// Base units as coins with eight decimals.
  Json& amount(std::uint64_t base_units) {
    separate();
    serve::append_amount(text_, static_cast<std::int64_t>(base_units));
    return *this;
  }

  [[nodiscard]] const std::string& str() const& noexcept { return text_; }
  [[nodiscard]] std::string str() && noexcept { return std::move(text_); }

 private:
  void separate() {
    if (text_.empty()) return;
    const char last = text_.back();
    if (last != '{' && last != '[' && last != ':') text_ += ',';
  }
  std::string text_;
};

}  // namespace sluice::devnet_node
