#include "main/swap_routes.h"

#include "serve/rpc_post.h"
#include "serve/swap_paths.h"

namespace sluice {
namespace {

constexpr std::string_view paths = "/swap/";

http::HttpReply reply_of(serve::WebAnswer answer) {
  http::HttpReply reply;
  reply.status = answer.status;
  reply.content_type = "application/json";
  reply.body = std::move(answer.json);
  return reply;
}

/// Answers from the snapshot of the moment, which is held meanwhile.
template <typename Answer>
http::HttpReply from_snapshot(const Serving& serving, const Answer& answer) {
  const serve::Snapshot snapshot = serving.snapshot();
  if (!snapshot.view || !serving.figures().is_listening) {
    return reply_of(serve::web_error(503, {serve::FaultCode::server_busy, "the index is not ready: see /readyz"}));
  }
  return reply_of(answer(serving.context_of(snapshot)));
}

}  // namespace

void add_swap_routes(http::RouteTable& table, const Serving& serving, const std::string& origin) {
  table.post("/", {origin}, [&serving](const http::HttpRequest& request) {
    return from_snapshot(serving, [&](serve::ServerContext context) {
      serve::JsonDocument document;
      return serve::answer_post(request.body, std::move(context), document);
    });
  });
  table.get_below(std::string(paths), {origin}, [&serving](const http::HttpRequest& request) {
    return from_snapshot(serving, [&](const serve::ServerContext& context) {
      return serve::answer_swap_path(request.path.substr(paths.size()), request.query, context);
    });
  });
}

}  // namespace sluice
