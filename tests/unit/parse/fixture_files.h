// Recorded blocks, unpacked by the build; their directory comes in the environment.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace sluice::test {

/// The whole file; a test failure (and no bytes) if the fixture is absent.
inline std::vector<std::byte> read_fixture(const std::string& name) {
  const char* directory = std::getenv("SLUICE_UNPACKED_FIXTURES");
  if (directory == nullptr) {
    ADD_FAILURE() << "SLUICE_UNPACKED_FIXTURES is not set; run the tests through meson";
    return {};
  }
  std::ifstream file(std::string(directory) + "/" + name, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (content.empty()) ADD_FAILURE() << "fixture missing: " << name << " (the build unpacks it from shared/fixtures)";
  const auto* begin = reinterpret_cast<const std::byte*>(content.data());
  return {begin, begin + content.size()};
}

}  // namespace sluice::test
