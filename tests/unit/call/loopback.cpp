#include "loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace sluice::call {

namespace {

class PlainConnection final : public Connection {
 public:
  explicit PlainConnection(int socket) : socket_(socket) {}
  std::string read_some() override {
    std::array<char, 4096> bytes{};
    const ssize_t count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
  }
  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

 private:
  int socket_;
};

class TlsConnection final : public Connection {
 public:
  explicit TlsConnection(SSL* tls) : tls_(tls) {}
  std::string read_some() override {
    std::array<char, 4096> bytes{};
    const int count = SSL_read(tls_, bytes.data(), static_cast<int>(bytes.size()));
    return count > 0 ? std::string(bytes.data(), static_cast<std::size_t>(count)) : std::string();
  }
  void write(std::string_view bytes) override { SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())); }

 private:
  SSL* tls_;
};

/// A certificate for "localhost" signed by itself, made anew for each server.
SSL_CTX* self_signed_context() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate(context, certificate) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1)
    throw std::runtime_error("no certificate");
  X509_free(certificate);
  EVP_PKEY_free(key);
  return context;
}

/// RFC 6455, section 4.2.2: what proves that the server understood the upgrade.
std::string accept_key(std::string_view key) {
  const std::string joined = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(joined.data()), joined.size(), digest.data());
  std::array<unsigned char, 64> text{};
  const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length)};
}

std::string header_value(const std::string& head, const std::string& name) {
  const std::size_t at = head.find(name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 2;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// One masked text frame of a client. Bounds: frames below 64 KiB.
std::string read_frame(Connection& connection) {
  const std::string head = connection.read_exactly(2);
  if (head.size() < 2) return {};
  std::size_t length = static_cast<unsigned char>(head[1]) & 0x7fu;
  if (length == 126) {
    const std::string wide = connection.read_exactly(2);
    length = static_cast<std::size_t>(static_cast<unsigned char>(wide[0])) << 8 | static_cast<unsigned char>(wide[1]);
  }
  const std::string mask = connection.read_exactly(4);
  std::string payload = connection.read_exactly(length);
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  return payload;
}

std::string text_frame(std::string_view payload) {
  std::string frame = "\x81";
  if (payload.size() < 126) {
    frame += static_cast<char>(payload.size());
  } else {
    frame += static_cast<char>(126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  return frame + std::string(payload);
}

}  // namespace

std::string Connection::read_until(std::string_view mark) {
  while (pending_.find(mark) == std::string::npos) {
    const std::string bytes = read_some();
    if (bytes.empty()) return {};
    pending_ += bytes;
  }
  const std::size_t end = pending_.find(mark) + mark.size();
  std::string out = pending_.substr(0, end);
  pending_.erase(0, end);
  return out;
}

std::string Connection::read_exactly(std::size_t bytes) {
  while (pending_.size() < bytes) {
    const std::string more = read_some();
    if (more.empty()) return {};
    pending_ += more;
  }
  std::string out = pending_.substr(0, bytes);
  pending_.erase(0, bytes);
  return out;
}

LoopbackServer::LoopbackServer(Security security, Script script) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), length) != 0 || ::listen(listener_, 1) != 0)
    throw std::runtime_error("no listener");
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this, security, script = std::move(script)] { serve(security, script); });
}

LoopbackServer::~LoopbackServer() {
  // Wakes an accept that nobody came to.
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void LoopbackServer::serve(Security security, const Script& script) const {
  const int socket = ::accept(listener_, nullptr, nullptr);
  if (socket < 0) return;
  if (security == Security::plain) {
    PlainConnection connection(socket);
    script(connection);
  } else {
    SSL_CTX* context = self_signed_context();
    SSL* tls = SSL_new(context);
    SSL_set_fd(tls, socket);
    if (SSL_accept(tls) == 1) {
      TlsConnection connection(tls);
      script(connection);
    }
    SSL_free(tls);
    SSL_CTX_free(context);
  }
  ::close(socket);
}

LoopbackServer::Script line_script(std::string* request, std::string answer) {
  return [=](Connection& connection) {
    *request = connection.read_until("\n");
    connection.write(answer);
    connection.read_some();  // stays until the client goes
  };
}

LoopbackServer::Script websocket_script(std::string* request, std::string* upgrade, std::string answer) {
  return [=](Connection& connection) {
    *upgrade = connection.read_until("\r\n\r\n");
    connection.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
        accept_key(header_value(*upgrade, "Sec-WebSocket-Key")) + "\r\n\r\n");
    *request = read_frame(connection);
    connection.write(text_frame(answer));
    connection.read_some();
  };
}

LoopbackServer::Script http_script(std::string* request, std::string* head, std::string status, std::string answer) {
  return [=](Connection& connection) {
    *head = connection.read_until("\r\n\r\n");
    *request =
        connection.read_exactly(static_cast<std::size_t>(std::stoul("0" + header_value(*head, "Content-Length"))));
    connection.write("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(answer.size()) + "\r\n\r\n" + answer);
    connection.read_some();
  };
}

}  // namespace sluice::call
