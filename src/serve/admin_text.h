// The operator's figures as the peers write them.
#pragma once

#include <cstdint>
#include <string>

#include "serve/admin_gate.h"

namespace sluice::serve {

/// "1d 02h 03m", "05m 09s", "07s": from the largest field that is not zero on; seconds only behind fewer than three.
[[nodiscard]] std::string uptime_text(std::uint64_t uptime_s);
/// "1,234 lookups 567 hits 89 entries"
[[nodiscard]] std::string cache_text(const CacheFigures& figures);
/// "1,234.56789": base units as coins, without zeros at the end.
[[nodiscard]] std::string coins_text(std::uint64_t base_units);

}  // namespace sluice::serve
