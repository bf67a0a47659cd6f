// refs against output_refs, in passes over shares of the refs.
//
// A ref's rows in table refs are its mint and its singleton locations; its pushes in output_refs are
// the transactions that could have made those. Both are gathered by ref, and each group is compared:
// a mint or location must be a push of that transaction, and a singleton push must be one of both.
#include <fmt/format.h>

#include <algorithm>

#include "verify/check_tables.h"
#include "verify/cursors.h"

namespace sluice::verify {
namespace {

/// A transaction that pushes a ref, in any of its outputs.
struct RefPush {
  Ref ref{};
  std::uint64_t tx_number = 0;
  bool is_singleton = false;  ///< in one output at least

  [[nodiscard]] auto key() const noexcept { return std::tie(ref, tx_number); }
};

std::vector<RefPush> pushes_of(Context& context, const PrefixRange& range, Malformed malformed, TableCounts& counts) {
  std::vector<RefPush> pushes;
  OutputRefsCursor rows(context, malformed);
  for (OutputRefsItem item; rows.next(item);) {
    for (std::size_t at = 0; at < item.pushes.size(); at += ref_push_bytes) {
      RefPush push{{}, item.tx_number, item.pushes[at] == std::byte{1}};
      std::memcpy(push.ref.data(), item.pushes.data() + at + 1, push.ref.size());
      if (malformed == Malformed::told) ++counts.ref_pushes;
      if (range.contains(ref_prefix(push.ref))) pushes.push_back(push);
    }
  }
  std::sort(pushes.begin(), pushes.end(), [](const RefPush& a, const RefPush& b) { return a.key() < b.key(); });
  std::size_t count = 0;
  for (const RefPush& push : pushes) {
    if (count > 0 && pushes[count - 1].key() == push.key()) pushes[count - 1].is_singleton |= push.is_singleton;
    else pushes[count++] = push;
  }
  pushes.resize(count);
  return pushes;
}

std::string place_text(const Context& context, const RefPlaceItem& place) {
  return fmt::format("{} of ref {} in {}", place.is_location != 0 ? "location" : "mint", ref_text(place.ref.data()),
                     tx_text(context, place.tx_number));
}

void match_places(Context& context, const PrefixRange& range, std::vector<RefPush>& pushes, TableCounts& counts) {
  RefsCursor rows(context, Malformed::told, range);
  std::vector<bool> placed(pushes.size(), false);
  RefPlaceItem last;
  bool has_last = false;
  for (RefPlaceItem place; rows.next(place);) {
    ++counts.ref_places;
    const auto at = std::lower_bound(
        pushes.begin(), pushes.end(), place,
        [](const RefPush& push, const RefPlaceItem& item) { return push.key() < std::tie(item.ref, item.tx_number); });
    const bool found = at != pushes.end() && at->key() == std::tie(place.ref, place.tx_number);
    if (!found || (place.is_location != 0 && !at->is_singleton)) {
      context.findings.add([&] {
        return fmt::format("table refs: {}: table output_refs knows no such push", place_text(context, place));
      });
    } else if (placed[static_cast<std::size_t>(at - pushes.begin())]) {
      context.findings.add([&] {
        return fmt::format("table refs: {}: the same transaction has a mint of it as well", place_text(context, place));
      });
    } else {
      placed[static_cast<std::size_t>(at - pushes.begin())] = true;
    }
    if (has_last && last.ref == place.ref && last.is_location == 0 && place.is_location == 0) {
      context.findings.add(
          [&] { return fmt::format("table refs: {}: the ref has an earlier mint", place_text(context, place)); });
    }
    last = place;
    has_last = true;
  }
  for (std::size_t i = 0; i < pushes.size() && !context.stopped(); ++i) {
    if (placed[i] || !pushes[i].is_singleton) continue;
    context.findings.add([&] {
      return fmt::format("table refs: no mint or location of ref {} in {}, which pushes it as a singleton",
                         ref_text(pushes[i].ref.data()), tx_text(context, pushes[i].tx_number));
    });
  }
}

}  // namespace

void check_refs(Context& context, TableCounts& counts) {
  // Unknown before the first look; the table's size on disk is at least half of what its rows take here.
  const std::uint64_t bytes = 4 * context.database.table_bytes(store::Table::output_refs);
  const std::uint32_t passes = passes_for(context.options, bytes);
  for (std::uint32_t pass = 0; pass < passes && !context.stopped(); ++pass) {
    const PrefixRange range = share_of_prefixes(pass, passes);
    std::vector<RefPush> pushes =
        pushes_of(context, range, pass == 0 ? Malformed::told : Malformed::passed_over, counts);
    match_places(context, range, pushes, counts);
  }
  context.findings.looked_at(counts.ref_places + counts.ref_pushes);
}

}  // namespace sluice::verify
