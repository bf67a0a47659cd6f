#include "serve/swap_paths.h"

#include <algorithm>
#include <charconv>

#include "serve/envelope.h"
#include "serve/json_text.h"
#include "serve/swap_answers.h"
#include "serve/swap_call_arguments.h"

namespace sluice::serve {
namespace {

enum class PathKind : std::uint8_t { orders, history, count };

std::optional<PathKind> kind_of(std::string_view name) {
  if (name == "orders") return PathKind::orders;
  if (name == "history") return PathKind::history;
  return name == "count" ? std::optional(PathKind::count) : std::nullopt;
}

/// Texts of the query; empty: not given.
struct QueryTexts {
  std::string_view want, limit, offset, max_age, cursor;
};

Fault bad_query(std::string_view name, std::string_view wanted) {
  return node_parameter_fault(std::string(name) + " must be " + std::string(wanted));
}

Outcome read_query(std::string_view query, PathKind kind, QueryTexts& texts) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view name = pair.substr(0, equals);
    const std::string_view text = pair.substr(std::min(equals + 1, pair.size()));
    const bool lists = kind != PathKind::count;
    if (name == "want") texts.want = text;
    else if (name == "limit" && lists) texts.limit = text;
    else if (name == "offset" && lists) texts.offset = text;
    else if (name == "cursor" && lists) texts.cursor = text;
    else if (name == "max_age" && kind == PathKind::orders) texts.max_age = text;
    else return node_parameter_fault("this path takes no parameter " + std::string(name));
  }
  return std::nullopt;
}

/// Leaves the target alone if nothing was given.
template <typename Number>
Outcome read_number(std::string_view name, std::string_view text, Number& target) {
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    return bad_query(name, "a number of blocks or orders from 0 on");
  target = number;
  return std::nullopt;
}

Outcome read_side(std::string_view text, BookSide& side) {
  if (!text.empty() && text != "0" && text != "1") return bad_query("want", "0 or 1");
  side = text == "1" ? BookSide::wanted : BookSide::offered;
  return std::nullopt;
}

WebAnswer answer_fault(const Fault& fault) {
  return web_error(fault.code == FaultCode::internal_error ? 500 : 400, fault);
}

Outcome answer_count(const ServerContext& context, const PageRequest& request, std::string& reply) {
  OrderCounts counts;
  if (Outcome fault = count_orders(context, request.side, request.token, counts)) return fault;
  reply += '{';
  append_counts(reply, counts);
  reply += ",\"height\":";
  append_number(reply, context.view->tip_height());
  reply += '}';
  return std::nullopt;
}

Outcome answer_list(const ServerContext& context, const QueryTexts& texts, PageRequest& request, std::string& reply) {
  if (Outcome fault = read_number("limit", texts.limit, request.limit)) return fault;
  request.limit = std::min(request.limit, page_limit_max);
  if (Outcome fault = read_number("offset", texts.offset, request.offset)) return fault;
  if (Outcome fault = read_number("max_age", texts.max_age, request.max_age)) return fault;
  if (Outcome fault = set_cursor(request, texts.cursor)) return fault;
  std::uint64_t steps = 0;
  return answer_cursor_page(reply, context, request, steps);
}

}  // namespace

WebAnswer web_error(unsigned status, const Fault& fault) {
  WebAnswer answer{status, "{\"error\":"};
  append_fault(answer.json, fault);
  answer.json += '}';
  return answer;
}

WebAnswer answer_swap_path(std::string_view path, std::string_view query, const ServerContext& context) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  const auto kind = kind_of(path.substr(0, slash));
  if (!kind || slash == path.size())
    return web_error(404, bad_request("nothing is at this path: orders/TOKEN, history/TOKEN and count/TOKEN are"));
  if (context.swaps == nullptr) return web_error(503, no_swap_index());
  QueryTexts texts;
  if (const Outcome fault = read_query(query, *kind, texts)) return answer_fault(*fault);
  PageRequest request;
  request.kind = *kind == PathKind::history ? BookKind::history : BookKind::open;
  if (const Outcome fault = read_side(texts.want, request.side)) return answer_fault(*fault);
  const auto token = token_of_hex(path.substr(slash + 1), "the token of the path");
  if (!token.ok()) return answer_fault(token.fault());
  request.token = token.value();
  WebAnswer answer;
  const Outcome fault = *kind == PathKind::count ? answer_count(context, request, answer.json)
                                                 : answer_list(context, texts, request, answer.json);
  return fault ? answer_fault(*fault) : answer;
}

}  // namespace sluice::serve
