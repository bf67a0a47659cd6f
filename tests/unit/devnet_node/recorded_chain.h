// The recorded chain as a directory of block files.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/check.h"
#include "chain/coin.h"
#include "support/fixtures.h"
#include "support/temp_dir.h"

namespace sluice::devnet_node::test {

[[nodiscard]] inline std::filesystem::path recorded_dir() {
  return sluice::test::fixtures_dir() / "radiant-regtest-small";
}

/// Unpacks the recorded block file into the directory.
inline void unpack_recorded_chain(const std::filesystem::path& directory) {
  std::filesystem::create_directories(directory);
  const std::string unpack = "gzip -dc '" + (recorded_dir() / "blk00000.dat.gz").string() + "' > '" +
                             (directory / "blk00000.dat").string() + "'";
  SLUICE_CHECK(std::system(unpack.c_str()) == 0);
}

[[nodiscard]] inline const chain::Network& regtest(std::string_view coin = "Radiant") {
  return *chain::find_network(coin, "regtest");
}

}  // namespace sluice::devnet_node::test
