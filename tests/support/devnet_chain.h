// Devnet chains for tests: in memory with their naive rules, or as block files in a directory.
#pragma once

#include <string>

#include "base/check.h"
#include "base/random.h"
#include "devnet/devnet.h"

namespace sluice::test {

/// A small chain with losing branches, of a size and shape drawn from the seed.
[[nodiscard]] inline devnet::DevnetOptions random_devnet(const std::string& coin, std::uint64_t seed) {
  Random random(seed);
  devnet::DevnetOptions options;
  options.coin = coin;
  options.seed = seed;
  options.blocks = 3 + static_cast<std::uint32_t>(random.below(40));
  options.txs_per_block = static_cast<std::uint32_t>(random.below(25));
  options.reorgs = static_cast<std::uint32_t>(random.below(4));
  options.out_of_order = static_cast<std::uint32_t>(random.below(3) * 6);
  options.file_bytes_max = (16 << 10) + random.below(256 << 10);
  options.zero_tail_bytes = random.below(2) * 4096;
  if (coin == "Bitcoin") {
    options.duplicate_coinbase = random.below(2) == 0;
    if (random.below(2) == 0) store_le(options.xor_key.emplace().data(), random.next());
  }
  return options;
}

/// The chain in memory; options that cannot be met are a mistake in the test.
[[nodiscard]] inline devnet::DevnetChain make_chain(const devnet::DevnetOptions& options) {
  Result<devnet::DevnetChain> chain = devnet::build_devnet(options);
  SLUICE_CHECK(chain.ok());
  return std::move(chain).value();
}

}  // namespace sluice::test
