// Any bytes as a TLS client. First byte: the kind, and how the stream is cut.
//
//   kind 0  the bytes as they are, to a new connection
//   kind 1  a real client's first flight, a byte of it changed for each pair (place, value)
//   kind 2  a real client's handshake, then the bytes as they are: records that do not decrypt
//   kind 3  a real client's handshake, then the bytes encrypted: they must come back
//
// Nothing crashes, answers stay small, and the inner handler gets nothing that was not encrypted.
#include "net/tls_handler.h"

#include <cstdint>

#include "base/check.h"
#include "certificates.h"
#include "echo_handler.h"
#include "support/temp_dir.h"
#include "tls_client.h"

namespace sluice::net {
namespace {

constexpr std::size_t alerts_and_handshake_bytes_max = 20'000;

const std::shared_ptr<TlsContext>& context() {
  static const std::shared_ptr<TlsContext> loaded = [] {
    const sluice::test::TempDir folder(sluice::test::fast_temp_base());
    const auto files = test::make_certificate(folder.path(), "fuzz");
    return TlsContext::load(files.certificate, files.key).value();
  }();
  return loaded;
}

void run(unsigned kind, std::string_view bytes, std::size_t chunk_bytes) {
  std::string lines;
  test::Driven server;
  server.handler = over_tls(fuzz::echo_factory(lines), context())({});
  test::TlsClient client;
  if (kind >= 2) SLUICE_CHECK(client.shake_hands(server, chunk_bytes));
  if (kind == 3) {
    client.send(server, bytes, chunk_bytes);
    const std::string echoed = client.received(server);
    SLUICE_CHECK(!server.finished && echoed == lines && bytes.substr(0, bytes.rfind('\n') + 1) == lines);
    return;
  }
  std::string flight(bytes);
  if (kind == 1) {
    (void)SSL_do_handshake(client.tls());
    flight = client.outgoing();
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2)
      flight[static_cast<unsigned char>(bytes[i]) * std::size_t{2} % flight.size()] = bytes[i + 1];
  }
  server.feed(flight, chunk_bytes);
  SLUICE_CHECK(lines.empty() && server.out.size() < alerts_and_handshake_bytes_max);
}

}  // namespace
}  // namespace sluice::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  sluice::net::run(data[0] % 4, {reinterpret_cast<const char*>(data) + 1, size - 1}, data[0] / 4 * std::size_t{3} + 1);
  return 0;
}
