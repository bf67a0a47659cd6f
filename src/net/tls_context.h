// The certificate and key that TLS connections are opened with, replaced as a pair while serving.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>

#include "base/error.h"

using SSL_CTX = struct ssl_ctx_st;  // as OpenSSL has it

namespace sluice::net {

/// Connections keep the pair they began with; new ones get the newest.
class TlsContext {
 public:
  /// Both PEM; the certificate's file may hold its chain, the key must be its own and have no passphrase.
  /// Errors: config, naming the file and what is wrong with it.
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>> load(std::filesystem::path certificate,
                                                                std::filesystem::path key);

  /// Reads the files again. On an error the pair in use stays.
  [[nodiscard]] Status reload();
  /// Reloads if a file's time or size is another than when they were last read, good or bad. True: a
  /// new pair is in use. To be called now and then.
  [[nodiscard]] Result<bool> reload_if_changed();

  /// For one new connection. From any thread.
  [[nodiscard]] std::shared_ptr<SSL_CTX> current() const;

 private:
  struct Stamp {
    std::filesystem::file_time_type time;
    std::uintmax_t size = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Stamps {
    Stamp certificate;
    Stamp key;
    friend bool operator==(const Stamps&, const Stamps&) = default;
  };

  TlsContext(std::filesystem::path certificate, std::filesystem::path key);
  [[nodiscard]] Stamps stamps() const;

  const std::filesystem::path certificate_;
  const std::filesystem::path key_;
  mutable std::mutex mutex_;  // held for a copy of the pointer
  std::shared_ptr<SSL_CTX> current_;
  std::mutex reload_mutex_;  // one reload at a time
  Stamps read_at_;
};

}  // namespace sluice::net
