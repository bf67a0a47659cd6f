#include "source/block_source.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace sluice::source {
namespace {

/// Does `next` stand right behind `block` in its file?
bool is_next_in_file(const RawBlock& block, const RawBlock& next) noexcept {
  return next.file_number == block.file_number &&
         next.file_offset == block.file_offset + block.size + record_head_bytes;
}

std::uint64_t mebibytes_up(std::uint64_t bytes) noexcept { return (bytes + (1 << 20) - 1) >> 20; }

}  // namespace

BlockSource::BlockSource(const BlockMap& map, BlockReader& reader, std::span<RawBuffer> slots,
                         const SourceLimits& limits, std::uint32_t first, std::uint32_t until)
    : map_(map), reader_(reader), slots_(slots), limits_(limits), next_height_(first), until_(until) {
  SLUICE_CHECK(first <= until);
  SLUICE_CHECK(until <= map.height_count());
  SLUICE_CHECK(!slots.empty());
  SLUICE_CHECK(slots.size() <= slots_max);
  SLUICE_CHECK(limits.batch_bytes >= 1);
  SLUICE_CHECK(limits.batch_bytes <= std::uint64_t{1} << 31);
  SLUICE_CHECK(limits.batch_blocks_max >= 1);
  SLUICE_CHECK(limits.read_bytes_max >= 4096);
  SLUICE_CHECK(reader.in_flight() == 0);
  free_.reserve(slots.size());
  ordered_.resize(slots.size());
  pending_.assign(slots.size(), 0);
  flights_.resize(reader.depth());
  for (std::uint32_t i = reader.depth(); i-- > 0;) free_flights_.push_back(i);

  std::array<MutableBytes, slots_max> regions;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].capacity() != limits.batch_bytes) SLUICE_CHECK(slots[i].resize(limits.batch_bytes));
    slots[i].blocks.reserve(limits.batch_blocks_max);
    regions[i] = slots[i].memory();
  }
  registered_ = reader_.io().register_memory({regions.data(), slots.size()});
}

BlockSource::~BlockSource() {
  reader_.drain();
  if (registered_) reader_.io().forget_memory();
}

void BlockSource::give(std::uint32_t slot) noexcept {
  SLUICE_CHECK(slot < slots_.size());
  SLUICE_CHECK(free_.size() < slots_.size());
  RawBuffer& buffer = slots_[slot];
  if (buffer.capacity() > limits_.batch_bytes) {  // it was grown for one block
    oversize_bytes_ -= buffer.capacity();
    SLUICE_CHECK(buffer.resize(limits_.batch_bytes));
  }
  free_.push_back(slot);
}

void BlockSource::fail(Error error) {
  if (!error_) error_.emplace(std::move(error));
}

SourceStep BlockSource::step(std::uint32_t& slot) {
  if (error_) return SourceStep::failed;
  fill_flights();
  if (error_) return SourceStep::failed;
  if (ordered_count_ > 0) {
    const std::uint32_t first = ordered_[ordered_first_];
    if (pending_[first] == 0 && first != filling_) {
      if (!check_headers(slots_[first])) return SourceStep::failed;
      ordered_first_ = (ordered_first_ + 1) % ordered_.size();
      --ordered_count_;
      counters_.batches += 1;
      counters_.blocks += slots_[first].blocks.size();
      counters_.bytes += slots_[first].used;
      slot = first;
      return SourceStep::ready;
    }
    return take_read() ? SourceStep::progressed : SourceStep::failed;
  }
  return next_height_ == until_ ? SourceStep::finished : SourceStep::starved;
}

/// Plans batches and submits reads until the reader is full or nothing is left to plan.
void BlockSource::fill_flights() {
  while (reader_.can_submit()) {
    if (filling_ == no_slot && plan_batch() != Planned::yes) break;
    if (extent_left_ == 0 && !next_extent()) {
      filling_ = no_slot;
      continue;
    }
    if (!submit_piece()) return;
  }
  // A batch whose last piece went out with the last free flight is complete, too.
  if (filling_ != no_slot && extent_left_ == 0 && filling_block_ == slots_[filling_].blocks.size()) filling_ = no_slot;
  reader_.flush();
  counters_.in_flight_high_water = std::max<std::uint64_t>(counters_.in_flight_high_water, reader_.in_flight());
}

BlockSource::Planned BlockSource::plan_batch() {
  if (next_height_ == until_) return Planned::no_more;
  if (free_.empty()) return Planned::no_slot;
  const std::uint32_t slot = free_.back();
  const ScannedBlock& first = map_.at(next_height_);
  if (first.size > limits_.batch_bytes) {
    if (const Planned grown = grow_for(slot, first); grown != Planned::yes) return grown;
  }
  free_.pop_back();
  place_blocks(slots_[slot]);
  ordered_[(ordered_first_ + ordered_count_++) % ordered_.size()] = slot;
  filling_ = slot;
  filling_block_ = 0;
  extent_left_ = 0;
  return Planned::yes;
}

