#include "store/database.h"

#include <fmt/format.h>
#include <rocksdb/convenience.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <mutex>

#include "base/kill_point.h"
#include "store/discard.h"
#include "store/guarded_fs.h"
#include "store/guarded_rows.h"

namespace sluice::store {
namespace {

constexpr char state_key[] = "state";
constexpr double swap_bloom_bits_per_key = 10;  // 1 in 100 is read in vain

rocksdb::CompressionType compression_type(std::string_view name) {
  if (name == "none") return rocksdb::kNoCompression;
  if (name == "snappy") return rocksdb::kSnappyCompression;
  if (name == "zstd") return rocksdb::kZSTD;
  if (name == "zlib") return rocksdb::kZlibCompression;
  return rocksdb::kLZ4Compression;
}

Error no_index(const std::string& directory) {
  return {ErrorKind::not_found,
          fmt::format("{}: no index here: build one with `sluice sync --db-dir {}`", directory, directory)};
}
Error empty_index(const std::string& directory) {
  return {ErrorKind::not_found, fmt::format("{}: the index is empty: a first sync was never committed", directory)};
}

}  // namespace

Error rocks_error(const std::string& where, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  // RocksDB has no code of its own for this; the texts are those of PosixFileSystem::LockFile.
  const auto says = [&text](std::string_view words) { return text.find(words) != text.npos; };
  std::string_view hint;
  if (status.IsCorruption()) hint = ": run `sluice verify`";
  else if (status.IsNoSpace()) hint = ": free some space and run again, nothing committed is lost";
  else if (status.IsIOError() && (says("While lock file: ") || says("lock hold by current process")))
    hint = ": another sluice is using this directory";
  return {status.IsCorruption() ? ErrorKind::corrupt : ErrorKind::io, fmt::format("{}: {}{}", where, text, hint)};
}

// A file system that was handed in is a model, seen by this process only: nobody else can be in its directory.
Result<DirectoryLock> lock_directory(const std::string& directory, OpenMode mode, const StoreOptions& options) {
  if (options.file_system) return DirectoryLock();
  return DirectoryLock::take(directory, mode == OpenMode::read_write ? LockKind::exclusive : LockKind::shared);
}

Database::~Database() {
  for (auto* handle : handles_) {
    if (handle != nullptr) (void)db_->DestroyColumnFamilyHandle(handle).ok();
  }
  if (db_) (void)db_->Close().ok();
}

Result<std::unique_ptr<Database>> Database::open(const std::string& directory, OpenMode mode,
                                                 const StoreOptions& options) {
  std::unique_ptr<Database> database(new Database);
  database->directory_ = directory;
  database->options_ = options;
  database->unreadable_ = std::make_shared<UnreadableTables>(options.on_unreadable);
  if (!database->options_.file_system) database->options_.file_system = rocksdb::FileSystem::Default();
  database->options_.file_system =
      guarded_file_system(std::move(database->options_.file_system), database->unreadable_);
  rocksdb::FileSystem& fs = *database->options_.file_system;
  database->env_ = rocksdb::NewCompositeEnv(database->options_.file_system);
  database->block_cache_ = rocksdb::NewLRUCache(options.block_cache_bytes, 4);
  database->swap_cache_ = std::make_shared<CountingCache>(rocksdb::NewLRUCache(options.swap_cache_bytes, 2));

  const std::string rocks = directory + "/rocks";
  const auto make_directory = [&fs](const std::string& path) -> Status {
    const rocksdb::IOStatus status = fs.CreateDirIfMissing(path, rocksdb::IOOptions(), nullptr);
    return status.ok() ? Status() : Status(io_error(path, status));
  };
  if (mode == OpenMode::read_write) {
    if (Status status = make_directory(directory); !status) return std::move(status).error();
  }
  auto lock = lock_directory(directory, mode, options);
  if (!lock && lock.error().kind == ErrorKind::not_found) return no_index(directory);
  if (!lock) return std::move(lock).error();
  database->lock_ = std::move(lock).value();
  if (mode == OpenMode::read_write) {
    for (const std::string& path : {rocks, directory + "/ingest"}) {
      if (Status status = make_directory(path); !status) return std::move(status).error();
    }
    if (Status status = finish_discard(directory, fs); !status) return std::move(status).error();
  } else {
    const rocksdb::IOStatus current = fs.FileExists(rocks + "/CURRENT", rocksdb::IOOptions(), nullptr);
    if (!current.ok() && !current.IsNotFound()) return io_error(rocks + "/CURRENT", current);
    if (!current.ok() || is_discarded(directory, fs)) return no_index(directory);
  }
  SLUICE_KILL_POINT("open.directories");
  if (Status status = database->open_rocks(mode); !status) return std::move(status).error();
  SLUICE_KILL_POINT("open.rocks");
  if (Status status = database->load_state(); !status) return std::move(status).error();
  if (!database->state_) {
    if (Status status = database->check_empty(); !status) return std::move(status).error();
    if (mode == OpenMode::read_only) return empty_index(directory);
  }
  if (Status status = database->open_flat(mode); !status) return std::move(status).error();
  SLUICE_KILL_POINT("open.flat");
  if (mode == OpenMode::read_write) {
    if (Status status = database->empty_ingest_directory(); !status) return std::move(status).error();
  }
  SLUICE_KILL_POINT("open.end");
  return database;
}

rocksdb::ColumnFamilyOptions Database::column_options(Table table) const {
  rocksdb::ColumnFamilyOptions column;
  column.write_buffer_size = options_.write_buffer_bytes;
  column.max_write_buffer_number = options_.write_buffers_max;
  column.min_write_buffer_number_to_merge = options_.write_buffers_to_merge;
  column.target_file_size_base = options_.target_file_bytes;
  column.level_compaction_dynamic_level_bytes = options_.dynamic_level_bytes;
  column.compression = compression_type(options_.compression);
  column.disable_auto_compactions = !options_.merge_in_background;
  rocksdb::BlockBasedTableOptions block;
  block.block_size = options_.block_bytes;
  if (table == Table::swaps) block.block_cache = swap_cache_;
  else block.block_cache = block_cache_;
  block.format_version = 5;
  if (options_.bloom_bits_per_key != 0)
    block.filter_policy.reset(rocksdb::NewBloomFilterPolicy(options_.bloom_bits_per_key));
  if (table == Table::swaps) {
    // An advertisement asks for four rows that most are new to. Without filters each costs a block to be read; in
    // parts they fit the shards of a small cache.
    block.filter_policy.reset(rocksdb::NewBloomFilterPolicy(swap_bloom_bits_per_key));
    block.partition_filters = true;
  }
  block.checksum = rocksdb::kXXH3;
  // One block in the index per data block is enough; partitioned indexes keep a cold start small.
  block.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  block.cache_index_and_filter_blocks = true;
  block.pin_top_level_index_and_filter = true;
  // Sorted hashes share few bytes with their neighbours: long restart intervals save space, and a
  // seek still decodes a few dozen short keys at most.
  block.block_restart_interval = table == Table::state ? 16 : 32;
  column.table_factory.reset(rocksdb::NewBlockBasedTableFactory(block));
  return column;
}

rocksdb::Options Database::builder_options(Table table) const {
  return rocksdb::Options(db_options_, column_options(table));
}

Status Database::open_rocks(OpenMode mode) {
  db_options_.env = env_.get();
  db_options_.create_if_missing = mode == OpenMode::read_write;
  db_options_.create_missing_column_families = mode == OpenMode::read_write;
  db_options_.use_fsync = options_.use_fsync;
  db_options_.max_open_files = options_.max_open_files;
  db_options_.max_background_jobs = options_.background_jobs;
  db_options_.bytes_per_sync = 1u << 20;
  db_options_.max_total_wal_size = 4 * options_.write_buffer_bytes;
  db_options_.keep_log_file_num = 2;
  db_options_.info_log_level = rocksdb::WARN_LEVEL;
  db_options_.stats_dump_period_sec = 0;
  db_options_.stats_persist_period_sec = 0;
  db_options_.paranoid_checks = true;
  // A commit must survive whole or not at all, also when the log's tail is torn.
  db_options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;

  const std::string path = directory_ + "/rocks";
  std::vector<Table> tables(all_tables.begin(), all_tables.end());
  if (mode == OpenMode::read_only) {
    std::vector<std::string> names;
    const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(db_options_, path, &names);
    if (!listed.ok()) return rocks_error(path, listed);
    std::erase_if(tables, [&names](Table table) {
      return table == Table::swaps && std::find(names.begin(), names.end(), table_name(table)) == names.end();
    });
    // All tables are made before the first commit; what stopped on the way has none.
    if (names.size() < tables.size()) return empty_index(directory_);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const Table table : tables) families.emplace_back(std::string(table_name(table)), column_options(table));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status = mode == OpenMode::read_only
                                     ? rocksdb::DB::OpenForReadOnly(db_options_, path, families, &handles, &db)
                                     : rocksdb::DB::Open(db_options_, path, families, &handles, &db);
  if (!status.ok()) return rocks_error(path, status);
  db_.reset(db);
  for (std::size_t i = 0; i < tables.size(); ++i) handles_[table_index(tables[i])] = handles[i];
  return {};
}

Status Database::load_state() {
  auto text = get(Table::state, std::as_bytes(std::span(std::string_view(state_key))));
  if (!text) return std::move(text).error();
  if (!text.value()) return {};
  Result<State> state = decode_state(*text.value());
  if (!state) return Error{state.error().kind, fmt::format("{}: {}", directory_, state.error().message)};
  state_ = std::move(state).value();
  return {};
}

// Rows come in with a state record, or not at all.
Status Database::check_empty() const {
  for (const Table table : all_tables) {
    const auto rows = iterate(table);
    rows->SeekToFirst();
    if (!rows->status().ok()) return rocks_error(directory_, rows->status());
    if (rows->Valid()) {
      return Error{ErrorKind::corrupt,
                   fmt::format("{}: table state: no state record, but table {} has rows: move the index away and "
                               "build it anew",
                               directory_, table_name(table))};
    }
  }
  return {};
}

Status Database::open_flat(OpenMode mode) {
  const std::uint64_t blocks = state_ ? state_->block_count : 0;
  const std::uint64_t txs = state_ ? state_->tx_count : 0;
  const bool writable = mode == OpenMode::read_write;
  const auto open_one = [&](const char* name, std::size_t record_bytes, std::uint64_t records) {
    return FlatFile::open(options_.file_system, directory_ + "/" + name, record_bytes, records, writable);
  };
  auto headers = open_one("headers.dat", 80, blocks);
  if (!headers) return std::move(headers).error();
  auto places = open_one("blocks.dat", block_place_bytes, blocks);
  if (!places) return std::move(places).error();
  auto txids = open_one("txids.dat", 32, txs);
  if (!txids) return std::move(txids).error();
  auto offsets = open_one("places.dat", 4, txs);
  if (!offsets) return std::move(offsets).error();
  flat_ = std::make_unique<FlatFiles>(FlatFiles{std::move(headers).value(), std::move(places).value(),
                                                std::move(txids).value(), std::move(offsets).value()});
  if (!writable) return {};
  // The files' names must be durable before a state that counts on them is.
  std::unique_ptr<rocksdb::FSDirectory> directory;
  rocksdb::IOStatus status = options_.file_system->NewDirectory(directory_, rocksdb::IOOptions(), &directory, nullptr);
  if (status.ok()) status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return io_error(directory_, status);
  return state_ ? Status() : sync_parent();
}

// A new index counts as committed only if its directory is found again. A parent that may not be
// opened is not ours: whoever made the directory there answers for its name.
Status Database::sync_parent() {
  std::string_view path = directory_;
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  const std::string parent(slash == path.npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1)));
  std::unique_ptr<rocksdb::FSDirectory> directory;
  if (!options_.file_system->NewDirectory(parent, rocksdb::IOOptions(), &directory, nullptr).ok()) return {};
  const rocksdb::IOStatus status = directory->Fsync(rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return io_error(parent, status);
  return {};
}

