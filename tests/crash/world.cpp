#include "crash/world.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "devnet/devnet.h"
#include "store/digest.h"

namespace sluice::test {
namespace {

const chain::Network& network() {
  const chain::Network* found = chain::find_network("Radiant", "regtest");
  SLUICE_CHECK(found != nullptr);
  return *found;
}

void write_block_files(const std::filesystem::path& directory, const std::vector<const devnet::DevnetBlock*>& blocks) {
  constexpr std::uint64_t file_bytes = 48 << 10;
  std::filesystem::create_directories(directory);
  std::ofstream file;
  std::uint32_t number = 0;
  std::uint64_t written = file_bytes;
  for (const devnet::DevnetBlock* block : blocks) {
    if (written >= file_bytes) {
      char name[32];
      std::snprintf(name, sizeof name, "blk%05u.dat", number++);
      file.close();
      file.open(directory / name, std::ios::binary);
      written = 0;
    }
    const auto size = static_cast<std::uint32_t>(block->raw.size());
    file.write(reinterpret_cast<const char*>(network().disk_magic.data()), 4);
    file.write(reinterpret_cast<const char*>(&size), 4);
    file.write(reinterpret_cast<const char*>(block->raw.data()), size);
    written += size + 8;
  }
  file.close();
  SLUICE_CHECK(file.good());
}

std::vector<BlockHash> hashes_of(std::vector<const devnet::DevnetBlock*> chain) {
  std::sort(chain.begin(), chain.end(), [](const auto* a, const auto* b) { return a->height < b->height; });
  std::vector<BlockHash> hashes;
  for (const auto* block : chain) hashes.push_back(block->hash);
  return hashes;
}

// Splits the chain into the two file sets, at the fork of its deepest losing branch; false if that leaves
// too few blocks on either side.
bool split_chain(const devnet::DevnetChain& chain, World& world) {
  std::vector<std::vector<const devnet::DevnetBlock*>> branches(1);
  for (const devnet::DevnetBlock& block : chain.blocks) {
    if (block.branch >= branches.size()) branches.resize(block.branch + 1);
    branches[block.branch].push_back(&block);
  }
  if (branches.size() < 2) return false;
  const auto deepest = std::max_element(branches.begin() + 1, branches.end(),
                                        [](const auto& a, const auto& b) { return a.size() < b.size(); });
  std::uint32_t fork = ~std::uint32_t{0};
  for (const auto* block : *deepest) fork = std::min(fork, block->height);
  if (fork <= 2 || fork >= branches[0].size()) return false;
  const auto depth = static_cast<std::uint32_t>(deepest->size());
  const bool goes_far = fork < (fork + depth) / 2;
  if (world.options.leaving != Leaving::by_undo_rows && goes_far != (world.options.leaving == Leaving::rebuilt))
    return false;
  world.fork_blocks = fork;
  world.reorg_limit = world.options.leaving == Leaving::by_undo_rows ? depth + 3 : depth - 1;

  // The node appends what comes later: blocks of the first set keep their places in the second.
  std::vector<const devnet::DevnetBlock*> first;
  std::vector<const devnet::DevnetBlock*> later;
  for (const devnet::DevnetBlock& block : chain.blocks) {
    const bool early = block.branch == 0 ? block.height < fork : &branches[block.branch] == &*deepest;
    (early ? first : later).push_back(&block);
  }
  std::vector<const devnet::DevnetBlock*> all = first;
  all.insert(all.end(), later.begin(), later.end());
  world.first = {(world.directory->path() / "first").string(), hashes_of(first), {}};
  world.second = {(world.directory->path() / "second").string(), hashes_of(branches[0]), {}};
  write_block_files(world.first.directory, first);
  write_block_files(world.second.directory, all);
  return true;
}

void index_uninterrupted(World& world) {
  auto fs = std::make_shared<FaultFs>(empty_disk());
  const auto must = [](const SyncRun& run) {
    if (!run.status) std::fprintf(stderr, "%s\n", run.status.error().message.c_str());
    SLUICE_CHECK(run.status.ok());
  };
  const auto digest = [&] {
    auto look = look_at_index(index_directory, std::make_shared<FaultFs>(fs->disk().settled_copy()));
    SLUICE_CHECK(look.ok());
    return look.value().digest;
  };
  must(sync_index(world, world.first, fs));
  world.first_mutations = fs->mutations();
  world.first.digest = digest();
  world.first_disk = fs->disk().settled_copy();
  const SyncRun second = sync_index(world, world.second, fs);
  must(second);
  SLUICE_CHECK(second.report.disconnected == world.first.hashes.size() - world.fork_blocks);
  SLUICE_CHECK(second.report.rebuilt == (world.options.leaving == Leaving::rebuilt));
  world.second_mutations = fs->mutations() - world.first_mutations;
  const std::string followed = digest();

  fs = std::make_shared<FaultFs>(empty_disk());
  must(sync_index(world, world.second, fs));
  world.second.digest = digest();
  SLUICE_CHECK(world.second.digest == followed);
}

}  // namespace

DiskModel empty_disk() {
  DiskModel disk;
  (void)disk.create("/disk", true);
  return disk.settled_copy();
}

World make_world(const WorldOptions& options) {
  World world;
  world.options = options;
  world.directory = std::make_unique<TempDir>();
  devnet::DevnetOptions chain_options;
  chain_options.coin = "Radiant";
  chain_options.blocks = options.blocks;
  chain_options.txs_per_block = options.txs_per_block;
  chain_options.seed = options.seed;
  chain_options.reorgs = 2;
  chain_options.swap_percent = 40;
  for (bool split = false; !split; chain_options.seed += 1'000'003) {
    const Result<devnet::DevnetChain> chain = devnet::build_devnet(chain_options);
    SLUICE_CHECK(chain.ok());
    split = split_chain(chain.value(), world);
  }
  index_uninterrupted(world);
  return world;
}

pipeline::SyncOptions sync_options(const World& world, const FileSet& set, std::string db_directory,
                                   store::FileSystemPtr fs) {
  pipeline::SyncOptions options;
  options.network = &network();
  options.db_directory = std::move(db_directory);
  options.blocks_directory = set.directory;
  options.way = world.options.way;
  options.form = world.options.form;
  options.memory_budget = 64u << 20;
  options.batch_bytes = 64u << 10;
  options.slots = world.options.slots;
  options.segment_bytes = 1;
  options.merge = pipeline::MergeLimits{.files_max = 60, .files_unasked = 30, .share = 2};
  options.partitions = 16;
  options.batch_blocks = world.options.batch_blocks;
  options.reorg_limit = world.reorg_limit;
  options.swaps = swap::ChangeRules{.history_blocks = 6, .reorg_limit = world.reorg_limit};
  options.store.file_system = std::move(fs);
  options.store.block_cache_bytes = 1u << 20;
  options.store.write_buffer_bytes = 1u << 20;
  return options;
}

SyncRun sync_index(const World& world, const FileSet& set, const std::shared_ptr<FaultFs>& fs) {
  SyncRun run;
  std::unique_ptr<pipeline::Counters> counters;
  run.status = pipeline::run_sync(sync_options(world, set, index_directory, fs), run.report, counters, {});
  run.indexing_began = counters != nullptr;
  run.commits = counters ? counters->segments.load() : 0;
  return run;
}

namespace {

Result<IndexLook> look(const std::string& directory, const store::FileSystemPtr& fs, store::OpenMode mode) {
  store::StoreOptions options;
  options.file_system = fs;
  auto database = store::Database::open(directory, mode, options);
  if (!database) return std::move(database).error();
  auto digests = store::digest_index(*database.value());
  if (!digests) return std::move(digests).error();
  return IndexLook{database.value()->state(), digests.value().all};
}

}  // namespace

Result<IndexLook> look_at_index(const std::string& directory, const store::FileSystemPtr& fs) {
  return look(directory, fs, store::OpenMode::read_write);
}

Result<IndexLook> look_read_only(const std::string& directory, const store::FileSystemPtr& fs) {
  auto found = look(directory, fs, store::OpenMode::read_only);
  if (!found && found.error().kind == ErrorKind::not_found) return IndexLook{};
  return found;
}

std::uint64_t scaled(std::uint64_t count) {
  const char* text = std::getenv("SLUICE_TEST_SCALE");
  const double scale = text != nullptr ? std::strtod(text, nullptr) : 1;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(static_cast<double>(count) * scale)));
}

std::uint64_t first_seed() {
  const char* text = std::getenv("SLUICE_TEST_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 0;
}

}  // namespace sluice::test
