// Swaps of blocks that the index has already: read again, split, looked through, and applied in height order.
//
//   blocks.dat ─▶ chunks of a few blocks ─▶ threads: read, split, classify ─▶ one thread: offers, spends, advance
//
// Chunks wait in a ring of slots until it is their turn. Which chunk is next, and whether there is room for it, is
// decided in height order: the one that is to be applied next is always among those at work.
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "chain/header.h"
#include "classify/classify_scripts.h"
#include "parse/parse_blocks.h"
#include "pipeline/swap_index.h"

namespace sluice::pipeline {
namespace {

/// So many bytes of blocks between two writes at most: what a crash may cost.
constexpr std::uint64_t piece_bytes = std::uint64_t{256} << 20;
/// A chunk is so many bytes or blocks, or one block that is larger.
constexpr std::uint64_t chunk_bytes = std::uint64_t{1} << 20;
constexpr std::uint32_t chunk_blocks_max = 1024;
/// Chunks that are being read or wait: with their columns, twice as much memory.
constexpr std::uint64_t bytes_in_flight_max = std::uint64_t{64} << 20;
constexpr std::uint32_t slots_a_thread = 4;
/// In front of each block in a file: four bytes of magic, four of size.
constexpr std::uint64_t record_head_bytes = 8;

struct Chunk {
  std::uint32_t first_height = 0;
  std::vector<store::BlockPlace> places;  ///< [blocks]
  std::vector<std::byte> bytes;
  std::vector<source::RawBlock> blocks;
  parse::TxBatch txs;
  classify::ScriptBatch scripts;
  Status status;
  bool is_ready = false;  ///< under the mutex

  [[nodiscard]] std::uint64_t size() const noexcept {
    std::uint64_t sum = 0;
    for (const store::BlockPlace& place : places) sum += place.size;
    return sum;
  }
  [[nodiscard]] std::uint32_t until() const noexcept {
    return first_height + static_cast<std::uint32_t>(places.size());
  }
  [[nodiscard]] source::RawBatch raw() const noexcept {
    return {Bytes(bytes).first(bytes.size() - source::raw_padding_bytes), blocks};
  }
};

class CatchUp {
 public:
  CatchUp(SwapIndex& swaps, const store::Database& database, source::RangeReader& block_files,
          const chain::Network& network, std::uint32_t threads)
      : swaps_(swaps),
        database_(database),
        block_files_(block_files),
        threads_(std::max<std::uint32_t>(threads, 1)),
        all_(database.state() ? database.state()->block_count : 0),
        slots_(std::size_t{slots_a_thread} * threads_),
        next_height_(swaps.block_count()) {
    options_.coin = network.coin;
    options_.op_number_index = swaps.rules().op_number_index;
  }

  Status run(const std::atomic<bool>* stop, const SwapProgress& progress) {
    if (next_height_ >= all_) return {};
    std::vector<std::thread> workers;
    for (std::uint32_t i = 0; i < threads_; ++i) workers.emplace_back([this] { work(); });
    Status applied = apply_all(stop, progress);
    {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
    }
    room_.notify_all();
    for (std::thread& worker : workers) worker.join();
    return applied;
  }

 private:
  struct Scratch {
    parse::ParseScratch parse;
    classify::ClassifyScratch classify;
  };

  void work() {
    Scratch scratch;
    while (Chunk* chunk = take_next()) {
      if (chunk->status) chunk->status = read(*chunk, scratch);
      {
        const std::lock_guard lock(mutex_);
        chunk->is_ready = true;
      }
      ready_.notify_one();
    }
  }

  /// Null: there is no more to do.
  Chunk* take_next() {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] {
      if (has_ended_ || next_height_ >= all_) return true;
      if (taken_ - applied_ == slots_.size()) return false;
      plan_next();
      return bytes_in_flight_ == 0 || bytes_in_flight_ + planned_.size() <= bytes_in_flight_max;
    });
    if (has_ended_ || next_height_ >= all_) return nullptr;
    Chunk& chunk = slots_[taken_++ % slots_.size()];
    chunk.first_height = planned_.first_height;
    chunk.places = std::exchange(planned_.places, {});
    chunk.status = std::exchange(planned_.status, {});
    bytes_in_flight_ += chunk.size();
    next_height_ = chunk.until();
    return &chunk;
  }

  /// What the next chunk is to be, unless that is known. An error takes its place in the order too.
  void plan_next() {
    if (!planned_.places.empty()) return;
    planned_.first_height = next_height_;
    planned_.places.resize(std::min(all_ - next_height_, chunk_blocks_max));
    planned_.status = database_.flat().blocks.read(next_height_, planned_.places.size(),
                                                   reinterpret_cast<std::byte*>(planned_.places.data()));
    std::uint64_t bytes = 0;
    const auto end = std::ranges::find_if(planned_.places, [&](const store::BlockPlace& place) {
      bytes += place.size;
      return bytes > chunk_bytes;
    });
    if (planned_.status) planned_.places.resize(std::max<std::size_t>(end - planned_.places.begin(), 1));
  }

