// One function a command: config in, exit status out.
#pragma once

#include "config/command_line.h"

namespace sluice {

[[nodiscard]] int run_sync_command(const config::SyncConfig& config);
/// --check-config: prints problems, warnings and what is in effect.
[[nodiscard]] int run_check(const config::CheckConfig& check);
inline constexpr std::string_view offline_needs_blocks =
    "--blocks-dir is needed with --offline: raw transactions are read from the block files";
[[nodiscard]] int run_serve_command(const config::ServeConfig& config);
[[nodiscard]] int run_verify_command(const config::VerifyConfig& config);
[[nodiscard]] int run_devnet_command(const config::DevnetConfig& config);
[[nodiscard]] int run_tune_command(const config::TuneConfig& config);

}  // namespace sluice
