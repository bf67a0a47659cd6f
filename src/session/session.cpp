#include "session/session.h"

namespace sluice::session {

void Session::receive(std::string_view bytes) {
  traffic_.receive_bytes += bytes.size();
  state_.cost += bandwidth_cost(limits_->cost, bytes.size());
  lines_.append(bytes);
}

SessionStep Session::step(const serve::ServerContext& context, serve::JsonDocument& document, std::string& out) {
  const std::size_t begin = out.size();
  if (!batch_) {
    std::string_view line;
    if (state_.close_after_reply || !lines_.next(line)) return SessionStep::idle;
    ++traffic_.receive_lines;
    batch_ = serve::begin_line(line, state_, context, document, out);
    lines_.forget_taken();
  }
  if (batch_) {
    if (!batch_->step(limits_->batch, state_, context, document)) return SessionStep::answering;
    out += batch_->reply();
    batch_.reset();
  }
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