Status Database::empty_ingest_directory() {
  const std::string path = directory_ + "/ingest";
  std::vector<std::string> names;
  rocksdb::IOStatus status = options_.file_system->GetChildren(path, rocksdb::IOOptions(), &names, nullptr);
  if (!status.ok()) return io_error(path, status);
  for (const std::string& name : names) {
    if (name == "." || name == "..") continue;
    status = options_.file_system->DeleteFile(path + "/" + name, rocksdb::IOOptions(), nullptr);
    if (!status.ok()) return io_error(path + "/" + name, status);
  }
  return {};
}

std::string Database::next_ingest_path(std::string_view extension) {
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  return fmt::format("{}/ingest/{:06}.{}", directory_, ingest_counter_++, extension);
}

Status Database::sync_flat(const State& next) {
  for (FlatFile* file : {&flat_->headers, &flat_->blocks, &flat_->txids, &flat_->places}) {
    if (Status status = file->sync(); !status) return status;
  }
  SLUICE_KILL_POINT("commit.flat");
  SLUICE_CHECK(flat_->headers.records() == next.block_count && flat_->blocks.records() == next.block_count);
  SLUICE_CHECK(flat_->txids.records() == next.tx_count && flat_->places.records() == next.tx_count);
  return {};
}

Status Database::write_durably(rocksdb::WriteBatch& rows, const State& next) {
  rocksdb::Status status = rows.Put(handle(Table::state), state_key, encode_state(next));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  if (status.ok()) status = db_->Write(durable, &rows);
  return status.ok() ? Status() : Status(rocks_error(directory_, status));
}

