// The file system under an index, with rules added that RocksDB counts on or leaves out.
//
// CURRENT names the manifest by a rename. RocksDB syncs the directory only afterwards, so CURRENT could
// come back from a power cut naming a manifest whose own name did not: the directory is synced before, too.
//
// When a table file is brought in, RocksDB reads its first and last key, and takes a read that fails for an
// empty file: rows would come in at a place in the tree that hides or repeats others. A table file of which
// a read failed is not linked into the index, so the commit fails instead.
// When the manifest's sync fails, RocksDB deletes the table files of the change that failed, although the
// manifest may name them already, and the next open would miss them. Once the manifest is in doubt, no table
// file is deleted; the next open decides which count.
#pragma once

#include <rocksdb/file_system.h>

#include <memory>

namespace sluice::store {

[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> guarded_file_system(std::shared_ptr<rocksdb::FileSystem> fs);

}  // namespace sluice::store
