// Closes a gap that RocksDB leaves open when the power goes while its manifest is written.
//
// A manifest's last records may reach the disk in parts: bytes of a later sector without those of an
// earlier one. RocksDB takes that for damage and refuses to open. Nobody was promised those records, so
// RocksDB is shown a manifest without them (guarded_fs.h): nothing has to be mended before it is read, and
// who opens to write gets a new manifest from RocksDB anyway.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::store {

/// Bytes of a manifest up to the end of its last whole record.
/// Bounds: any bytes. Source: RocksDB's log format: blocks of 32 KiB, records of masked CRC-32C, length
/// and type, long ones in fragments.
[[nodiscard]] std::size_t whole_record_bytes(std::string_view manifest) noexcept;

/// Bytes of a manifest that RocksDB shall read: all, or all but a torn end. Damage further back than one
/// commit can write is left for RocksDB to report.
[[nodiscard]] std::size_t readable_bytes(std::string_view manifest) noexcept;

}  // namespace sluice::store
