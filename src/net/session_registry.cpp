#include "net/session_registry.h"

#include <algorithm>
#include <iterator>

namespace sluice::net {

SessionRoster::SessionRoster(unsigned loops) {
  const auto promise = std::make_shared<std::promise<std::vector<serve::SessionRow>>>();
  rows_ = promise->get_future();
  // Whoever lets go last has seen what all loops wrote: the rows are handed over then.
  event_ = std::shared_ptr<const Event>(new Asked(loops), [promise](const Asked* asked) {
    std::vector<serve::SessionRow> rows;
    for (auto& of_loop : asked->rows_by_loop_) std::move(of_loop.begin(), of_loop.end(), std::back_inserter(rows));
    delete asked;
    promise->set_value(std::move(rows));
  });
}

std::optional<std::vector<serve::SessionRow>> SessionRoster::wait(std::chrono::milliseconds longest) {
  event_.reset();
  if (rows_.wait_for(longest) != std::future_status::ready) return std::nullopt;
  auto rows = rows_.get();
  std::ranges::sort(rows, {}, &serve::SessionRow::id);
  return rows;
}

SessionOrder::SessionOrder(serve::SessionDeed deed, std::vector<std::uint64_t> ids)
    : deed_(deed), ids_(std::move(ids)) {
  std::ranges::sort(ids_);
}

bool SessionOrder::means(std::uint64_t id) const noexcept { return std::ranges::binary_search(ids_, id); }

}  // namespace sluice::net
