// A file of unconfirmed transactions: one JSON object a line, of which the member `hex` counts.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"

namespace sluice::devnet_node {

/// Raw transactions in the order of their lines. Empty lines are passed over.
/// Errors: io; corrupt, naming the line.
[[nodiscard]] Result<std::vector<std::vector<std::byte>>> read_mempool_file(const std::filesystem::path& path);

}  // namespace sluice::devnet_node
