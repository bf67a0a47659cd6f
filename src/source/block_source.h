// Blocks of the best chain, read in height order into batches, several reads in flight.
//
// One thread drives it:
//
//   while (free slots come back) source.give(slot);
//   switch (source.step(slot)) {
//     case ready:      slot holds the next batch in height order: hand it on
//     case progressed: something was read; step again (and look for free slots)
//     case starved:    every slot is away: wait for one, give() it, step again
//     case finished:   all heights were handed out
//     case failed:     see error(); no step after it
//   }
//
// A batch is planned as soon as a slot is free: the next heights whose blocks fit. Blocks that stand
// next to each other in a file are read as one extent, heads of the records in between included, so
// that most of a file is read in large pieces straight to its place in the batch:
//
//   file:   | head | block 7 | head | block 8 | head | stale | head | block 9 |
//   batch:         | block 7 | head | block 8 |                     | block 9 |  padding
//
// Reads of later batches are in flight while earlier ones end; batches leave in order. When a batch
// leaves, each header in it has been compared with the one that the chain was chosen by.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "source/block_map.h"
#include "source/block_reader.h"
#include "source/raw_buffer.h"

namespace sluice::source {

enum class [[nodiscard]] SourceStep : std::uint8_t{ready, progressed, starved, finished, failed};

/// Slots that a source can be given.
inline constexpr std::size_t slots_max = 256;

struct SourceLimits {
  std::uint64_t batch_bytes = std::uint64_t{8} << 20;     ///< capacity of every slot; 1 .. 2^31
  std::uint32_t batch_blocks_max = 4096;                  ///< 1 ..
  std::uint32_t read_bytes_max = std::uint32_t{1} << 20;  ///< of one read; 4096 ..
  std::uint64_t oversize_bytes_max = std::uint64_t{256}
                                     << 20;  ///< all slots grown for blocks larger than a batch, together
};

struct SourceCounters {
  std::uint64_t batches = 0, blocks = 0, bytes = 0, reads = 0;
  std::uint64_t in_flight_high_water = 0;
  std::uint64_t oversize_batches = 0;
};

/// Not thread-safe: one thread gives and steps.
/// Owner: a slot belongs to the source from give() until step() returns it as ready. Map, reader and
///        slots outlive the source; the map does not change meanwhile.
/// Cost:  no allocation after the first few batches, but for slots grown for oversized blocks.
class BlockSource {
 public:
  /// Heights first .. until - 1. Bounds: first <= until <= map.height_count(); 1 <= slots.size() <= 256.
  BlockSource(const BlockMap& map, BlockReader& reader, std::span<RawBuffer> slots, const SourceLimits& limits,
              std::uint32_t first, std::uint32_t until);
  ~BlockSource();
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;

  /// A slot that nobody uses any more. At the start no slot is given.
  void give(std::uint32_t slot) noexcept;
  /// Does the next piece of work; waits for at most one read. `slot` is set when ready.
  SourceStep step(std::uint32_t& slot);
  /// After failed. Errors: io and corrupt, naming file and offset; limit, naming the height.
  [[nodiscard]] const Error& error() const noexcept { return *error_; }

  [[nodiscard]] const SourceCounters& counters() const noexcept { return counters_; }
  /// Is the slots' memory registered with the kernel?
  [[nodiscard]] bool memory_registered() const noexcept { return registered_; }

 private:
  enum class Planned : std::uint8_t { yes, no_slot, no_more, failed };
  struct Flight {  ///< one read
    std::uint32_t slot = 0;
    std::uint32_t file_number = 0;
    std::uint64_t offset = 0;
    std::byte* target = nullptr;
    std::uint32_t size = 0;
  };

  void fill_flights();
  [[nodiscard]] Planned plan_batch();
  [[nodiscard]] Planned grow_for(std::uint32_t slot, const ScannedBlock& block);
  void place_blocks(RawBuffer& buffer);
  [[nodiscard]] bool next_extent() noexcept;
  [[nodiscard]] bool submit_piece();
  [[nodiscard]] bool take_read();
  [[nodiscard]] bool check_headers(const RawBuffer& buffer);
  void fail(Error error);

  const BlockMap& map_;
  BlockReader& reader_;
  std::span<RawBuffer> slots_;
  SourceLimits limits_;
  std::uint32_t next_height_;
  std::uint32_t until_;

  std::vector<std::uint32_t> free_;     ///< slots at hand
  std::vector<std::uint32_t> ordered_;  ///< ring of planned slots, first the one to leave next
  std::size_t ordered_first_ = 0, ordered_count_ = 0;
  std::vector<std::uint32_t> pending_;  ///< [slot] reads in flight
  std::vector<Flight> flights_;         ///< [reader depth]
  std::vector<std::uint32_t> free_flights_;

  // The batch whose reads are being submitted, and the extent within it.
  static constexpr std::uint32_t no_slot = ~std::uint32_t{0};
  std::uint32_t filling_ = no_slot;
  std::size_t filling_block_ = 0;  ///< first block after the current extent
  std::uint32_t extent_file_ = 0;
  std::uint64_t extent_offset_ = 0;
  std::uint64_t extent_begin_ = 0;  ///< in the buffer
  std::uint64_t extent_left_ = 0;

  std::uint64_t oversize_bytes_ = 0;  ///< capacity of grown slots, wherever they are
  bool registered_ = false;
  std::optional<Error> error_;
  SourceCounters counters_;
};

}  // namespace sluice::source
