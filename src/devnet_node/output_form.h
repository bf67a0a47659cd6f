// Which form of the generator's scripts an output has, told from its bytes: so that outputs of any chain can be spent
// again with input scripts of the usual kind, and tokens go on as tokens.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "chain/coin.h"
#include "devnet/scripts.h"

namespace sluice::devnet_node {

struct OutputForm {
  devnet::ScriptForm form = devnet::ScriptForm::anyone;
  std::vector<devnet::Ref> refs;  ///< distinct refs pushed, in the order of the script; at most two
};

/// nullopt for outputs that are left alone: OP_RETURN, and scripts of no form that the generator makes.
[[nodiscard]] std::optional<OutputForm> recognise_output(Bytes script_field, chain::Coin coin);

}  // namespace sluice::devnet_node
