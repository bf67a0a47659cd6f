// The protocol core, line in and line out, over a chain in memory: small calls, histories of two
// sizes (their ratio shows that the cost is linear), statuses, and proofs against a far checkpoint.
//
// Answers are checked first. `allocations` are not zero here: a reply is a string of its own.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "client.h"

namespace sluice::serve {
namespace {

constexpr std::uint32_t chain_height = 400'000;
constexpr TxNumber tx_count = 100'000;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "serve_bench: wrong answer: %s\n", what);
  std::exit(1);
}

ScriptHash script(std::byte n) {
  ScriptHash hash;
  hash.bytes[0] = n;
  return hash;
}

/// 400,000 headers; one block with all transactions; three scripts that own some of them.
const test::FakeView& shared_view() {
  static const test::FakeView view = [] {
    std::vector<std::uint32_t> counts(chain_height + 1, 0);
    counts[1] = tx_count;
    test::FakeView made(chain::Coin::radiant, counts);
    for (const auto& [name, count] : {std::pair(std::byte{1}, TxNumber{1000}), std::pair(std::byte{2}, tx_count)}) {
      for (TxNumber i = 0; i < count; ++i) {
        made.histories[script(name)].push_back({i, 1});
        made.unspents[script(name)].push_back({i, 1, 0, 1000, false});
      }
    }
    return made;
  }();
  return view;
}

std::string request(std::string_view method, std::string_view params) {
  return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + std::string(method) + "\",\"params\":" + std::string(params) +
         "}";
}

std::string params_of(std::byte name) { return "[\"" + script(name).display() + "\"]"; }

void run(benchmark::State& state, const std::string& line, std::string_view reply_begin, std::int64_t items_per_call) {
  test::Client client(shared_view(), chain::Coin::radiant, "mainnet", false);
  std::string reply = client.line(line);
  expect(reply.starts_with(reply_begin), line.c_str());
  for (auto _ : state) {
    reply.clear();
    handle_line(line, client.session, client.context, client.document, reply);
    benchmark::DoNotOptimize(reply.data());
  }
  state.SetItemsProcessed(state.iterations() * items_per_call);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(reply.size()));
}

constexpr std::string_view ok = "{\"jsonrpc\":\"2.0\",\"result\":";

void ping(benchmark::State& state) { run(state, request("server.ping", "[]"), ok, 1); }

void get_balance(benchmark::State& state) {
  run(state, request("blockchain.scripthash.get_balance", params_of(std::byte{1})),
      "{\"jsonrpc\":\"2.0\",\"result\":{\"confirmed\":1000000,", 1);
}

void get_history(benchmark::State& state) {
  const bool big = state.range(0) == 100'000;
  run(state, request("blockchain.scripthash.get_history", params_of(big ? std::byte{2} : std::byte{1})),
      "{\"jsonrpc\":\"2.0\",\"result\":[{", state.range(0));
}

void status(benchmark::State& state) {
  const bool big = state.range(0) == 100'000;
  run(state, request("blockchain.scripthash.subscribe", params_of(big ? std::byte{2} : std::byte{1})),
      "{\"jsonrpc\":\"2.0\",\"result\":\"", state.range(0));
}

void header_proof(benchmark::State& state) {
  run(state, request("blockchain.block.header", "[123456,399999]"), "{\"jsonrpc\":\"2.0\",\"result\":{\"header\"", 1);
}

void headers_2016(benchmark::State& state) { run(state, request("blockchain.block.headers", "[1000,2016]"), ok, 2016); }

void tx_proof_in_big_block(benchmark::State& state) {
  run(state, request("blockchain.transaction.id_from_pos", "[1,77777,true]"),
      "{\"jsonrpc\":\"2.0\",\"result\":{\"tx_hash\"", 1);
}

void batch_of_100_pings(benchmark::State& state) {
  std::string line = "[" + request("server.ping", "[]");
  for (int i = 1; i < 100; ++i) line += "," + request("server.ping", "[]");
  run(state, line + "]", "[{\"jsonrpc\"", 100);
}

BENCHMARK(ping);
BENCHMARK(batch_of_100_pings);
BENCHMARK(get_balance);
BENCHMARK(get_history)->Arg(1000)->Arg(100'000);
BENCHMARK(status)->Arg(1000)->Arg(100'000);
BENCHMARK(header_proof);
BENCHMARK(headers_2016);
BENCHMARK(tx_proof_in_big_block);

}  // namespace
}  // namespace sluice::serve

BENCHMARK_MAIN();
