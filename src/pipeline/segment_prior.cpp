// Outputs older than the segment: taken up to be carried along, or looked up when they are spent.
#include <fmt/format.h>

#include <algorithm>

#include "pipeline/parallel.h"
#include "pipeline/segment.h"

namespace sluice::pipeline {
namespace {

/// Spends looked up before the next ones are: bounds what their answers take.
constexpr std::size_t look_ups_a_pass = std::size_t{1} << 16;

}  // namespace

Error Segment::no_output_error(const resolve::SpendRecord& spend) const {
  return {ErrorKind::corrupt, fmt::format("{}: spends an output (index {}) that no earlier block created: the block "
                                          "files are damaged or of another chain",
                                          describe_spender(spend.rel), spend.index)};
}

Status Segment::take_up_live() {
  if (way_ != ResolveWay::join || !database_.state() || database_.state()->tx_count == 0) return {};
  auto file = store::CarryFile::create(database_, limits_.partition_count);
  if (!file) return std::move(file).error();
  FirstError error;
  const std::uint64_t tx_count = database_.state()->tx_count;
  for_each_parallel(limits_.workers, limits_.workers, [&](std::size_t i, std::size_t) {
    const store::TxRange share{tx_count * i / limits_.workers, tx_count * (i + 1) / limits_.workers};
    if (Status status = store::fill_from_tables(database_, hasher_, share, *file.value()); !status)
      error.keep(std::move(status).error());
  });
  if (error.failed()) return error.take();
  carried_ = std::move(file).value();
  return carried_->finish();
}

/// Outputs that a duplicate coinbase replaced were never spent by an input, and leave the sums here.
Status Segment::settle_replaced(std::span<const resolve::PlaceRecord> replaced, SegmentResult& result) {
  for (const resolve::PlaceRecord& output : replaced) {
    Txid txid;
    if (Status status = database_.flat().txids.read(output.tx_number, 1, txid.data()); !status) return status;
    result.sum.subtract(resolve::outpoint_term(txid.data(), output.index));
    ++result.outputs_spent;
  }
  return {};
}

/// Bounds: spends ordered by txid prefix, so that the tables are read nearly in order.
Status Segment::look_up(std::span<const resolve::SpendRecord> spends, std::span<store::PriorOutput> found) {
  FirstError error;
  const std::size_t share = std::max<std::size_t>(1024, spends.size() / limits_.workers + 1);
  for_each_parallel(limits_.workers, (spends.size() + share - 1) / share, [&](std::size_t i, std::size_t) {
    const std::size_t begin = i * share;
    const std::size_t count = std::min(share, spends.size() - begin);
    Status status =
        store::find_prior_outputs(database_, hasher_, spends.subspan(begin, count), found.subspan(begin, count));
    if (!status) error.keep(std::move(status).error());
  });
  return error.take();
}

// Spends of outputs older than the segment: found in memory or looked up in the store, they become
// history of the spender and removals from the tables of unspent outputs.
Status Segment::settle_prior(Unsettled unsettled, SegmentResult& result) {
  std::vector<resolve::SpendRecord>& left = unsettled.left;
  // Replacements go last: a coinbase that repeats replaces only what nothing has spent before it.
  const auto replacements = std::partition(left.begin(), left.end(), [](const resolve::SpendRecord& spend) {
    return (spend.index & resolve::replaces_older) == 0;
  });
  if (way_ == ResolveWay::join) {
    // What earlier segments left was at hand: replacements are settled, and a spend that found nothing is wrong.
    return replacements == left.begin() ? Status() : Status(no_output_error(left.front()));
  }
  const auto by_prefix = [](const auto& a, const auto& b) { return a.txid_prefix < b.txid_prefix; };
  std::sort(left.begin(), replacements, by_prefix);
  std::sort(replacements, left.end(), by_prefix);

  std::vector<write::Place> places;
  places.reserve(left.size() + unsettled.prior.size());
  const auto settle = [&](const resolve::SpendRecord& spend, const resolve::LiveOutput& output) {
    places.push_back({output.tx_number, output.index});
    resolve::push_removed(arena_, context_, *sets_[0], output);
    resolve::push_spent(arena_, *sets_[0], spend.rel, context_.undo_height(spend.rel), output.tx_number, output.index,
                        output.prefix, output.value);
  };
  const auto live_output = [](const resolve::SpendRecord& spend, const store::PriorOutput& prior) {
    return resolve::LiveOutput{spend.key, prior.output.prefix, prior.output.value, prior.tx_number,
                               spend.index & ~resolve::replaces_older};
  };
  for (const resolve::PriorSpend& spend : unsettled.prior) settle(spend.spend, spend.output);
  const std::span<const resolve::SpendRecord> spends(left.data(),
                                                     static_cast<std::size_t>(replacements - left.begin()));
  std::vector<store::PriorOutput> found;
  for (std::size_t begin = 0; begin < spends.size(); begin += look_ups_a_pass) {
    const auto pass = spends.subspan(begin, std::min(look_ups_a_pass, spends.size() - begin));
    found.assign(pass.size(), {});
    if (Status status = look_up(pass, found); !status) return status;
    for (std::size_t i = 0; i < pass.size(); ++i) {
      if (!found[i].found) return no_output_error(pass[i]);
      settle(pass[i], live_output(pass[i], found[i]));
    }
  }
  std::sort(places.begin(), places.end());
  if (const auto twice = std::adjacent_find(places.begin(), places.end()); twice != places.end()) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("heights {} to {}: output {} of transaction number {} is spent twice: the block files are damaged",
                    context_.first_height, context_.first_height + planned_blocks() - 1, twice->index,
                    twice->tx_number)};
  }
  result.prior_spends = places.size();
  return replace_older(std::span(left).subspan(spends.size()), places, result);
}

/// Drops older outputs that a coinbase repeats and nothing spent: spent_places, sorted, holds those that were.
Status Segment::replace_older(std::span<const resolve::SpendRecord> replacements,
                              std::span<const write::Place> spent_places, SegmentResult& result) {
  std::vector<store::PriorOutput> found(replacements.size());
  if (Status status = look_up(replacements, found); !status) return status;
  std::vector<resolve::PlaceRecord> replaced;
  for (std::size_t i = 0; i < replacements.size(); ++i) {
    if (!found[i].found) continue;
    const std::uint32_t index = replacements[i].index & ~resolve::replaces_older;
    const write::Place place{found[i].tx_number, index};
    if (std::binary_search(spent_places.begin(), spent_places.end(), place)) continue;
    replaced.push_back({place.tx_number, index});
    const resolve::LiveOutput output{replacements[i].key, found[i].output.prefix, found[i].output.value,
                                     place.tx_number, index};
    resolve::push_removed(arena_, context_, *sets_[0], output);
    resolve::push_replaced(arena_, *sets_[0], context_.undo_height(replacements[i].rel), output);
  }
  result.prior_spends += replaced.size();
  return settle_replaced(replaced, result);
}

}  // namespace sluice::pipeline