Status Database::commit_rows(rocksdb::WriteBatch& rows, const State& next) {
  if (Status status = sync_flat(next); !status) return status;
  if (Status status = write_durably(rows, next); !status) return status;
  SLUICE_KILL_POINT("commit.rows");
  state_ = next;
  return {};
}

Status Database::write_swaps(rocksdb::WriteBatch& rows) {
  const rocksdb::Status status = db_->Write(rocksdb::WriteOptions(), &rows);
  return status.ok() ? Status() : Status(rocks_error(directory_, status));
}

Status Database::commit(const std::vector<TableFile>& files, const State& next) {
  if (Status status = sync_flat(next); !status) return status;
  const std::string state_path = next_ingest_path();
  const std::string text = encode_state(next);
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(db_options_), builder_options(Table::state));
  rocksdb::Status status = writer.Open(state_path);
  if (status.ok()) status = writer.Put(state_key, text);
  if (status.ok()) status = writer.Finish();
  if (!status.ok()) return rocks_error(state_path, status);
  SLUICE_KILL_POINT("commit.state");

  std::array<std::vector<std::string>, table_count> paths;
  for (const TableFile& file : files) paths[table_index(file.table)].push_back(file.path);
  paths[table_index(Table::state)].push_back(state_path);
  std::vector<rocksdb::IngestExternalFileArg> args;
  for (const Table table : all_tables) {
    if (paths[table_index(table)].empty()) continue;
    rocksdb::IngestExternalFileArg arg;
    arg.column_family = handle(table);
    arg.external_files = std::move(paths[table_index(table)]);
    arg.options.move_files = true;
    arg.options.failed_move_fall_back_to_copy = false;
    arg.options.write_global_seqno = false;
    args.push_back(std::move(arg));
  }
  status = db_->IngestExternalFiles(args);
  if (!status.ok()) return rocks_error(directory_, status);
  SLUICE_KILL_POINT("commit.end");
  state_ = next;
  return {};
}

