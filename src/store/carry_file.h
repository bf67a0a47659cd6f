// The live outputs of earlier segments, carried from one segment of a sync to the next.
//
// Each segment reads a partition's outputs when it joins that partition, and writes those that are left to
// the file of the segment after it: two sequential passes over all live outputs instead of a look-up a
// spend. Nothing here has to survive: the file is under ingest/, which is emptied at start, and
// fill_from_tables() makes its content anew.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/column.h"
#include "base/error.h"
#include "resolve/outpoint_key.h"
#include "resolve/records.h"
#include "store/database.h"

namespace sluice::store {

class CarryFile {
 public:
  /// An empty file. Errors: io.
  static Result<std::unique_ptr<CarryFile>> create(Database& database, std::size_t partition_count);
  ~CarryFile();
  CarryFile(const CarryFile&) = delete;
  CarryFile& operator=(const CarryFile&) = delete;

  /// Adds outputs to a partition; several threads may. Errors: io.
  Status append(std::size_t partition, std::span<const resolve::LiveOutput> outputs);
  /// Ends writing: what was appended can be read. Errors: io.
  Status finish();
  /// All outputs of a partition, in no order; several threads may ask. Errors: io.
  Status read(std::size_t partition, Column<resolve::LiveOutput>& target) const;

  [[nodiscard]] std::size_t partition_count() const noexcept { return extents_.size(); }

 private:
  CarryFile(rocksdb::FileSystem& fs, std::string path, std::size_t partition_count);

  struct Extent {
    std::uint64_t offset;
    std::size_t count;
  };
  rocksdb::FileSystem& fs_;
  std::string path_;
  std::mutex mutex_;  // held while one partition's outputs are written
  std::uint64_t bytes_ = 0;
  std::vector<std::vector<Extent>> extents_;  ///< by partition
  std::unique_ptr<rocksdb::FSWritableFile> writer_;
  std::unique_ptr<rocksdb::FSRandomAccessFile> reader_;
};

/// Transactions [first, until).
struct TxRange {
  std::uint64_t first = 0;
  std::uint64_t until = 0;
};

/// Adds the unspent outputs of committed transactions, as the outputs table has them, to a carry file;
/// several threads may each take a range.
/// Cost: both the table and txids.dat are read in order, about 1 us an output.
/// Errors: io, corrupt.
Status fill_from_tables(const Database& database, const resolve::OutpointHasher& hasher, TxRange range,
                        CarryFile& target);

}  // namespace sluice::store
