#include "devnet/devnet.h"

#include <algorithm>
#include <limits>

#include "devnet/block_maker.h"
#include "devnet/coins.h"

namespace sluice::devnet {
namespace {

struct Fork {
  std::uint32_t height = 0;  ///< last common block
  std::uint32_t depth = 0;   ///< blocks of the losing branch
  std::uint32_t branch = 0;
  bool late = false;  ///< its blocks arrive after the winning ones
};

// Every losing branch is shorter than what follows the fork, so that most work decides.
std::vector<Fork> plan_forks(const DevnetOptions& options) {
  std::vector<Fork> forks;
  Random random(options.seed ^ 0x666f726b);
  if (options.blocks < 3) return forks;
  for (std::uint32_t i = 0; i < options.reorgs; ++i) {
    Fork fork;
    const std::uint32_t room = options.blocks - 2;  // fork height 1 and one winning block more
    const std::uint64_t deepest = std::min<std::uint64_t>(random.below(4) == 0 ? 12 : 4, room);
    fork.depth = 1 + static_cast<std::uint32_t>(random.below(deepest));
    fork.height = 1 + static_cast<std::uint32_t>(random.below(options.blocks - 1 - fork.depth));
    fork.branch = i + 1;
    fork.late = random.below(3) == 0;
    forks.push_back(fork);
  }
  return forks;
}

// Holds records back for a while, so that they leave in an order near that of height, as blocks
// arrive from several peers.
class Shuffler {
 public:
  Shuffler(const DevnetOptions& options, const BlockSink& sink)
      : window_(options.out_of_order), random_(options.seed ^ 0x6f72646572), sink_(sink) {}

  Status push(DevnetBlock&& block) {
    held_.push_back(std::move(block));
    return held_.size() > window_ ? pop() : Status{};
  }
  Status flush() {
    while (!held_.empty()) {
      if (Status status = pop(); !status.ok()) return status;
    }
    return {};
  }

 private:
  Status pop() {
    const std::size_t index = random_.below(4) == 0 ? static_cast<std::size_t>(random_.below(held_.size())) : 0;
    DevnetBlock block = std::move(held_[index]);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
    return sink_(std::move(block));
  }

  std::size_t window_;
  Random random_;
  const BlockSink& sink_;
  std::vector<DevnetBlock> held_;
};

class Generator {
 public:
  Generator(const DevnetOptions& options, const CoinParams& coin, const BlockSink& sink)
      : options_(options),
        maker_(options, coin),
        shuffler_(options, sink),
        sink_(sink),
        state_(options.seed),
        forks_(plan_forks(options)) {}

  Result<DevnetReport> run(const ProgressCallback& progress) {
    DevnetBlock genesis = maker_.genesis();
    Digest tip = hash_cast<Digest>(genesis.hash);
    bytes_ += genesis.raw.size();
    if (Status status = sink_(std::move(genesis)); !status.ok()) return status.error();
    for (std::uint32_t height = 1; height <= options_.blocks; ++height) {
      DevnetBlock block = maker_.make(state_, {height, 0, tip, false});
      tip = hash_cast<Digest>(block.hash);
      if (Status status = emit(std::move(block)); !status.ok()) return status.error();
      if (Status status = emit_late(height); !status.ok()) return status.error();
      for (const Fork& fork : forks_) {
        if (fork.height != height) continue;
        if (Status status = make_branch(fork, tip); !status.ok()) return status.error();
      }
      if (progress) progress(height, options_.blocks);
    }
    if (Status status = shuffler_.flush(); !status.ok()) return status.error();
    DevnetReport report = state_.totals;
    maker_.histories().finish(report);
    report.tip_height = options_.blocks;
    report.tip_hash = hash_cast<BlockHash>(tip);
    report.bytes = bytes_;
    report.stale_blocks = stale_blocks_;
    return report;
  }

 private:
  Status emit(DevnetBlock&& block) {
    bytes_ += block.raw.size();
    return shuffler_.push(std::move(block));
  }

  Status make_branch(const Fork& fork, Digest previous) {
    const State before = state_;
    for (std::uint32_t i = 1; i <= fork.depth; ++i) {
      DevnetBlock block = maker_.make(state_, {fork.height + i, fork.branch, previous, i == 1});
      previous = hash_cast<Digest>(block.hash);
      ++stale_blocks_;
      if (fork.late) {
        late_.push_back(std::move(block));
      } else if (Status status = emit(std::move(block)); !status.ok()) {
        return status;
      }
    }
    state_ = before;
    return {};
  }