Status Database::commit_rollback(rocksdb::WriteBatch& batch, const State& next) {
  SLUICE_KILL_POINT("rollback.begin");
  if (Status status = write_durably(batch, next); !status) return status;
  SLUICE_KILL_POINT("rollback.written");
  state_ = next;
  forget_uncommitted();
  std::erase_if(older_views_, [](const auto& mark) { return mark.expired(); });
  const bool view_is_open = view_mark_.use_count() > 1;
  if (view_is_open) {
    older_views_.push_back(view_mark_);
    view_mark_ = std::make_shared<const int>();
  }
  if (older_views_.empty()) {
    for (FlatFile* file : {&flat_->headers, &flat_->blocks, &flat_->txids, &flat_->places})
      if (Status status = file->cut_forgotten(); !status) return status;
  }
  SLUICE_KILL_POINT("rollback.end");
  return {};
}

void Database::forget_uncommitted() noexcept {
  const std::uint32_t blocks = state_ ? state_->block_count : 0;
  const std::uint64_t txs = state_ ? state_->tx_count : 0;
  for (FlatFile* file : {&flat_->headers, &flat_->blocks}) file->forget(blocks);
  for (FlatFile* file : {&flat_->txids, &flat_->places}) file->forget(txs);
}

Status Database::compact(unsigned threads) {
  rocksdb::CompactRangeOptions range;
  range.max_subcompactions = threads;
  range.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  for (const Table table : all_tables) {
    if (!has(table)) continue;
    const rocksdb::Status status = db_->CompactRange(range, handle(table), nullptr, nullptr);
    if (!status.ok()) return rocks_error(directory_, status);
    SLUICE_KILL_POINT("compact.table");
  }
  return {};
}

