// Closes a gap that RocksDB leaves open when the power goes while its manifest is written.
//
// A manifest's last records may reach the disk in parts: bytes of a later sector without those of an
// earlier one. RocksDB takes that for damage and refuses to open. Nobody was promised those records, so
// they are cut off.
#pragma once

#include <rocksdb/file_system.h>

#include <string>
#include <string_view>

#include "base/error.h"

namespace sluice::store {

/// Bytes of a manifest up to the end of its last whole record.
/// Bounds: any bytes. Source: RocksDB's log format: blocks of 32 KiB, records of masked CRC-32C, length
/// and type, long ones in fragments.
[[nodiscard]] std::size_t whole_record_bytes(std::string_view manifest) noexcept;

/// Cuts a torn end off the manifest that DIR/CURRENT names; false if it has none. Damage further back than
/// one commit can write is left for RocksDB to report. Bounds: nobody has the index open. Errors: io.
Result<bool> cut_torn_manifest(const std::string& rocks_directory, rocksdb::FileSystem& fs);

}  // namespace sluice::store
