// Small text helpers of the settings: trimming, comparing, quoting for one-line messages, and
// finding the name that was probably meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sluice::config {

/// Without the white space that Python's str.strip() takes off ASCII text.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

[[nodiscard]] std::string lower_case(std::string_view text);

/// In double quotes, control characters and quotes escaped, cut after 80 bytes: safe for one log line.
[[nodiscard]] std::string in_quotes(std::string_view text);

/// The candidate nearest to `name` by edit distance; empty when none is near enough to be meant.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace sluice::config
