#include "net/websocket_handler.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/text_buffer.h"

namespace sluice::net {
namespace {

constexpr std::size_t kept_capacity = 4096;  // an idle connection holds no more buffer than this

constexpr std::string_view protocol_error_frame = "\x88\x02\x03\xea";  // close 1002

struct Shared {
  HandlerFactory inner;
  WebsocketOptions options;
};

class WebsocketHandler final : public ConnectionHandler {
 public:
  WebsocketHandler(std::shared_ptr<const Shared> shared, ConnectionInfo info)
      : shared_(std::move(shared)), info_(std::move(info)) {}
  ~WebsocketHandler() override { wslay_event_context_free(frames_); }
  WebsocketHandler(const WebsocketHandler&) = delete;
  WebsocketHandler& operator=(const WebsocketHandler&) = delete;

  void receive(std::string_view bytes) override {
    if (closing_) return;
    if (frames_ != nullptr) return receive_frames(bytes);
    input_.append(bytes);
    Handshake handshake = read_handshake(input_, searched_);
    if (handshake.outcome == HandshakeOutcome::incomplete) return;
    output_ = std::move(handshake.answer);
    if (handshake.outcome == HandshakeOutcome::accepted && !open(handshake))
      output_ = http_refusal("503 Service Unavailable", "no more clients are taken");
    closing_ = frames_ == nullptr;
    const std::string request = std::exchange(input_, {});
    if (!closing_) receive_frames(std::string_view(request).substr(handshake.consumed));
  }

  HandlerStep step(std::string& out) override {
    flush(out);
    if (closing_) return HandlerStep::finished;
    if (!inner_) return HandlerStep::idle;
    const HandlerStep step = inner_->step(lines_);
    frame_lines();
    flush(out);
    if (step == HandlerStep::finished) {  // a close frame would overtake messages that wait
      wslay_event_queue_close(frames_, WSLAY_CODE_NORMAL_CLOSURE, nullptr, 0);
      flush(out);
    }
    return closing_ ? HandlerStep::finished : step;
  }

  bool notify(const Event& event) override { return inner_ && !closing_ && inner_->notify(event); }

  std::uint64_t resume_at_ms() const override { return inner_ ? inner_->resume_at_ms() : 0; }

  bool tick(std::uint64_t now_ms) override {
    if (frames_ == nullptr || closing_) return false;
    return keep_alive(now_ms) || inner_->tick(now_ms);
  }

  bool established() const override { return inner_ != nullptr; }

 private:
  static WebsocketHandler& self(void* user) { return *static_cast<WebsocketHandler*>(user); }

  [[nodiscard]] bool open(const Handshake& handshake) {
    info_.peer_address = client_behind(info_.peer_address, handshake.forwarded_for, shared_->options.forwarded_by);
    inner_ = shared_->inner(info_);
    if (!inner_) return false;
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = [](wslay_event_context_ptr context, std::uint8_t* buffer, std::size_t size, int,
                                 void* user) -> ssize_t {
      std::string_view& incoming = self(user).incoming_;
      if (incoming.empty()) {
        wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
        return -1;
      }
      const std::size_t taken = incoming.copy(reinterpret_cast<char*>(buffer), size);
      incoming.remove_prefix(taken);
      return static_cast<ssize_t>(taken);
    };
    callbacks.send_callback = [](wslay_event_context_ptr, const std::uint8_t* data, std::size_t size, int,
                                 void* user) -> ssize_t {
      self(user).output_.append(reinterpret_cast<const char*>(data), size);
      return static_cast<ssize_t>(size);
    };
    callbacks.on_frame_recv_start_callback = [](wslay_event_context_ptr,
                                                const wslay_event_on_frame_recv_start_arg* frame,
                                                void* user) { self(user).frame_begins(*frame); };
    callbacks.on_frame_recv_chunk_callback = [](wslay_event_context_ptr,
                                                const wslay_event_on_frame_recv_chunk_arg* chunk, void* user) {
      self(user).message_part({reinterpret_cast<const char*>(chunk->data), chunk->data_length});
    };
    callbacks.on_msg_recv_callback = [](wslay_event_context_ptr, const wslay_event_on_msg_recv_arg* message,
                                        void* user) { self(user).message_ends(message->opcode); };
    if (wslay_event_context_server_init(&frames_, &callbacks, this) != 0) return false;
    wslay_event_config_set_no_buffering(frames_, 1);
    // Counts single frames only when nothing is buffered; frame_begins() counts all of a message.
    wslay_event_config_set_max_recv_msg_length(frames_, std::numeric_limits<std::int64_t>::max());
    return true;
  }

