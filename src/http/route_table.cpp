#include "http/route_table.h"

#include <algorithm>
#include <utility>

namespace sluice::http {

HttpReply text_reply(unsigned status, std::string_view line) {
  HttpReply reply;
  reply.status = status;
  reply.body.append(line).append("\n");
  return reply;
}

void RouteTable::get(std::string path, Responder responder) {
  routes_.push_back({std::move(path), std::move(responder)});
}

HttpReply RouteTable::operator()(const HttpRequest& request) const {
  const auto route = std::ranges::find(routes_, request.path, &Route::path);
  if (route == routes_.end()) return text_reply(404, "nothing is at this path");
  if (request.method == "GET" || request.method == "HEAD") return route->responder(request);
  HttpReply reply = text_reply(405, "this path is only read");
  reply.allow = "GET, HEAD";
  return reply;
}

}  // namespace sluice::http
