// Questions that only the node can answer, asked without waiting.
//
//   method -> ask() -> (the session waits, others go on) -> ready -> the method runs again and finds the answer
//
// serve declares it; whoever knows the node implements it. A request that waits keeps its place: what the client sends
// behind it is not read meanwhile.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::serve {

struct NodeQuestion {
  enum class Kind : std::uint8_t {
    broadcast,
    broadcast_package,
    test_accept,
    estimate_fee,
    relay_fee,
    mempool_info,
  } kind = Kind::broadcast;
  std::string raw_hex;                   ///< broadcast: as the client sent it
  std::vector<std::string> package_hex;  ///< broadcast_package, test_accept: as raw_hex
  std::uint32_t blocks = 0;              ///< estimate_fee: the target
  std::string mode;                      ///< estimate_fee: "", "CONSERVATIVE", "ECONOMICAL"
};

/// Written by one thread before it says ready; read by others after they saw that.
class NodeAnswer {
 public:
  enum class Outcome : std::uint8_t {
    answered,  ///< text is a JSON value for the client
    refused,   ///< the node said no: code and text are its own
    failed,    ///< no answer came; text says why
  };

  [[nodiscard]] bool is_ready() const noexcept { return is_ready_.load(std::memory_order_acquire); }
  /// Bounds: is_ready().
  [[nodiscard]] Outcome outcome() const noexcept { return outcome_; }
  [[nodiscard]] int code() const noexcept { return code_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// Once.
  void give(Outcome outcome, int code, std::string text) noexcept {
    outcome_ = outcome;
    code_ = code;
    text_ = std::move(text);
    is_ready_.store(true, std::memory_order_release);
  }

 private:
  Outcome outcome_ = Outcome::failed;
  int code_ = 0;
  std::string text_;
  std::atomic<bool> is_ready_{false};
};

class NodeGate {
 public:
  virtual ~NodeGate() = default;
  /// Returns at once; never null. Who waits is woken when the answer is ready. Any thread.
  [[nodiscard]] virtual std::shared_ptr<const NodeAnswer> ask(NodeQuestion question) = 0;
};

}  // namespace sluice::serve
