// How inputs find the outputs they spend. All ways give the same index, row for row.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::pipeline {

enum class ResolveWay : std::uint8_t {
  automatic,  ///< join or lookup, whichever the memory plan finds cheaper
  join,       ///< spends meet outputs per partition; live outputs of earlier segments are carried along
  lookup,     ///< the same within a segment; outputs of earlier ones are looked up in the store
  table,      ///< live outputs in a table in memory; what it lacks is looked up in the store
};

/// Those that a run can be told to take.
inline constexpr std::array<ResolveWay, 3> all_ways{ResolveWay::join, ResolveWay::lookup, ResolveWay::table};

[[nodiscard]] constexpr std::string_view name_of(ResolveWay way) noexcept {
  constexpr std::array<std::string_view, 4> names{"auto", "join", "lookup", "table"};
  return names[static_cast<std::size_t>(way)];
}

}  // namespace sluice::pipeline
