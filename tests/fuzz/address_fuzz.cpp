// Any bytes as an address. What decodes has a script that renders as an address again, of which the script is the same.
// First byte: coin, and mainnet or regtest (bit 2).
#include <string>

#include "fuzz_support.h"
#include "serve/address.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice;
  const fuzz::FuzzInput input = fuzz::split_input(data, size);
  constexpr std::string_view coins[] = {"Radiant", "Bitcoin", "BitcoinCash"};
  const auto* network = chain::find_network(coins[input.selector % 3], input.flag(2) ? "regtest" : "mainnet");
  const std::string_view text(reinterpret_cast<const char*>(input.bytes.data()), input.bytes.size());
  const auto script = serve::script_of_address(text, *network);
  if (!script) return 0;
  const auto solved = serve::solve_script(*script, network->coin);
  SLUICE_CHECK(solved.solutions.size() == 1);
  const std::string address = serve::address_of(solved, solved.solutions.front(), *network);
  SLUICE_CHECK(serve::script_of_address(address, *network) == script);
  return 0;
}
