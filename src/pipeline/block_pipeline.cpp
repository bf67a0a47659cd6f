#include "pipeline/block_pipeline.h"

#include <algorithm>

namespace sluice::pipeline {
namespace {

constexpr std::uint32_t no_slot = ~std::uint32_t{0};
/// Header and a coinbase: hardly any block is smaller. Room for more blocks in a batch would stay empty.
constexpr std::uint64_t usual_block_bytes_least = 200;
/// Flat files are written back in the background every so often, so that the commit waits less.
constexpr std::uint64_t writeback_bytes = 16u << 20;

/// An entry is kept for every block that a batch may hold.
parse::BatchBounds bounds_of(const PipelineOptions& options) {
  const std::uint64_t most = std::max<std::uint64_t>(options.memory.batch_bytes / usual_block_bytes_least, 1);
  return {.raw_bytes = options.memory.batch_bytes, .blocks = std::min<std::uint64_t>(options.batch_blocks, most)};
}

/// Gives memory back, and takes room for any batch within the bounds.
template <typename Columns>
void renew(Columns& columns, const parse::BatchBounds& bounds) {
  columns = {};
  columns.reserve(bounds);
}

}  // namespace

struct BlockPipeline::Slot {
  source::RawBuffer* buffer = nullptr;
  parse::TxBatch txs;
  classify::ScriptBatch scripts;
  std::uint64_t sequence = 0;
  std::uint32_t first_rel = 0;
  std::uint64_t first_tx = 0;               ///< tx number of its first transaction
  std::uint32_t owner = 0;                  ///< table way: the worker that adds what is common
  std::atomic<std::uint32_t> resolvers{0};  ///< workers still to see it
  std::optional<Error> error;               ///< of parse: the chain ends before this batch

  [[nodiscard]] SwapBatch swaps() const noexcept { return {buffer->batch(), &txs, &scripts, first_tx}; }
  [[nodiscard]] flow::StageWork work() const noexcept { return {txs.tx_count(), buffer->used}; }

  /// Does it hold a block larger than a batch, for which columns may have grown?
  [[nodiscard]] bool is_oversize(const parse::BatchBounds& bounds) const noexcept {
    return buffer->capacity() > bounds.raw_bytes;
  }
  void take_ordinary_room(const parse::BatchBounds& bounds) {
    renew(txs, bounds);
    renew(scripts, bounds);
  }
};

BlockPipeline::BlockPipeline(store::Database& database, const source::BlockMap& map, source::BlockReader& reader,
                             const PipelineOptions& options, Counters& counters)
    : database_(database),
      map_(map),
      reader_(reader),
      options_(options),
      counters_(counters),
      bounds_(bounds_of(options)),
      free_(options.memory.slots),
      raw_(options.memory.slots),
      parsed_(options.memory.slots),
      classified_(options.memory.slots),
      segment_(database, options.memory.way, options.memory.segment),
      waiting_(options.memory.slots, no_slot) {
  for (std::uint32_t i = 0; i < options.memory.slots; ++i) {
    buffers_.emplace_back(options.memory.batch_bytes);
    slots_.push_back(std::make_unique<Slot>());
    slots_[i]->take_ordinary_room(bounds_);
  }
  headers_.reserve_address_space(bounds_.blocks * chain::header_bytes);
  block_places_.reserve_address_space(bounds_.blocks);
  places_.reserve_address_space(bounds_.txs());
  for (std::uint32_t i = 0; i < options.memory.slots; ++i) slots_[i]->buffer = &buffers_[i];
  const std::uint32_t rings = segment_.every_worker_sees_all() ? options.memory.segment.workers : 1;
  for (std::uint32_t i = 0; i < rings; ++i) ordered_.push_back(std::make_unique<Ring>(options.memory.slots));
}

BlockPipeline::~BlockPipeline() = default;

void BlockPipeline::fail(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_.ok()) failure_ = Status(std::move(error));
  }
  for (Ring* ring : {&free_, &raw_, &parsed_, &classified_}) ring->close();
  for (auto& ring : ordered_) ring->close();
}