  // A late branch block arrives after the winning block of its height.
  Status emit_late(std::uint32_t height) {
    for (DevnetBlock& block : late_) {
      if (block.height != height) continue;
      if (Status status = emit(std::move(block)); !status.ok()) return status;
    }
    std::erase_if(late_, [&](const DevnetBlock& block) { return block.height == height; });
    return {};
  }

  const DevnetOptions& options_;
  BlockMaker maker_;
  Shuffler shuffler_;
  const BlockSink& sink_;
  State state_;
  std::vector<Fork> forks_;
  std::vector<DevnetBlock> late_;
  std::uint64_t bytes_ = 0;
  std::uint64_t stale_blocks_ = 0;
};

Status check_options(const DevnetOptions& options, const CoinParams* coin) {
  const auto refuse = [](std::string message) { return Error{ErrorKind::config, "devnet: " + std::move(message)}; };
  if (coin == nullptr) {
    return refuse("coin " + options.coin + " net " + options.net +
                  ": only regtest of Radiant, Bitcoin and BitcoinCash");
  }
  if (options.blocks == 0 || options.blocks > 1'000'000) return refuse("blocks must be 1 to 1000000");
  if (options.txs_per_block > 100'000) return refuse("txs-per-block must be at most 100000");
  if (options.swap_percent > 100) return refuse("swap-percent must be at most 100");
  if (options.reorgs > 10'000) return refuse("reorgs must be at most 10000");
  if (options.reorgs > 0 && options.blocks < 3) return refuse("reorgs need at least 3 blocks");
  if (options.out_of_order > 1024) return refuse("out-of-order must be at most 1024");
  if (options.xor_key && coin->kind != CoinKind::bitcoin)
    return refuse("xor-key: only Bitcoin's node obscures its files");
  if (options.duplicate_coinbase && coin->kind != CoinKind::bitcoin)
    return refuse("duplicate-coinbase: only on Bitcoin");
  return {};
}

}  // namespace

const char* tx_kind_name(TxKind kind) noexcept {
  constexpr const char* names[] = {"pay_one_two", "pay_two_two", "pay_one_one", "pay_many", "consolidation",
                                   "fan_out",     "data",        "token",       "swap",     "coinbase"};
  static_assert(std::size(names) == tx_kind_count);
  return names[static_cast<std::size_t>(kind)];
}

Result<DevnetReport> generate_devnet(const DevnetOptions& options, const BlockSink& sink,
                                     const ProgressCallback& progress) {
  const CoinParams* coin = find_coin(options.coin, options.net);
  if (Status status = check_options(options, coin); !status.ok()) return status.error();
  return Generator(options, *coin, sink).run(progress);
}

std::vector<const DevnetBlock*> DevnetChain::active() const {
  std::vector<const DevnetBlock*> chain;
  for (const DevnetBlock& block : blocks) {
    if (block.branch == 0) chain.push_back(&block);
  }
  std::sort(chain.begin(), chain.end(),
            [](const auto* left, const auto* right) { return left->height < right->height; });
  return chain;
}

Result<DevnetChain> build_devnet(const DevnetOptions& options) {
  DevnetChain chain;
  const BlockSink keep = [&](DevnetBlock&& block) {
    chain.blocks.push_back(std::move(block));
    return Status{};
  };
  Result<DevnetReport> report = generate_devnet(options, keep);
  if (!report.ok()) return report.error();
  chain.report = std::move(report).value();
  return chain;
}

std::string describe(const DevnetReport& report) {
  std::string text;
  const auto line = [&](const std::string& name, std::uint64_t value) {
    text += name + " " + std::to_string(value) + "\n";
  };
  line("tip_height", report.tip_height);
  text += "tip_hash " + report.tip_hash.display() + "\n";
  line("stale_blocks", report.stale_blocks), line("txs", report.txs), line("inputs", report.inputs);
  line("outputs", report.outputs), line("unspent", report.unspent), line("unindexed", report.unindexed);
  line("bytes", report.bytes), line("files", report.files), line("version_three", report.version_three);
  line("offers", report.offers), line("offers_malformed", report.offers_malformed);
  line("refs_minted", report.refs_minted), line("child_first", report.child_first);
  line("scripthashes", report.scripthashes), line("history_entries", report.history_entries);
  line("unspent_max", report.unspent_max);
  text += "histories_max";
  for (const std::uint32_t length : report.histories_max) text += " " + std::to_string(length);
  text += "\n";
  for (std::size_t i = 0; i < tx_kind_count; ++i) {
    line(std::string("kind_") + tx_kind_name(static_cast<TxKind>(i)), report.by_kind[i]);
  }
  return text;
}

}  // namespace sluice::devnet
