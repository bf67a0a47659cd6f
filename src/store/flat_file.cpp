#include "store/flat_file.h"

#include <fmt/format.h>

#include "base/kill_point.h"

namespace sluice::store {

using rocksdb::FileOptions;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

Error io_error(const std::string& path, const IOStatus& status) {
  const std::string text = status.ToString();
  const char* hint = status.IsNoSpace() ? ": free some space and run again, nothing committed is lost" : "";
  return {ErrorKind::io, fmt::format("{}: {}{}", path, text, hint)};
}

Result<FlatFile> FlatFile::open(FileSystemPtr fs, std::string path, std::size_t record_bytes, std::uint64_t records,
                                bool writable) {
  FlatFile file;
  file.fs_ = std::move(fs);
  file.path_ = std::move(path);
  file.record_bytes_ = record_bytes;
  if (!file.fs_->FileExists(file.path_, IOOptions(), nullptr).ok()) {
    if (!writable || records > 0)
      return Error{ErrorKind::corrupt, fmt::format("{}: the file is missing from the index", file.path_)};
    std::unique_ptr<rocksdb::FSWritableFile> created;
    IOStatus status = file.fs_->NewWritableFile(file.path_, FileOptions(), &created, nullptr);
    if (status.ok()) status = created->Close(IOOptions(), nullptr);
    if (!status.ok()) return io_error(file.path_, status);
  }
  auto found = file.bytes_on_disk();
  if (!found) return std::move(found).error();
  if (found.value() < records * record_bytes) {
    return Error{ErrorKind::corrupt, fmt::format("{}: {} bytes, but the index counts {} records of {} bytes",
                                                 file.path_, found.value(), records, record_bytes)};
  }
  file.bytes_.set(records * record_bytes);
  if (!writable) {
    file.bytes_in_file_.set(records * record_bytes);
    const IOStatus status = file.fs_->NewRandomAccessFile(file.path_, FileOptions(), &file.reader_, nullptr);
    if (!status.ok()) return io_error(file.path_, status);
    return file;
  }
  file.bytes_in_file_.set(found.value());
  if (Status opened = file.reopen(); !opened) return std::move(opened).error();
  if (Status cut = file.cut_forgotten(); !cut) return std::move(cut).error();
  return file;
}

Result<std::uint64_t> FlatFile::bytes_on_disk() const {
  std::uint64_t bytes = 0;
  const IOStatus status = fs_->GetFileSize(path_, IOOptions(), &bytes, nullptr);
  if (!status.ok()) return io_error(path_, status);
  return bytes;
}

Status FlatFile::reopen() {
  IOStatus status = fs_->ReopenWritableFile(path_, FileOptions(), &writer_, nullptr);
  if (status.ok()) status = fs_->NewRandomAccessFile(path_, FileOptions(), &reader_, nullptr);
  if (!status.ok()) return io_error(path_, status);
  return {};
}

Status FlatFile::append(Bytes bytes) {
  SLUICE_CHECK(bytes.size() % record_bytes_ == 0);
  if (bytes.empty()) return {};
  if (Status status = cut_forgotten(); !status) return status;
  const IOStatus status =
      writer_->Append(Slice(reinterpret_cast<const char*>(bytes.data()), bytes.size()), IOOptions(), nullptr);
  if (!status.ok()) return io_error(path_, status);
  bytes_.set(bytes_.get() + bytes.size());
  bytes_in_file_.set(bytes_.get());
  SLUICE_KILL_POINT("flat_file.append");
  return {};
}

Status FlatFile::sync() {
  const IOStatus status = writer_->Sync(IOOptions(), nullptr);
  if (!status.ok()) return io_error(path_, status);
  SLUICE_KILL_POINT("flat_file.sync");
  return {};
}

void FlatFile::start_writeback() noexcept { (void)writer_->RangeSync(0, bytes_.get(), IOOptions(), nullptr).ok(); }

void FlatFile::forget(std::uint64_t records) noexcept { bytes_.set(records * record_bytes_); }

Status FlatFile::cut_forgotten() {
  const std::uint64_t bytes = bytes_.get();
  if (bytes == bytes_in_file_.get()) return {};
  if (const IOStatus status = writer_->Truncate(bytes, IOOptions(), nullptr); !status.ok())
    return io_error(path_, status);
  bytes_in_file_.set(bytes);
  SLUICE_KILL_POINT("flat_file.cut");
  return {};
}

Status FlatFile::read(std::uint64_t first, std::uint64_t count, std::byte* target) const {
  // Numbers of records are read from disk too: one beyond the end is damage, not a bug.
  const std::uint64_t there = bytes_in_file_.get() / record_bytes_;
  if (first > there || count > there - first) {
    return Error{ErrorKind::corrupt, fmt::format("{}: record {} is asked for, but there are {}: run `sluice verify`",
                                                 path_, first + count - 1, there)};
  }
  if (count == 0) return {};  // the file system takes a read of no bytes for a failure
  Slice got;
  const std::size_t size = count * record_bytes_;
  const IOStatus status =
      reader_->Read(first * record_bytes_, size, IOOptions(), &got, reinterpret_cast<char*>(target), nullptr);
  if (!status.ok()) return io_error(path_, status);
  if (got.size() != size)
    return Error{ErrorKind::corrupt, fmt::format("{}: cut off at {} bytes", path_, first * record_bytes_ + got.size())};
  if (got.data() != reinterpret_cast<const char*>(target)) std::memcpy(target, got.data(), size);
  return {};
}

}  // namespace sluice::store
