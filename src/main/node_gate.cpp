#include "main/node_gate.h"

#include <fmt/format.h>

#include "observe/log.h"
#include "serve/json_text.h"

namespace sluice {
namespace {

using serve::NodeAnswer;
using serve::NodeQuestion;

/// Questions that have the same answer for everybody.
std::string shared_key(const NodeQuestion& question) {
  using Kind = NodeQuestion::Kind;
  const bool is_shared =
      question.kind == Kind::estimate_fee || question.kind == Kind::relay_fee || question.kind == Kind::mempool_info;
  if (!is_shared) return {};
  return fmt::format("{} {} {}", static_cast<int>(question.kind), question.blocks, question.mode);
}

/// The log gets the error, which names the node; the client does not.
void fail(NodeAnswer& answer, const Error& error) {
  observe::log_warning("serve", error.message);
  answer.give(NodeAnswer::Outcome::failed, 0, "the node cannot answer now, try again later");
}

void hand_on(NodeAnswer& answer, const Result<node::Passed>& passed) {
  if (!passed) return fail(answer, passed.error());
  if (const auto* refusal = std::get_if<node::NodeError>(&passed.value()))
    return answer.give(NodeAnswer::Outcome::refused, static_cast<int>(refusal->code), refusal->message);
  answer.give(NodeAnswer::Outcome::answered, 0, std::get<std::string>(passed.value()));
}

std::string fee_or_zero(const std::string& text) { return text.empty() ? "0" : text; }

std::string mempool_info_text(const node::MempoolInfo& info) {
  std::string text = fmt::format(R"({{"mempoolminfee":{},"minrelaytxfee":{},"incrementalrelayfee":{})",
                                 fee_or_zero(info.mempool_min_fee), fee_or_zero(info.min_relay_fee),
                                 fee_or_zero(info.incremental_relay_fee));
  if (!info.unbroadcast_count.empty()) text += ",\"unbroadcastcount\":" + info.unbroadcast_count;
  if (!info.full_rbf.empty()) text += ",\"fullrbf\":" + info.full_rbf;
  return text + "}";
}

}  // namespace

NodeGate::NodeGate(node::NodeCalls& node, std::function<void()> on_ready, std::function<void()> on_accepted)
    : node_(node), on_ready_(std::move(on_ready)), on_accepted_(std::move(on_accepted)) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

NodeGate::~NodeGate() {
  {
    const std::lock_guard lock(mutex_);
    is_ended_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::shared_ptr<const NodeAnswer> NodeGate::ask(NodeQuestion question) {
  auto answer = std::make_shared<NodeAnswer>();
  const std::string key = shared_key(question);
  const std::lock_guard lock(mutex_);
  if (!key.empty()) {
    const Clock::time_point now = Clock::now();
    std::erase_if(kept_, [&](const auto& entry) { return entry.second.until < now; });
    const auto [place, is_new] = kept_.try_emplace(key, Kept{answer, now + fees_kept});
    if (!is_new) return place->second.answer;
  }
  if (is_ended_ || waiting_.size() >= waiting_max) {
    answer->give(NodeAnswer::Outcome::failed, 0, "too many requests are waiting for the node, try again later");
    return answer;
  }
  waiting_.push_back({std::move(question), answer});
  changed_.notify_one();
  return answer;
}

void NodeGate::run() {
  for (;;) {
    Waiting next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_ended_ || !waiting_.empty(); });
      if (is_ended_) return;
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    answer(next);
    on_ready_();
  }
}

void NodeGate::answer(const Waiting& waiting) {
  const NodeQuestion& question = waiting.question;
  NodeAnswer& answer = *waiting.answer;
  const auto answered = [&](std::string text) { answer.give(NodeAnswer::Outcome::answered, 0, std::move(text)); };
  switch (question.kind) {
    case NodeQuestion::Kind::broadcast: return broadcast(question.raw_hex, answer);
    case NodeQuestion::Kind::broadcast_package: {
      const auto passed = node_.broadcast_package(question.package_hex);
      if (passed && std::holds_alternative<std::string>(passed.value())) on_accepted_();
      return hand_on(answer, passed);
    }
    case NodeQuestion::Kind::test_accept: return hand_on(answer, node_.test_accept(question.package_hex));
    case NodeQuestion::Kind::estimate_fee: return hand_on(answer, node_.estimate_fee(question.blocks, question.mode));
    case NodeQuestion::Kind::relay_fee: {
      const auto info = node_.network_info();
      return info ? answered(fee_or_zero(info.value().relay_fee)) : fail(answer, info.error());
    }
    case NodeQuestion::Kind::mempool_info: {
      const auto info = node_.mempool_info();
      if (!info) return fail(answer, info.error());
      return answered(mempool_info_text(info.value()));
    }
  }
}

void NodeGate::broadcast(const std::string& raw_hex, NodeAnswer& answer) {
  const auto result = node_.broadcast(raw_hex);
  if (!result) return fail(answer, result.error());
  if (const auto* refusal = std::get_if<node::NodeError>(&result.value()))
    return answer.give(NodeAnswer::Outcome::refused, static_cast<int>(refusal->code), refusal->message);
  on_accepted_();
  std::string text;
  serve::append_json_hash(text, std::get<Txid>(result.value()).span());
  answer.give(NodeAnswer::Outcome::answered, 0, std::move(text));
}

}  // namespace sluice
