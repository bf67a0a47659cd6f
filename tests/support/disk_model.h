// A disk in memory that knows what a power cut may leave of it.
//
// Every file and directory is kept twice: as programs see it now, and as the last fsync left it; in
// between stand the single changes since. A crash image is built by choosing among these changes:
//
//   file       per 512-byte sector any of its versions since the last sync, and any of the sizes the file
//              had since then; so writes are dropped, torn, reordered, or leave zeros
//   directory  each create, link, rename and delete since the directory's last fsync is kept or dropped on
//              its own; a rename's old name goes only if its new name came
//
// What was synced stays: a file's bytes by syncing the file, its name by syncing the directory it is in.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace sluice::test {

inline constexpr std::size_t sector_bytes = 512;

struct DiskNode;
using NodePtr = std::shared_ptr<DiskNode>;

/// One write or truncation of a file since its last sync.
struct FileChange {
  std::uint64_t offset = 0;
  std::string data;  ///< empty for a truncation
  std::uint64_t size_after = 0;
};

/// One change of a directory since its last sync.
struct EntryChange {
  DiskNode* directory = nullptr;
  std::string name;
  NodePtr target;                      ///< null: the name is removed
  std::shared_ptr<EntryChange> needs;  ///< of a rename: the new name, without which the old one stays
  bool settled = false;
  int kept = -1;  ///< while a crash image is built: 1 kept, 0 dropped, -1 not yet drawn
};

struct DiskNode {
  bool is_directory = false;

  std::string content;  ///< file: as it is read now
  std::string durable;  ///< file: as of the last sync
  std::vector<FileChange> unsynced;

  std::map<std::string, NodePtr> entries;          ///< directory: as it is listed now
  std::map<std::string, NodePtr> durable_entries;  ///< directory: as of the last sync
  std::vector<std::shared_ptr<EntryChange>> pending;
};

/// Not thread-safe: its user holds a lock.
class DiskModel {
 public:
  DiskModel();

  /// nullptr if there is no such file or directory.
  [[nodiscard]] NodePtr find(std::string_view path) const;

  /// Makes an empty file or directory, in the place of what had that name. nullptr if the parent is missing.
  NodePtr create(std::string_view path, bool directory);
  bool remove(std::string_view path);
  bool rename(std::string_view source, std::string_view target);
  bool link(std::string_view source, std::string_view target);

  static void write(DiskNode& file, std::uint64_t offset, std::string_view data);
  static void truncate(DiskNode& file, std::uint64_t size);
  static void sync_file(DiskNode& file);
  static void sync_directory(DiskNode& directory);

  /// The disk as the machine may find it after the power came back. Same seed and changes, same image.
  [[nodiscard]] DiskModel crash_image(std::uint64_t seed) const;
  /// The disk as it is now, everything durable.
  [[nodiscard]] DiskModel settled_copy() const;

 private:
  struct Place {
    NodePtr directory;
    std::string name;
  };
  [[nodiscard]] Place place_of(std::string_view path) const;
  static std::shared_ptr<EntryChange> change_entry(const Place& place, NodePtr target,
                                                   std::shared_ptr<EntryChange> needs);

  NodePtr root_;
};

/// Links of a file below a node, as they are now.
[[nodiscard]] std::uint64_t count_links(const DiskNode& directory, const DiskNode* file);

}  // namespace sluice::test
