#include "store/carry_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "write/rows.h"

namespace sluice::store {
namespace {

using resolve::LiveOutput;

/// Outputs of one partition that are collected before they are written, while a file is filled from tables.
constexpr std::size_t outputs_a_write = 256;
constexpr std::size_t txids_a_read = 2048;

/// Reads txids in ascending order, many at a time.
class AscendingTxids {
 public:
  explicit AscendingTxids(const FlatFile& file) : file_(file) {}

  /// Bounds: numbers do not descend.
  Result<const Txid*> at(std::uint64_t tx_number) {
    if (tx_number >= first_ + txids_.size()) {
      first_ = tx_number;
      txids_.resize(std::min<std::uint64_t>(txids_a_read, std::max(file_.records(), first_ + 1) - first_));
      Status status = file_.read(first_, txids_.size(), reinterpret_cast<std::byte*>(txids_.data()));
      if (!status) return std::move(status).error();
    }
    return &txids_[tx_number - first_];
  }

 private:
  const FlatFile& file_;
  std::uint64_t first_ = 0;
  Column<Txid> txids_;
};

}  // namespace

CarryFile::CarryFile(rocksdb::FileSystem& fs, std::string path, std::size_t partition_count)
    : fs_(fs), path_(std::move(path)), extents_(partition_count) {}

CarryFile::~CarryFile() {
  writer_.reset();
  reader_.reset();
  (void)fs_.DeleteFile(path_, rocksdb::IOOptions(), nullptr).ok();  // else the next start removes it
}

Result<std::unique_ptr<CarryFile>> CarryFile::create(Database& database, std::size_t partition_count) {
  std::unique_ptr<CarryFile> file(
      new CarryFile(database.file_system(), database.next_ingest_path("carry"), partition_count));
  const rocksdb::IOStatus status =
      file->fs_.NewWritableFile(file->path_, rocksdb::FileOptions(), &file->writer_, nullptr);
  if (!status.ok()) return io_error(file->path_, status);
  return file;
}

Status CarryFile::append(std::size_t partition, std::span<const LiveOutput> outputs) {
  if (outputs.empty()) return {};
  const rocksdb::Slice bytes(reinterpret_cast<const char*>(outputs.data()), outputs.size_bytes());
  const std::lock_guard lock(mutex_);
  const rocksdb::IOStatus status = writer_->Append(bytes, rocksdb::IOOptions(), nullptr);
  if (!status.ok()) return io_error(path_, status);
  extents_[partition].push_back({bytes_, outputs.size()});
  bytes_ += bytes.size();
  return {};
}

Status CarryFile::finish() {
  rocksdb::IOStatus status = writer_->Close(rocksdb::IOOptions(), nullptr);
  if (status.ok()) status = fs_.NewRandomAccessFile(path_, rocksdb::FileOptions(), &reader_, nullptr);
  if (!status.ok()) return io_error(path_, status);
  return {};
}

Status CarryFile::read(std::size_t partition, Column<LiveOutput>& target) const {
  std::size_t count = 0;
  for (const Extent& extent : extents_[partition]) count += extent.count;
  target.resize(count);
  LiveOutput* at = target.data();
  for (const Extent& extent : extents_[partition]) {
    const std::size_t bytes = extent.count * sizeof(LiveOutput);
    rocksdb::Slice got;
    const rocksdb::IOStatus status =
        reader_->Read(extent.offset, bytes, rocksdb::IOOptions(), &got, reinterpret_cast<char*>(at), nullptr);
    if (!status.ok()) return io_error(path_, status);
    if (got.size() != bytes) {
      return Error{ErrorKind::io,
                   fmt::format("{}: cut off at {} bytes while in use: run again", path_, extent.offset + got.size())};
    }
    if (got.data() != reinterpret_cast<const char*>(at)) std::memcpy(at, got.data(), bytes);
    at += extent.count;
  }
  return {};
}

Status fill_from_tables(const Database& database, const resolve::OutpointHasher& hasher, TxRange range,
                        CarryFile& target) {
  std::vector<std::vector<LiveOutput>> waiting(target.partition_count());
  const unsigned shift = resolve::partition_shift(target.partition_count());
  AscendingTxids txids(database.flat().txids);
  const auto rows = database.iterate(Table::outputs, false);
  for (rows->Seek(slice_of(write::tx_number_key(range.first).span())); rows->Valid(); rows->Next()) {
    const auto place = write::decode_place(bytes_of_slice(rows->key()));
    const auto output = write::decode_output(bytes_of_slice(rows->value()));
    if (!place || !output) {
      return Error{ErrorKind::corrupt,
                   fmt::format("{}: table outputs: malformed row: run `sluice verify`", database.directory())};
    }
    if (place->tx_number >= range.until) break;
    auto txid = txids.at(place->tx_number);
    if (!txid) return std::move(txid).error();
    const std::uint64_t key = hasher(txid.value()->data(), place->index);
    const std::size_t partition = resolve::partition_of(key, shift);
    auto& outputs = waiting[partition];
    outputs.push_back({key, output->prefix, output->value, place->tx_number, place->index, 0});
    if (outputs.size() < outputs_a_write) continue;
    if (Status status = target.append(partition, outputs); !status) return status;
    outputs.clear();
  }
  if (!rows->status().ok()) return rocks_error(database.directory(), rows->status());
  for (std::size_t partition = 0; partition < waiting.size(); ++partition) {
    if (Status status = target.append(partition, waiting[partition]); !status) return status;
  }
  return {};
}

}  // namespace sluice::store
