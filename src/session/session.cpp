#include "session/session.h"

namespace sluice::session {

void Session::receive(std::string_view bytes) {
  traffic_.receive_bytes += bytes.size();
  state_.cost += bandwidth_cost(limits_->cost, bytes.size());
  lines_.append(bytes);
}

SessionStep Session::step(const serve::ServerContext& context, serve::JsonDocument& document, std::string& out) {
  const std::size_t begin = out.size();
  if (!state_.close_after_reply && serve::write_notification(state_, context, out) != serve::Notified::nothing_left) {
    if (out.size() > begin) ++traffic_.notifications;
    end_line(begin, out);
    return SessionStep::answered;
  }
  if (!answer_) {
    std::string_view line;
    if (state_.close_after_reply || !lines_.next(line)) return SessionStep::idle;
    ++traffic_.receive_lines;
    answer_ = serve::begin_line(line, state_, context, document, out);
    lines_.forget_taken();
    if (state_.waits_for_node) return SessionStep::waiting;
  } else if (state_.waits_for_node && !state_.node_has_answered()) {
    return SessionStep::waiting;
  }
  if (answer_) {
    if (!answer_->step(limits_->batch, state_, context, document))
      return state_.waits_for_node ? SessionStep::waiting : SessionStep::answering;
    out += answer_->reply();
    answer_.reset();
  }
  end_line(begin, out);
  return state_.close_after_reply ? SessionStep::finished : SessionStep::answered;
}

/// Of what was written from `begin` on, if anything was.
void Session::end_line(std::size_t begin, std::string& out) {
  if (out.size() == begin) return;
  out += '\n';
  const std::size_t bytes = out.size() - begin;
  ++traffic_.send_lines;
  traffic_.send_bytes += bytes;
  state_.cost += bandwidth_cost(limits_->cost, bytes);
}

void Session::describe(serve::SessionRow& row) const {
  row.is_closing |= state_.close_after_reply;
  row.concurrency = allowed_concurrency(limits_->cost, state_.cost);
  row.client = state_.client_name;
  row.protocol = serve::version_text(state_.version);
  row.cost = state_.cost;
  row.load.pending = answer_ ? 1 : 0;
  row.errors = state_.counters.errors;
  row.load.transactions_sent = state_.counters.transactions_sent;
  row.load.subscriptions = subscriptions();
  row.load.receive_lines = traffic_.receive_lines;
  row.load.receive_bytes = traffic_.receive_bytes;
  row.load.send_lines = traffic_.send_lines;
  row.load.send_bytes = traffic_.send_bytes;
}

}  // namespace sluice::session
