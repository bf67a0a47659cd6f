#include "serve/protocol_version.h"

#include <algorithm>
#include <limits>

#include "serve/coercion.h"

namespace sluice::serve {
namespace {

/// "1.4" -> (1,4); anything that does not read as such -> (0,).
ProtocolVersion parse_version(const JsonValue& value) {
  const ProtocolVersion none{0};
  if (!value.is(JsonKind::string)) return none;
  const std::string text = value.text();
  ProtocolVersion version;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(text.find('.', begin), text.size());
    PythonInt part;
    if (!python_int_of_text(std::string_view(text).substr(begin, end - begin), part)) return none;
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto magnitude = static_cast<std::int64_t>(std::min(part.magnitude.value, most));
    version.push_back(part.negative ? -magnitude : magnitude);
    if (end == text.size()) return version;
    begin = end + 1;
  }
}

}  // namespace

std::string version_text(const ProtocolVersion& version) {
  std::string text;
  for (const std::int64_t part : version) {
    if (!text.empty()) text += '.';
    text += std::to_string(part);
  }
  return text;
}

std::optional<NegotiatedVersion> negotiate(const JsonValue& wanted, const VersionRange& server) {
  ProtocolVersion client_least = server.least;
  ProtocolVersion client_most = server.least;
  if (wanted && wanted.is(JsonKind::array) && wanted.size() == 2) {
    client_least = parse_version(wanted.first());
    client_most = parse_version(wanted.first().next());
  } else if (wanted && !wanted.is(JsonKind::null)) {
    client_least = client_most = parse_version(wanted);
  }
  const bool clamped = server.most < client_most;
  const ProtocolVersion result = clamped ? server.most : client_most;
  if (result < std::max(client_least, server.least) || result == ProtocolVersion{0}) return std::nullopt;
  return NegotiatedVersion{result, clamped ? server.most_text : version_text(result)};
}

}  // namespace sluice::serve
