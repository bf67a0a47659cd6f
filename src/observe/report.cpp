#include "observe/report.h"

namespace sluice::observe {

void append_process_figures(JsonWriter& json, std::string_view key, const ProcessFigures& figures, double wall_s) {
  json.begin_object(key);
  json.field("wall_s", wall_s);
  json.field("cpu_user_s", figures.cpu_user_s);
  json.field("cpu_system_s", figures.cpu_system_s);
  json.field("memory_peak_bytes", figures.memory_peak);
  json.field("memory_resident_bytes", figures.memory_resident);
  json.field("memory_anonymous_bytes", figures.memory_anonymous);
  json.field("memory_file_backed_bytes", figures.memory_file_backed);
  json.field("storage_read_bytes", figures.bytes_read);
  json.field("storage_written_bytes", figures.bytes_written);
  json.end_object();
}

}  // namespace sluice::observe
