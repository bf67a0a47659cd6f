// The version of this program.
#pragma once

#include <string_view>

namespace sluice {

/// Three numbers, as in the build file: major.minor.patch.
inline constexpr std::string_view version = SLUICE_VERSION;

}  // namespace sluice
