#include "serve/json_document.h"

#include <simdjson.h>

#include "base/check.h"

namespace sluice::serve {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t line_bytes_max = std::size_t{256} << 20;  // node counts fit 28 bits
constexpr std::size_t everyday_bytes = std::size_t{64} << 10;
constexpr int depth_max = 400;

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Kind of a complete scalar token; false if it is none.
bool scalar_kind(std::string_view token, JsonKind& kind) noexcept {
  if (token.empty()) return false;
  bool integer = false;
  if (token.front() == '"') {
    kind = JsonKind::string;
    return is_json_string(token);
  }
  if (token == "null") kind = JsonKind::null;
  else if (token == "true") kind = JsonKind::boolean_true;
  else if (token == "false") kind = JsonKind::boolean_false;
  else if (is_json_number(token, integer)) kind = integer ? JsonKind::integer : JsonKind::real;
  else return false;
  return true;
}

/// Walks the structure that simdjson found and writes the nodes.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, std::vector<JsonNode>& nodes) : text_(text), nodes_(nodes) {}

  bool add_scalar(std::string_view token) {
    JsonKind kind{};
    if (!scalar_kind(token, kind)) return false;
    add_node(kind, token);
    nodes_.back().next = node_count();
    return true;
  }

  bool add_array(od::array array, std::string_view token, int depth) {
    const std::uint32_t self = add_node(JsonKind::array, token);
    std::uint32_t count = 0;
    for (auto element : array) {
      od::value value;
      if (element.get(value) != simdjson::SUCCESS || !add_value(value, depth)) return false;
      ++count;
    }
    return close(self, count);
  }

  bool add_object(od::object object, std::string_view token, int depth) {
    const std::uint32_t self = add_node(JsonKind::object, token);
    std::uint32_t count = 0;
    for (auto member : object) {
      od::field field;
      if (std::move(member).get(field) != simdjson::SUCCESS) return false;
      // The key runs from its opening quote to the last quote before the colon; looking it up in
      // the text keeps the escapes as sent.
      const char* key_body = field.key().raw();
      const std::size_t key_begin = static_cast<std::size_t>(key_body - text_.data()) - 1;
      const std::size_t key_end = end_of_string(key_begin);
      if (key_end == 0 || !add_scalar(text_.substr(key_begin, key_end - key_begin))) return false;
      if (!add_value(field.value(), depth)) return false;
      ++count;
    }
    return close(self, count);
  }

 private:
  std::uint32_t node_count() const noexcept { return static_cast<std::uint32_t>(nodes_.size()); }

  std::uint32_t add_node(JsonKind kind, std::string_view token) {
    JsonNode node;
    node.begin = static_cast<std::uint32_t>(token.data() - text_.data());
    node.end = node.begin + static_cast<std::uint32_t>(token.size());
    node.kind = static_cast<std::uint32_t>(kind) & 15;
    nodes_.push_back(node);
    return node_count() - 1;
  }

  bool close(std::uint32_t self, std::uint32_t count) {
    nodes_[self].next = node_count();
    nodes_[self].count = count & 0xfffffff;
    return true;
  }

  /// Offset behind the closing quote of the string that opens at `begin`; 0 if it never closes.
  std::size_t end_of_string(std::size_t begin) const noexcept {
    for (std::size_t at = begin + 1; at < text_.size(); ++at) {
      if (text_[at] == '\\') ++at;
      else if (text_[at] == '"') return at + 1;
    }
    return 0;
  }

  bool add_value(od::value value, int depth) {
    if (depth >= depth_max) return false;
    const std::string_view token = trimmed(value.raw_json_token());
    if (token.empty()) return false;
    if (token.front() == '[') {
      od::array array;
      return value.get_array().get(array) == simdjson::SUCCESS && add_array(array, token.substr(0, 1), depth + 1);
    }
    if (token.front() == '{') {
      od::object object;
      return value.get_object().get(object) == simdjson::SUCCESS && add_object(object, token.substr(0, 1), depth + 1);
    }
    if (token.front() == '"') {
      // Reading the string moves simdjson behind it; a string left unread would be skipped by a
      // path that takes `"a":1` inside an array for a member.
      od::raw_json_string ignored;
      if (value.get_raw_json_string().get(ignored) != simdjson::SUCCESS) return false;
    }
    return add_scalar(token);
  }

  std::string_view text_;
  std::vector<JsonNode>& nodes_;
};

}  // namespace

struct JsonDocument::Parser {
  od::parser parser{line_bytes_max};
};

JsonDocument::JsonDocument() : parser_(std::make_unique<Parser>()) {}
JsonDocument::~JsonDocument() = default;

JsonErrc JsonDocument::parse(std::string_view line) {
  nodes_.clear();
  if (line.size() > line_bytes_max) return JsonErrc::invalid;
  if (!simdjson::validate_utf8(line.data(), line.size())) return JsonErrc::not_utf8;
  const std::string_view body = trimmed(line);
  if (body.empty()) return JsonErrc::invalid;
  text_.assign(body);
  text_bytes_ = body.size();
  text_.append(simdjson::SIMDJSON_PADDING, '\0');
  return build() ? JsonErrc::ok : JsonErrc::invalid;
}

bool JsonDocument::build() {
  const std::string_view text(text_.data(), text_bytes_);
  TreeBuilder builder(text, nodes_);
  if (text.front() != '[' && text.front() != '{') return builder.add_scalar(text);

  od::document document;
  const simdjson::padded_string_view padded(text.data(), text.size(), text_.size());
  if (parser_->parser.iterate(padded).get(document) != simdjson::SUCCESS) return false;
  bool built = false;
  if (text.front() == '[') {
    od::array array;
    built = document.get_array().get(array) == simdjson::SUCCESS && builder.add_array(array, text.substr(0, 1), 1);
  } else {
    od::object object;
    built = document.get_object().get(object) == simdjson::SUCCESS && builder.add_object(object, text.substr(0, 1), 1);
  }
  // Behind the last bracket there must be nothing: simdjson then has no location to report.
  return built && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

void JsonDocument::release_large() {
  if (text_.capacity() > everyday_bytes) std::string().swap(text_);
  if (nodes_.capacity() * sizeof(JsonNode) > everyday_bytes) nodes_ = std::vector<JsonNode>();
  if (parser_->parser.capacity() > everyday_bytes) parser_ = std::make_unique<Parser>();
}

JsonKind JsonValue::kind() const noexcept {
  return static_cast<JsonKind>(static_cast<std::uint8_t>(document_->nodes_[index_].kind));
}

std::string_view JsonValue::token() const noexcept {
  const JsonNode& node = document_->nodes_[index_];
  return {document_->text_.data() + node.begin, node.end - node.begin};
}

std::string JsonValue::text() const {
  SLUICE_CHECK(kind() == JsonKind::string);
  return unescape_json(token());
}

bool JsonValue::equals(std::string_view plain) const {
  if (kind() != JsonKind::string) return false;
  const std::string_view quoted = token();
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == plain;
  return unescape_json(quoted) == plain;
}

std::uint32_t JsonValue::size() const noexcept { return document_->nodes_[index_].count; }
JsonValue JsonValue::next() const noexcept { return {document_, document_->nodes_[index_].next}; }

JsonValue JsonValue::member(std::string_view key) const {
  JsonValue found;
  JsonValue at = first();
  for (std::uint32_t i = 0; i < size(); ++i) {
    const JsonValue value = at.next();
    if (at.equals(key)) found = value;
    at = value.next();
  }
  return found;
}

}  // namespace sluice::serve
