// The figures of a process as a member of a report.
#pragma once

#include <string_view>

#include "observe/json_writer.h"
#include "observe/process_figures.h"

namespace sluice::observe {

/// Adds {"wall_s", "cpu_user_s", "cpu_system_s", "memory_peak_bytes", ...} under the key.
void append_process_figures(JsonWriter& json, std::string_view key, const ProcessFigures& figures, double wall_s);

}  // namespace sluice::observe
