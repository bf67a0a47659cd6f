// One function a command: config in, exit status out.
#pragma once

#include "config/config.h"

namespace sluice {

[[nodiscard]] int run_sync_command(const config::SyncConfig& config);
[[nodiscard]] int run_serve_command(const config::ServeConfig& config);
[[nodiscard]] int run_verify_command(const config::VerifyConfig& config);
[[nodiscard]] int run_devnet_command(const config::DevnetConfig& config);
[[nodiscard]] int run_tune_command(const config::TuneConfig& config);

}  // namespace sluice
