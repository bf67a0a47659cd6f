// The index on disk: RocksDB tables and flat files behind one committed state.
//
//   DIR/rocks/         RocksDB
//   DIR/ingest/        table files on their way in; emptied at start
//   DIR/headers.dat    80 bytes a height
//   DIR/blocks.dat     24 bytes a height: file number u32, size u32, offset u64, first tx number u64
//   DIR/txids.dat      32 bytes a tx number
//   DIR/places.dat     4 bytes a tx number: offset of the transaction from its block's header
//
// Commit order: flat files are appended and made durable, then one atomic step brings in all table
// files and the new state record. A crash before that step leaves the old state, and start cuts the
// flat files back to it; a crash after it finds everything in place.
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "store/counting_cache.h"
#include "store/directory_lock.h"
#include "store/flat_file.h"
#include "store/guarded_fs.h"
#include "store/state.h"
#include "store/tables.h"

namespace sluice::store {

struct StoreOptions {
  FileSystemPtr file_system;  ///< null: the operating system's
  bool use_fsync = false;     ///< fsync instead of fdatasync
  std::size_t block_cache_bytes = 8u << 20;
  std::size_t swap_cache_bytes = 10u << 20;  ///< of the table of swaps alone
  std::size_t block_bytes = 16384;
  std::size_t write_buffer_bytes = 4u << 20;
  int write_buffers_max = 2;
  int write_buffers_to_merge = 1;
  std::size_t target_file_bytes = 64u << 20;
  int max_open_files = 256;
  int background_jobs = 2;
  unsigned bloom_bits_per_key = 0;  ///< 0: no filters; most reads step through rows, which filters do not help
  bool dynamic_level_bytes = true;
  bool merge_in_background = true;  ///< off while a sync brings in whole table files: it merges once at its end
  std::string compression = "lz4";  ///< none snappy lz4 zstd zlib
  std::function<void(const std::string&)> on_unreadable{};  ///< hears of table files that cannot be read, thinned out
};

/// Where a block stands in the block files, and where its transactions begin.
struct BlockPlace {
  std::uint32_t file_number = 0;
  std::uint32_t size = 0;
  std::uint64_t file_offset = 0;
  std::uint64_t first_tx = 0;
};
inline constexpr std::size_t block_place_bytes = 24;
static_assert(sizeof(BlockPlace) == block_place_bytes);

/// The four flat files; records() of all of them agree with the state after a commit.
struct FlatFiles {
  FlatFile headers;
  FlatFile blocks;
  FlatFile txids;
  FlatFile places;
};

/// A finished table file waiting to be brought in.
struct TableFile {
  Table table = Table::state;
  std::string path;
};

/// Null: the newest rows.
using RowSnapshot = std::shared_ptr<const rocksdb::Snapshot>;

enum class OpenMode : std::uint8_t { read_only, read_write };

class Database {
 public:
  /// Opens DIR at the last commit, whatever a power cut left behind. To write: creates it if need be, cuts
  /// flat files to the committed state and empties ingest/. To read: changes nothing on disk.
  /// Bounds: many readers or one writer, of all processes, until closed.
  /// Errors: config (DIR is in use), io, corrupt, unsupported (another format version); to read also not_found
  ///         (nothing committed).
  static Result<std::unique_ptr<Database>> open(const std::string& directory, OpenMode mode,
                                                const StoreOptions& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// nullopt while nothing has been committed.
  [[nodiscard]] const std::optional<State>& state() const noexcept { return state_; }
  [[nodiscard]] FlatFiles& flat() noexcept { return *flat_; }
  [[nodiscard]] const FlatFiles& flat() const noexcept { return *flat_; }
  [[nodiscard]] const std::string& directory() const noexcept { return directory_; }

  /// A new path under ingest/ for a table file, or for another file that the next start may remove.
  [[nodiscard]] std::string next_ingest_path(std::string_view extension = "sst");
  [[nodiscard]] rocksdb::FileSystem& file_system() const noexcept { return *options_.file_system; }
  /// Options that table files for `table` are built with.
  [[nodiscard]] rocksdb::Options builder_options(Table table) const;

  /// Makes flat files durable, then brings in files and state in one step.
  Status commit(const std::vector<TableFile>& files, const State& next);
  /// The same for rows instead of table files: one write through the log. Adds the state to `rows`.
  Status commit_rows(rocksdb::WriteBatch& rows, const State& next);
  /// Forgets what was appended to flat files and never committed: a writer that failed begins again.
  void forget_uncommitted() noexcept;
  /// Swap rows, which can be made again from the blocks: a power cut may take the last few writes of this kind away,
  /// but never one before a durable commit that came after it.
  Status write_swaps(rocksdb::WriteBatch& rows);
  /// Row changes that take blocks away. Views opened before go on reading what they saw; they have to be gone
  /// before the next append to a flat file: has_older_views().
  Status commit_rollback(rocksdb::WriteBatch& batch, const State& next);

  /// Merges each table into as few files as its size asks for.
  Status compact(unsigned threads);
  /// Table files that came in and are not merged yet, and what share of all rows' bytes they hold.
  struct Unmerged {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_of_all = 0;
  };
  [[nodiscard]] Unmerged unmerged() const;

  /// False for swaps only: in an index that an older program made, until it is opened to write. Has no rows then.
  [[nodiscard]] bool has(Table table) const noexcept { return handle(table) != nullptr; }
  [[nodiscard]] rocksdb::DB& rocks() const noexcept { return *db_; }
  [[nodiscard]] const CountingCache& swap_cache() const noexcept { return *swap_cache_; }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* handle(Table table) const noexcept { return handles_[table_index(table)]; }
  /// The rows as they are now, for as long as it is kept. Lifetime: not longer than the database.
  [[nodiscard]] RowSnapshot snapshot() const;
  /// Kept by every view, so that it is known which are left from before blocks were taken away.
  [[nodiscard]] std::shared_ptr<const void> view_mark() const noexcept { return view_mark_; }
  /// Is a view left that was opened before blocks were taken away?
  [[nodiscard]] bool has_older_views() const noexcept;
  /// Rows in key order, by guarded_rows.h: what is concluded from a row's absence asks status() first.
  /// until: rows from this key on are none, nor looked at; null: to the end. Lifetime: outlives the rows.
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterate(Table table, bool fill_cache = true,
                                                           const RowSnapshot& snapshot = {},
                                                           const rocksdb::Slice* until = nullptr) const;
  /// nullopt if the key is absent. Errors: io if a table file could not be read meanwhile, corrupt.
  [[nodiscard]] Result<std::optional<std::string>> get(Table table, Bytes key, const RowSnapshot& snapshot = {}) const;
  /// The same for many keys of one table, by their order. Cost: one round of reads.
  [[nodiscard]] Result<std::vector<std::optional<std::string>>> get_many(Table table, std::span<const Bytes> keys,
                                                                         const RowSnapshot& snapshot = {}) const;
  /// OK if every table file could be opened and read whenever it was needed. Errors: io, naming the last that was not.
  [[nodiscard]] Status all_read() const;
  /// Bytes of all live table files of a table.
  [[nodiscard]] std::uint64_t table_bytes(Table table) const;

 private:
  Database() = default;
  Status open_rocks(OpenMode mode);
  Status load_state();
  Status sync_flat(const State& next);
  Status write_durably(rocksdb::WriteBatch& rows, const State& next);
  [[nodiscard]] Status check_empty() const;
  Status open_flat(OpenMode mode);
  Status sync_parent();
  Status empty_ingest_directory();
  [[nodiscard]] rocksdb::ColumnFamilyOptions column_options(Table table) const;

  DirectoryLock lock_;  // first, so that it is let go last
  std::string directory_;
  StoreOptions options_;
  std::shared_ptr<UnreadableTables> unreadable_;
  std::unique_ptr<rocksdb::Env> env_;
  std::shared_ptr<rocksdb::Cache> block_cache_;
  std::shared_ptr<CountingCache> swap_cache_;
  rocksdb::DBOptions db_options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, table_count> handles_{};
  std::optional<State> state_;
  std::unique_ptr<FlatFiles> flat_;
  std::uint64_t ingest_counter_ = 0;
  std::shared_ptr<const int> view_mark_ = std::make_shared<const int>();
  std::vector<std::weak_ptr<const int>> older_views_;
};

/// The lock of an index directory, for as long as its index is used so. Errors: as DirectoryLock::take.
[[nodiscard]] Result<DirectoryLock> lock_directory(const std::string& directory, OpenMode mode,
                                                   const StoreOptions& options);

/// Throws an index away: whenever the power goes, all of it is left or it opens as an empty index.
/// Errors: config (the index is open), io.
Status discard_index(const std::string& directory, const StoreOptions& options);

/// Error of a RocksDB status, naming the directory.
[[nodiscard]] Error rocks_error(const std::string& where, const rocksdb::Status& status);

[[nodiscard]] inline rocksdb::Slice slice_of(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes bytes_of_slice(const rocksdb::Slice& slice) noexcept {
  return {reinterpret_cast<const std::byte*>(slice.data()), slice.size()};
}

}  // namespace sluice::store
