// Whose block files these are.
#pragma once

#include <string>

#include "base/error.h"
#include "chain/coin.h"

namespace sluice::source {

/// The network whose genesis block this header is, or nullptr. Networks may share a magic: this tells them
/// apart.
[[nodiscard]] const chain::Network* genesis_owner(Bytes header);

/// The network that a blocks directory belongs to, by the first block of its first file: nodes write the
/// genesis block there. Errors: as list_block_files; unsupported if the block is no network's genesis.
[[nodiscard]] Result<const chain::Network*> detect_network(const std::string& directory);

}  // namespace sluice::source
