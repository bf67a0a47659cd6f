#include "devnet/coins.h"

namespace sluice::devnet {
namespace {

constexpr std::string_view radiant_coinbase =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff2704ffff001d01041f"
    "5468697320697320612052616469616e742074657374696e6720626c6f636bffffffff01005039278c0400001976a9144f9a"
    "b47a237441c0dc61dcd39fd92709f281b03388ac00000000";

constexpr std::string_view radiant_header =
    "010000000000000000000000000000000000000000000000000000000000000000000000dc57023e18f8b3466eeed89356fc"
    "7f6b8af99b09e891a40e3fdb41083859443621e6c462ffff7f2001000000";

constexpr std::string_view bitcoin_coinbase =
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d010445"
    "5468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e"
    "64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7"
    "105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac"
    "00000000";

constexpr std::string_view bitcoin_header =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e6776"
    "8f617fc81bc3888a51323a9fb8aa4b1e5e4adae5494dffff7f2002000000";

constexpr CoinParams coins[] = {
    {CoinKind::radiant,
     "radiant",
     {0xfa, 0xbf, 0xb5, 0xda},
     radiant_header,
     radiant_coinbase,
     5'000'000'000'000,
     150,
     1657071137,
     300},
    {CoinKind::bitcoin,
     "bitcoin",
     {0xfa, 0xbf, 0xb5, 0xda},
     bitcoin_header,
     bitcoin_coinbase,
     5'000'000'000,
     150,
     1296688602,
     600},
    {CoinKind::bitcoin_cash,
     "bitcoincash",
     {0xfa, 0xbf, 0xb5, 0xda},
     bitcoin_header,
     bitcoin_coinbase,
     5'000'000'000,
     150,
     1296688602,
     600},
};

bool same_word(std::string_view given, std::string_view lower) noexcept {
  if (given.size() != lower.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const char c = given[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

}  // namespace

const CoinParams* find_coin(std::string_view coin, std::string_view net) noexcept {
  if (!same_word(net, "regtest")) return nullptr;
  for (const CoinParams& params : coins) {
    if (same_word(coin, params.name)) return &params;
  }
  return nullptr;
}

}  // namespace sluice::devnet
