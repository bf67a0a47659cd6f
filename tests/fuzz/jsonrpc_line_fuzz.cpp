// Any bytes as the stream of an Electrum client. First byte: how the stream is cut into chunks; odd: with parity.
//
// Each line is taken or refused exactly as an independent judge of JSON says; every reply is one
// line of JSON within the size limit; and cutting the stream elsewhere, or batches into smaller steps, changes no
// reply.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "client.h"
#include "market_world.h"
#include "session/session.h"
#include "simdjson.h"
#include "strict_json.h"

namespace sluice::serve {
namespace {

const test::FakeView& shared_view() {
  static const test::FakeView view = [] {
    test::FakeView made(chain::Coin::radiant, {0, 1, 3, 600});
    ScriptHash script;
    made.histories[script] = {{0, 1}, {2, 2}};
    made.unspents[script] = {{2, 2, 0, 5, false}};
    for (TxNumber i = 0; i < 4; ++i) made.raw[i] = {std::byte{1}, std::byte{2}};
    return made;
  }();
  return view;
}

/// Orders of the token a1...01 for the token b2...02 and back: open, taken, unconfirmed.
void add_market(test::Client& client) {
  static test::FakeSwaps swaps;
  static test::FakeMempool mempool;
  static const test::MarketOffer offers[] = {{test::token_a, test::token_b, 1, 10},
                                             {test::token_b, test::token_a, 2, 20, 0}};
  for (const test::MarketOffer& offer : offers) {
    test::MarketWorld world;
    for (const OrderStanding standing : {OrderStanding::open, OrderStanding::history})
      swaps.add(world.add(offer, standing).order, standing);
    mempool.add_offer(Txid{test::id_of(1, offer.coin)}, 0,
                      {offer.token, offer.want, test::coin_of(offer.coin), test::terms_of(30, test::p2pkh_of(7)), {}});
  }
  client.context.swaps = &swaps;
  client.context.mempool = &mempool;
}

std::string replies(std::string_view stream, bool parity, std::size_t chunk_bytes, std::uint32_t items_per_step) {
  static test::Client client(shared_view());
  if (client.context.swaps == nullptr) add_market(client);
  client.options.max_send = 100'000;
  client.options.parity = parity;
  session::SessionLimits limits;
  limits.max_recv = 2000;
  limits.batch.items_max = items_per_step;
  limits.cost.hard = 0;
  session::Session one(limits);
  std::string out;
  while (!stream.empty()) {
    const std::string_view chunk = stream.substr(0, chunk_bytes);
    stream.remove_prefix(chunk.size());
    one.receive(chunk);
    while (true) {
      const session::SessionStep step = one.step(client.context, client.document, out, 0);
      if (step == session::SessionStep::idle || step == session::SessionStep::finished) break;
    }
  }
  return out;
}

void check_line(std::string_view line) {
  static JsonDocument document;
  const JsonErrc errc = document.parse(line);
  const bool utf8 = simdjson::validate_utf8(line.data(), line.size());
  SLUICE_CHECK((errc == JsonErrc::not_utf8) == !utf8);
  if (utf8) SLUICE_CHECK((errc == JsonErrc::ok) == test::StrictJson(line).valid());
}

}  // namespace
}  // namespace sluice::serve

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::serve;
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  for (std::size_t at = 0; at <= stream.size();) {
    const std::size_t end = std::min(stream.find('\n', at), stream.size());
    check_line(stream.substr(at, end - at));
    at = end + 1;
  }
  const bool parity = data[0] % 2 != 0;
  const std::string whole = replies(stream, parity, stream.size() + 1, 1000);
  SLUICE_CHECK(whole == replies(stream, parity, data[0] + std::size_t{1}, 1 + data[0] % 3));
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = whole.find('\n', at);
    SLUICE_CHECK(end != std::string::npos);
    // An error may be longer than max_send only by its frame and the text it quotes.
    SLUICE_CHECK(end - at <= 3 * 100'000);
    SLUICE_CHECK(test::StrictJson(std::string_view(whole).substr(at, end - at)).valid());
    at = end + 1;
  }
  return 0;
}
