// The stand-in node as a program: its ports, and one loop that serves them all.
#pragma once

#include <functional>
#include <string>

#include "devnet_node/node.h"

namespace sluice::devnet_node {

struct ServerOptions {
  std::uint16_t rpc_port = 0;  ///< all on 127.0.0.1; 0: one of the system's choice
  std::uint16_t control_port = 0;
  std::uint16_t zmq_port = 0;
  std::string rpc_user;  ///< empty: the cookie file counts
  std::string rpc_password;
  std::filesystem::path cookie_file;  ///< written at start and at each restart, removed at the end
};

/// Serves the node until SIGINT or SIGTERM.
/// `ready` gets one line of JSON once all ports listen: rpc_port, control_port, zmq_port, zmq_address,
/// cookie_file (null with a password), blocks_dir, height, tip.
/// Errors: io.
[[nodiscard]] Status serve(Node& node, const ServerOptions& options, const std::filesystem::path& blocks_dir,
                           const std::function<void(std::string_view)>& ready);

}  // namespace sluice::devnet_node