Database::Unmerged Database::unmerged() const {
  Unmerged found;
  for (const Table table : all_tables) {
    if (!has(table)) continue;
    rocksdb::ColumnFamilyMetaData tables;
    db_->GetColumnFamilyMetaData(handle(table), &tables);
    found.bytes_of_all += tables.size;
    if (tables.levels.empty()) continue;
    found.files += tables.levels.front().files.size();
    found.bytes += tables.levels.front().size;
  }
  return found;
}

RowSnapshot Database::snapshot() const {
  return {db_->GetSnapshot(), [this](const rocksdb::Snapshot* taken) { db_->ReleaseSnapshot(taken); }};
}

bool Database::has_older_views() const noexcept {
  return std::any_of(older_views_.begin(), older_views_.end(), [](const auto& mark) { return !mark.expired(); });
}

std::unique_ptr<rocksdb::Iterator> Database::iterate(Table table, bool fill_cache, const RowSnapshot& snapshot,
                                                     const rocksdb::Slice* until) const {
  if (!has(table)) return std::unique_ptr<rocksdb::Iterator>(rocksdb::NewEmptyIterator());
  rocksdb::ReadOptions options;
  options.fill_cache = fill_cache;
  options.snapshot = snapshot.get();
  options.iterate_upper_bound = until;
  const ReadGuard guard(*unreadable_);
  return guard_rows(std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, handle(table))), guard);
}

Result<std::optional<std::string>> Database::get(Table table, Bytes key, const RowSnapshot& snapshot) const {
  if (!has(table)) return std::optional<std::string>{};
  std::string value;
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.get();
  const ReadGuard guard(*unreadable_);
  rocksdb::Status status = db_->Get(options, handle(table), slice_of(key), &value);
  if (!guard.held()) status = guard.status();
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (!status.ok()) return rocks_error(directory_, status);
  return std::optional<std::string>{std::move(value)};
}

Result<std::vector<std::optional<std::string>>> Database::get_many(Table table, std::span<const Bytes> keys,
                                                                   const RowSnapshot& snapshot) const {
  std::vector<std::optional<std::string>> found(keys.size());
  if (!has(table) || keys.empty()) return found;
  std::vector<rocksdb::Slice> slices;
  for (const Bytes key : keys) slices.push_back(slice_of(key));
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  rocksdb::ReadOptions options;
  options.snapshot = snapshot.get();
  const ReadGuard guard(*unreadable_);
  db_->MultiGet(options, handle(table), keys.size(), slices.data(), values.data(), statuses.data());
  if (!guard.held()) return rocks_error(directory_, guard.status());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) found[i] = values[i].ToString();
    else if (!statuses[i].IsNotFound()) return rocks_error(directory_, statuses[i]);
  }
  return found;
}

Status Database::all_read() const {
  const rocksdb::IOStatus status = unreadable_->last();
  return status.ok() ? Status() : Status(rocks_error(directory_, status));
}

std::uint64_t Database::table_bytes(Table table) const {
  std::uint64_t bytes = 0;
  if (!has(table)) return bytes;
  (void)db_->GetIntProperty(handle(table), rocksdb::DB::Properties::kLiveSstFilesSize, &bytes);
  return bytes;
}

}  // namespace sluice::store
