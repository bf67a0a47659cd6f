// Throws an index away so that a power cut in the middle leaves either all of it or none.
//
// RocksDB's CURRENT becomes a mark; while the mark stands, every start first removes what the old index
// left. Its old write-ahead logs and manifests must be gone for good before a new database is made in the
// same place, or the new one would take them for its own.
#pragma once

#include <string>

#include "store/database.h"

namespace sluice::store {

/// Whether an index was discarded, wholly or in part: nothing of it counts.
[[nodiscard]] bool is_discarded(const std::string& directory, rocksdb::FileSystem& fs);
/// Goes on with a discard (see database.h) that was interrupted; nothing to do without its mark.
/// Bounds: the caller holds the directory's lock to write. Errors: io.
Status finish_discard(const std::string& directory, rocksdb::FileSystem& fs);

}  // namespace sluice::store
