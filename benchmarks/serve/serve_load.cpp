// Load for an Electrum server, and the echo server that it is compared with. scripts/measure_serve drives it.
//
//   serve_load echo LOOPS
//   serve_load run HOST:PORT FILE [connections=N] [in_flight=K] [seconds=S] [pid=P] [compare=0]
//   serve_load hold HOST:PORT FILE [connections=N] [tls=1]
#include <algorithm>
#include <charconv>
#include <span>
#include <string>
#include <string_view>

#include "echo_server.h"
#include "load_hold.h"
#include "load_run.h"

namespace sluice::load {
namespace {

double option(std::span<char*> words, std::string_view name, double otherwise) {
  for (const std::string_view word : words) {
    if (!word.starts_with(name) || word.size() <= name.size() || word[name.size()] != '=') continue;
    double value = 0;
    const char* end = word.data() + word.size();
    if (std::from_chars(word.data() + name.size() + 1, end, value).ptr != end)
      give_up(std::string(word) + ": no number");
    return value;
  }
  return otherwise;
}

int run(std::span<char*> words) {
  const std::string_view mode = words.size() > 1 ? words[1] : "";
  const std::span<char*> rest = words.subspan(std::min<std::size_t>(words.size(), 4));
  if (mode == "echo" && words.size() == 3) {
    run_echo_server(static_cast<unsigned>(std::stoul(words[2])));
  } else if (mode == "run" && words.size() >= 4) {
    run_load(Target::parse(words[2]), read_requests(words[3]),
             {.connections = static_cast<unsigned>(option(rest, "connections", 1)),
              .in_flight = static_cast<unsigned>(option(rest, "in_flight", 1)),
              .seconds = option(rest, "seconds", 1),
              .server_pid = static_cast<int>(option(rest, "pid", 0)),
              .compare = option(rest, "compare", 1) != 0});
  } else if (mode == "hold" && words.size() >= 4) {
    hold_sessions(Target::parse(words[2]), read_requests(words[3]),
                  static_cast<unsigned>(option(rest, "connections", 1)), option(rest, "tls", 0) != 0);
  } else {
    give_up("usage: serve_load echo LOOPS | run HOST:PORT FILE [NAME=N]... | hold HOST:PORT FILE [NAME=N]...");
  }
  return 0;
}

}  // namespace
}  // namespace sluice::load

int main(int argc, char** argv) { return sluice::load::run({argv, static_cast<std::size_t>(argc)}); }
