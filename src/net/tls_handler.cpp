#include "net/tls_handler.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <utility>

#include "base/text_buffer.h"

namespace sluice::net {
namespace {

constexpr std::size_t kept_capacity = 4096;          // an idle connection holds no more buffer than this
constexpr std::size_t record_bytes_max = 16 * 1024;  // of plain text, in all versions

struct Shared {
  HandlerFactory inner;
  std::shared_ptr<const TlsContext> context;
  TlsOptions options;
};

/// What OpenSSL reads from and writes to: nothing is kept between the handler and it, and writing
/// always succeeds, so that OpenSSL keeps no buffer for a reader that is slow.
struct Wire {
  std::string_view incoming;
  std::string outgoing;
};

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

BIO_METHOD* make_wire_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "memory of a connection");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, [](BIO* bio, char* target, int size) {
    std::string_view& incoming = wire_of(bio).incoming;
    BIO_clear_retry_flags(bio);
    if (incoming.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t taken = incoming.copy(target, static_cast<std::size_t>(size));
    incoming.remove_prefix(taken);
    return static_cast<int>(taken);
  });
  BIO_meth_set_write(method, [](BIO* bio, const char* bytes, int size) {
    wire_of(bio).outgoing.append(bytes, static_cast<std::size_t>(size));
    return size;
  });
  BIO_meth_set_ctrl(method, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
  return method;
}

BIO* make_wire_bio(Wire* wire) {
  static BIO_METHOD* const method = make_wire_method();  // for as long as the process lives
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  return bio;
}

class TlsHandler final : public ConnectionHandler {
 public:
  TlsHandler(std::shared_ptr<const Shared> shared, ConnectionInfo info)
      : shared_(std::move(shared)), info_(std::move(info)) {}
  ~TlsHandler() override { SSL_free(tls_); }
  TlsHandler(const TlsHandler&) = delete;
  TlsHandler& operator=(const TlsHandler&) = delete;

  [[nodiscard]] bool open() {
    tls_ = SSL_new(shared_->context->current().get());
    BIO* bio = tls_ == nullptr ? nullptr : make_wire_bio(&wire_);
    if (bio == nullptr) return false;
    SSL_set_bio(tls_, bio, bio);
    SSL_set_accept_state(tls_);
    return true;
  }

  void receive(std::string_view bytes) override {
    if (closing_ || peer_done_) return;
    wire_.incoming = bytes;
    ERR_clear_error();  // of other connections of this thread
    if (!inner_) shake_hands(bytes.size());
    if (inner_) read_records();
    wire_.incoming = {};
  }

  HandlerStep step(std::string& out) override {
    HandlerStep step = HandlerStep::idle;
    if (inner_ && !closing_) {
      ERR_clear_error();
      step = inner_->step(plain_);
      write_records();
      const bool is_last = step == HandlerStep::finished || (step == HandlerStep::idle && peer_done_);
      if (is_last) close();
    }
    out += wire_.outgoing;
    empty_buffer(wire_.outgoing, kept_capacity);
    return closing_ ? HandlerStep::finished : step;
  }

  bool notify(const Event& event) override { return inner_ && !closing_ && inner_->notify(event); }

  std::uint64_t resume_at_ms() const override { return inner_ ? inner_->resume_at_ms() : 0; }
  bool tick(std::uint64_t now_ms) override { return inner_ && inner_->tick(now_ms); }

  bool established() const override { return inner_ != nullptr && inner_->established(); }

 private:
  void shake_hands(std::size_t bytes) {
    handshake_bytes_ += bytes;
    const int result = SSL_do_handshake(tls_);
    if (result == 1) {
      inner_ = shared_->inner(info_);
      if (!inner_) close();
    } else if (SSL_get_error(tls_, result) != SSL_ERROR_WANT_READ ||
               handshake_bytes_ > shared_->options.handshake_bytes_max) {
      closing_ = true;
    }
  }

  void read_records() {
    char buffer[record_bytes_max];
    while (true) {
      std::size_t size = 0;
      const int result = SSL_read_ex(tls_, buffer, sizeof buffer, &size);
      if (result == 1) {
        inner_->receive({buffer, size});
        continue;
      }
      const int why = SSL_get_error(tls_, result);
      peer_done_ = why == SSL_ERROR_ZERO_RETURN;
      closing_ = !peer_done_ && why != SSL_ERROR_WANT_READ;
      return;
    }
  }

  void write_records() {
    std::size_t written = 0;
    if (!plain_.empty() && SSL_write_ex(tls_, plain_.data(), plain_.size(), &written) != 1) closing_ = true;
    empty_buffer(plain_, kept_capacity);
  }

  /// Tells the peer that the end of the stream is no attack.
  void close() {
    if (!closing_) (void)SSL_shutdown(tls_);
    closing_ = true;
  }

  std::shared_ptr<const Shared> shared_;
  ConnectionInfo info_;
  std::unique_ptr<ConnectionHandler> inner_;  // from the end of the handshake on
  Wire wire_;                                 // outlives tls_'s use of it
  SSL* tls_ = nullptr;
  std::string plain_;  // of the inner handler, during step()
  std::size_t handshake_bytes_ = 0;
  bool peer_done_ = false;  // the peer said that it will send no more
  bool closing_ = false;    // nothing is read, the next step is the last
};

}  // namespace

HandlerFactory over_tls(HandlerFactory inner, std::shared_ptr<const TlsContext> context, TlsOptions options) {
  auto shared = std::make_shared<const Shared>(Shared{std::move(inner), std::move(context), options});
  return [shared](const ConnectionInfo& info) -> std::unique_ptr<ConnectionHandler> {
    auto handler = std::make_unique<TlsHandler>(shared, info);
    if (!handler->open()) return nullptr;
    return handler;
  };
}

}  // namespace sluice::net
