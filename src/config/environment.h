// ElectrumX and RXinDexer environment files, read as their operators left them.
#pragma once

#include "config/command_line.h"

namespace sluice::config {

/// Puts in every variable that the command knows. For the commands that an operator's environment file
/// starts (sync and serve) the other names of such files are told of, and obsolete ones refused.
Status apply_environment(Settings& settings, const EnvironmentLookup& environment);

}  // namespace sluice::config
