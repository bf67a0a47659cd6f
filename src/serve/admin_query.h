// What the index says of scripts and addresses, as text for an operator.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "serve/read_view.h"
#include "serve/server_context.h"

namespace sluice::serve {

/// Appends the lines of one item, a script in hex or an address; none if it is neither. Confirmed data only.
/// Bounds: at most `limit` (> 0) lines of history and as many of unspent outputs. Errors: the view's.
Status append_query_lines(std::string_view item, std::size_t limit, const ReadView& view, const ServeOptions& options,
                          std::vector<std::string>& lines);

}  // namespace sluice::serve
