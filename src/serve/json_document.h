// One request line as a checked tree of JSON tokens.
//
// A line runs only if all of it is valid JSON in the sense of the peers' parser (Python's json):
// integers of any length, NaN and Infinity, lone surrogate escapes and repeated keys are accepted;
// trailing bytes, control characters inside strings and bad escapes are not.
//
// simdjson's on-demand front end finds the structure (its first stage also checks quotes and
// control characters); every value is then visited once, so that nothing stays unread, and every
// scalar token is checked here by the grammar. The result is a flat array in document order:
//
//   {"id":1,"params":[true]}   ->   object, string id, integer, string params, array, true
//
// each node knowing its token and the index behind its subtree. Keys are string nodes that stand
// before their values.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::serve {

enum class JsonKind : std::uint8_t { null, boolean_true, boolean_false, integer, real, string, array, object };

struct JsonNode {
  std::uint32_t begin = 0;  ///< token, offsets into the text; of a container: its opening bracket
  std::uint32_t end = 0;
  std::uint32_t next = 0;        ///< index of the first node behind this subtree
  std::uint32_t count : 28 = 0;  ///< elements of an array, members of an object
  std::uint32_t kind : 4 = 0;
};
static_assert(sizeof(JsonNode) == 16);

/// Why a line was refused.
enum class JsonErrc : std::uint8_t {
  ok,
  not_utf8,  ///< the bytes are not UTF-8
  invalid,   ///< not JSON, nested too deeply, or longer than 256 MiB
};

class JsonDocument;

/// A place in a document. Valid until the document's next parse.
class JsonValue {
 public:
  JsonValue() = default;
  JsonValue(const JsonDocument* document, std::uint32_t index) : document_(document), index_(index) {}

  [[nodiscard]] explicit operator bool() const noexcept { return document_ != nullptr; }
  [[nodiscard]] JsonKind kind() const noexcept;
  [[nodiscard]] bool is(JsonKind kind_wanted) const noexcept { return kind() == kind_wanted; }
  /// The token as it was sent (strings with their quotes).
  [[nodiscard]] std::string_view token() const noexcept;
  /// The string with escapes resolved. Bounds: kind() == string.
  [[nodiscard]] std::string text() const;
  /// Does the string equal `plain`, which needs no escapes? Without allocation where possible.
  [[nodiscard]] bool equals(std::string_view plain) const;
  [[nodiscard]] std::uint32_t size() const noexcept;
  /// First child (an element, or the first key); next() steps over the whole subtree.
  [[nodiscard]] JsonValue first() const noexcept { return {document_, index_ + 1}; }
  [[nodiscard]] JsonValue next() const noexcept;
  /// The value of the last member with this key; empty if there is none.
  [[nodiscard]] JsonValue member(std::string_view key) const;

 private:
  const JsonDocument* document_ = nullptr;
  std::uint32_t index_ = 0;
};

/// Parser and its memory; one per thread, reused from line to line.
class JsonDocument {
 public:
  JsonDocument();
  ~JsonDocument();
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  /// Cost: one pass of SIMD over the line, one node per value. Memory grown by a large line is
  /// given back with release_large().
  [[nodiscard]] JsonErrc parse(std::string_view line);
  [[nodiscard]] JsonValue root() const noexcept { return {this, 0}; }
  /// Frees buffers grown beyond everyday size.
  void release_large();

 private:
  friend class JsonValue;
  struct Parser;
  [[nodiscard]] bool build();

  std::unique_ptr<Parser> parser_;
  std::string text_;  ///< the line, followed by padding
  std::size_t text_bytes_ = 0;
  std::vector<JsonNode> nodes_;
};

/// Token checks, exposed for tests. The token is complete: nothing before or behind it.
[[nodiscard]] bool is_json_number(std::string_view token, bool& integer) noexcept;
[[nodiscard]] bool is_json_string(std::string_view token) noexcept;
/// Resolves the escapes of a checked string token.
[[nodiscard]] std::string unescape_json(std::string_view token);

}  // namespace sluice::serve
