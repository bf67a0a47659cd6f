// The node's directory of block files: read at start, then growing by one record a block.
//
// Records are magic, u32 LE length, block. A file ends with its last record or with zeros behind it, as nodes
// allocate ahead; a record that would pass the file's limit opens the next file. With xor.dat (Bitcoin) every
// byte written is obscured by its place in the file, the zeros ahead are not.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"

namespace sluice::devnet_node {

/// What a directory of block files holds.
struct StoredBlocks {
  std::vector<std::vector<std::byte>> blocks;  ///< in the order of their records
  std::uint32_t last_file = 0;                 ///< number of the last file
  std::uint64_t end = 0;                       ///< behind the last record of the last file
  std::optional<std::array<std::byte, 8>> xor_key;
};

[[nodiscard]] bool has_block_files(const std::filesystem::path& directory);

/// Errors: io; corrupt, a record that runs past its file or bytes that are no record; both name file and offset.
[[nodiscard]] Result<StoredBlocks> read_block_files(const std::filesystem::path& directory,
                                                    const chain::Network& network);

/// Copies blkNNNNN.dat and xor.dat to another directory, which is made if missing and must hold no block files.
[[nodiscard]] Status copy_block_files(const std::filesystem::path& from, const std::filesystem::path& to);

/// Appends records behind those that are there.
class BlockFileWriter {
 public:
  struct Limits {
    std::uint64_t file_bytes_max = std::uint64_t{128} << 20;
    std::uint64_t allocate_bytes = 0;  ///< zeros ahead are added in steps of so many bytes; 0: none
  };
  BlockFileWriter(std::filesystem::path directory, const chain::Network& network, const StoredBlocks& stored,
                  Limits limits);
  BlockFileWriter(const BlockFileWriter&) = delete;
  BlockFileWriter& operator=(const BlockFileWriter&) = delete;
  ~BlockFileWriter();

  /// Errors: io.
  [[nodiscard]] Status append(Bytes block);

 private:
  [[nodiscard]] Status open_file();
  [[nodiscard]] Status allocate(std::uint64_t until);

  std::filesystem::path directory_;
  std::array<std::byte, 4> magic_;
  std::optional<std::array<std::byte, 8>> xor_key_;
  Limits limits_;
  std::uint32_t file_;
  std::uint64_t position_;
  std::uint64_t allocated_ = 0;
  int descriptor_ = -1;
};

}  // namespace sluice::devnet_node
