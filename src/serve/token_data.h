// A Bitcoin Cash output's token as the node shows it in a verbose transaction.
#pragma once

#include <string>

#include "classify/token_prefix.h"

namespace sluice::serve {

/// Appends `,"tokenData":{...}`.
void append_token_data(std::string& target, const classify::TokenPrefix& token);

}  // namespace sluice::serve
