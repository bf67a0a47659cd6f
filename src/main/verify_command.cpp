#include <unistd.h>

#include <cstdio>

#include "main/commands.h"
#include "main/wiring.h"
#include "observe/json_writer.h"
#include "observe/log.h"
#include "observe/process_figures.h"
#include "observe/progress.h"
#include "observe/report.h"
#include "sluice/exit_status.h"
#include "verify/verify.h"

namespace sluice {
namespace {

constexpr std::string_view area = "verify";

Status write_verify_report(const config::VerifyConfig& config, const verify::VerifyReport& report,
                           double wall_seconds) {
  observe::JsonWriter json;
  json.begin_object();
  json.field("outcome", report.whole() ? std::string_view("whole") : std::string_view("damaged"));
  json.field("findings", report.finding_count);
  json.field("height", report.height);
  json.field("transactions", report.tx_count);
  json.field("digest", report.digest);
  json.field("deep", config.deep);
  json.field("passes", report.passes);
  if (report.swap_blocks_behind) json.field("swap_blocks_behind", *report.swap_blocks_behind);
  json.begin_object("checks");
  for (const verify::CheckCount& check : report.checks) {
    json.begin_object(check.name);
    json.field("items", check.items);
    json.field("findings", check.findings);
    json.end_object();
  }
  json.end_object();
  if (const auto figures = observe::process_figures()) {
    observe::append_process_figures(json, "process", figures.value(), wall_seconds);
  }
  json.end_object();
  return observe::write_report(config.report, json.text());
}

}  // namespace

int run_verify_command(const config::VerifyConfig& config) {
  start_logging(config.common);
  verify::VerifyOptions options;
  options.network = config.network;
  options.db_directory = config.db_dir.string();
  options.blocks_directory = config.blocks_dir.string();
  options.deep = config.deep;
  options.memory_budget = config.tuning.memory_budget;
  options.reads_in_flight = static_cast<std::uint32_t>(config.tuning.reads_in_flight);
  options.store = store_options(config.rocksdb);
  options.stop = &stop_requested();

  observe::ProgressStyle style;
  style.redraws = observe::is_terminal(STDERR_FILENO);
  const auto write = [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); };
  const observe::Instant begin = observe::steady_now();
  observe::ProgressLine line("verify", style, write, begin);
  std::string check;
  const auto report = verify::verify_index(options, [&](const verify::VerifyProgress& progress) {
    if (check != progress.check) {
      check = progress.check;
      observe::log(observe::Level::debug, area, "checking " + check);
    }
    line.update({.height = progress.height,
                 .bytes_done = progress.bytes_done,
                 .bytes_total = progress.bytes_total,
                 .txs_done = progress.txs_done},
                observe::steady_now());
  });
  line.clear();
  const double wall = std::chrono::duration<double>(observe::steady_now() - begin).count();
  if (!report) {
    if (report.error().kind != ErrorKind::stopped) return report_error(area, report.error());
    observe::log_info(area, report.error().message);
    return exit_failure;  // nothing is proven
  }
  for (const std::string& finding : report.value().findings) std::printf("%s\n", finding.c_str());
  if (const std::uint64_t more = report.value().finding_count - report.value().findings.size(); more > 0) {
    std::printf("and %llu more\n", static_cast<unsigned long long>(more));
  }
  const std::string text = verify::describe(report.value());
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!config.report.empty()) {
    if (Status written = write_verify_report(config, report.value(), wall); !written) {
      return report_error(area, written.error());
    }
  }
  return report.value().whole() ? exit_success : exit_failure;
}

}  // namespace sluice
