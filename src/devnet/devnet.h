// A deterministic little chain in the node's own block-file format: demo, tests, benchmarks.
//
// The generator is the oracle of the pipeline, so it shares nothing with it but src/base: its own
// serialiser, its own hashing (OpenSSL), its own coin constants. It never parses; it only writes,
// and knows every script because it made it.
//
// Shape of a run: one State (spendable outputs, random numbers, totals) is carried from block to
// block. At a fork the state is copied, the losing branch is built from it, then the copy is put
// back, so that both branches are valid on the same past and share some transactions.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "devnet/options.h"

namespace sluice::devnet {

struct DevnetBlock {
  std::uint32_t height = 0;
  std::uint32_t branch = 0;  ///< 0: active chain; n: the n-th losing branch
  BlockHash hash;
  std::vector<std::byte> raw;  ///< header, count, transactions
};

/// Takes blocks in the order of their records in the files. A bad status ends the run.
using BlockSink = std::function<Status(DevnetBlock&&)>;

/// Makes the chain and hands block after block to sink, the genesis block first.
/// Errors: config for options that cannot be met; whatever sink returns.
/// Cost:   about 6 s and 210 MB for 1.7 million transactions: hashing, random bytes, history counts.
Result<DevnetReport> generate_devnet(const DevnetOptions& options, const BlockSink& sink,
                                     const ProgressCallback& progress = {});

/// The chain in memory, in record order.
struct DevnetChain {
  std::vector<DevnetBlock> blocks;
  DevnetReport report;

  /// The active chain in height order.
  [[nodiscard]] std::vector<const DevnetBlock*> active() const;
};
Result<DevnetChain> build_devnet(const DevnetOptions& options);

/// Writes blkNNNNN.dat (and xor.dat) into options.directory, which is made if missing.
/// Errors: config if the directory already holds block files; io.
Result<DevnetReport> write_devnet(const DevnetOptions& options, const ProgressCallback& progress = {});

/// The report as lines of `name value`, for people.
[[nodiscard]] std::string describe(const DevnetReport& report);

}  // namespace sluice::devnet
