#include "verify/context.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.h"

namespace sluice::verify {

std::uint32_t Context::height_of(std::uint64_t tx_number) const noexcept {
  const auto after = std::upper_bound(blocks.begin(), blocks.end(), tx_number,
                                      [](std::uint64_t number, const auto& block) { return number < block.first_tx; });
  return after == blocks.begin() ? 0 : static_cast<std::uint32_t>(after - blocks.begin() - 1);
}

std::uint64_t Context::end_tx_of(std::uint32_t height) const noexcept {
  return height + 1 < blocks.size() ? std::min(blocks[height + 1].first_tx, state.tx_count) : state.tx_count;
}

std::string tx_text(const Context& context, std::uint64_t tx_number) {
  Txid txid;
  if (tx_number >= context.state.tx_count || !context.database.flat().txids.read(tx_number, 1, txid.data())) {
    return fmt::format("transaction {}", tx_number);
  }
  return fmt::format("transaction {} (height {}, {})", tx_number, context.height_of(tx_number), txid.display());
}

std::string output_text(const Context& context, std::uint64_t tx_number, std::uint32_t index) {
  return fmt::format("output {} of {}", index, tx_text(context, tx_number));
}

std::string script_text(std::uint64_t prefix) { return fmt::format("script {:016x}", prefix); }

std::string ref_text(const std::byte* ref) {
  return fmt::format("{}:{}", Txid::from_bytes(ref).display(), load_le<std::uint32_t>(ref + 32));
}

std::string value_text(std::uint64_t bits) {
  return fmt::format("value {}{}", bits >> 1, (bits & 1) != 0 ? " with refs" : "");
}

const std::byte* FlatWindow::at(std::uint64_t record) {
  constexpr std::size_t window_bytes = 1u << 18;
  if (failed_) return nullptr;
  if (record < first_ || record >= first_ + count_) {
    count_ = std::min<std::uint64_t>(window_bytes / record_bytes_, file_.records() - record);
    first_ = record;
    buffer_.resize(count_ * record_bytes_);
    if (Status status = file_.read(first_, count_, buffer_.data()); !status) {
      failed_ = true;
      context_.findings.add(status.error().message);
      return nullptr;
    }
  }
  return buffer_.data() + (record - first_) * record_bytes_;
}

PrefixRange share_of_prefixes(std::uint32_t pass, std::uint32_t passes) noexcept {
  const auto begin_of = [passes](std::uint32_t share) {
    return static_cast<std::uint64_t>((static_cast<Wide>(share) << 64) / passes);
  };
  return {begin_of(pass), pass + 1 == passes ? ~std::uint64_t{0} : begin_of(pass + 1) - 1};
}

PrefixShares balanced_shares(const PrefixHistogram& histogram, std::uint32_t passes) {
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram.counts) total += count;
  const std::uint64_t aim = total / passes + 1;
  PrefixShares shares;
  PrefixRange range;
  std::uint64_t entries = 0;
  for (std::uint64_t part = 0; part < histogram.counts.size(); ++part) {
    const std::uint64_t begin = part << (64 - PrefixHistogram::bits);
    if (entries > 0 && entries + histogram.counts[part] > aim && shares.ranges.size() + 1 < passes) {
      range.last = begin - 1;
      shares.ranges.push_back(range);
      shares.entries_max = std::max(shares.entries_max, entries);
      range.first = begin;
      entries = 0;
    }
    entries += histogram.counts[part];
  }
  range.last = ~std::uint64_t{0};
  shares.ranges.push_back(range);
  shares.entries_max = std::max(shares.entries_max, entries);
  return shares;
}

std::uint32_t passes_for(const VerifyOptions& options, std::uint64_t bytes) noexcept {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20;
  constexpr std::uint64_t others = 48 * mib;  // program, RocksDB, batches of blocks
  constexpr std::uint64_t least = 8 * mib;
  const std::uint64_t room = options.memory_budget > others + least ? options.memory_budget - others : least;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>((bytes + room - 1) / room, 1, 1u << 16));
}

}  // namespace sluice::verify
