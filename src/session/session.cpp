#include "session/session.h"

namespace sluice::session {

void Session::receive(std::string_view bytes) {
  traffic_.receive_bytes += bytes.size();
  state_.cost += bandwidth_cost(limits_->cost, bytes.size());
  lines_.append(bytes);
}

SessionStep Session::step(const serve::ServerContext& context, serve::JsonDocument& document, std::string& out) {
  std::string_view line;
  if (state_.close_after_reply || !lines_.next(line)) return SessionStep::idle;
  ++traffic_.receive_lines;
  const std::size_t begin = out.size();
  serve::handle_line(line, state_, context, document, out);
  if (out.size() != begin) {
    out += '\n';
    const std::size_t bytes = out.size() - begin;
    ++traffic_.send_lines;
    traffic_.send_bytes += bytes;
    state_.cost += bandwidth_cost(limits_->cost, bytes);
  }
  return state_.close_after_reply ? SessionStep::finished : SessionStep::answered;
}

}  // namespace sluice::session
