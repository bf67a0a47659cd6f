// Little chains of block records for the tests of the source: true headers with easy proof of work,
// bodies of random bytes (the source does not look into them).
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/hex.h"
#include "base/random.h"
#include "chain/coin.h"
#include "chain/header.h"
#include "source/block_files.h"

namespace sluice::source::test {

using Buffer = std::vector<std::byte>;

inline const chain::Network& regtest() {
  const chain::Network* network = chain::find_network("Radiant", "regtest");
  SLUICE_CHECK(network != nullptr);
  return *network;
}

struct MadeBlock {
  Buffer bytes;  ///< header and body
  BlockHash hash;
};

inline void append(Buffer& target, Bytes bytes) { target.insert(target.end(), bytes.begin(), bytes.end()); }

/// Makes blocks on top of blocks.
class BlockMaker {
 public:
  explicit BlockMaker(std::uint64_t seed, const chain::Network& network = regtest())
      : network_(network), random_(seed) {}

  [[nodiscard]] MadeBlock genesis(std::size_t body_bytes = 100) {
    auto header = from_hex(network_.genesis_header_hex);
    SLUICE_CHECK(header.has_value());
    SLUICE_CHECK(header->size() == chain::header_bytes);
    return finish(std::move(*header), body_bytes);
  }

  [[nodiscard]] MadeBlock on(const BlockHash& parent, std::size_t body_bytes = 100) {
    Buffer header(chain::header_bytes);
    for (std::byte& b : header) b = static_cast<std::byte>(random_.next());
    std::memcpy(header.data() + 4, parent.data(), 32);
    store_le<std::uint32_t>(header.data() + 72, network_.pow_limit_bits);
    for (std::uint32_t nonce = 0;; ++nonce) {
      store_le(header.data() + 76, nonce);
      if (chain::meets_target(chain::block_hash(network_.coin, header), network_.pow_limit_bits)) break;
    }
    return finish(std::move(header), body_bytes);
  }

  /// Genesis and `count` - 1 blocks on it.
  [[nodiscard]] std::vector<MadeBlock> chain(std::size_t count, std::size_t body_bytes_max = 400) {
    std::vector<MadeBlock> blocks{genesis()};
    while (blocks.size() < count) blocks.push_back(on(blocks.back().hash, 1 + random_.below(body_bytes_max)));
    return blocks;
  }

  [[nodiscard]] Random& random() { return random_; }

 private:
  [[nodiscard]] MadeBlock finish(Buffer header, std::size_t body_bytes) {
    const BlockHash hash = chain::block_hash(network_.coin, header);
    SLUICE_CHECK(body_bytes >= 1);
    header.push_back(std::byte{1});  // a transaction count is never zero
    for (std::size_t i = 1; i < body_bytes; ++i) header.push_back(static_cast<std::byte>(random_.next()));
    return {std::move(header), hash};
  }

  const chain::Network& network_;
  Random random_;
};

[[nodiscard]] inline Buffer record(const MadeBlock& block, const chain::Network& network = regtest()) {
  Buffer bytes;
  append(bytes, network.disk_magic);
  const auto size = static_cast<std::uint32_t>(block.bytes.size());
  append(bytes, bytes_of(size));
  append(bytes, block.bytes);
  return bytes;
}

/// A directory that goes away again.
class TestDir {
 public:
  TestDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sluice_source_XXXXXX").string();
    SLUICE_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    std::filesystem::permissions(path_, std::filesystem::perms(0755));
  }
  ~TestDir() { std::filesystem::remove_all(path_); }
  TestDir(const TestDir&) = delete;
  TestDir& operator=(const TestDir&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(std::uint32_t number) const { return path_ + "/" + block_file_name(number); }

  void write(const std::string& name, Bytes bytes, bool append_to = false) const {
    std::ofstream out(path_ + "/" + name, std::ios::binary | (append_to ? std::ios::app : std::ios::trunc));
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    out.close();
    SLUICE_CHECK(out.good());
  }
  void write(std::uint32_t number, Bytes bytes) const { write(block_file_name(number), bytes); }
  void append_to(std::uint32_t number, Bytes bytes) const { write(block_file_name(number), bytes, true); }

 private:
  std::string path_;
};

[[nodiscard]] inline Buffer records(const std::vector<MadeBlock>& blocks, std::size_t first, std::size_t until) {
  Buffer bytes;
  for (std::size_t i = first; i < until; ++i) append(bytes, record(blocks[i]));
  return bytes;
}

}  // namespace sluice::source::test
