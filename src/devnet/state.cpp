#include "devnet/state.h"

#include <algorithm>

#include "base/check.h"

namespace sluice::devnet {

std::size_t Pool::pick(Random& random) const {
  SLUICE_CHECK(!outputs_.empty());
  const std::size_t count = outputs_.size();
  const std::uint64_t age = random.below(100);
  const std::size_t reach = age < 12   ? std::min<std::size_t>(count, 64)
                            : age < 50 ? std::min<std::size_t>(count, 20'000)
                                       : count;
  return count - 1 - static_cast<std::size_t>(random.below(reach));
}

LiveOutput Pool::take(Random& random) {
  const std::size_t index = pick(random);
  const LiveOutput output = outputs_[index];
  outputs_[index] = outputs_.back();
  outputs_.pop_back();
  return output;
}

std::optional<LiveOutput> Pool::take(const Ref& outpoint) {
  for (std::size_t index = outputs_.size(); index-- > 0;) {
    const LiveOutput output = outputs_[index];
    if (std::memcmp(output.txid.data(), outpoint.data(), 32) != 0 ||
        output.index != load_le<std::uint32_t>(outpoint.data() + 32))
      continue;
    outputs_[index] = outputs_.back();
    outputs_.pop_back();
    return output;
  }
  return std::nullopt;
}

const LiveOutput& Pool::peek(Random& random) const { return outputs_[pick(random)]; }

std::uint32_t Histories::slot_of(ScriptForm form, std::uint64_t identity) {
  const std::uint64_t name = (static_cast<std::uint64_t>(form) << 56) | identity;
  const auto [found, fresh] = slots_.try_emplace(name, static_cast<std::uint32_t>(entries_.size()));
  if (fresh) entries_.emplace_back();
  return found->second;
}

void Histories::touch(Entry& entry, std::uint32_t tx_number) {
  if (entry.last_tx == tx_number) return;
  entry.last_tx = tx_number;
  ++entry.txs;
}

void Histories::created(std::uint32_t slot, std::uint32_t tx_number, bool counts_unspent) {
  SLUICE_CHECK(slot < entries_.size());
  touch(entries_[slot], tx_number);
  entries_[slot].unspent += counts_unspent ? 1 : 0;
}

void Histories::spent(std::uint32_t slot, std::uint32_t tx_number) {
  SLUICE_CHECK(slot < entries_.size());
  SLUICE_CHECK(entries_[slot].unspent > 0);
  touch(entries_[slot], tx_number);
  --entries_[slot].unspent;
}

void Histories::finish(DevnetReport& report) const {
  std::vector<std::uint32_t> lengths;
  lengths.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (entry.txs == 0) continue;  // seen in a stale branch only
    lengths.push_back(entry.txs);
    report.history_entries += entry.txs;
    report.unspent_max = std::max<std::uint64_t>(report.unspent_max, entry.unspent);
  }
  report.scripthashes = lengths.size();
  const std::size_t shown = std::min<std::size_t>(lengths.size(), 10);
  std::partial_sort(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(shown), lengths.end(),
                    std::greater<>());
  lengths.resize(shown);
  report.histories_max = std::move(lengths);
}

}  // namespace sluice::devnet
