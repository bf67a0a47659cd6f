#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace sluice::net {
namespace {

Error refusal(const std::filesystem::path& file, std::string_view what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return {ErrorKind::config, file.string() + ": " + std::string(what) +
                                 (reason == nullptr ? std::string() : std::string(" (") + reason + ")")};
}

Result<std::shared_ptr<SSL_CTX>> read_pair(const std::filesystem::path& certificate, const std::filesystem::path& key) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (!context) return refusal(certificate, "TLS cannot be set up");
  // TLS 1.2 by suites with forward secrecy only; those of TLS 1.3 all have it.
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
    return refusal(certificate, "TLS cannot be set up");
  // Renegotiation lets a client make the server compute at will.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  // An idle connection gives its record buffers back.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  // Resumption goes by tickets, which the client keeps.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Asking for a passphrase on the terminal would stop the server.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return refusal(certificate, "no certificate in PEM can be read from it");
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return refusal(key, "no key of the certificate, in PEM and without a passphrase, can be read from it");
  if (SSL_CTX_check_private_key(context.get()) != 1) return refusal(key, "this key is not the certificate's");
  return context;
}

}  // namespace

TlsContext::TlsContext(std::filesystem::path certificate, std::filesystem::path key)
    : certificate_(std::move(certificate)), key_(std::move(key)) {}

Result<std::shared_ptr<TlsContext>> TlsContext::load(std::filesystem::path certificate, std::filesystem::path key) {
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(certificate), std::move(key)));
  if (Status status = context->reload(); !status) return std::move(status).error();
  return context;
}

TlsContext::Stamps TlsContext::stamps() const {
  const auto stamp = [](const std::filesystem::path& file) {
    std::error_code ignored;  // an unreadable file has the stamp of none, and reading it says why
    Stamp result;
    result.time = std::filesystem::last_write_time(file, ignored);
    result.size = std::filesystem::file_size(file, ignored);
    return result;
  };
  return {stamp(certificate_), stamp(key_)};
}

Status TlsContext::reload() {
  const std::lock_guard one_at_a_time(reload_mutex_);
  read_at_ = stamps();  // before reading: what changes meanwhile is seen the next time
  auto pair = read_pair(certificate_, key_);
  if (!pair) return std::move(pair).error();
  const std::lock_guard lock(mutex_);
  current_ = std::move(pair).value();
  return {};
}

Result<bool> TlsContext::reload_if_changed() {
  {
    const std::lock_guard one_at_a_time(reload_mutex_);
    if (read_at_ == stamps()) return false;
  }
  if (Status status = reload(); !status) return std::move(status).error();
  return true;
}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace sluice::net
