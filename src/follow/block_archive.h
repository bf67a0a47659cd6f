// Block files of our own, for blocks that came by RPC because the node's files cannot be read: the same records in the
// same layout, so that indexing, answering and verifying need not know the difference.
//
//   DIR/blkNNNNN.dat   magic 4 | size 4 | block, record after record, up to 128 MiB a file
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "chain/coin.h"
#include "source/block_map.h"

namespace sluice::follow {

class BlockArchive {
 public:
  static constexpr std::uint64_t file_bytes_max = std::uint64_t{128} << 20;

  /// Creates the directory if need be. ends: ChainIndex::record_ends(); what stands behind the last of them was never
  /// indexed and is cut off.
  /// Errors: io; corrupt, if a file is shorter than that.
  static Result<BlockArchive> open(const chain::Network& network, std::string directory,
                                   const std::vector<std::uint64_t>& ends);
  BlockArchive(BlockArchive&& other) noexcept;
  BlockArchive& operator=(BlockArchive&&) = delete;
  ~BlockArchive();

  /// Appends a block. Bounds: more than a header, below 2^31 bytes. Errors: io; the archive is then as before.
  Result<source::ScannedBlock> append(Bytes block);
  /// Makes everything appended so far durable. Errors: io.
  Status sync();

  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

 private:
  BlockArchive(const chain::Network& network, std::string directory)
      : network_(network), directory_(std::move(directory)) {}
  [[nodiscard]] std::string path() const;
  Status open_file();
  Status next_file();
  Status write(Bytes bytes);

  const chain::Network& network_;
  std::string directory_;
  std::uint32_t file_number_ = 0;
  std::uint64_t size_ = 0;
  int fd_ = -1;
};

}  // namespace sluice::follow
