#include "pipeline/sync.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "pipeline/index_blocks.h"
#include "pipeline/memory_plan.h"
#include "source/block_reader.h"
#include "source/range_reader.h"
#include "store/rollback.h"

namespace sluice::pipeline {
namespace {

constexpr int small_budget_open_files = 48;
constexpr std::size_t small_budget_cache_bytes = std::size_t{2} << 20;
/// A sync brings in table files and writes next to nothing through RocksDB's own buffers.
constexpr std::size_t sync_write_buffer_bytes = std::size_t{1} << 20;

double seconds_since(std::uint64_t begin_ns) { return static_cast<double>(flow::now_ns() - begin_ns) / 1e9; }

class Sync {
 public:
  Sync(const SyncOptions& options, SyncReport& report, std::unique_ptr<Counters>& counters,
       const ProgressHook& progress)
      : options_(options), report_(report), counters_(counters), progress_(progress) {}

  Status run() {
    if (Status status = open_database(); !status) return status;
    if (Status status = scan(); !status) return status;
    if (Status status = open_swaps(); !status) return status;
    if (Status status = follow_reorg(); !status) return status;
    const std::uint32_t first = database_->state() ? database_->state()->block_count : 0;
    const std::uint32_t until =
        options_.stop_height ? std::min(map_.height_count(), *options_.stop_height + 1) : map_.height_count();
    report_.first_height = first;
    if (Status status = catch_up_with_swaps(); !status) return status;
    Status indexed =
        index_blocks(*database_, map_, *reader_, swaps_.get(), options_, {first, until}, report_, counters_, progress_);
    note_state();
    if (!indexed) return indexed;
    Status merged = merge_if_needed();
    note_bytes();
    return merged;
  }

 private:
  Status open_database() {
    store::StoreOptions store_options = options_.store;
    store_options.merge_in_background = false;
    if (options_.memory_budget < small_budget_bytes) {
      const bool all = store_options.max_open_files < 0;
      store_options.max_open_files =
          all ? small_budget_open_files : std::min(store_options.max_open_files, small_budget_open_files);
      store_options.block_cache_bytes = std::min(store_options.block_cache_bytes, small_budget_cache_bytes);
    }
    store_options.write_buffer_bytes = std::min(store_options.write_buffer_bytes, sync_write_buffer_bytes);
    auto database = store::Database::open(options_.db_directory, store::OpenMode::read_write, store_options);
    if (!database) return std::move(database).error();
    database_ = std::move(database).value();
    if (!database_->state()) return {};
    if (Status status = check_same_index(options_, *database_); !status) return status;
    note_state();
    return {};
  }

  Status scan() {
    const std::uint64_t begin = flow::now_ns();
    auto choice = source::choose_io(source::io_setting(), options_.reads_in_flight);
    if (!choice) return std::move(choice).error();
    report_.io_name = choice.value().io->name();
    report_.io_note = choice.value().reason;
    reader_ = std::make_unique<source::BlockReader>(options_.blocks_directory, std::move(choice.value().io));
    auto map = source::scan_blocks(*options_.network, *reader_);
    if (!map) return std::move(map).error();
    map_ = std::move(map).value();
    report_.chain_blocks = map_.height_count();
    report_.chain_bytes = map_.best_bytes;
    report_.stale_blocks = map_.stale_count;
    report_.unlinked_blocks = map_.unlinked_count;
    if (map_.first_unlinked) {
      report_.unlinked_text = fmt::format(
          "{}: {} blocks cannot be linked to the chain: block {} at offset {} has an unknown parent {}",
          map_.files.path(map_.first_unlinked->file_number), map_.unlinked_count, map_.first_unlinked->hash.display(),
          map_.first_unlinked->offset, map_.first_unlinked->missing_parent.display());
    }
    report_.scan_seconds = seconds_since(begin);
    return {};
  }

  /// Common blocks of the index and the best chain in the files.
  Result<std::uint32_t> fork_block_count() const {
    std::uint32_t count = std::min(database_->state()->block_count, map_.height_count());
    for (; count > 0; --count) {
      chain::RawHeader header;
      if (Status status = database_->flat().headers.read(count - 1, 1, header.data()); !status)
        return std::move(status).error();
      if (header == map_.at(count - 1).header) break;
    }
    return count;
  }

