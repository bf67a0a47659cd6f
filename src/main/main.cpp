// sluice: an Electrum server for Radiant, and the tools around it.
#include <cstdio>
#include <iostream>

#include "call/call.h"
#include "config/command_line.h"
#include "hash/sha256.h"
#include "main/commands.h"
#include "main/wiring.h"
#include "sluice/exit_status.h"

/// jemalloc reads this at start: few arenas, because memory is taken in batches and not per call, and
/// freed pages go back to the system within a second.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";

namespace sluice {
namespace {

struct Run {
  int operator()(const config::Help& help) const { return print(help.text); }
  int operator()(const config::Version& version) const { return print(version.text); }
  int operator()(const config::PrintConfig& config) const { return print(config.text); }
  int operator()(const config::CheckConfig& check) const { return run_check(check); }
  int operator()(const config::SyncConfig& config) const { return run_sync_command(config); }
  int operator()(const config::ServeConfig& config) const { return run_serve_command(config); }
  int operator()(const config::VerifyConfig& config) const { return run_verify_command(config); }
  int operator()(const config::DevnetConfig& config) const { return run_devnet_command(config); }
  int operator()(const config::TuneConfig& config) const { return run_tune_command(config); }
  int operator()(const config::CallConfig& config) const { return call::run_call(config, std::cout, std::cerr); }

  static int print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    return exit_success;
  }
};

int run(int argc, char** argv) {
  if (const auto problem = hash::requested_kernel_error(); !problem.empty()) {
    std::fprintf(stderr, "sluice: SLUICE_SHA: %s\n", std::string(problem).c_str());
    return exit_usage;
  }
  const auto command = config::parse_command_line(argc, argv, config::process_environment());
  if (!command) {
    std::fprintf(stderr, "sluice: %s\n", command.error().message.c_str());
    return exit_usage;
  }
  return std::visit(Run{}, command.value());
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::run(argc, argv); }
