// Counts the allocations of the whole program while a pipeline is between two points of its run.
#pragma once

#include "pipeline/counters.h"

namespace sluice::pipeline::test {

/// From the moment that the order stage has counted `first` batches, until resolve has counted `until`.
void watch_allocations(const Counters& counters, std::uint64_t first, std::uint64_t until);
/// How many there were.
std::uint64_t end_watch();

}  // namespace sluice::pipeline::test
