// Requests as fast as they are answered: N connections with K requests in flight on each.
//
//   every distinct request is asked once on a quiet connection -> its reply is the expected one
//   then each connection walks the requests from a place of its own; each reply is compared byte by byte
//
// One receive, many replies, as many new requests, one send: that keeps the generator's own cost low. With one
// connection and one request in flight it measures latency.
#pragma once

#include <string>
#include <vector>

#include "load_client.h"

namespace sluice::load {

struct RunOptions {
  unsigned connections = 1;
  unsigned in_flight = 1;
  double seconds = 1;
  int server_pid = 0;   ///< whose processor time is told
  bool compare = true;  ///< off while the chain grows: then only that it is no error
};

/// Prints one line of JSON. Ends the program when a reply is not the expected one.
void run_load(const Target& target, const std::vector<std::string>& requests, const RunOptions& options);

}  // namespace sluice::load
