// A digest of everything the index says: equal digests mean equal indexes.
//
// Table files are never byte-equal (they carry times and session ids) and rows can be split in
// different ways (history runs), so the digest is taken over logical rows in key order, then over
// the flat files and the state's numbers. How the index was built (segments, threads, way of
// resolving, interruptions) does not enter.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "store/database.h"

namespace sluice::store {

struct Digests {
  std::vector<std::pair<std::string, std::string>> parts;  ///< name of table or file -> hex digest
  std::string all;                                         ///< over the parts, hex
};

/// Reads the whole index once. Errors: io, corrupt.
[[nodiscard]] Result<Digests> digest_index(const Database& database);

}  // namespace sluice::store
