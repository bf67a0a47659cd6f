// Where the recorded fixtures are: SLUICE_FIXTURES, or ../shared/fixtures beside the source tree.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace sluice::test {

[[nodiscard]] inline std::filesystem::path fixtures_dir() {
  const char* given = std::getenv("SLUICE_FIXTURES");
  return given != nullptr ? std::filesystem::path(given) : std::filesystem::path(SLUICE_FIXTURES_DEFAULT);
}

}  // namespace sluice::test
