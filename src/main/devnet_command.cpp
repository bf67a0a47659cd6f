#include <unistd.h>
#include <cstdio>

#include "devnet/devnet.h"
#include "devnet_node/server.h"
#include "main/commands.h"
#include "main/wiring.h"
#include "observe/progress.h"
#include "sluice/exit_status.h"

namespace sluice {
namespace {

/// Plays a node until it is told to stop.
int serve_devnet(const config::DevnetConfig& config, devnet::DevnetOptions chain) {
  const config::StandInOptions& wanted = config.stand_in;
  devnet_node::NodeOptions options;
  options.chain = std::move(chain);
  options.foreign_dir = config.blocks_dir;
  options.mempool_file = wanted.mempool;
  options.files = {wanted.file_bytes, wanted.allocate};
  auto node = devnet_node::Node::open(*config.network, std::move(options));
  if (!node) return report_error("devnet", node.error());

  devnet_node::ServerOptions server;
  server.rpc_port = static_cast<std::uint16_t>(wanted.rpc_port);
  server.control_port = static_cast<std::uint16_t>(wanted.control_port);
  server.zmq_port = static_cast<std::uint16_t>(wanted.zmq_port);
  server.rpc_user = wanted.rpc_user;
  server.rpc_password = wanted.rpc_password;
  server.cookie_file = config.chain.dir / ".cookie";
  const Status status = devnet_node::serve(*node.value(), server, config.chain.dir, [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fflush(stdout);
  });
  return status.ok() ? exit_success : report_error("devnet", status.error());
}

}  // namespace

int run_devnet_command(const config::DevnetConfig& config) {
  start_logging(config.common);
  devnet::DevnetOptions options;
  options.directory = config.chain.dir;
  options.coin = config.network->coin_name;
  options.net = config.network->name;
  options.blocks = static_cast<std::uint32_t>(config.chain.blocks);
  options.txs_per_block = static_cast<std::uint32_t>(config.chain.txs_per_block);
  options.seed = config.chain.seed;
  options.swap_percent = static_cast<std::uint32_t>(config.chain.swap_percent);
  options.reorgs = static_cast<std::uint32_t>(config.chain.reorgs);
  if (config.stand_in.serve) return serve_devnet(config, std::move(options));

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
