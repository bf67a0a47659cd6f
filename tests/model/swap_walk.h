// A way through the blocks of a devnet chain and its losing branches: up along one branch, down, up along another; and
// the naive swap index at each height of the way.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "byte_text.h"
#include "naive_swaps.h"
#include "support/devnet_chain.h"

namespace sluice::model {

class BranchWalk {
 public:
  /// A market's chain with branches, drawn from the seed.
  BranchWalk(std::uint64_t seed, Random& random, std::uint32_t swap_percent) : random_(random) {
    options_.seed = seed;
    options_.blocks = 20 + static_cast<std::uint32_t>(random.below(30));
    options_.txs_per_block = 3 + static_cast<std::uint32_t>(random.below(10));
    options_.reorgs = 4;
    options_.swap_percent = swap_percent;
    chain_ = test::make_chain(options_);
    for (const devnet::DevnetBlock& block : chain_.blocks) {
      if (block.height > 0) children_[text_of(block.raw).substr(4, 32)].push_back(&block);
    }
  }

  /// From the genesis block on, and from now on.
  void use(const NaiveSwapRules& rules) {
    rules_ = rules;
    naive_.clear();
    for (const devnet::DevnetBlock* block : path_) tell(text_of(block->raw));
  }

  /// Takes a few blocks off, at most so many; the genesis block stays. Returns how many.
  std::uint32_t go_down(std::uint32_t most) {
    most = std::min<std::uint32_t>(most, path_.empty() ? 0 : static_cast<std::uint32_t>(path_.size()) - 1);
    if (most == 0) return 0;
    const std::uint32_t down =
        1 + static_cast<std::uint32_t>(random_.below(random_.below(2) == 0 ? std::min(most, 4U) : most));
    path_.resize(path_.size() - down);
    naive_.resize(naive_.size() - down);
    return down;
  }

  /// Puts a few blocks on: their bytes, which may be none.
  std::vector<std::string> go_up() {
    constexpr std::uint64_t most[] = {1, 1, 3, 60};
    const std::uint64_t count = 1 + random_.below(most[random_.below(4)]);
    std::vector<std::string> added;
    while (added.size() < count) {
      const devnet::DevnetBlock* next = choose_next();
      if (next == nullptr) break;
      path_.push_back(next);
      added.push_back(text_of(next->raw));
      tell(added.back());
    }
    return added;
  }

  /// At the tip. Bounds: there is one.
  [[nodiscard]] const NaiveSwaps& naive() const { return naive_.back(); }
  [[nodiscard]] const std::vector<const devnet::DevnetBlock*>& path() const { return path_; }
  /// Of all branches, in record order.
  [[nodiscard]] const std::vector<devnet::DevnetBlock>& blocks() const { return chain_.blocks; }
  /// Tx number of a block's coinbase.
  [[nodiscard]] NaiveIndex::TxNumber first_tx(std::uint32_t height) const { return naive_[height - 1].tx_count(); }

 private:
  void tell(const std::string& block) {
    naive_.push_back(naive_.empty() ? NaiveSwaps(rules_) : naive_.back());
    naive_.back().add_block(block);
  }

  const devnet::DevnetBlock* choose_next() {
    if (path_.empty()) {
      for (const devnet::DevnetBlock& block : chain_.blocks)
        if (block.height == 0) return &block;
    }
    const auto found = children_.find(text_of(path_.back()->hash.span()));
    if (found == children_.end()) return nullptr;
    return found->second[static_cast<std::size_t>(random_.below(found->second.size()))];
  }

  Random& random_;
  NaiveSwapRules rules_;
  devnet::DevnetOptions options_;
  devnet::DevnetChain chain_;
  std::map<std::string, std::vector<const devnet::DevnetBlock*>> children_;  // by the hash of their parent
  std::vector<const devnet::DevnetBlock*> path_;                             // [height]
  std::vector<NaiveSwaps> naive_;                                            // [height]
};

}  // namespace sluice::model
