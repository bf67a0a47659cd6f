// A TLS client over memory, by OpenSSL's own memory BIOs.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "handler_support.h"

namespace sluice::net::test {

class TlsClient {
 public:
  explicit TlsClient(int version_max = TLS1_3_VERSION, int version_min = TLS1_VERSION)
      : context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free), tls_(nullptr, &SSL_free) {
    SSL_CTX_set_security_level(context_.get(), 0);  // so that old versions are offered at all
    SSL_CTX_set_min_proto_version(context_.get(), version_min);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(tls_.get());
  }

  /// Takes what the server wrote, and talks with it until nothing moves any more.
  bool shake_hands(Driven& server, std::size_t chunk_bytes = 8192) {
    for (int round = 0; round < 10 && SSL_do_handshake(tls_.get()) != 1; ++round) exchange(server, chunk_bytes);
    exchange(server, chunk_bytes);
    return SSL_is_init_finished(tls_.get()) == 1 && !server.finished;
  }
  void send(Driven& server, std::string_view bytes, std::size_t chunk_bytes = 8192) {
    std::size_t written = 0;
    SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &written);
    exchange(server, chunk_bytes);
  }
  /// All plain bytes that came.
  std::string received(Driven& server) {
    exchange(server, 8192);
    std::string all;
    char buffer[16384];
    for (std::size_t size = 0; SSL_read_ex(tls_.get(), buffer, sizeof buffer, &size) == 1;) all.append(buffer, size);
    return all;
  }
  /// What the client would send, taken away from it.
  std::string outgoing() {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(tls_.get()), &data);
    std::string bytes(data, static_cast<std::size_t>(size));
    BIO_reset(SSL_get_wbio(tls_.get()));
    return bytes;
  }
  SSL* tls() { return tls_.get(); }
  [[nodiscard]] bool told_of_the_end() const { return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string server_name() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(tls_.get()), &X509_free);
    char name[256] = {};
    if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, 255);
    return name;
  }

 private:
  void exchange(Driven& server, std::size_t chunk_bytes) {
    server.feed(outgoing(), chunk_bytes);
    const std::string bytes = server.take();
    BIO_write(SSL_get_rbio(tls_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_;
};

}  // namespace sluice::net::test
