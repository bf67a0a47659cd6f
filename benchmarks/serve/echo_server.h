// The yardstick: lines go back as they came, on the event loops that serve uses.
#pragma once

namespace sluice::load {

/// Prints its port; ends with standard input.
void run_echo_server(unsigned loops);

}  // namespace sluice::load
