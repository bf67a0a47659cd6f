// expect: use of deleted function
// The outcome of a reply that ends with the statement: its views would point to nothing.
#include "node/rpc_message.h"

sluice::node::RpcReply make_reply();

bool use() {
#ifdef SLUICE_MISTAKE
  const sluice::node::RpcOutcome& outcome = make_reply().outcome();
  return outcome.json.empty();
#else
  const sluice::node::RpcReply reply = make_reply();
  const sluice::node::RpcOutcome& outcome = reply.outcome();
  return outcome.json.empty();
#endif
}
