// The operator's methods, as the peers' admin tool calls them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "serve/admin_gate.h"
#include "serve/method_table.h"

namespace sluice::serve {

/// Sorted. Bounds: context.admin where it is run; context.view may be missing.
[[nodiscard]] std::span<const Method> admin_methods() noexcept;

/// The answer of `getinfo`, which the log is told too.
void append_admin_info(std::string& reply, AdminGate& gate, const std::vector<SessionRow>& sessions,
                       const ServeOptions& options);

}  // namespace sluice::serve
