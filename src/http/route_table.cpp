#include "http/route_table.h"

#include <algorithm>
#include <utility>

namespace sluice::http {
namespace {

HttpReply preflight_reply(std::string methods) {
  HttpReply reply;
  reply.status = 204;
  reply.fields = {{"Access-Control-Allow-Methods", std::move(methods)},
                  {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                  {"Access-Control-Max-Age", "86400"}};
  return reply;
}

HttpReply no_such_method(std::string methods) {
  HttpReply reply = text_reply(405, "this path has no such method");
  reply.fields = {{"Allow", std::move(methods)}};
  return reply;
}

}  // namespace

HttpReply text_reply(unsigned status, std::string_view line) {
  HttpReply reply;
  reply.status = status;
  reply.body.append(line).append("\n");
  return reply;
}

bool RouteTable::Route::has_path(std::string_view asked) const {
  return is_prefix ? asked.starts_with(path) : asked == path;
}

bool RouteTable::Route::has_method(std::string_view method) const {
  return is_read ? method == "GET" || method == "HEAD" : method == "POST";
}

std::string RouteTable::Route::methods() const {
  return std::string(is_read ? "GET, HEAD" : "POST") + (origin.empty() ? "" : ", OPTIONS");
}

void RouteTable::get(std::string path, Responder responder) {
  routes_.push_back({std::move(path), false, true, "", std::move(responder)});
}

void RouteTable::get_below(std::string prefix, Sharing sharing, Responder responder) {
  routes_.push_back({std::move(prefix), true, true, std::move(sharing.origin), std::move(responder)});
}

void RouteTable::post(std::string path, Sharing sharing, Responder responder) {
  routes_.push_back({std::move(path), false, false, std::move(sharing.origin), std::move(responder)});
}

HttpReply RouteTable::operator()(const HttpRequest& request) const {
  const auto route = std::ranges::find_if(routes_, [&](const Route& each) { return each.has_path(request.path); });
  if (route == routes_.end()) return text_reply(404, "nothing is at this path");
  const bool is_preflight = request.method == "OPTIONS" && !route->origin.empty();
  HttpReply reply = route->has_method(request.method) ? route->responder(request)
                    : is_preflight                    ? preflight_reply(route->methods())
                                                      : no_such_method(route->methods());
  if (route->origin.empty()) return reply;
  reply.fields.push_back({"Access-Control-Allow-Origin", route->origin});
  if (route->origin != "*") reply.fields.push_back({"Vary", "Origin"});
  return reply;
}

}  // namespace sluice::http
