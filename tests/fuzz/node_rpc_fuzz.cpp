// The stand-in node's RPC takes any body: an answer with a status of the few, and JSON that ends in a line feed.
// The same bytes are tried as an Authorization header.
#include <simdjson.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/check.h"
#include "devnet_node/basic_auth.h"
#include "devnet_node/rpc.h"

namespace {

using namespace sluice;

/// A chain of five blocks, made anew by each process.
devnet_node::Node& node() {
  static const std::unique_ptr<devnet_node::Node> made = [] {
    std::string directory = (std::filesystem::temp_directory_path() / "sluice-fuzz-XXXXXX").string();
    SLUICE_CHECK(::mkdtemp(directory.data()) != nullptr);
    devnet_node::NodeOptions options;
    options.chain.directory = directory;
    options.chain.blocks = 5;
    options.now = [] { return std::int64_t{1'700'000'000}; };
    auto opened = devnet_node::Node::open(*chain::find_network("Radiant", "regtest"), options);
    SLUICE_CHECK(opened.ok());
    std::filesystem::remove_all(directory);
    return std::move(opened).value();
  }();
  return *made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const devnet_node::RpcSwitches switches;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  (void)devnet_node::basic_credentials(body);
  devnet_node::Rpc rpc(node(), switches);
  const devnet_node::RpcReply reply = rpc.answer(body);
  SLUICE_CHECK(reply.http_status == 200 || reply.http_status == 400 || reply.http_status == 404 ||
               reply.http_status == 500);
  SLUICE_CHECK(reply.body.ends_with('\n'));
  simdjson::dom::parser parser;
  SLUICE_CHECK(parser.parse(reply.body).error() == simdjson::SUCCESS);
  return 0;
}
