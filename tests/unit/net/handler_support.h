// Handlers without sockets: what goes in, what comes out, and a line server to put inside.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/connection_handler.h"

namespace sluice::net::test {

/// Echoes lines; `two` answers two lines, `big N` N bytes, `bye` answers and closes. An event is told as "news".
class LineServer final : public ConnectionHandler {
 public:
  void receive(std::string_view bytes) override { input_.append(bytes); }
  bool notify(const Event&) override { return has_news_ = true; }
  HandlerStep step(std::string& out) override {
    if (std::exchange(has_news_, false)) {
      out += "news\n";
      return HandlerStep::progressed;
    }
    const std::size_t newline = input_.find('\n');
    if (newline == std::string::npos) return HandlerStep::idle;
    const std::string line = input_.substr(0, newline);
    input_.erase(0, newline + 1);
    if (input_.empty()) input_.shrink_to_fit();
    if (line == "two") out += "one\n";
    if (line.starts_with("big ")) out.append(std::stoul(line.substr(4)), 'x');
    else out += line;
    out += '\n';
    return line == "bye" ? HandlerStep::finished : HandlerStep::progressed;
  }

 private:
  std::string input_;
  bool has_news_ = false;
};

/// A handler and what it wrote so far.
struct Driven {
  std::unique_ptr<ConnectionHandler> handler;
  std::string out;
  bool finished = false;

  void step_all() {
    while (!finished) {
      const HandlerStep step = handler->step(out);
      finished = step == HandlerStep::finished;
      if (step == HandlerStep::idle) return;
    }
  }
  void feed(std::string_view bytes, std::size_t chunk_bytes = 8192) {
    while (!bytes.empty() && !finished) {
      const std::string_view chunk = bytes.substr(0, chunk_bytes);
      handler->receive(std::string(chunk));  // a copy of its own, so that reading beyond it is seen
      bytes.remove_prefix(chunk.size());
      step_all();
    }
  }
  std::string take() { return std::exchange(out, {}); }
};

}  // namespace sluice::net::test