  /// Has the chain in the files more work than the index, from the fork on? Files that are still being
  /// downloaded may end in a stale block: that is no reorg.
  Result<bool> files_have_more_work(std::uint32_t fork) const {
    chain::Uint256 in_files, in_index;
    for (std::uint32_t height = fork; height < map_.height_count(); ++height)
      in_files += chain::work_of_bits(chain::decode_header(map_.at(height).header).bits);
    for (std::uint32_t height = fork; height < database_->state()->block_count; ++height) {
      chain::RawHeader header;
      if (Status status = database_->flat().headers.read(height, 1, header.data()); !status)
        return std::move(status).error();
      in_index += chain::work_of_bits(chain::decode_header(header).bits);
    }
    return in_files > in_index;
  }

  Status follow_reorg() {
    if (!database_->state()) return {};
    const store::State& state = *database_->state();
    auto fork = fork_block_count();
    if (!fork) return std::move(fork).error();
    if (fork.value() == state.block_count) return {};
    auto more_work = files_have_more_work(fork.value());
    if (!more_work) return std::move(more_work).error();
    if (!more_work.value()) {
      return Error{
          ErrorKind::not_found,
          fmt::format("{}: the block files end at height {}, the index at {}, and have no more work: files are "
                      "missing, or the index belongs to other files",
                      options_.blocks_directory, map_.height_count() - 1, state.block_count - 1)};
    }
    report_.disconnected = state.block_count - fork.value();
    if (rebuilding_is_cheaper(fork.value())) return begin_anew();
    return cut_blocks(*database_, swaps_.get(), fork.value(), *block_files_, nullptr);
  }

  /// Without undo rows a block costs several times as much to disconnect as to index.
  [[nodiscard]] bool rebuilding_is_cheaper(std::uint32_t fork) const {
    const store::State& state = *database_->state();
    return fork < state.undo_first_height && fork < state.block_count / 2;
  }

  Status open_swaps() {
    block_files_.emplace(options_.blocks_directory, map_.files.key);
    if (!options_.swaps) return {};
    auto swaps = SwapIndex::open(*database_, *block_files_, *options_.network, *options_.swaps, options_.swap_figures);
    if (!swaps) return std::move(swaps).error();
    swaps_ = std::move(swaps).value();
    return {};
  }

  Status catch_up_with_swaps() {
    if (!swaps_ || !database_->state()) return {};
    report_.swap_blocks_caught_up = database_->state()->block_count - swaps_->block_count();
    return catch_up_swaps(*swaps_, *database_, *block_files_, *options_.network, options_.stop, options_.swap_progress,
                          options_.threads);
  }

  Status begin_anew() {
    report_.rebuilt = true;
    swaps_.reset();
    database_.reset();
    if (Status status = store::discard_index(options_.db_directory, options_.store); !status) return status;
    if (Status status = open_database(); !status) return status;
    return open_swaps();
  }

  Status merge_if_needed() {
    if (!wants_merge(database_->unmerged(), options_.merge.value_or(merge_at_end))) return {};
    const std::uint64_t begin = flow::now_ns();
    Status status = database_->compact(options_.threads);
    report_.compact_seconds = seconds_since(begin);
    return status;
  }

  void note_bytes() {
    if (!database_->state()) return;
    for (const store::Table table : store::all_tables) {
      if (table != store::Table::state)
        report_.index_bytes.emplace_back(store::table_name(table), database_->table_bytes(table));
    }
    report_.index_bytes.emplace_back("headers.dat", database_->flat().headers.records() * chain::header_bytes);
    report_.index_bytes.emplace_back("blocks.dat", database_->flat().blocks.records() * store::block_place_bytes);
    report_.index_bytes.emplace_back("txids.dat", database_->flat().txids.records() * sizeof(Txid));
    report_.index_bytes.emplace_back("places.dat", database_->flat().places.records() * sizeof(std::uint32_t));
  }

  void note_state() {
    if (!database_->state()) return;
    report_.block_count = database_->state()->block_count;
    report_.tx_count = database_->state()->tx_count;
  }

  const SyncOptions& options_;
  SyncReport& report_;
  std::unique_ptr<Counters>& counters_;
  const ProgressHook& progress_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<source::BlockReader> reader_;
  source::BlockMap map_;
  std::optional<source::RangeReader> block_files_;
  std::unique_ptr<SwapIndex> swaps_;
};

}  // namespace

Status run_sync(const SyncOptions& options, SyncReport& report, std::unique_ptr<Counters>& counters,
                const ProgressHook& progress) {
  return Sync(options, report, counters, progress).run();
}

}  // namespace sluice::pipeline
