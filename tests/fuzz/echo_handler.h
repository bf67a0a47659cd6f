// A line handler for fuzzing what is around it: echoes lines, and remembers them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "handler_support.h"

namespace sluice::fuzz {

class Echo final : public net::ConnectionHandler {
 public:
  /// `lines` gets every whole line.
  explicit Echo(std::string& lines) : lines_(lines) {}
  void receive(std::string_view bytes) override { input_.append(bytes); }
  net::HandlerStep step(std::string& out) override {
    const std::size_t newline = input_.find('\n');
    if (newline == std::string::npos) return net::HandlerStep::idle;
    out.append(input_, 0, newline + 1);
    lines_.append(input_, 0, newline + 1);
    input_.erase(0, newline + 1);
    return net::HandlerStep::progressed;
  }

 private:
  std::string& lines_;
  std::string input_;
};

inline net::HandlerFactory echo_factory(std::string& lines) {
  return [&lines](const net::ConnectionInfo&) { return std::make_unique<Echo>(lines); };
}

}  // namespace sluice::fuzz
