// What the crash tests index: a chain whose last blocks lose against a better branch that comes later. A good part of
// its transactions make and take swap offers; old ones are forgotten on the way.
//
// File set `first` ends on the losing branch, set `second` holds everything. A test syncs the first set,
// then the second, so that it meets plain appending, the disconnecting of blocks (or, with fewer undo rows
// than the branch is deep, an index begun anew) and appending on top of that.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/sync.h"
#include "support/disk_model.h"
#include "support/fault_fs.h"
#include "support/temp_dir.h"

namespace sluice::test {

/// How the index leaves the losing branch.
enum class Leaving : std::uint8_t {
  by_undo_rows,    ///< they reach the fork
  by_block_files,  ///< they do not, so the blocks are read again
  rebuilt,         ///< nor do they here, and most of the chain goes: the index is begun anew
};

struct WorldOptions {
  std::uint64_t seed = 1;
  std::uint32_t blocks = 24;
  std::uint32_t txs_per_block = 8;
  std::uint32_t batch_blocks = 2;  ///< and a commit a batch
  std::uint32_t slots = 1;         ///< one batch at a time: each is a segment, however fast the threads are
  Leaving leaving = Leaving::by_undo_rows;
  pipeline::ResolveWay way = pipeline::ResolveWay::join;
  pipeline::CommitForm form = pipeline::CommitForm::table_files;
};

/// One set of block files and the chain of most work in it.
struct FileSet {
  std::string directory;
  std::vector<BlockHash> hashes;  ///< by height
  std::string digest;             ///< of an index of it
};

struct World {
  WorldOptions options;
  std::unique_ptr<TempDir> directory;
  FileSet first;
  FileSet second;
  std::uint32_t fork_blocks = 0;  ///< blocks that both chains share
  std::uint32_t reorg_limit = 0;
  DiskModel first_disk;                ///< a disk with the finished index of the first set
  std::uint64_t first_mutations = 0;   ///< of an uninterrupted sync of the first set on an empty disk
  std::uint64_t second_mutations = 0;  ///< of the second set on first_disk
};

inline constexpr char index_directory[] = "/disk/index";

/// Makes the block files and the digests of uninterrupted runs. A seed whose chain has no usable fork stands
/// for the next one that has.
[[nodiscard]] World make_world(const WorldOptions& options);
/// A disk with nothing but the directory that shall hold the index.
[[nodiscard]] DiskModel empty_disk();

struct SyncRun {
  Status status;
  pipeline::SyncReport report;
  std::uint32_t commits = 0;
  bool indexing_began = false;  ///< past opening, scanning and following a reorg
};

[[nodiscard]] pipeline::SyncOptions sync_options(const World& world, const FileSet& set, std::string db_directory,
                                                 store::FileSystemPtr fs);
[[nodiscard]] SyncRun sync_index(const World& world, const FileSet& set, const std::shared_ptr<FaultFs>& fs);

struct IndexLook {
  std::optional<store::State> state;
  std::string digest;
};
/// Opens the index as sync does, without any manual step, and reads all of it.
[[nodiscard]] Result<IndexLook> look_at_index(const std::string& directory, const store::FileSystemPtr& fs);
/// The same as serve and verify do, who write nothing; no state if they are told that nothing was committed.
[[nodiscard]] Result<IndexLook> look_read_only(const std::string& directory, const store::FileSystemPtr& fs);

/// The environment's SLUICE_TEST_SCALE times count, at least one; a fraction makes it less.
[[nodiscard]] std::uint64_t scaled(std::uint64_t count);
/// The environment's SLUICE_TEST_SEED, 0 if there is none: what a test draws begins there.
[[nodiscard]] std::uint64_t first_seed();

}  // namespace sluice::test
