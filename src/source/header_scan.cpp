// Each file is a chain of dependent reads (a record's length tells where the next one begins), so
// speed comes from walking many files at once and from windows that hold many small records.
//
// A record's fate, in this order:
//   raw bytes of magic zero                   end of the file's data (zero-filled tail), for now
//   its start runs out into zeros             being written: end of data in the last files, error in the others
//   another magic                             error
//   ends beyond the file                      end of data in the last files, error in the others
//   length below a header or absurd           error
//   header without proof of work, too easy    error
#include "source/header_scan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/hex.h"
#include "source/detect_network.h"

namespace sluice::source {
namespace {

constexpr std::uint32_t header_end = record_head_bytes + chain::header_bytes;  // in a record
constexpr std::uint32_t record_start_bytes = header_end + 1;  // and the first byte of the transaction count
constexpr std::uint32_t window_bytes_min = 4096;              // one page: blocks are large, headers far apart
constexpr std::uint32_t window_bytes_max = 64 * 1024;         // blocks are small: many records in one read
constexpr std::uint32_t small_record_bytes = 8 * 1024;
constexpr std::uint32_t cursors_max = 32;

bool all_zero(Bytes bytes) noexcept {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

std::string title(const chain::Network& network) {
  return std::string(network.coin_name) + " " + std::string(network.name);
}

/// The walk over one file.
struct Cursor {
  std::uint32_t file_number = 0;
  std::uint64_t offset = 0;  ///< of the record to look at next; the window read begins there
  std::uint32_t window_bytes = window_bytes_min;
  std::byte* window = nullptr;
};

enum class Seen : std::uint8_t { record, need_more, end, failed };

class Scan {
 public:
  Scan(const chain::Network& network, const BlockFiles& files, BlockReader& reader,
       std::vector<std::uint64_t>& data_end, std::vector<ScannedBlock>& records)
      : network_(network), files_(files), sizes_(files.sizes), reader_(reader), data_end_(data_end), records_(records) {
    const auto limit = chain::target_of_bits(network.pow_limit_bits);
    SLUICE_CHECK(limit.has_value());
    easiest_target_ = *limit;
  }

  [[nodiscard]] Status run();

 private:
  [[nodiscard]] bool start_next_file(std::uint32_t slot);
  void read_on(std::uint32_t slot);
  [[nodiscard]] bool take_window(std::uint32_t slot, std::uint32_t got);
  [[nodiscard]] Seen look(const Cursor& cursor, std::uint64_t offset, Bytes raw, std::uint64_t& next);
  [[nodiscard]] Seen look_at_header(std::uint32_t file, std::uint64_t offset, Bytes header, std::uint32_t length);
  [[nodiscard]] Seen fail_magic(std::uint32_t file, std::uint64_t offset, Bytes found);
  Seen fail(std::uint32_t file, std::uint64_t offset, ErrorKind kind, const std::string& what);
  void fail(std::uint32_t file, Error error);

  /// Does the start of a record run out into zeros, with nothing wrong before them? A transaction count is never
  /// zero. Under a key zeros on the disk could be by chance, so more of them are wanted.
  [[nodiscard]] bool is_half_written(Bytes raw, Bytes magic) const noexcept {
    if (raw.size() < record_start_bytes || !all_zero(raw.subspan(files_.key.is_none() ? header_end : header_end - 8)))
      return false;
    std::size_t written = raw.size();
    while (written > 0 && raw[written - 1] == std::byte{0}) --written;
    const std::size_t compared = std::min<std::size_t>(written, 4);
    return std::ranges::equal(magic.first(compared), Bytes(network_.disk_magic).first(compared));
  }
  /// May the node still be writing this file?
  [[nodiscard]] bool is_open(std::uint32_t file) const noexcept { return file + open_files_count >= files_.count(); }

  const chain::Network& network_;
  const BlockFiles& files_;
  std::vector<std::uint64_t> sizes_;
  BlockReader& reader_;
  std::vector<std::uint64_t>& data_end_;
  std::vector<ScannedBlock>& records_;
  chain::Uint256 easiest_target_;
  std::vector<Cursor> cursors_;
  std::uint32_t next_file_ = 0;
  std::uint32_t error_file_ = ~std::uint32_t{0};  ///< the error of the lowest file is the one reported
  std::optional<Error> error_;
};

void Scan::fail(std::uint32_t file, Error error) {
  if (error_ && error_file_ <= file) return;
  error_file_ = file;
  error_.emplace(std::move(error));
}

Seen Scan::fail(std::uint32_t file, std::uint64_t offset, ErrorKind kind, const std::string& what) {
  fail(file, Error{kind, files_.path(file) + ", offset " + std::to_string(offset) + ": " + what});
  return Seen::failed;
}

Seen Scan::fail_magic(std::uint32_t file, std::uint64_t offset, Bytes found) {
  const std::string wanted = to_hex(network_.disk_magic);
  std::string owners;  // several networks may share a magic
  for (const chain::Network& other : chain::all_networks()) {
    if (std::ranges::equal(other.disk_magic, found)) owners += (owners.empty() ? "" : " or ") + title(other);
  }
  const std::string magic = to_hex(found);
  if (file != 0 || offset != 0) {
    return fail(file, offset, ErrorKind::corrupt, "bad record: found magic " + magic + ", wanted " + wanted);
  }
  const std::string hint = !owners.empty() || !files_.key.is_none() ? "" : "; is xor.dat missing?";
  return fail(file, offset, ErrorKind::unsupported,
              "belongs to another network: found magic " + magic + ", which is " +
                  (owners.empty() ? "of no network known here" : owners) + " (wanted " + wanted + ", " +
                  title(network_) + ")" + hint);
}

Seen Scan::look_at_header(std::uint32_t file, std::uint64_t offset, Bytes header, std::uint32_t length) {
  const chain::Header decoded = chain::decode_header(header);
  const BlockHash hash = chain::block_hash(network_.coin, header);
  if (file == 0 && offset == record_head_bytes && hash.display() != network_.genesis_hash) {
    if (const chain::Network* owner = genesis_owner(header)) {
      return fail(file, offset, ErrorKind::unsupported,
                  "belongs to another network: the first block is the genesis block of " + title(*owner) + " (wanted " +
                      title(network_) + ")");
    }
  }
  const auto target = chain::target_of_bits(decoded.bits);
  if (!target || *target > easiest_target_) {
    return fail(file, offset, ErrorKind::corrupt,
                "block " + hash.display() + " claims an easier target than the network allows");
  }
  if (!chain::meets_target(hash, decoded.bits)) {
    return fail(file, offset, ErrorKind::corrupt,
                "block " + hash.display() + " lacks the proof of work that its header claims");
  }
  ScannedBlock& record = records_.emplace_back();
  std::memcpy(record.header.data(), header.data(), chain::header_bytes);
  record.hash = hash;
  record.offset = offset;
  record.file_number = file;
  record.size = length;
  return Seen::record;
}

/// One record whose raw bytes from `offset` on are `raw` (perhaps not all of it). `next`: where it ends.
Seen Scan::look(const Cursor& cursor, std::uint64_t offset, Bytes raw, std::uint64_t& next) {
  const std::uint32_t file = cursor.file_number;
  const std::uint64_t left = sizes_[file] - offset;
  if (raw.size() < std::min<std::uint64_t>(left, record_start_bytes)) return Seen::need_more;

  std::array<std::byte, record_start_bytes> start{};
  const std::size_t have = std::min<std::size_t>(raw.size(), record_start_bytes);
  // Space allocated ahead is zero on the disk itself, whatever the key.
  if (have == 0 || all_zero(raw.first(std::min<std::size_t>(have, files_.key.is_none() ? 4 : 8)))) return Seen::end;
  std::memcpy(start.data(), raw.data(), have);
  files_.key.apply(MutableBytes(start).first(have), offset);

  const std::size_t magic_have = std::min<std::size_t>(have, 4);
  const Bytes magic = Bytes(start).first(magic_have);
  if (all_zero(magic)) return Seen::end;
  if (is_open(file) && is_half_written(raw.first(have), magic)) return Seen::end;
  if (!std::ranges::equal(magic, Bytes(network_.disk_magic).first(magic_have))) return fail_magic(file, offset, magic);
  if (have < record_head_bytes) {
    return is_open(file) ? Seen::end : fail(file, offset, ErrorKind::corrupt, "the last record is cut short");
  }

  const auto length = load_le<std::uint32_t>(start.data() + 4);
  if (length <= chain::header_bytes || length > record_bytes_max) {
    return fail(file, offset, ErrorKind::corrupt, "absurd block length " + std::to_string(length));
  }
  next = offset + record_head_bytes + length;
  if (next > sizes_[file]) {
    if (is_open(file)) return Seen::end;
    return fail(file, offset, ErrorKind::corrupt,
                "block length " + std::to_string(length) + " goes past the end of the file (" +
                    std::to_string(sizes_[file]) + " bytes)");
  }
  if (start[header_end] == std::byte{0}) return fail(file, offset, ErrorKind::corrupt, "a block without transactions");
  const Bytes header = Bytes(start).subspan(record_head_bytes, chain::header_bytes);
  return look_at_header(file, offset + record_head_bytes, header, length);
}

/// Walks the records in the window just read. false: the file is done (or failed).
bool Scan::take_window(std::uint32_t slot, std::uint32_t got) {
  Cursor& cursor = cursors_[slot];
  const Bytes window(cursor.window, got);
  const std::uint64_t begin = cursor.offset;
  // Shorter than listed: the node cut off the unused space in the meantime.
  if (got < std::min<std::uint64_t>(cursor.window_bytes, sizes_[cursor.file_number] - begin))
    sizes_[cursor.file_number] = begin + got;
  for (;;) {
    const std::uint64_t at = cursor.offset - begin;
    std::uint64_t next = 0;
    const Bytes rest = at < window.size() ? window.subspan(at) : Bytes{};
    if (rest.empty() && cursor.offset < sizes_[cursor.file_number]) return true;
    switch (look(cursor, cursor.offset, rest, next)) {
      case Seen::record:
        cursor.window_bytes = next - cursor.offset <= small_record_bytes ? window_bytes_max : window_bytes_min;
        cursor.offset = next;
        break;
      case Seen::need_more: return true;
      case Seen::end: data_end_[cursor.file_number] = cursor.offset; return false;
      case Seen::failed: return false;
    }
  }
}

void Scan::read_on(std::uint32_t slot) {
  const Cursor& cursor = cursors_[slot];
  const auto size = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(cursor.window_bytes, sizes_[cursor.file_number] - cursor.offset));
  auto status = reader_.submit(
      {.file_number = cursor.file_number, .offset = cursor.offset, .target = cursor.window, .size = size, .tag = slot});
  if (!status) fail(cursor.file_number, std::move(status).error());
}

/// false: no file is left to begin.
bool Scan::start_next_file(std::uint32_t slot) {
  for (; next_file_ < files_.count() && !error_; ++next_file_) {
    if (data_end_[next_file_] >= sizes_[next_file_]) continue;
    cursors_[slot].file_number = next_file_;
    cursors_[slot].offset = data_end_[next_file_];
    cursors_[slot].window_bytes = window_bytes_min;
    ++next_file_;
    return true;
  }
  return false;
}

Status Scan::run() {
  const std::uint32_t slot_count = std::min({reader_.depth(), cursors_max, std::max(files_.count(), 1u)});
  std::vector<std::byte> windows(std::size_t{slot_count} * window_bytes_max);
  cursors_.resize(slot_count);
  for (std::uint32_t slot = 0; slot < slot_count; ++slot) {
    cursors_[slot].window = windows.data() + std::size_t{slot} * window_bytes_max;
    if (start_next_file(slot)) read_on(slot);
  }
  const std::size_t first_new = records_.size();
  while (reader_.in_flight() > 0) {
    reader_.flush();
    auto done = reader_.wait();
    if (!done) {
      // The reader's error names the file; whose it was does not change what is reported.
      fail(0, std::move(done).error());
      break;
    }
    const auto slot = static_cast<std::uint32_t>(done.value().tag);
    if (take_window(slot, done.value().bytes) ? !(error_ && error_file_ < cursors_[slot].file_number)
                                              : start_next_file(slot))
      read_on(slot);
  }
  reader_.drain();  // `windows` goes away
  if (error_) return std::move(*error_);
  std::sort(records_.begin() + static_cast<std::ptrdiff_t>(first_new), records_.end(),
            [](const ScannedBlock& a, const ScannedBlock& b) {
              return a.file_number != b.file_number ? a.file_number < b.file_number : a.offset < b.offset;
            });
  return {};
}

}  // namespace

Status scan_headers(const chain::Network& network, const BlockFiles& files, BlockReader& reader,
                    std::vector<std::uint64_t>& data_end, std::vector<ScannedBlock>& records) {
  SLUICE_CHECK(data_end.size() == files.count());
  SLUICE_CHECK(reader.in_flight() == 0);
  return Scan(network, files, reader, data_end, records).run();
}

}  // namespace sluice::source
