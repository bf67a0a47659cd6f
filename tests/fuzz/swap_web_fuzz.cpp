// Any bytes as what the HTTP port is asked about swaps. First byte: even, the body of a POST; odd, a path behind /swap/
// with its query; the next bit: with parity.
//
// Every answer is JSON within its bounds, or nothing with the status that says so; the same question has the same
// answer, and what a cursor leads to is answered.
#include <string>

#include "base/check.h"
#include "market_world.h"
#include "serve/rpc_post.h"
#include "serve/swap_paths.h"
#include "strict_json.h"

namespace sluice::serve {
namespace {

constexpr std::size_t send_max = 20'000;

test::MarketWorld& shared_world() {
  static test::MarketWorld world;
  static const bool filled = [] {
    for (int coin = 1; coin < 8; ++coin) {
      world.add({test::token_a, test::token_b, coin, 10});
      world.add({test::token_a, test::token_b, coin + 20, 10}, OrderStanding::history);
    }
    world.mempool.spenders[test::coin_of(3)] = Txid{test::id_of(9, 9)};
    world.mempool.add_tx(Txid{test::id_of(9, 9)}, {std::byte{0}});
    world.client.options.max_send = send_max;
    return true;
  }();
  SLUICE_CHECK(filled);
  return world;
}

WebAnswer ask(bool by_path, std::string_view text) {
  const test::MarketWorld& world = shared_world();
  JsonDocument document;
  if (!by_path) return answer_post(text, world.client.context, document);
  const std::size_t mark = std::min(text.find('?'), text.size());
  return answer_swap_path(text.substr(0, mark), text.substr(std::min(mark + 1, text.size())), world.client.context);
}

void check_answer(const WebAnswer& answer) {
  SLUICE_CHECK(answer.json.empty() == (answer.status == 204));
  SLUICE_CHECK(answer.status == 204 || test::StrictJson(answer.json).valid());
}

/// The cursor of an answer by path leads to another page of the same listing.
void follow_cursor(std::string_view text, const std::string& answer) {
  const std::string_view key = "\"next_cursor\":\"";
  const std::size_t found = answer.find(key);
  if (found == std::string::npos) return;
  const std::size_t begin = found + key.size();
  std::string next(text);
  next += text.find('?') == std::string_view::npos ? '?' : '&';
  next += "cursor=" + answer.substr(begin, answer.find('"', begin) - begin);
  SLUICE_CHECK(ask(true, next).status == 200);
}

}  // namespace
}  // namespace sluice::serve

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::serve;
  if (size == 0) return 0;
  const bool by_path = (data[0] & 1) != 0;
  shared_world().client.options.parity = (data[0] & 2) != 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const WebAnswer answer = ask(by_path, text);
  check_answer(answer);
  // Refusals are short, but may quote the request, each byte as six.
  SLUICE_CHECK(answer.json.size() <= 2 * send_max + 20 * size + 200 * post_batch_max);
  SLUICE_CHECK(ask(by_path, text).json == answer.json);
  if (by_path) follow_cursor(text, answer.json);
  return 0;
}
