#include "store/digest.h"

#include <fmt/format.h>

#include "base/hex.h"
#include "hash/sha256.h"
#include "write/rows.h"

namespace sluice::store {
namespace {

void hash_sized(hash::Sha256& sha, Bytes bytes) {
  const std::uint64_t size = bytes.size();
  sha.update(bytes_of(size)).update(bytes);
}

Result<std::string> digest_table(const Database& database, Table table) {
  hash::Sha256 sha;
  const auto iterator = database.iterate(table, false);
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    const Bytes key = bytes_of_slice(iterator->key());
    const Bytes value = bytes_of_slice(iterator->value());
    if (table != Table::history) {
      hash_sized(sha, key);
      hash_sized(sha, value);
      continue;
    }
    const auto row = write::decode_prefix_tx(key);
    const bool well_formed = row && write::for_each_history(row->tx_number, value, [&](std::uint64_t tx_number) {
                               hash_sized(sha, write::prefix_tx_key(row->prefix, tx_number).span());
                             });
    if (!well_formed)
      return Error{ErrorKind::corrupt,
                   fmt::format("{}: table history: malformed row {}", database.directory(), to_hex(key))};
  }
  if (!iterator->status().ok()) return rocks_error(database.directory(), iterator->status());
  return to_hex(sha.finish().span());
}

Result<std::string> digest_flat(const FlatFile& file, std::size_t record_bytes) {
  constexpr std::uint64_t step_bytes = 1u << 20;
  const std::uint64_t step = step_bytes / record_bytes;
  std::vector<std::byte> buffer(step * record_bytes);
  hash::Sha256 sha;
  for (std::uint64_t first = 0; first < file.records(); first += step) {
    const std::uint64_t count = std::min(step, file.records() - first);
    if (Status status = file.read(first, count, buffer.data()); !status) return std::move(status).error();
    sha.update(Bytes(buffer.data(), count * record_bytes));
  }
  return to_hex(sha.finish().span());
}

}  // namespace

Result<Digests> digest_index(const Database& database) {
  Digests digests;
  for (const Table table : all_tables) {
    Result<std::string> digest = digest_table(database, table);
    if (!digest) return std::move(digest).error();
    digests.parts.emplace_back(std::string(table == Table::state ? "state" : table_name(table)),
                               std::move(digest).value());
  }
  const FlatFiles& flat = database.flat();
  const std::pair<const FlatFile*, std::size_t> files[] = {
      {&flat.headers, 80}, {&flat.blocks, block_place_bytes}, {&flat.txids, 32}, {&flat.places, 4}};
  for (const auto& [file, record_bytes] : files) {
    Result<std::string> digest = digest_flat(*file, record_bytes);
    if (!digest) return std::move(digest).error();
    digests.parts.emplace_back(file->path().substr(file->path().rfind('/') + 1), std::move(digest).value());
  }
  hash::Sha256 sha;
  for (const auto& [name, digest] : digests.parts) {
    hash_sized(sha, std::as_bytes(std::span(name)));
    hash_sized(sha, std::as_bytes(std::span(digest)));
  }
  digests.all = to_hex(sha.finish().span());
  return digests;
}

}  // namespace sluice::store
