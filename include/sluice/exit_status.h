// What the exit status of every command means.
#pragma once

namespace sluice {

inline constexpr int exit_success = 0;
inline constexpr int exit_failure = 1;  ///< the command ran and failed: disk, node, damaged index, error answer
inline constexpr int exit_usage = 2;    ///< a setting was refused; nothing was done

}  // namespace sluice
