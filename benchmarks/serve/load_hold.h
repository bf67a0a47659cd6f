// Many quiet sessions: each asks one request, usually a subscription, and stays.
//
//   "ready" is printed when all are answered; then, for each line on standard input, one notification is awaited on
//   every session and the times at which they came are printed, on CLOCK_MONOTONIC. The end of the input ends it.
#pragma once

#include <string>
#include <vector>

#include "load_client.h"

namespace sluice::load {

void hold_sessions(const Target& target, const std::vector<std::string>& requests, unsigned connections, bool tls);

}  // namespace sluice::load
