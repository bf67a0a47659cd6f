#include "call/request.h"

#include <algorithm>

#include "call/json_text.h"

namespace sluice::call {

namespace {

constexpr std::string_view request_id = "1";
constexpr std::size_t shown_bytes_max = 200;

bool is_object(std::string_view json) noexcept {
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && json[first] == '{' && is_json(json);
}

/// What a line holds, cut and with control characters shown as question marks.
std::string shown(std::string_view line) {
  std::string out(line.substr(0, shown_bytes_max));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return line.size() > shown_bytes_max ? out + "..." : out;
}

/// A request is one line: line ends inside of a parameter are blanks to JSON, and become real ones.
void append_on_one_line(std::string& target, std::string_view json) {
  for (const char c : json) target += c == '\n' || c == '\r' ? ' ' : c;
}

}  // namespace

Result<std::string> make_request(std::string_view method, const std::vector<std::string>& params) {
  if (!is_utf8(method)) return Error{ErrorKind::config, "the method is not UTF-8"};
  std::string request = "{\"jsonrpc\":\"2.0\",\"id\":" + std::string(request_id) + ",\"method\":";
  append_json_string(request, method);
  request += ",\"params\":";
  if (params.size() == 1 && is_object(params.front())) {
    append_on_one_line(request, params.front());
    return request + "}";
  }
  request += '[';
  for (std::size_t i = 0; i < params.size(); ++i) {
    if (i > 0) request += ',';
    if (is_json(params[i])) {
      append_on_one_line(request, params[i]);
    } else if (is_utf8(params[i])) {
      append_json_string(request, params[i]);
    } else {
      return Error{ErrorKind::config, "parameter " + std::to_string(i + 1) + " is neither JSON nor UTF-8 text"};
    }
  }
  return request + "]}";
}

Result<Reply> read_reply(std::string_view line) {
  const auto members = json_members(line);
  if (!members) return Error{ErrorKind::corrupt, "the answer is not a JSON object: " + shown(line)};
  std::string_view id, result, error, method;
  for (const JsonMember& member : *members) {
    if (member.key == "id") id = member.value;
    if (member.key == "result") result = member.value;
    if (member.key == "error") error = member.value;
    if (member.key == "method") method = member.value;
  }
  const bool has_error = !error.empty() && error != "null";
  if (result.empty() && error.empty() && method.empty())
    return Error{ErrorKind::corrupt, "the answer has no result and no error: " + shown(line)};
  // An error for a request that the server could not read has the id null.
  const bool is_ours = id == request_id || (has_error && id == "null");
  if (!is_ours || !method.empty()) return Reply{};
  const auto text = pretty_json(has_error ? error : result.empty() ? "null" : result);
  if (!text) return Error{ErrorKind::corrupt, "the answer cannot be read: " + shown(line)};
  return Reply{has_error ? Reply::Kind::error : Reply::Kind::result, *text};
}

}  // namespace sluice::call
