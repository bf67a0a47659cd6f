// The table of networks, and finding one by name.
//
// Every genesis header was checked by hashing it: the tests do so again. Regtest and the test nets
// of Bitcoin Cash share genesis blocks with others, so a genesis hash alone names no network.
#include "chain/coin.h"

#include <algorithm>

#include "hash/sha256.h"
#include "hash/sha512_256.h"

namespace sluice::chain {
namespace {

/// Bytes in the order in which they appear in files and on the wire.
constexpr std::array<std::byte, 4> magic(std::uint32_t value) noexcept {
  return {static_cast<std::byte>(value >> 24), static_cast<std::byte>(value >> 16 & 255),
          static_cast<std::byte>(value >> 8 & 255), static_cast<std::byte>(value & 255)};
}

// Version 1 and no previous block: how every genesis header here begins.
#define SLUICE_GENESIS_HEAD "01000000" "0000000000000000000000000000000000000000000000000000000000000000"

// Reorg limits: Radiant keeps 200 blocks of undo on every net (28 deep was seen); Bitcoin's are
// those of ElectrumX. Sources: chainparams.cpp and chainparamsbase.cpp of each coin's node.
constexpr Network networks[] = {
    {.coin = Coin::radiant, .coin_name = "Radiant", .name = "mainnet", .node_chain = "main", .unit = "RXD",
     .disk_magic = magic(0xf9beb4d9), .net_magic = magic(0xe3e1f3e8),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "372cbaf89794aeed5e711b02e78ec4502ad8b315a987c2e2758a85e36a3f7c02"
         "aadeaf62ffff001d7980b72a",
     .genesis_hash = "0000000065d8ed5d8be28d6876b3ffb660ac2a6c0ca59e437e1f7a6f4e003fb4",
     .rpc_port = 7332, .p2pkh_version = 0, .p2sh_version = 5, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 200},
    {.coin = Coin::radiant, .coin_name = "Radiant", .name = "testnet", .node_chain = "test4", .unit = "RXD",
     .disk_magic = magic(0xcd22a792), .net_magic = magic(0xe2b7daaf),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "dc57023e18f8b3466eeed89356fc7f6b8af99b09e891a40e3fdb410838594436"
         "a9e8c462ffff001d449dc805",
     .genesis_hash = "000000000d8ada264d16f87a590b2af320cd3c7e3f9be5482163e830fd00aca2",
     .rpc_port = 27332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 200},
    {.coin = Coin::radiant, .coin_name = "Radiant", .name = "testnet3", .node_chain = "test", .unit = "RXD",
     .disk_magic = magic(0x0b110907), .net_magic = magic(0xf4e5f3f4),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "dc57023e18f8b3466eeed89356fc7f6b8af99b09e891a40e3fdb410838594436"
         "21e6c462ffff001d2c0cff03",
     .genesis_hash = "000000002008a2f4a76b850a838ae084994c200dc2fd354f73102298fe063a91",
     .rpc_port = 17332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 200},
    {.coin = Coin::radiant, .coin_name = "Radiant", .name = "scalingtest", .node_chain = "scale", .unit = "RXD",
     .disk_magic = magic(0xbac22dc4), .net_magic = magic(0xc3afe1a2),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "dc57023e18f8b3466eeed89356fc7f6b8af99b09e891a40e3fdb410838594436"
         "8ce4c462ffff001dbb65f302",
     .genesis_hash = "00000000ea7340a6e9ae28ad8ca95a652c8da00ee7ea97e6cb42cd1558884c87",
     .rpc_port = 37332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 200},
    {.coin = Coin::radiant, .coin_name = "Radiant", .name = "regtest", .node_chain = "regtest", .unit = "RXD",
     .disk_magic = magic(0xfabfb5da), .net_magic = magic(0xdab5bffa),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "dc57023e18f8b3466eeed89356fc7f6b8af99b09e891a40e3fdb410838594436"
         "21e6c462ffff7f2001000000",
     .genesis_hash = "7c1797514a165b0d99953a993a2a42081d6c0706026c36c06fc6fe728f93a5dd",
     .rpc_port = 17443, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x207fffff, .default_reorg_limit = 200},
    {.coin = Coin::bitcoin, .coin_name = "Bitcoin", .name = "mainnet", .node_chain = "main", .unit = "BTC",
     .disk_magic = magic(0xf9beb4d9), .net_magic = magic(0xf9beb4d9),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "29ab5f49ffff001d1dac2b7c",
     .genesis_hash = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
     .rpc_port = 8332, .p2pkh_version = 0, .p2sh_version = 5, .segwit_prefix = "bc",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 200},
    {.coin = Coin::bitcoin, .coin_name = "Bitcoin", .name = "testnet", .node_chain = "test", .unit = "BTC",
     .disk_magic = magic(0x0b110907), .net_magic = magic(0x0b110907),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "dae5494dffff001d1aa4ae18",
     .genesis_hash = "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
     .rpc_port = 18332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "tb",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin, .coin_name = "Bitcoin", .name = "testnet4", .node_chain = "testnet4", .unit = "BTC",
     .disk_magic = magic(0x1c163f28), .net_magic = magic(0x1c163f28),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "4e7b2b9128fe0291db0693af2ae418b767e657cd407e80cb1434221eaea7a07a"
         "046f3566ffff001dbb0c7817",
     .genesis_hash = "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
     .rpc_port = 48332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "tb",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin, .coin_name = "Bitcoin", .name = "signet", .node_chain = "signet", .unit = "BTC",
     .disk_magic = magic(0x0a03cf40), .net_magic = magic(0x0a03cf40),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "008f4d5fae77031e8ad22203",
     .genesis_hash = "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
     .rpc_port = 38332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "tb",
     .pow_limit_bits = 0x1e0377ae, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin, .coin_name = "Bitcoin", .name = "regtest", .node_chain = "regtest", .unit = "BTC",
     .disk_magic = magic(0xfabfb5da), .net_magic = magic(0xfabfb5da),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "dae5494dffff7f2002000000",
     .genesis_hash = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
     .rpc_port = 18443, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "bcrt",
     .pow_limit_bits = 0x207fffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin_cash, .coin_name = "BitcoinCash", .name = "mainnet", .node_chain = "main", .unit = "BCH",
     .disk_magic = magic(0xf9beb4d9), .net_magic = magic(0xe3e1f3e8),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "29ab5f49ffff001d1dac2b7c",
     .genesis_hash = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
     .rpc_port = 8332, .p2pkh_version = 0, .p2sh_version = 5, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 200},
    {.coin = Coin::bitcoin_cash, .coin_name = "BitcoinCash", .name = "testnet", .node_chain = "test", .unit = "BCH",
     .disk_magic = magic(0x0b110907), .net_magic = magic(0xf4e5f3f4),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "dae5494dffff001d1aa4ae18",
     .genesis_hash = "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
     .rpc_port = 18332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin_cash, .coin_name = "BitcoinCash", .name = "testnet4", .node_chain = "test4", .unit = "BCH",
     .disk_magic = magic(0xcd22a792), .net_magic = magic(0xe2b7daaf),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "f1a93c5fffff001d01d3cd06",
     .genesis_hash = "000000001dd410c49a788668ce26751718cc797474d3152a5fc073dd44fd9f7b",
     .rpc_port = 28332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin_cash, .coin_name = "BitcoinCash", .name = "scalenet", .node_chain = "scale", .unit = "BCH",
     .disk_magic = magic(0xbac22dc4), .net_magic = magic(0xc3afe1a2),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "c6da435fffff001da4d594a2",
     .genesis_hash = "00000000e6453dc2dfe1ffa19023f86002eb11dbb8e87d0291a4599f0430be52",
     .rpc_port = 38332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin_cash, .coin_name = "BitcoinCash", .name = "chipnet", .node_chain = "chip", .unit = "BCH",
     .disk_magic = magic(0xcd22a792), .net_magic = magic(0xe2b7daaf),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "f1a93c5fffff001d01d3cd06",
     .genesis_hash = "000000001dd410c49a788668ce26751718cc797474d3152a5fc073dd44fd9f7b",
     .rpc_port = 48332, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x1d00ffff, .default_reorg_limit = 8000},
    {.coin = Coin::bitcoin_cash, .coin_name = "BitcoinCash", .name = "regtest", .node_chain = "regtest", .unit = "BCH",
     .disk_magic = magic(0xfabfb5da), .net_magic = magic(0xdab5bffa),
     .genesis_header_hex = SLUICE_GENESIS_HEAD
         "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
         "dae5494dffff7f2002000000",
     .genesis_hash = "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
     .rpc_port = 18443, .p2pkh_version = 111, .p2sh_version = 196, .segwit_prefix = "",
     .pow_limit_bits = 0x207fffff, .default_reorg_limit = 8000},
};

#undef SLUICE_GENESIS_HEAD

struct Alias {
  std::string_view coin;
  std::string_view net;
  std::string_view means_coin;
  std::string_view means_net;
};

/// Other spellings that operators' files hold.
constexpr Alias aliases[] = {
    {"radianttestnet", "testnet", "radiant", "testnet"},
    {"radiantscalingtestnet", "scalingtest", "radiant", "scalingtest"},
    {"radiantscalingtestnet", "scalenet", "radiant", "scalingtest"},
    {"radiantregtest", "regtest", "radiant", "regtest"},
    {"radiant", "scalenet", "radiant", "scalingtest"},
};

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) noexcept {
  const auto same_letter = [](char x, char y) noexcept { return lower(x) == lower(y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_letter);
}

std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::span<const Network> all_networks() noexcept { return networks; }

const Network* find_network(std::string_view coin, std::string_view net) noexcept {
  coin = trimmed(coin);
  net = trimmed(net);
  for (const Alias& alias : aliases) {
    if (same_word(coin, alias.coin) && same_word(net, alias.net)) {
      coin = alias.means_coin;
      net = alias.means_net;
      break;
    }
  }
  for (const Network& network : networks) {
    if (same_word(coin, network.coin_name) && same_word(net, network.name)) return &network;
  }
  return nullptr;
}

BlockHash block_hash(Coin coin, Bytes header) noexcept {
  const Digest digest = coin == Coin::radiant ? hash::sha512_256d(header) : hash::sha256d(header);
  return hash_cast<BlockHash>(digest);
}

}  // namespace sluice::chain
