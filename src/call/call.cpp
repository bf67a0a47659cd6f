#include "call/call.h"

#include "call/request.h"
#include "call/transport.h"
#include "sluice/exit_status.h"

namespace sluice::call {

int run_call(const config::CallConfig& config, std::ostream& out, std::ostream& err) {
  const auto fail = [&](const Error& error) {
    err << "sluice call: " << error.message << '\n';
    return exit_failure;
  };
  auto request = make_request(config.method, config.params);
  if (!request) return fail(request.error());

  Result<Reply> reply = Reply{};
  const Status status = exchange(config.endpoint, config.options, request.value(), [&](std::string_view message) {
    reply = read_reply(message);
    // Notifications may come before the answer; they are passed over.
    return !reply.ok() || reply.value().kind != Reply::Kind::other;
  });
  if (!status) return fail(status.error());
  if (!reply) return fail(reply.error());
  const bool is_error = reply.value().kind == Reply::Kind::error;
  (is_error ? err : out) << reply.value().text << '\n';
  return is_error ? exit_failure : exit_success;
}

}  // namespace sluice::call
