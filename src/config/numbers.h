// Numbers as people and ElectrumX environment files write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::config {

/// Python's int(text): optional sign, blanks around, single underscores between digits, decimal only.
/// Numbers beyond 64 bits saturate, so that a bounds check refuses them by name. nullopt if malformed.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text) noexcept;

/// A finite decimal number, blanks around allowed. nullopt if malformed.
[[nodiscard]] std::optional<double> parse_number(std::string_view text) noexcept;

/// A size: an integer with an optional suffix B, KiB, MiB, GiB or TiB in any case; bare is bytes. Saturates.
[[nodiscard]] std::optional<std::int64_t> parse_bytes(std::string_view text) noexcept;

/// A time in milliseconds: a decimal number with an optional suffix ms, s, m, h or d.
/// Units: a bare number counts bare_unit_ms milliseconds each. Saturates; a remainder below 1 ms is cut.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ms(std::string_view text, std::int64_t bare_unit_ms) noexcept;

/// `1 true yes on` and `0 false no off` in any case, empty is off, blanks around ignored.
[[nodiscard]] std::optional<bool> parse_strict_boolean(std::string_view text);

/// ElectrumX: true if and only if anything but blanks is there. "0" and "false" are true.
[[nodiscard]] bool parse_electrumx_boolean(std::string_view text) noexcept;

/// The largest suffix that divides it evenly: 1073741824 -> "1GiB".
[[nodiscard]] std::string show_bytes(std::int64_t bytes);
/// 600000 -> "600s", 2500 -> "2500ms".
[[nodiscard]] std::string show_duration(std::int64_t milliseconds);

}  // namespace sluice::config