  /// Asks a silent client for a sign of life; true: there is a frame to send.
  [[nodiscard]] bool keep_alive(std::uint64_t now_ms) {
    const WebsocketOptions& options = shared_->options;
    if (std::exchange(has_heard_, false)) {
      heard_at_ms_ = now_ms;
      pinged_at_ms_ = 0;
    }
    if (std::exchange(has_message_, false)) message_at_ms_ = now_ms;
    if (options.idle_timeout_ms != 0 && now_ms - message_at_ms_ >= options.idle_timeout_ms) {
      wslay_event_queue_close(frames_, WSLAY_CODE_GOING_AWAY, nullptr, 0);
      return true;
    }
    if (pinged_at_ms_ != 0) {
      if (now_ms - pinged_at_ms_ < options.pong_timeout_ms) return false;
      wslay_event_queue_close(frames_, WSLAY_CODE_INTERNAL_SERVER_ERROR, nullptr, 0);
      return true;
    }
    if (now_ms - heard_at_ms_ < options.ping_after_ms) return false;
    pinged_at_ms_ = now_ms;
    const wslay_event_msg ping{WSLAY_PING, nullptr, 0};
    return wslay_event_queue_msg(frames_, &ping) == 0;
  }

  void receive_frames(std::string_view bytes) {
    has_heard_ |= !bytes.empty();
    incoming_ = bytes;
    // A message that is wrong is no error here, its close frame is queued; a wrong frame header is, and would be
    // closed without saying why.
    if (wslay_event_recv(frames_) != 0) {
      output_.append(protocol_error_frame);
      closing_ = true;
    }
    incoming_ = {};
  }

  void frame_begins(const wslay_event_on_frame_recv_start_arg& frame) {
    in_message_ = wslay_is_ctrl_frame(frame.opcode) == 0;
    if (!in_message_) return;
    if (frame.opcode != WSLAY_CONTINUATION_FRAME) message_bytes_ = fragments_ = 0;
    const WebsocketOptions& options = shared_->options;
    if (++fragments_ > options.message_fragments_max) return refuse(WSLAY_CODE_POLICY_VIOLATION);
    const bool is_bounded = options.message_bytes_max != 0;
    if (is_bounded && frame.payload_length > options.message_bytes_max - message_bytes_)
      return refuse(WSLAY_CODE_MESSAGE_TOO_BIG);
    message_bytes_ += frame.payload_length;
  }

  void refuse(std::uint16_t code) {
    wslay_event_queue_close(frames_, code, nullptr, 0);
    wslay_event_shutdown_read(frames_);
    in_message_ = false;
  }

  void message_part(std::string_view bytes) {
    if (!in_message_) return;
    while (!bytes.empty()) {
      const std::size_t newline = std::min(bytes.find('\n'), bytes.size());
      if (newline > 0) inner_->receive(bytes.substr(0, newline));
      if (newline == bytes.size()) return;
      inner_->receive("\r");
      bytes.remove_prefix(newline + 1);
    }
  }

  void message_ends(std::uint8_t opcode) {
    if (opcode != WSLAY_TEXT_FRAME && opcode != WSLAY_BINARY_FRAME) return;
    has_message_ = true;
    inner_->receive("\n");
  }

  /// Every whole line of `lines_` becomes a message.
  void frame_lines() {
    std::size_t begin = 0;
    for (std::size_t end; (end = lines_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      const wslay_event_msg message{WSLAY_TEXT_FRAME, reinterpret_cast<const std::uint8_t*>(lines_.data()) + begin,
                                    end - begin};
      // Refused only after a close frame; what was answered since is not wanted any more.
      (void)wslay_event_queue_msg(frames_, &message);
    }
    lines_.erase(0, begin);
    if (lines_.empty()) empty_buffer(lines_, kept_capacity);
  }

  void flush(std::string& out) {
    if (frames_ != nullptr && !closing_) {
      if (wslay_event_send(frames_) != 0) closing_ = true;
      if (wslay_event_get_close_sent(frames_) != 0) closing_ = true;
    }
    out += output_;
    empty_buffer(output_, kept_capacity);
  }

  std::shared_ptr<const Shared> shared_;
  ConnectionInfo info_;
  std::unique_ptr<ConnectionHandler> inner_;  // from the end of the handshake on
  wslay_event_context_ptr frames_ = nullptr;  // likewise
  std::string input_;                         // the request, until it is complete
  std::size_t searched_ = 0;                  // of input_
  std::string_view incoming_;                 // during receive_frames()
  std::string lines_;                         // of the inner handler, not framed yet
  std::string output_;                        // framed, until the next step
  std::uint64_t message_bytes_ = 0;           // of the message under way, all of its frames
  unsigned fragments_ = 0;                    // likewise
  bool in_message_ = false;                   // the frame under way is no control frame
  bool has_heard_ = true;                     // anything, since the last tick
  bool has_message_ = true;                   // likewise
  std::uint64_t heard_at_ms_ = 0;             // the tick that found it so
  std::uint64_t message_at_ms_ = 0;           // likewise
  std::uint64_t pinged_at_ms_ = 0;            // 0: no pong is awaited
  bool closing_ = false;                      // nothing is read, the next step is the last
};

}  // namespace

HandlerFactory over_websocket(HandlerFactory inner, WebsocketOptions options) {
  SLUICE_CHECK(options.forwarded_by.hops > 0);
  auto shared = std::make_shared<const Shared>(Shared{std::move(inner), std::move(options)});
  return [shared](const ConnectionInfo& info) { return std::make_unique<WebsocketHandler>(shared, info); };
}

}  // namespace sluice::net
