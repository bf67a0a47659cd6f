// The node's block files: blkNNNNN.dat, record after record of
//
//   disk magic (4) | block length, little endian (4) | block: 80-byte header, transactions
//
// The tail of a file may be zeros (the node allocates ahead) or a record still being written.
// Bitcoin Core from 28 on obscures the bytes with the 8-byte key in xor.dat, by absolute offset.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace sluice::source {

inline constexpr std::uint32_t record_head_bytes = 8;  ///< magic and length

/// "blk00042.dat"; with the directory in front for path().
[[nodiscard]] std::string block_file_name(std::uint32_t file_number);

/// The key that block files are obscured with; all zero means none.
struct XorKey {
  std::array<std::byte, 8> bytes{};

  [[nodiscard]] bool is_none() const noexcept { return bytes == std::array<std::byte, 8>{}; }
  /// Clears (or obscures) bytes that stand at file_offset of a block file. Cost: 8 bytes a step.
  void apply(MutableBytes data, std::uint64_t file_offset) const noexcept;
};

/// What is in a blocks directory. Files are numbered 0 .. sizes.size() - 1, none missing.
struct BlockFiles {
  std::string directory;
  XorKey key;
  std::vector<std::uint64_t> sizes;  ///< [file_count] bytes at the time of listing

  [[nodiscard]] std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(sizes.size()); }
  [[nodiscard]] std::string path(std::uint32_t file_number) const {
    return directory + "/" + block_file_name(file_number);
  }
};

/// Lists a blocks directory and reads xor.dat.
/// Errors: io (unreadable directory or file, with errno's text), not_found (no block files, or a
///         number missing in the middle), unsupported (pruned: file 0 is gone), corrupt (xor.dat).
[[nodiscard]] Result<BlockFiles> list_block_files(const std::string& directory);

/// Files listed again must be the files listed before, perhaps longer, perhaps more of them.
/// data_end: [before.count()] offsets up to which records were seen.
/// Errors: not_found (a file is gone), corrupt (a file or the key changed).
[[nodiscard]] Status check_grown(const BlockFiles& before, std::span<const std::uint64_t> data_end,
                                 const BlockFiles& now);

/// "PATH: TEXT OF ERRNO", for messages.
[[nodiscard]] std::string with_errno(const std::string& path, int error);

}  // namespace sluice::source
