// A recorded block, several times over, as one batch; and a count of allocations.
// For the parse and classify benches; real_blocks.cpp goes into each program.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "source/format/raw_batch.h"

namespace sluice::bench {

/// Calls of operator new so far.
extern std::atomic<std::uint64_t> allocations;

/// Owns a batch of the same block at heights 1, 2, 3, ...
struct RepeatedBlock {
  std::vector<std::byte> raw;
  std::vector<source::RawBlock> blocks;

  [[nodiscard]] source::RawBatch batch() const {
    return {Bytes(raw).first(raw.size() - source::raw_padding_bytes), blocks};
  }
};

/// The program ends with a message if the recorded block is not there.
inline std::vector<std::byte> read_real_block(const std::string& name) {
  const char* directory = std::getenv("SLUICE_UNPACKED_FIXTURES");
  const std::string path = std::string(directory != nullptr ? directory : SLUICE_UNPACKED_FIXTURES) + "/" + name;
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (content.empty()) {
    std::fprintf(stderr, "%s: no such block; build the target that unpacks the fixtures\n", path.c_str());
    std::exit(1);
  }
  const auto* begin = reinterpret_cast<const std::byte*>(content.data());
  return {begin, begin + content.size()};
}

inline RepeatedBlock repeat_block(const std::vector<std::byte>& block, std::size_t times) {
  RepeatedBlock repeated;
  repeated.raw.reserve(block.size() * times + source::raw_padding_bytes);
  for (std::size_t i = 0; i < times; ++i) {
    source::RawBlock place;
    place.height = static_cast<std::uint32_t>(i + 1);
    place.begin = static_cast<std::uint32_t>(repeated.raw.size());
    place.size = static_cast<std::uint32_t>(block.size());
    repeated.blocks.push_back(place);
    repeated.raw.insert(repeated.raw.end(), block.begin(), block.end());
  }
  repeated.raw.resize(repeated.raw.size() + source::raw_padding_bytes);
  return repeated;
}

/// Ends the program if an answer that is about to be timed is wrong.
inline void expect(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "wrong answer: %s\n", what);
  std::exit(1);
}

}  // namespace sluice::bench
