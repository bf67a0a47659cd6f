#include "node/rpc_message.h"

#include <array>
#include <limits>

#include "base/check.h"
#include "node/json_walk.h"

namespace sluice::node {
namespace {

constexpr std::size_t bytes_around_request = 48;  // {"method":"","params":,"id":18446744073709551615},

void append_request(std::string& target, const RpcRequest& request, std::uint64_t id) {
  target += R"({"method":)";
  append_json_string(target, request.method);
  target += R"(,"params":)";
  target += request.params;
  target += R"(,"id":)";
  target += std::to_string(id);
  target += '}';
}

/// The members of one answer object as they were written; empty where absent.
struct Entry {
  std::string_view result;
  std::string_view error;
  std::string_view id;
};

/// A member may come once; others (jsonrpc) are passed over.
bool read_entry(std::string_view text, Entry& entry) {
  bool once = true;
  const bool whole = visit_members(text, [&](std::string_view key, std::string_view value) {
    std::string_view* member = key == "result"  ? &entry.result
                               : key == "error" ? &entry.error
                               : key == "id"    ? &entry.id
                                                : nullptr;
    if (member == nullptr) return true;
    once = once && member->empty();
    *member = value;
    return true;
  });
  return whole && once;
}

/// Not every node follows the form {code, message}; what it said is then shown as it stands.
NodeError error_of(std::string_view json) {
  NodeError error;
  bool has_message = false;
  const bool is_object = json.front() == '{' && visit_members(json, [&](std::string_view key, std::string_view value) {
                           if (key == "code") error.code = integer(value).value_or(0);
                           if (key == "message") {
                             if (auto text = resolved_string(value)) {
                               error.message = *std::move(text);
                               has_message = true;
                             }
                           }
                           return true;
                         });
  if (!is_object || !has_message) error.message = json;
  return error;
}

bool has_error(const Entry& entry) noexcept { return !entry.error.empty() && entry.error != "null"; }

std::string_view first_of(std::string_view text) noexcept {
  const std::size_t at = text.find_first_not_of(" \t\r\n");
  return at == std::string_view::npos ? std::string_view() : text.substr(at, 1);
}

}  // namespace

/// Puts what was read into a reply.
class AnswerReader {
 public:
  AnswerReader(std::vector<char>&& body, std::uint64_t first_id, std::size_t count) : first_id_(first_id) {
    text_bytes_ = body.size();
    reply_.body_ = std::move(body);
    reply_.body_.insert(reply_.body_.end(), json_padding_bytes, '\0');
    reply_.outcomes_.resize(count);
  }

  AnswerErrc single() {
    Entry entry;
    if (!read_entry(text(), entry)) return errc_of_refused();
    if (entry.id == "null" && has_error(entry)) return fault_of_all(entry);
    if (integer(entry.id) != static_cast<std::int64_t>(first_id_)) return AnswerErrc::wrong_id;
    return put(0, entry);
  }

  AnswerErrc batch() {
    if (first_of(text()) == "{") {
      Entry entry;
      if (!read_entry(text(), entry)) return errc_of_refused();
      return has_error(entry) ? fault_of_all(entry) : AnswerErrc::not_an_answer;
    }
    std::vector<std::string_view> elements;
    const bool whole = visit_elements(text(), [&](std::string_view element) {
      elements.push_back(element);
      return elements.size() <= reply_.outcomes_.size();
    });
    if (elements.size() > reply_.outcomes_.size()) return AnswerErrc::wrong_id;
    if (!whole) return AnswerErrc::not_json;
    for (const std::string_view element : elements) {
      if (const AnswerErrc errc = put_element(element); errc != AnswerErrc::ok) return errc;
    }
    return elements.size() == reply_.outcomes_.size() ? AnswerErrc::ok : AnswerErrc::incomplete;
  }

  RpcReply take() && { return std::move(reply_); }

 private:
  std::string_view text() const noexcept { return {reply_.body_.data(), text_bytes_}; }

  /// Told apart for the log only.
  AnswerErrc errc_of_refused() const {
    const auto any_member = [](std::string_view, std::string_view) { return true; };
    return visit_members(text(), any_member) ? AnswerErrc::not_an_answer : AnswerErrc::not_json;
  }

  AnswerErrc put_element(std::string_view element) {
    Entry entry;
    if (element.front() != '{' || !read_entry(element, entry)) return AnswerErrc::not_an_answer;
    const auto id = integer(entry.id);
    if (!id || *id < 0) return AnswerErrc::wrong_id;
    const std::uint64_t index = static_cast<std::uint64_t>(*id) - first_id_;
    if (index >= reply_.outcomes_.size() || !reply_.outcomes_[index].json.empty()) return AnswerErrc::wrong_id;
    return put(index, entry);
  }

  AnswerErrc put(std::size_t index, const Entry& entry) {
    RpcOutcome& outcome = reply_.outcomes_[index];
    if (has_error(entry)) outcome = {entry.error, error_of(entry.error)};
    else if (!entry.result.empty()) outcome = {entry.result, std::nullopt};
    else return AnswerErrc::not_an_answer;
    return AnswerErrc::ok;
  }

  AnswerErrc fault_of_all(const Entry& entry) {
    const RpcOutcome fault{entry.error, error_of(entry.error)};
    for (RpcOutcome& outcome : reply_.outcomes_) outcome = fault;
    return AnswerErrc::ok;
  }

  RpcReply reply_;
  std::uint64_t first_id_;
  std::size_t text_bytes_ = 0;
};

void RpcParams::next() {
  if (!items_.empty()) items_ += ',';
}

RpcParams& RpcParams::text(std::string_view value) {
  next();
  append_json_string(items_, value);
  return *this;
}

RpcParams& RpcParams::number(std::uint64_t value) {
  next();
  items_ += std::to_string(value);
  return *this;
}

RpcParams& RpcParams::flag(bool value) { return json(value ? "true" : "false"); }

RpcParams& RpcParams::json(std::string_view value) {
  next();
  items_ += value;
  return *this;
}

std::string write_request(const RpcRequest& request, std::uint64_t id) {
  std::string text;
  text.reserve(request.method.size() + request.params.size() + bytes_around_request);
  append_request(text, request, id);
  return text;
}

std::string write_batch(std::span<const RpcRequest> requests, std::uint64_t first_id) {
  std::size_t bytes = 2;
  for (const RpcRequest& request : requests)
    bytes += request.method.size() + request.params.size() + bytes_around_request;
  std::string text = "[";
  text.reserve(bytes);
  for (const RpcRequest& request : requests) {
    if (text.size() > 1) text += ',';
    append_request(text, request, first_id++);
  }
  return text += ']';
}

std::string_view describe(AnswerErrc errc) noexcept {
  static constexpr std::array<std::string_view, 5> texts{"a right answer", "not JSON", "no JSON-RPC answer",
                                                         "an answer to another request",
                                                         "a batch with answers missing"};
  return texts[static_cast<std::size_t>(errc)];
}

AnswerErrc read_answer(std::vector<char>&& body, RequestForm form, std::uint64_t first_id, std::size_t count,
                       RpcReply& reply) {
  SLUICE_CHECK(count > 0 && (form == RequestForm::batch || count == 1));
  SLUICE_CHECK(first_id <= std::numeric_limits<std::int64_t>::max() - count);
  AnswerReader reader(std::move(body), first_id, count);
  const AnswerErrc errc = form == RequestForm::single ? reader.single() : reader.batch();
  reply = errc == AnswerErrc::ok ? std::move(reader).take() : RpcReply();
  return errc;
}

}  // namespace sluice::node
