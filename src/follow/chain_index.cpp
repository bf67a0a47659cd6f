#include "follow/chain_index.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/stored_tx.h"

namespace sluice::follow {
namespace {

/// Up to here a few blocks come in as rows, and it is known whom they touch; beyond, as table files.
constexpr std::uint64_t rows_bytes_max = std::uint64_t{32} << 20;
/// Blocks whose places tell where the files' records end.
constexpr std::uint32_t places_looked_at = 4096;

}  // namespace

Result<std::unique_ptr<ChainIndex>> ChainIndex::open(const pipeline::SyncOptions& options, const source::XorKey& key) {
  std::unique_ptr<ChainIndex> index(new ChainIndex(options, key));
  auto database = store::Database::open(options.db_directory, store::OpenMode::read_write, options.store);
  if (!database) return std::move(database).error();
  index->database_ = std::move(database).value();
  if (Status status = pipeline::check_same_index(options, *index->database_); !status) return std::move(status).error();
  auto choice = source::choose_io(source::io_setting(), options.reads_in_flight);
  if (!choice) return std::move(choice).error();
  index->reader_ = std::make_unique<source::BlockReader>(options.blocks_directory, std::move(choice.value().io));
  if (Status status = index->open_swaps(); !status) return std::move(status).error();
  if (index->block_count() > 0) {
    if (Status status = index->renew_view(0); !status) return std::move(status).error();
  }
  return index;
}

std::uint32_t ChainIndex::block_count() const noexcept {
  return database_->state() ? database_->state()->block_count : 0;
}

Result<bool> ChainIndex::holds(std::uint32_t height, const BlockHash& hash) const {
  if (height >= block_count()) return false;
  chain::RawHeader header;
  if (Status status = database_->flat().headers.read(height, 1, header.data()); !status)
    return std::move(status).error();
  return chain::block_hash(network().coin, header) == hash;
}

Result<std::vector<std::uint64_t>> ChainIndex::record_ends() const {
  const std::uint32_t count = block_count();
  const std::uint32_t first = count - std::min(count, places_looked_at);
  std::vector<store::BlockPlace> places(count - first);
  const Status read = database_->flat().blocks.read(first, places.size(), reinterpret_cast<std::byte*>(places.data()));
  if (!read) return read.error();
  std::vector<std::uint64_t> ends;
  for (const store::BlockPlace& place : places) {
    if (place.file_number >= ends.size()) ends.resize(place.file_number + std::size_t{1}, 0);
    ends[place.file_number] = std::max(ends[place.file_number], place.file_offset + place.size);
  }
  return ends;
}

Result<std::vector<Txid>> ChainIndex::txids_from(std::uint32_t first) const {
  std::vector<Txid> all;
  for (std::uint32_t height = first; height < block_count(); ++height) {
    const auto txids = view_->block_txids(height);
    if (!txids) return txids.error();
    all.insert(all.end(), txids.value().begin(), txids.value().end());
  }
  return all;
}

Result<std::vector<ConnectedBlock>> ChainIndex::confirmed_from(std::uint32_t first) const {
  std::vector<ConnectedBlock> blocks;
  for (std::uint32_t height = first; height < block_count(); ++height) {
    ConnectedBlock& block = blocks.emplace_back();
    auto txids = view_->block_txids(height);
    if (!txids) return std::move(txids).error();
    block.txids = std::move(txids).value();
    for (std::size_t position = 0; position < block.txids.size(); ++position) {
      const auto tx = store::parse_stored_tx(view_->raw_tx(view_->block_first_tx(height) + position), network().coin);
      if (!tx) return tx.error();
      for (const std::uint32_t offset : tx.value().batch.prevout_offset) {
        const std::byte* prevout = tx.value().raw.data() + offset;
        block.spent.push_back({Txid::from_bytes(prevout), load_le<std::uint32_t>(prevout + 32)});
      }
    }
  }
  return blocks;
}

Status ChainIndex::open_swaps() {
  if (!options_.swaps) return {};
  auto swaps = pipeline::SwapIndex::open(*database_, blocks_, network(), *options_.swaps, options_.swap_figures);
  if (!swaps) return std::move(swaps).error();
  swaps_ = std::move(swaps).value();
  Status caught_up = catch_up_with_swaps();
  swaps_->keep_changes();
  return caught_up;
}

Status ChainIndex::catch_up_with_swaps() {
  if (!swaps_ || block_count() == 0 || swaps_->block_count() == block_count()) return {};
  return pipeline::catch_up_swaps(*swaps_, *database_, blocks_, network(), options_.stop, options_.swap_progress,
                                  options_.threads);
}

Status ChainIndex::renew_view(std::uint32_t unchanged_blocks) {
  auto next = view_ ? view_->reopen(unchanged_blocks) : store::ChainView::open(*database_, blocks_);
  if (!next) return std::move(next).error();
  view_ = std::move(next).value();
  swap_view_.reset();
  if (!swaps_) return {};
  auto swaps = store::SwapTableView::open(*database_, view_->row_snapshot(), view_->tip_height());
  if (!swaps) return std::move(swaps).error();
  swap_view_ = std::move(swaps).value();
  return {};
}

Status ChainIndex::cut(std::uint32_t block_count, Touched& touched) {
  std::vector<std::uint64_t> prefixes;
  if (Status status = pipeline::cut_blocks(*database_, swaps_.get(), block_count, blocks_, &prefixes); !status)
    return status;
  touched.prefixes.insert(touched.prefixes.end(), prefixes.begin(), prefixes.end());
  return renew_view(block_count);
}

Status ChainIndex::append(const source::BlockFiles& files, source::Branch branch, Touched& touched) {
  database_->forget_uncommitted();
  if (Status status = catch_up_with_swaps(); !status) return status;
  const std::uint32_t before = block_count();
  SLUICE_CHECK(branch.first_height == before && !branch.blocks.empty());
  const source::BlockMap map = source::map_of(network(), files, branch.first_height, std::move(branch.blocks));
  const bool as_rows = map.best_bytes <= rows_bytes_max;
  options_.form = as_rows ? pipeline::CommitForm::rows : pipeline::CommitForm::table_files;
  options_.way = as_rows ? pipeline::ResolveWay::lookup : pipeline::ResolveWay::automatic;
  pipeline::SyncReport report;
  std::unique_ptr<pipeline::Counters> counters;
  Status indexed = pipeline::index_blocks(*database_, map, *reader_, swaps_.get(), options_,
                                          {before, map.height_count()}, report, counters, {});
  if (counters) stages_.add_stages_of(*counters);
  if (block_count() == before) return indexed;
  if (as_rows) touched.prefixes.insert(touched.prefixes.end(), report.touched.begin(), report.touched.end());
  else touched.everything = true;
  if (Status status = renew_view(before); !status) return status;
  return indexed;
}

}  // namespace sluice::follow
