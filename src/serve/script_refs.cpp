#include "serve/script_refs.h"

#include <algorithm>

#include "classify/distinct_refs.h"

namespace sluice::serve {

std::vector<RefItem> refs_of_script(Bytes script) {
  Column<classify::RefOperand> pushed;
  std::vector<RefItem> items;
  if (!classify::scan_script(script, &pushed).has_pushed_ref) return items;
  Column<classify::OutputRef> distinct;
  classify::append_distinct_refs(script, 0, 0, pushed.span(), distinct);
  for (const classify::OutputRef& found : distinct) {
    RefItem& item = items.emplace_back();
    std::ranges::copy(script.subspan(found.ref_offset, item.ref.size()), item.ref.begin());
    item.singleton = found.type == classify::RefType::singleton;
  }
  return items;
}

}  // namespace sluice::serve
