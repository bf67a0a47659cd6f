// One power cut and what must hold after it.
#pragma once

#include <optional>
#include <string>

#include "crash/world.h"

namespace sluice::test {

/// Cuts the power once or more, at places and with losses drawn from the seed, then syncs to the end.
/// Returns what went wrong: an index that does not open or is not at a committed height that was promised,
/// a sync that cannot go on, another content in the end. ignored: syncs that do nothing;
/// the power then goes soon after one of them.
[[nodiscard]] std::optional<std::string> cut_power_and_recover(const World& world, std::uint64_t seed,
                                                               const SyncFilter& ignored);

}  // namespace sluice::test
