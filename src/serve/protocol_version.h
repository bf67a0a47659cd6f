// Protocol versions as the peers compare them: tuples of integers, where (1,4) < (1,4,0).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "serve/json_document.h"

namespace sluice::serve {

using ProtocolVersion = std::vector<std::int64_t>;

[[nodiscard]] std::string version_text(const ProtocolVersion& version);

struct VersionRange {
  ProtocolVersion least;
  ProtocolVersion most;   ///< for comparing
  std::string most_text;  ///< as shown: (1,6,0) is shown as 1.6
};

struct NegotiatedVersion {
  ProtocolVersion version;
  std::string text;
};

/// What server.version agrees on; nullopt if the ranges do not meet.
/// `wanted` is empty or null (the least version), a pair [least, most], or one version.
/// Source: the peers' protocol_version().
[[nodiscard]] std::optional<NegotiatedVersion> negotiate(const JsonValue& wanted, const VersionRange& server);

}  // namespace sluice::serve
