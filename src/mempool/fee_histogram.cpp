#include "mempool/fee_histogram.h"

#include <algorithm>
#include <optional>

#include "base/check.h"

namespace sluice::mempool {
namespace {

using serve::FeeBin;

constexpr double first_bin_bytes = 30'000;
constexpr double bin_growth = 1.1;

auto place_of(std::vector<FeeBin>& rates, std::uint64_t rate_tenths) {
  return std::ranges::lower_bound(rates, rate_tenths, std::greater<>{}, &FeeBin::rate_tenths);
}

}  // namespace

std::vector<FeeHistogram::Block>::iterator FeeHistogram::block_of(std::uint64_t rate_tenths) {
  const auto found = std::ranges::partition_point(
      blocks_, [&](const Block& block) { return block.rates.back().rate_tenths > rate_tenths; });
  return found == blocks_.end() ? found - 1 : found;
}

void FeeHistogram::add(std::uint64_t rate_tenths, std::uint64_t size) {
  if (blocks_.empty()) blocks_.push_back({{{rate_tenths, 0}}, 0, 0});
  const auto block = block_of(rate_tenths);
  auto at = place_of(block->rates, rate_tenths);
  if (at == block->rates.end() || at->rate_tenths != rate_tenths) at = block->rates.insert(at, {rate_tenths, 0});
  at->size += size;
  block->size_sum += size;
  block->size_max = std::max(block->size_max, at->size);
  if (block->rates.size() <= block_rates_max) return;
  Block upper;
  const auto half = block->rates.begin() + block_rates_max / 2;
  upper.rates.assign(block->rates.begin(), half);
  for (const FeeBin& bin : upper.rates) upper.size_sum += bin.size;
  upper.size_max = block->size_max;
  block->rates.erase(block->rates.begin(), half);
  block->size_sum -= upper.size_sum;
  blocks_.insert(block, std::move(upper));
}

void FeeHistogram::remove(std::uint64_t rate_tenths, std::uint64_t size) {
  SLUICE_CHECK(!blocks_.empty());
  const auto block = block_of(rate_tenths);
  const auto at = place_of(block->rates, rate_tenths);
  SLUICE_CHECK(at != block->rates.end() && at->rate_tenths == rate_tenths && at->size >= size);
  at->size -= size;
  block->size_sum -= size;
  if (at->size != 0) return;
  block->rates.erase(at);
  if (block->rates.empty()) blocks_.erase(block);
}

std::vector<FeeBin> FeeHistogram::compact() const {
  std::vector<FeeBin> bins;
  double bin_bytes = first_bin_bytes;
  std::uint64_t gathered = 0;
  std::optional<std::uint64_t> rate_before;
  const auto emit = [&](std::uint64_t rate_tenths) {
    bins.push_back({rate_tenths, gathered});
    gathered = 0;
    bin_bytes *= bin_growth;
  };
  for (const Block& block : blocks_) {
    const bool ends_no_bin = static_cast<double>(block.size_max) <= 2 * bin_bytes &&
                             static_cast<double>(gathered + block.size_sum) <= bin_bytes;
    if (ends_no_bin) {
      gathered += block.size_sum;
      rate_before = block.rates.back().rate_tenths;
      continue;
    }
    for (const FeeBin& rate : block.rates) {
      // A rate with much at once starts a bin of its own.
      if (static_cast<double>(rate.size) > 2 * bin_bytes && rate_before && gathered > 0) emit(*rate_before);
      gathered += rate.size;
      if (static_cast<double>(gathered) > bin_bytes) emit(rate.rate_tenths);
      rate_before = rate.rate_tenths;
    }
  }
  return bins;
}

}  // namespace sluice::mempool
