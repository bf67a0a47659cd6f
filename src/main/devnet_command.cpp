#include <unistd.h>
#include <cstdio>

#include "devnet/devnet.h"
#include "main/commands.h"
#include "main/wiring.h"
#include "observe/progress.h"
#include "sluice/exit_status.h"

namespace sluice {

int run_devnet_command(const config::DevnetConfig& config) {
  start_logging(config.common);
  devnet::DevnetOptions options;
  options.directory = config.chain.dir;
  options.coin = config.network->coin_name;
  options.net = config.network->name;
  options.blocks = static_cast<std::uint32_t>(config.chain.blocks);
  options.txs_per_block = static_cast<std::uint32_t>(config.chain.txs_per_block);
  options.seed = config.chain.seed;
  options.reorgs = static_cast<std::uint32_t>(config.chain.reorgs);

  observe::ProgressStyle style;
  style.redraws = observe::is_terminal(STDERR_FILENO);
  observe::ProgressLine line(
      "devnet", style, [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); },
      observe::steady_now());
  const auto report = devnet::write_devnet(options, [&](std::uint32_t height, std::uint32_t last) {
    line.update({.height = height, .bytes_done = height, .bytes_total = last, .txs_done = 0}, observe::steady_now());
  });
  line.clear();
  if (!report) return report_error("devnet", report.error());
  const std::string text = devnet::describe(report.value());
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit_success;
}

}  // namespace sluice
