// `sluice call`: one request to any Electrum server, the answer laid out for reading.
#pragma once

#include <ostream>

#include "config/config.h"

namespace sluice::call {

/// Runs the call: the result goes to out, anything else to err.
/// Returns the exit status: 0, or 1 for an error answer, a failed connection or a time-out.
int run_call(const config::CallConfig& config, std::ostream& out, std::ostream& err);

}  // namespace sluice::call