  Status read(Chunk& chunk, Scratch& scratch) const {
    chunk.bytes.clear();
    chunk.blocks.clear();
    for (std::size_t i = 0; i < chunk.places.size();) {
      auto read = read_run(chunk, i);
      if (!read) return read;
    }
    chunk.bytes.resize(chunk.bytes.size() + source::raw_padding_bytes);
    const source::RawBatch raw = chunk.raw();
    if (Status status = check_headers(chunk); !status) return status;
    parse::ParseFault fault;
    const parse::ParseErrc errc = parse::split_blocks(raw, options_.coin, chunk.txs, scratch.parse, fault);
    if (errc != parse::ParseErrc::ok) return Error{ErrorKind::corrupt, parse::describe_fault(errc, fault, raw)};
    for (std::size_t i = 0; i < chunk.places.size(); ++i) {
      if (chunk.places[i].first_tx - chunk.places[0].first_tx != chunk.txs.block_tx_begin[i]) return changed(chunk, i);
    }
    classify::ClassifyCounters classified;
    classify::classify_scripts(raw, chunk.txs, options_, chunk.scripts, scratch.classify, classified);
    swaps_.figures().add_refused(classified);
    return {};
  }

  /// Blocks from `i` on that stand one behind the other in a file, with one read; `i` is behind them then.
  Status read_run(Chunk& chunk, std::size_t& i) const {
    const store::BlockPlace& first = chunk.places[i];
    std::uint64_t end = first.file_offset;
    const std::size_t begin = chunk.bytes.size();
    do {
      const store::BlockPlace& place = chunk.places[i];
      chunk.blocks.push_back({.height = chunk.first_height + static_cast<std::uint32_t>(i),
                              .begin = static_cast<std::uint32_t>(begin + (place.file_offset - first.file_offset)),
                              .size = place.size,
                              .file_number = place.file_number,
                              .file_offset = place.file_offset,
                              .hash = {}});
      end = place.file_offset + place.size;
      ++i;
    } while (i < chunk.places.size() && chunk.places[i].file_number == first.file_number &&
             chunk.places[i].file_offset == end + record_head_bytes);
    auto bytes = block_files_.read_range(first.file_number, first.file_offset,
                                         static_cast<std::uint32_t>(end - first.file_offset));
    if (!bytes) return std::move(bytes).error();
    chunk.bytes.insert(chunk.bytes.end(), bytes.value().begin(), bytes.value().end());
    return {};
  }

  Status check_headers(const Chunk& chunk) const {
    std::vector<chain::RawHeader> headers(chunk.blocks.size());
    Status status = database_.flat().headers.read(chunk.first_height, headers.size(), headers[0].data());
    if (!status) return status;
    for (std::size_t i = 0; i < headers.size(); ++i) {
      if (chunk.places[i].size < chain::header_bytes ||
          !std::ranges::equal(headers[i], Bytes(chunk.bytes).subspan(chunk.blocks[i].begin, chain::header_bytes)))
        return changed(chunk, i);
    }
    return {};
  }

  static Error changed(const Chunk& chunk, std::size_t i) {
    return {ErrorKind::corrupt,
            fmt::format("blk{:05}.dat, offset {}: not the block of height {} that the index was made from: the block "
                        "files have changed, run `sluice verify`",
                        chunk.places[i].file_number, chunk.places[i].file_offset, chunk.first_height + i)};
  }

  Status apply_all(const std::atomic<bool>* stop, const SwapProgress& progress) {
    std::uint64_t bytes = 0;  // since the last write
    for (std::uint32_t height = swaps_.block_count(); height < all_;) {
      if (stop != nullptr && stop->load(std::memory_order_relaxed))
        return Error{ErrorKind::stopped,
                     fmt::format("stopped as asked: swaps are indexed up to height {}", swaps_.block_count())};
      Chunk& chunk = wait_for_next();
      if (!chunk.status) return std::move(chunk.status);
      const SwapBatch batch{chunk.raw(), &chunk.txs, &chunk.scripts, chunk.places[0].first_tx};
      swaps_.add_offers(batch);
      swaps_.add_spends(batch);
      height = chunk.until();
      bytes += chunk.size();
      give_back(chunk);
      if (height < all_ && bytes < piece_bytes && !swaps_.full()) continue;
      if (Status status = swaps_.advance(height); !status) return status;
      bytes = 0;
      if (progress) progress(height, all_);
    }
    return {};
  }

  Chunk& wait_for_next() {
    std::unique_lock lock(mutex_);
    Chunk& chunk = slots_[applied_ % slots_.size()];
    ready_.wait(lock, [&] { return chunk.is_ready; });
    return chunk;
  }

  void give_back(Chunk& chunk) {
    const std::uint64_t size = chunk.size();
    if (size > chunk_bytes) chunk = {};  // a large block takes its memory with it
    {
      const std::lock_guard lock(mutex_);
      chunk.is_ready = false;
      ++applied_;
      bytes_in_flight_ -= size;
    }
    room_.notify_all();
  }

  SwapIndex& swaps_;
  const store::Database& database_;
  source::RangeReader& block_files_;
  const std::uint32_t threads_;
  const std::uint32_t all_;
  classify::ClassifyOptions options_;

  std::vector<Chunk> slots_;
  std::mutex mutex_;  // held to plan a chunk, and to hand one over
  std::condition_variable room_;
  std::condition_variable ready_;
  Chunk planned_;  ///< places and status only; no places: not planned yet
  std::uint32_t next_height_;
  std::uint64_t taken_ = 0;
  std::uint64_t applied_ = 0;
  std::uint64_t bytes_in_flight_ = 0;
  bool has_ended_ = false;
};

}  // namespace

Status catch_up_swaps(SwapIndex& swaps, const store::Database& database, source::RangeReader& block_files,
                      const chain::Network& network, const std::atomic<bool>* stop, const SwapProgress& progress,
                      std::uint32_t threads) {
  return CatchUp(swaps, database, block_files, network, threads).run(stop, progress);
}

}  // namespace sluice::pipeline
