// Any bytes as the beginning of a connection from a listed proxy. First byte: how the stream is cut.
//
// A header is complete at one place only: with fewer bytes it is incomplete, with more it is the same.
// Cutting the stream elsewhere changes no byte of the answer, and what is malformed gets none.
#include "net/proxy_protocol.h"

#include <cstdint>

#include "base/check.h"
#include "echo_handler.h"

namespace sluice::net {
namespace {

void check_header(std::string_view bytes) {
  const ProxyHeader header = read_proxy_header(bytes);
  const std::size_t most = 16 + proxy_extras_bytes_max;
  SLUICE_CHECK(header.outcome != ProxyOutcome::incomplete || bytes.size() < most);
  if (header.outcome != ProxyOutcome::complete) return;
  SLUICE_CHECK(header.consumed > 0 && header.consumed <= bytes.size());
  SLUICE_CHECK(read_proxy_header(bytes.substr(0, header.consumed)).outcome == ProxyOutcome::complete);
  SLUICE_CHECK(read_proxy_header(bytes.substr(0, header.consumed - 1)).outcome == ProxyOutcome::incomplete);
  if (header.client) SLUICE_CHECK(parse_ip_address(to_text(header.client->address)) == header.client->address);
}

std::string answer(std::string_view bytes, std::size_t chunk_bytes) {
  std::string lines;
  ConnectionInfo info;
  info.peer_address = "127.0.0.1";
  test::Driven driven;
  driven.handler = behind_proxies(fuzz::echo_factory(lines), {{*parse_ip_address("127.0.0.0"), 8}})(info);
  driven.feed(bytes, chunk_bytes);
  SLUICE_CHECK(driven.out == lines);
  return driven.finished ? driven.out + "<closed>" : driven.out;
}

}  // namespace
}  // namespace sluice::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::net;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_header(bytes);
  SLUICE_CHECK(answer(bytes, bytes.size() + 1) == answer(bytes, data[0] + std::size_t{1}));
  return 0;
}