Status BlockPipeline::run(BlockRange range) {
  if (range.first >= range.until) return {};
  const std::uint32_t threads = options_.memory.segment.workers;
  const std::uint32_t parsers = options_.parse_threads != 0 ? options_.parse_threads : threads;
  const std::uint32_t classifiers = options_.classify_threads != 0 ? options_.classify_threads : threads;
  parsers_left_.store(parsers);
  classifiers_left_.store(classifiers);
  std::vector<std::thread> running;
  running.emplace_back([this, range] { run_source(range); });
  for (std::uint32_t i = 0; i < parsers; ++i) running.emplace_back([this] { run_parse(); });
  for (std::uint32_t i = 0; i < classifiers; ++i) running.emplace_back([this] { run_classify(); });
  for (std::uint32_t i = 0; i < threads; ++i) running.emplace_back([this, i] { run_resolve(i); });
  running.emplace_back([this, range] { run_order(range); });
  for (std::uint32_t i = 0; i < options_.memory.slots; ++i) (void)free_.push(i);
  for (auto& thread : running) thread.join();

  const std::lock_guard lock(mutex_);
  counters_.queue_high_water[0] = raw_.high_water();
  counters_.queue_high_water[1] = parsed_.high_water();
  counters_.queue_high_water[2] = classified_.high_water();
  counters_.queue_high_water[3] = ordered_[0]->high_water();
  if (!failure_.ok()) return std::move(failure_);
  return std::move(end_);
}

void BlockPipeline::run_source(BlockRange range) {
  const source::SourceLimits limits{.batch_bytes = options_.memory.batch_bytes,
                                    .batch_blocks_max = static_cast<std::uint32_t>(bounds_.blocks),
                                    .read_bytes_max = options_.read_bytes,
                                    .oversize_bytes_max = options_.memory.oversize_bytes};
  source::BlockSource source(map_, reader_, buffers_, limits, range.first, range.until);
  flow::StageCounters& counters = counters_.of(Stage::source);
  std::uint64_t sequence = 0;
  std::uint32_t slot = 0;
  bool ended = false;
  while (!ended && !stopping()) {
    while (free_.try_pop(slot) == flow::RingResult::done) source.give(slot);
    const std::uint64_t begin = flow::now_ns();
    counters.busy_now.fetch_add(1, std::memory_order_relaxed);
    const source::SourceStep step = source.step(slot);
    counters.busy_now.fetch_sub(1, std::memory_order_relaxed);
    const std::uint64_t end = flow::now_ns();
    flow::StageCounters::add(counters.busy_ns, end - begin);
    switch (step) {
      case source::SourceStep::ready:
        slots_[slot]->sequence = sequence++;
        slots_[slot]->error.reset();
        flow::StageCounters::add(counters.batches, 1);
        flow::StageCounters::add(counters.bytes, slots_[slot]->buffer->used);
        ended = !raw_.push(slot);
        flow::StageCounters::add(counters.blocked_ns, flow::now_ns() - end);
        break;
      case source::SourceStep::progressed: break;
      case source::SourceStep::starved:
        ended = !free_.pop(slot);
        if (!ended) source.give(slot);
        flow::StageCounters::add(counters.starved_ns, flow::now_ns() - end);
        break;
      case source::SourceStep::failed: {
        const std::lock_guard lock(mutex_);
        end_ = Status(source.error());
        ended = true;
        break;
      }
      case source::SourceStep::finished: ended = true; break;
    }
  }
  raw_.close();
}

void BlockPipeline::run_parse() {
  parse::ParseScratch scratch;
  scratch.reserve(bounds_);
  parse::ParseCounters counters;
  flow::run_stage(raw_, parsed_, counters_.of(Stage::parse), [&](std::uint32_t index) {
    counters_.note_busy();
    Slot& slot = *slots_[index];
    parse::ParseFault fault;
    const parse::ParseErrc errc =
        parse::parse_blocks(slot.buffer->batch(), options_.network->coin, slot.txs, scratch, fault, counters);
    if (errc != parse::ParseErrc::ok) {
      slot.error = Error{ErrorKind::corrupt,
                         reader_.directory() + "/" + parse::describe_fault(errc, fault, slot.buffer->batch())};
    }
    if (slot.is_oversize(bounds_)) renew(scratch, bounds_);
    return slot.work();
  });
  counters_.parse_faults.fetch_add(counters.faults, std::memory_order_relaxed);
  if (parsers_left_.fetch_sub(1, std::memory_order_acq_rel) == 1) parsed_.close();
}

