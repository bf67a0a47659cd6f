// Builds or extends an index from block files: `sluice sync`.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "chain/coin.h"
#include "pipeline/counters.h"
#include "pipeline/merge_limits.h"
#include "pipeline/segment.h"
#include "pipeline/swap_index.h"
#include "source/block_map.h"
#include "store/database.h"
#include "swap/order_changes.h"

namespace sluice::pipeline {

struct SyncOptions {
  const chain::Network* network = nullptr;
  std::string db_directory;
  std::string blocks_directory;
  bool parity = false;
  ResolveWay way = ResolveWay::automatic;
  CommitForm form = CommitForm::table_files;
  std::uint32_t threads = 2;
  std::uint64_t memory_budget = std::uint64_t{1} << 30;
  std::uint64_t batch_bytes = 0;    ///< 0: chosen by the memory plan
  std::uint32_t slots = 0;          ///< 0: chosen by the memory plan
  std::uint64_t segment_bytes = 0;  ///< 0: chosen by the memory plan; less makes more checkpoints
  std::uint64_t partitions = 0;     ///< 0: chosen by the memory plan
  std::uint32_t batch_blocks = 4096;
  std::uint32_t parse_threads = 0;     ///< 0: as many as threads
  std::uint32_t classify_threads = 0;  ///< 0: as many as threads
  std::uint32_t read_bytes = 1u << 20;
  std::uint32_t reads_in_flight = 16;
  std::uint32_t reorg_limit = 100;  ///< blocks of undo rows kept: a shortcut for reorgs, not a limit to them
  std::optional<std::uint32_t> stop_height;
  /// How swap rows are kept; nullopt: none are made. Bounds: Radiant.
  std::optional<swap::ChangeRules> swaps;
  /// Nothing is indexed but what swaps need. Bounds: swaps are kept.
  bool swap_only = false;
  std::optional<MergeLimits> merge;  ///< instead of what the memory plan and merge_at_end say
  store::StoreOptions store;
  const std::atomic<bool>* stop = nullptr;
  SwapFigures* swap_figures = nullptr;  ///< where swaps are counted; null: nobody wants to know
  SwapProgress swap_progress;           ///< of swap rows that are brought to the index's height first; may be empty
};

/// What a sync did; filled as far as it came, also when it ends with an error.
struct SyncReport {
  std::uint32_t first_height = 0;  ///< first block indexed by this run
  std::uint32_t block_count = 0;   ///< of the index afterwards
  std::uint64_t tx_count = 0;      ///< of the index afterwards
  std::uint32_t disconnected = 0;  ///< blocks undone because of a reorg
  bool rebuilt = false;            ///< a reorg of most of the chain: the index was begun anew
  std::uint32_t chain_blocks = 0;  ///< of the best chain in the files
  std::uint64_t chain_bytes = 0;
  std::uint32_t stale_blocks = 0;
  std::uint32_t unlinked_blocks = 0;
  std::string unlinked_text;                ///< one line about the first of them
  std::uint32_t swap_blocks_caught_up = 0;  ///< blocks read once more for the swap rows alone
  std::string io_name;
  std::string io_note;
  double scan_seconds = 0;
  double index_seconds = 0;
  double compact_seconds = 0;
  ResolveWay way = ResolveWay::automatic;  ///< the one chosen, once indexing has begun
  std::uint64_t batch_bytes = 0;
  std::uint32_t slots = 0;
  std::uint64_t partition_count = 0;
  /// Prefixes of the scripthashes whose history grew, some of them repeatedly; with CommitForm::rows only.
  std::vector<std::uint64_t> touched;
  std::vector<std::pair<std::string, std::uint64_t>> index_bytes;  ///< by table and flat file
};

/// Progress callback: called a few times a second from run_sync's own thread.
using ProgressHook = std::function<void(const Counters& counters, const SyncReport& report)>;

/// Errors: config (the index in the directory is of another coin or with other settings), corrupt, io,
/// limit, stopped. What was committed before stays, and a later run goes on from there.
Status run_sync(const SyncOptions& options, SyncReport& report, std::unique_ptr<Counters>& counters,
                const ProgressHook& progress);

}  // namespace sluice::pipeline