BlockSource::Planned BlockSource::grow_for(std::uint32_t slot, const ScannedBlock& block) {
  const auto too_large = [&] {
    if (ordered_count_ > 0) return Planned::no_slot;  // what was read before it leaves first
    fail(Error{ErrorKind::limit, "block at height " + std::to_string(next_height_) + " needs " +
                                     std::to_string(mebibytes_up(block.size)) + " MiB: raise --memory-budget"});
    return Planned::failed;
  };
  if (block.size > limits_.oversize_bytes_max) return too_large();
  // What is made of a block takes about as much again as its bytes: several share the room, one may have it all.
  if (oversize_bytes_ > 0 && 2 * (oversize_bytes_ + block.size) > limits_.oversize_bytes_max)
    return Planned::no_slot;  // until a grown one comes back
  if (registered_) {          // the old pages are pinned under an address that is about to be given up
    reader_.io().forget_memory();
    registered_ = false;
  }
  if (!slots_[slot].resize(block.size)) return too_large();
  oversize_bytes_ += block.size;
  ++counters_.oversize_batches;
  return Planned::yes;
}

/// Takes the next heights that fit, and decides where in the buffer each block goes.
void BlockSource::place_blocks(RawBuffer& buffer) {
  buffer.blocks.clear();
  buffer.used = 0;
  while (next_height_ < until_ && buffer.blocks.size() < limits_.batch_blocks_max) {
    const ScannedBlock& scanned = map_.at(next_height_);
    RawBlock block{.height = next_height_,
                   .begin = static_cast<std::uint32_t>(buffer.used),
                   .size = scanned.size,
                   .file_number = scanned.file_number,
                   .file_offset = scanned.offset,
                   .hash = scanned.hash};
    if (!buffer.blocks.empty() && is_next_in_file(buffer.blocks.back(), block)) block.begin += record_head_bytes;
    if (std::uint64_t{block.begin} + block.size > buffer.capacity()) break;
    buffer.blocks.push_back(block);
    buffer.used = std::uint64_t{block.begin} + block.size;
    ++next_height_;
  }
  SLUICE_CHECK(!buffer.blocks.empty());
}

/// The next run of blocks that are neighbours in a file. false: the batch has no more.
bool BlockSource::next_extent() noexcept {
  const RawBuffer& buffer = slots_[filling_];
  if (filling_block_ == buffer.blocks.size()) return false;
  const RawBlock& first = buffer.blocks[filling_block_];
  std::size_t last = filling_block_;
  while (last + 1 < buffer.blocks.size() && is_next_in_file(buffer.blocks[last], buffer.blocks[last + 1])) ++last;
  extent_file_ = first.file_number;
  extent_offset_ = first.file_offset;
  extent_begin_ = first.begin;
  extent_left_ = std::uint64_t{buffer.blocks[last].begin} + buffer.blocks[last].size - first.begin;
  filling_block_ = last + 1;
  return true;
}

bool BlockSource::submit_piece() {
  SLUICE_CHECK(!free_flights_.empty());
  const std::uint32_t index = free_flights_.back();
  const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(extent_left_, limits_.read_bytes_max));
  Flight& flight = flights_[index];
  flight = {.slot = filling_,
            .file_number = extent_file_,
            .offset = extent_offset_,
            .target = slots_[filling_].data() + extent_begin_,
            .size = size};
  auto status = reader_.submit({.file_number = flight.file_number,
                                .offset = flight.offset,
                                .target = flight.target,
                                .size = size,
                                .tag = index});
  if (!status) {
    fail(std::move(status).error());
    return false;
  }
  free_flights_.pop_back();
  ++pending_[filling_];
  ++counters_.reads;
  extent_offset_ += size;
  extent_begin_ += size;
  extent_left_ -= size;
  return true;
}

/// Waits for one read, and makes its bytes clear.
bool BlockSource::take_read() {
  auto done = reader_.wait();
  if (!done) {
    fail(std::move(done).error());
    return false;
  }
  const Flight& flight = flights_[done.value().tag];
  if (done.value().bytes < flight.size) {
    fail(Error{ErrorKind::corrupt, map_.files.path(flight.file_number) + ", offset " +
                                       std::to_string(flight.offset + done.value().bytes) +
                                       ": the file ends inside a block that was whole when it was scanned"});
    return false;
  }
  map_.files.key.apply({flight.target, flight.size}, flight.offset);
  --pending_[flight.slot];
  free_flights_.push_back(static_cast<std::uint32_t>(done.value().tag));
  return true;
}

bool BlockSource::check_headers(const RawBuffer& buffer) {
  for (const RawBlock& block : buffer.blocks.span()) {
    const chain::RawHeader& wanted = map_.at(block.height).header;
    // const data: RawBuffer::batch() gives the read-only view.
    if (std::memcmp(buffer.batch().raw.data() + block.begin, wanted.data(), wanted.size()) == 0) continue;
    fail(Error{ErrorKind::corrupt, map_.files.path(block.file_number) + ", offset " +
                                       std::to_string(block.file_offset) + ": the header of the block at height " +
                                       std::to_string(block.height) + " is not the one that was scanned"});
    return false;
  }
  return true;
}

}  // namespace sluice::source