void BlockPipeline::run_classify() {
  classify::ClassifyScratch scratch;
  scratch.reserve(bounds_);
  classify::ClassifyCounters counters;
  classify::ClassifyOptions options;
  options.coin = options_.network->coin;
  options.parity = options_.parity;
  options.op_number_index = options_.swaps != nullptr && options_.swaps->rules().op_number_index;
  flow::run_stage(parsed_, classified_, counters_.of(Stage::classify), [&](std::uint32_t index) {
    counters_.note_busy();
    Slot& slot = *slots_[index];
    if (slot.error) return flow::StageWork{};
    classify::classify_scripts(slot.buffer->batch(), slot.txs, options, slot.scripts, scratch, counters);
    if (slot.is_oversize(bounds_)) renew(scratch, bounds_);
    return slot.work();
  });
  {
    const std::lock_guard lock(mutex_);
    counters_.classified.add(counters);
  }
  if (options_.swaps != nullptr) options_.swaps->figures().add_refused(counters);
  if (classifiers_left_.fetch_sub(1, std::memory_order_acq_rel) == 1) classified_.close();
}

void BlockPipeline::run_resolve(std::uint32_t worker) {
  Ring& input = *ordered_[segment_.every_worker_sees_all() ? worker : 0];
  flow::StageCounters& counters = counters_.of(Stage::resolve);
  std::uint64_t begin = flow::now_ns();
  std::uint32_t index = 0;
  while (input.pop(index)) {
    Slot& slot = *slots_[index];
    const std::uint64_t taken = flow::now_ns();
    counters.busy_now.fetch_add(1, std::memory_order_relaxed);
    counters_.note_busy();
    segment_.add_batch(worker, {slot.buffer->batch(), &slot.txs, &slot.scripts, slot.first_rel}, slot.owner == worker);
    if (options_.swaps != nullptr && (!segment_.every_worker_sees_all() || slot.owner == worker))
      options_.swaps->add_spends(slot.swaps());
    counters.busy_now.fetch_sub(1, std::memory_order_relaxed);
    flow::StageCounters::add(counters.starved_ns, taken - begin);
    begin = flow::now_ns();
    flow::StageCounters::add(counters.busy_ns, begin - taken);
    // acq_rel: the last worker's hand-over to the source must come after every worker's reads.
    if (slot.resolvers.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    flow::StageCounters::add(counters.batches, 1);
    flow::StageCounters::add(counters.items, slot.txs.tx_count());
    flow::StageCounters::add(counters.bytes, slot.buffer->used);
    if (slot.is_oversize(bounds_)) slot.take_ordinary_room(bounds_);
    (void)free_.push(index);
    in_resolve_.fetch_sub(1, std::memory_order_acq_rel);  // pairs with the load in wait_for_resolve
    resolve_idle_.notify();
  }
}

void BlockPipeline::hand_to_resolve(std::uint32_t index) {
  Slot& slot = *slots_[index];
  slot.owner = static_cast<std::uint32_t>(slot.sequence % options_.memory.segment.workers);
  slot.resolvers.store(static_cast<std::uint32_t>(ordered_.size()),
                       std::memory_order_relaxed);  // the push below publishes it
  in_resolve_.fetch_add(1, std::memory_order_relaxed);
  for (auto& ring : ordered_) (void)ring->push(index);
}

void BlockPipeline::wait_for_resolve() {
  // acquire: pairs with the fetch_sub in run_resolve; the records of all workers are visible after it.
  resolve_idle_.wait([this]() noexcept { return in_resolve_.load(std::memory_order_acquire) == 0; });
}

Status BlockPipeline::append_flat(const Slot& slot) {
  const source::RawBatch raw = slot.buffer->batch();
  headers_.resize(raw.blocks.size() * chain::header_bytes);
  block_places_.resize(raw.blocks.size());
  places_.resize(slot.txs.tx_count());
  for (std::size_t i = 0; i < raw.blocks.size(); ++i) {
    const source::RawBlock& block = raw.blocks[i];
    std::memcpy(headers_.data() + i * chain::header_bytes, raw.raw.data() + block.begin, chain::header_bytes);
    block_places_[i] = {block.file_number, block.size, block.file_offset,
                        next_state_.tx_count + slot.txs.block_tx_begin[i]};
    for (std::uint32_t tx = slot.txs.block_tx_begin[i]; tx < slot.txs.block_tx_begin[i + 1]; ++tx)
      places_[tx] = slot.txs.tx_begin[tx] - block.begin;
  }
  store::FlatFiles& flat = database_.flat();
  const std::pair<store::FlatFile*, Bytes> writes[] = {{&flat.headers, std::as_bytes(headers_.span())},
                                                       {&flat.blocks, std::as_bytes(block_places_.span())},
                                                       {&flat.txids, std::as_bytes(slot.txs.txid.span())},
                                                       {&flat.places, std::as_bytes(places_.span())}};
  for (const auto& [file, bytes] : writes) {
    if (Status status = file->append(bytes); !status) return status;
    unsynced_bytes_ += bytes.size();
  }
  if (unsynced_bytes_ >= writeback_bytes) {
    for (const auto& [file, bytes] : writes) file->start_writeback();
    unsynced_bytes_ = 0;
  }
  return {};
}

Status BlockPipeline::order_batch(Slot& slot) {
  if (Status status = append_flat(slot); !status) return status;
  const source::RawBatch raw = slot.buffer->batch();
  slot.first_rel = segment_.planned_txs();
  slot.first_tx = next_state_.tx_count;
  if (options_.swaps != nullptr) options_.swaps->add_offers(slot.swaps());
  for (std::size_t i = 0; i < raw.blocks.size(); ++i) {
    const std::uint32_t begin = slot.txs.block_tx_begin[i];
    const std::uint32_t end = slot.txs.block_tx_begin[i + 1];
    segment_.plan_block(end - begin, slot.txs.input_begin[end] - slot.txs.input_begin[begin]);
  }
  next_state_.tx_count += slot.txs.tx_count();
  next_state_.block_count = raw.blocks.back().height + 1;
  next_state_.tip = raw.blocks.back().hash;
  counters_.height.store(next_state_.block_count, std::memory_order_relaxed);
  counters_.bytes.fetch_add(slot.buffer->used, std::memory_order_relaxed);
  counters_.txs.fetch_add(slot.txs.tx_count(), std::memory_order_relaxed);
  counters_.inputs.fetch_add(slot.txs.input_count(), std::memory_order_relaxed);
  counters_.outputs.fetch_add(slot.txs.output_count(), std::memory_order_relaxed);
  return {};
}

Status BlockPipeline::finish_segment(bool last) {
  wait_for_resolve();
  if (segment_.planned_blocks() == 0) return {};
  const std::uint64_t begin = flow::now_ns();
  flow::StageCounters& counters = counters_.of(Stage::write);
  counters.busy_now.fetch_add(1, std::memory_order_relaxed);
  const std::uint32_t until = next_state_.block_count;
  const std::uint32_t old_first = next_state_.undo_first_height;
  const std::uint32_t new_first = std::min(std::max(old_first, options_.undo_first_height), until);
  const std::uint32_t old_until = until - segment_.planned_blocks();
  Result<SegmentResult> result = segment_.finish({old_first, std::min(new_first, old_until)}, last);
  if (!result) return std::move(result).error();
  next_state_.undo_first_height = new_first;
  next_state_.outputs_created += result.value().outputs_created;
  next_state_.outputs_spent += result.value().outputs_spent;
  next_state_.outpoint_sum.add(result.value().sum);
  Status committed = result.value().rows ? database_.commit_rows(result.value().rows->rows(), next_state_)
                                         : database_.commit(result.value().files, next_state_);
  if (!committed) return committed;
  if (options_.swaps != nullptr) {
    if (Status status = options_.swaps->advance(until); !status) return status;
  }
  if (result.value().rows) {
    const auto& touched = result.value().rows->touched();
    touched_.insert(touched_.end(), touched.begin(), touched.end());
  }
  counters_.segments.fetch_add(1, std::memory_order_relaxed);
  counters_.prior_spends.fetch_add(result.value().prior_spends, std::memory_order_relaxed);
  counters.busy_now.fetch_sub(1, std::memory_order_relaxed);
  flow::StageCounters::add(counters.batches, 1);
  if (!last && wants_merge(database_.unmerged(), options_.memory.merge)) {
    segment_.give_back_pages();
    if (Status status = database_.compact(options_.memory.segment.workers); !status) return status;
  }
  flow::StageCounters::add(counters.busy_ns, flow::now_ns() - begin);
  segment_.begin(next_state_.tx_count, until, options_.undo_first_height);
  return {};
}

void BlockPipeline::run_order(BlockRange range) {
  if (database_.state()) {
    next_state_ = *database_.state();
  } else {
    next_state_.coin = options_.network->coin_name;
    next_state_.net = options_.network->name;
    next_state_.parity = options_.parity;
    next_state_.swap_only = options_.swap_only;
  }
  if (Status status = segment_.take_up_live(); !status) return fail(std::move(status).error());
  segment_.reserve_blocks(range.until - range.first);
  segment_.begin(next_state_.tx_count, range.first, options_.undo_first_height);
  flow::StageCounters& counters = counters_.of(Stage::order);
  std::uint64_t begin = flow::now_ns();
  std::uint32_t arrived = 0;
  bool ended = false;
  while (!ended && classified_.pop(arrived)) {
    const std::uint64_t taken = flow::now_ns();
    flow::StageCounters::add(counters.starved_ns, taken - begin);
    counters.busy_now.fetch_add(1, std::memory_order_relaxed);
    counters_.note_busy();
    std::uint64_t blocked = 0;
    waiting_[slots_[arrived]->sequence % waiting_.size()] = arrived;
    for (std::uint32_t* next = &waiting_[next_sequence_ % waiting_.size()]; !ended && *next != no_slot;
         next = &waiting_[next_sequence_ % waiting_.size()]) {
      const std::uint32_t index = std::exchange(*next, no_slot);
      Slot& slot = *slots_[index];
      ++next_sequence_;
      if (slot.error) {
        const std::lock_guard lock(mutex_);
        end_ = Status(*slot.error);
        ended = true;
        break;
      }
      if (segment_.full() || (options_.swaps != nullptr && options_.swaps->full())) {
        const std::uint64_t finishing = flow::now_ns();
        counters.busy_now.fetch_sub(1, std::memory_order_relaxed);  // the write stage is at work now, not this one
        Status finished = finish_segment(false);
        counters.busy_now.fetch_add(1, std::memory_order_relaxed);
        if (!finished) return fail(std::move(finished).error());
        blocked += flow::now_ns() - finishing;
      }
      if (Status status = order_batch(slot); !status) return fail(std::move(status).error());
      flow::StageCounters::add(counters.batches, 1);
      flow::StageCounters::add(counters.items, slot.txs.tx_count());
      flow::StageCounters::add(counters.bytes, slot.buffer->used);
      const std::uint64_t pushing = flow::now_ns();
      hand_to_resolve(index);
      blocked += flow::now_ns() - pushing;
    }
    counters.busy_now.fetch_sub(1, std::memory_order_relaxed);
    begin = flow::now_ns();
    flow::StageCounters::add(counters.busy_ns, begin - taken - blocked);
    flow::StageCounters::add(counters.blocked_ns, blocked);
  }
  if (Status status = finish_segment(true); !status) return fail(std::move(status).error());
  if (stopping() && next_state_.block_count < range.until) {
    const std::lock_guard lock(mutex_);
    if (end_.ok()) end_ = Status(Error{ErrorKind::stopped, "stopped as asked; run again to go on"});
  }
  for (Ring* ring : {&free_, &raw_, &parsed_, &classified_}) ring->close();
  for (auto& ring : ordered_) ring->close();
}

}  // namespace sluice::pipeline
