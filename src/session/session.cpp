#include "session/session.h"

#include <algorithm>
#include <utility>

namespace sluice::session {
namespace {

serve::Fault busy() { return {serve::FaultCode::server_busy, "server busy - request timed out"}; }

serve::Fault address_blocked(std::uint64_t for_ms) {
  return serve::bad_request("this address used too much of the server: blocked for " +
                            std::to_string((for_ms + 999) / 1000) + " more seconds");
}

}  // namespace

void Session::receive(std::string_view bytes) {
  traffic_.receive_bytes += bytes.size();
  state_.cost += bandwidth_cost(limits_->cost, bytes.size());
  lines_.append(bytes);
}

/// May the line or part at hand be worked on now? Its first call decides for how long it may not.
bool Session::may_work(std::uint64_t now_ms) {
  if (!work_since_ms_) {
    work_since_ms_ = resume_at_ms_ = now_ms;
    const Throttle::Admission admission = throttle_.admit(state_.cost, subscriptions(), now_ms);
    switch (admission.verdict) {
      case Throttle::Admission::Verdict::at_once: break;
      case Throttle::Admission::Verdict::later:
        resume_at_ms_ = now_ms + std::min(admission.delay_ms, limits_->request_timeout_ms);
        if (admission.delay_ms >= limits_->request_timeout_ms) refuse(busy(), &LimitCounters::timed_out);
        count(&LimitCounters::delayed, 1);
        count(&LimitCounters::delay_ms, resume_at_ms_ - now_ms);
        break;
      case Throttle::Admission::Verdict::excessive:
        refuse({serve::FaultCode::excessive_resource_usage, "excessive resource usage"}, &LimitCounters::excessive);
        state_.close_after_reply = true;
        break;
      case Throttle::Admission::Verdict::blocked:
        refuse(address_blocked(admission.delay_ms), &LimitCounters::blocked);
        state_.close_after_reply = true;
        break;
    }
  }
  return now_ms >= resume_at_ms_;
}

void Session::refuse(serve::Fault fault, std::atomic<std::uint64_t> LimitCounters::*counter) {
  state_.refusal = std::move(fault);
  count(counter, 1);
}

void Session::count(std::atomic<std::uint64_t> LimitCounters::*counter, std::uint64_t amount) {
  if (throttle_.member() != nullptr)
    (throttle_.member()->counters().*counter).fetch_add(amount, std::memory_order_relaxed);
}

SessionStep Session::step(const serve::ServerContext& context, serve::JsonDocument& document, std::string& out,
                          std::uint64_t now_ms) {
  const std::size_t begin = out.size();
  stepped_at_ms_ = now_ms;
  if (!state_.close_after_reply && serve::write_notification(state_, context, out) != serve::Notified::nothing_left) {
    if (out.size() > begin) ++traffic_.notifications;
    end_line(begin, out);
    return SessionStep::answered;
  }
  if (!answer_) {
    std::string_view line;
    if ((state_.close_after_reply && !state_.refusal) || !lines_.next(line)) return SessionStep::idle;
    if (!may_work(now_ms)) {
      lines_.put_back();
      return SessionStep::waiting;
    }
    ++traffic_.receive_lines;
    answer_ = serve::begin_line(line, state_, context, document, out);
    lines_.forget_taken();
    if (state_.waits_for_node) return wait_for_node();
  } else if (state_.waits_for_node && !state_.node_has_answered()) {
    if (now_ms < resume_at_ms_) return SessionStep::waiting;
    state_.node_answer.reset();
    state_.waits_for_node = false;
    refuse(busy(), &LimitCounters::timed_out);
  } else if (!state_.node_answer && !may_work(now_ms)) {
    return SessionStep::waiting;
  }
  if (answer_) {
    // A refusal is of the one request that it was made for.
    const bool done =
        answer_->step(state_.refusal ? serve::BatchPace{1, 0} : limits_->batch, state_, context, document);
    if (state_.waits_for_node) return wait_for_node();
    if (!done) {
      end_work();
      return SessionStep::answering;
    }
    out += answer_->reply();
    answer_.reset();
  }
  end_work();
  end_line(begin, out);
  return state_.close_after_reply ? SessionStep::finished : SessionStep::answered;
}

SessionStep Session::wait_for_node() {
  resume_at_ms_ = *work_since_ms_ + limits_->request_timeout_ms;
  return SessionStep::waiting;
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
