#include "source/block_map.h"

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "chain/best_chain.h"
#include "source/block_reader.h"
#include "source/header_scan.h"

namespace sluice::source {
namespace {

BlockHash genesis_of(const chain::Network& network) {
  const auto hash = BlockHash::from_display(network.genesis_hash);
  SLUICE_CHECK(hash.has_value());
  return *hash;
}

BlockHash previous_of(const ScannedBlock& block) { return chain::decode_header(block.header).previous; }

/// The genesis block is in none of the records: says why, as far as that can be known.
Error no_genesis(const BlockMap& map) {
  const std::string wanted = std::string(map.network->coin_name) + " " + std::string(map.network->name);
  if (map.scanned.empty()) {
    return Error{
        ErrorKind::not_found,
        map.files.directory + ": the block files hold no block yet (wanted the genesis block of " + wanted + ")"};
  }
  const ScannedBlock& first = map.scanned.front();
  const std::string where = map.files.path(first.file_number) + ", offset " + std::to_string(first.offset);
  return Error{ErrorKind::unsupported,
               where + ": the first block is " + first.hash.display() + ", and the genesis block of " + wanted +
                   " is in none of the files: the node is pruned, or the files are of another network"};
}

/// The first unlinked block whose parent is really absent (the others' parents are unlinked themselves).
std::optional<UnlinkedBlock> first_orphan(const std::vector<ScannedBlock>& scanned,
                                          const std::vector<std::uint32_t>& unlinked) {
  std::vector<BlockHash> hashes;
  hashes.reserve(unlinked.size());
  for (const std::uint32_t i : unlinked) hashes.push_back(scanned[i].hash);
  std::sort(hashes.begin(), hashes.end());
  for (const std::uint32_t i : unlinked) {
    const ScannedBlock& block = scanned[i];
    const BlockHash parent = previous_of(block);
    if (std::binary_search(hashes.begin(), hashes.end(), parent)) continue;
    return UnlinkedBlock{
        .hash = block.hash, .missing_parent = parent, .file_number = block.file_number, .offset = block.offset};
  }
  return std::nullopt;
}

/// Chooses the best chain among map.scanned. Errors: see no_genesis(); the map's choice is then unchanged.
Status choose_chain(BlockMap& map) {
  chain::BestChain chosen;
  {
    std::vector<chain::HeaderRecord> headers;
    headers.reserve(map.scanned.size());
    for (const ScannedBlock& block : map.scanned) {
      const chain::Header header = chain::decode_header(block.header);
      headers.push_back({.hash = block.hash, .previous = header.previous, .bits = header.bits});
    }
    chosen = chain::find_best_chain(headers, genesis_of(*map.network));
  }
  if (chosen.by_height.empty()) return no_genesis(map);
  map.best = std::move(chosen.by_height);
  map.stale_count = static_cast<std::uint32_t>(chosen.stale.size());
  map.duplicate_count = static_cast<std::uint32_t>(chosen.duplicates.size());
  map.unlinked_count = static_cast<std::uint32_t>(chosen.unlinked.size());
  map.first_unlinked = first_orphan(map.scanned, chosen.unlinked);
  map.best_bytes = 0;
  for (const std::uint32_t i : map.best) map.best_bytes += map.scanned[i].size;
  return {};
}

/// If each new record extends the tip by one, takes them in at once. Nothing else can then change: the
/// tip of most work got more, and no unlinked block was waiting for one of these.
bool extend_tip(BlockMap& map, std::size_t first_new) {
  if (map.unlinked_count > 0 || map.best.empty()) return false;
  BlockHash tip = map.tip().hash;
  for (std::size_t i = first_new; i < map.scanned.size(); ++i) {
    if (previous_of(map.scanned[i]) != tip) return false;
    tip = map.scanned[i].hash;
  }
  for (std::size_t i = first_new; i < map.scanned.size(); ++i) {
    map.best.push_back(static_cast<std::uint32_t>(i));
    map.best_bytes += map.scanned[i].size;
  }
  return true;
}

}  // namespace

BlockMap map_of(const chain::Network& network, BlockFiles files, std::uint32_t first_height,
                std::vector<ScannedBlock> blocks) {
  BlockMap map;
  map.network = &network;
  map.files = std::move(files);
  map.first_height = first_height;
  map.scanned = std::move(blocks);
  map.best.resize(map.scanned.size());
  std::iota(map.best.begin(), map.best.end(), 0);
  for (const ScannedBlock& block : map.scanned) map.best_bytes += block.size;
  return map;
}

Result<BlockMap> scan_blocks(const chain::Network& network, BlockReader& reader) {
  auto files = list_block_files(reader.directory());
  if (!files) return std::move(files).error();
  BlockMap map;
  map.network = &network;
  map.files = std::move(files).value();
  map.data_end.assign(map.files.count(), 0);
  if (auto status = scan_headers(network, map.files, reader, map.data_end, map.scanned); !status)
    return std::move(status).error();
  if (auto status = choose_chain(map); !status) return std::move(status).error();
  return map;
}

Result<RescanResult> rescan(BlockMap& map, BlockReader& reader) {
  auto listed = list_block_files(reader.directory());
  if (!listed) return std::move(listed).error();
  BlockFiles files = std::move(listed).value();
  if (auto status = check_grown(map.files, map.data_end, files); !status) return std::move(status).error();

  const std::size_t first_new = map.scanned.size();
  std::vector<std::uint64_t> data_end = map.data_end;
  data_end.resize(files.count(), 0);
  if (auto status = scan_headers(*map.network, files, reader, data_end, map.scanned); !status) {
    map.scanned.resize(first_new);
    return std::move(status).error();
  }
  RescanResult result{.added_count = static_cast<std::uint32_t>(map.scanned.size() - first_new),
                      .kept_heights = map.height_count()};
  if (result.added_count > 0 && !extend_tip(map, first_new)) {
    const std::vector<std::uint32_t> before = map.best;
    if (auto status = choose_chain(map); !status) {
      map.scanned.resize(first_new);
      return std::move(status).error();
    }
    const auto [old_end, new_end] = std::mismatch(before.begin(), before.end(), map.best.begin(), map.best.end());
    (void)new_end;
    result.kept_heights = static_cast<std::uint32_t>(old_end - before.begin());
  }
  map.files = std::move(files);
  map.data_end = std::move(data_end);
  return result;
}

}  // namespace sluice::source
