// A batch of raw blocks: what the source stage hands to parse.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/hash256.h"

namespace sluice::source {

/// Readable bytes after the last block of a batch, so that parsers may load whole words.
inline constexpr std::size_t raw_padding_bytes = 64;

/// One block of the best chain, inside a batch.
struct RawBlock {
  std::uint32_t height = 0;
  std::uint32_t begin = 0;        ///< offset of the header in RawBatch::raw
  std::uint32_t size = 0;         ///< header and transactions, in bytes
  std::uint32_t file_number = 0;  ///< NNNNN of blkNNNNN.dat
  std::uint64_t file_offset = 0;  ///< of the header, in that file
  BlockHash hash;                 ///< of the header that the chain was chosen by
};

/// Shape:  consecutive heights of the best chain, in height order.
/// Bounds: raw is followed by raw_padding_bytes readable bytes; raw.size() < 2^32.
struct RawBatch {
  Bytes raw;
  std::span<const RawBlock> blocks;
};

}  // namespace sluice::source
