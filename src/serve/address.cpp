#include "serve/address.h"

#include <algorithm>
#include <vector>

#include "hash/sha256.h"
#include "serve/ripemd160.h"

namespace sluice::serve {
namespace {

constexpr std::string_view digits58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view base32_digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// Regroups 8-bit bytes into 5-bit digits, the last padded with zero bits.
std::vector<std::uint8_t> to_base32(Bytes bytes) {
  std::vector<std::uint8_t> digits;
  unsigned held = 0;
  unsigned bits = 0;
  for (const std::byte b : bytes) {
    held = (held << 8 | static_cast<unsigned>(b)) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      digits.push_back(held >> bits & 31);
    }
  }
  if (bits > 0) digits.push_back(held << (5 - bits) & 31);
  return digits;
}

std::uint32_t bech32_polymod(const std::vector<std::uint8_t>& values) noexcept {
  static constexpr std::uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  std::uint32_t sum = 1;
  for (const std::uint8_t value : values) {
    const std::uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; ++i) sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
  }
  return sum;
}

std::uint64_t cash_polymod(const std::vector<std::uint8_t>& values) noexcept {
  static constexpr std::uint64_t generator[] = {0x98f2bc8e61, 0x79b76d99e2, 0xf33e5fb3c4, 0xae2eabe2a8, 0x1e4f43e470};
  std::uint64_t sum = 1;
  for (const std::uint8_t value : values) {
    const std::uint64_t top = sum >> 35;
    sum = (sum & 0x07ffffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; ++i) sum ^= (top >> i & 1) != 0 ? generator[i] : 0;
  }
  return sum ^ 1;
}

void append_base32(std::string& text, const std::vector<std::uint8_t>& digits) {
  for (const std::uint8_t digit : digits) text += base32_digits[digit];
}

std::string_view cash_prefix(const chain::Network& network) noexcept {
  if (network.name == "mainnet") return "bitcoincash";
  return network.name == "regtest" ? "bchreg" : "bchtest";
}

}  // namespace

std::string base58_check(std::uint8_t version, Bytes payload) {
  std::vector<std::byte> bytes{std::byte{version}};
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  const Digest checksum = hash::sha256d(bytes);
  bytes.insert(bytes.end(), checksum.data(), checksum.data() + 4);

  std::vector<std::uint8_t> digits;  // least significant first
  for (const std::byte b : bytes) {
    unsigned carry = static_cast<unsigned>(b);
    for (auto& digit : digits) {
      carry += digit * 256u;
      digit = static_cast<std::uint8_t>(carry % 58);
      carry /= 58;
    }
    for (; carry > 0; carry /= 58) digits.push_back(static_cast<std::uint8_t>(carry % 58));
  }
  std::string text;
  for (std::size_t i = 0; i < bytes.size() && bytes[i] == std::byte{0}; ++i) text += '1';
  for (auto at = digits.rbegin(); at != digits.rend(); ++at) text += digits58[*at];
  return text;
}

std::string segwit_address(std::string_view prefix, unsigned version, Bytes program) {
  std::vector<std::uint8_t> data{static_cast<std::uint8_t>(version)};
  const auto program_digits = to_base32(program);
  data.insert(data.end(), program_digits.begin(), program_digits.end());

  std::vector<std::uint8_t> checked;
  for (const char c : prefix) checked.push_back(static_cast<std::uint8_t>(c) >> 5);
  checked.push_back(0);
  for (const char c : prefix) checked.push_back(c & 31);
  checked.insert(checked.end(), data.begin(), data.end());
  checked.resize(checked.size() + 6);
  const std::uint32_t sum = bech32_polymod(checked) ^ (version == 0 ? 1u : 0x2bc830a3u);
  for (unsigned i = 0; i < 6; ++i) data.push_back(sum >> (5 * (5 - i)) & 31);

  std::string text(prefix);
  text += '1';
  append_base32(text, data);
  return text;
}

std::string cash_address(std::string_view prefix, unsigned type, Bytes hash) {
  std::vector<std::byte> payload{static_cast<std::byte>(type << 3 | (hash.size() == 32 ? 3u : 0u))};
  payload.insert(payload.end(), hash.begin(), hash.end());
  std::vector<std::uint8_t> data = to_base32(payload);

  std::vector<std::uint8_t> checked;
  for (const char c : prefix) checked.push_back(c & 31);
  checked.push_back(0);
  checked.insert(checked.end(), data.begin(), data.end());
  checked.resize(checked.size() + 8);
  const std::uint64_t sum = cash_polymod(checked);
  for (unsigned i = 0; i < 8; ++i) data.push_back(sum >> (5 * (7 - i)) & 31);

  std::string text(prefix);
  text += ':';
  append_base32(text, data);
  return text;
}

std::array<std::byte, 20> key_hash(Bytes key) { return ripemd160(hash::sha256(key).span()); }

std::string address_of(const SolvedScript& script, Bytes solution, const chain::Network& network) {
  const bool cash = network.coin == chain::Coin::bitcoin_cash;
  const auto keyhash_address = [&](Bytes hash) {
    return cash ? cash_address(cash_prefix(network), 0, hash) : base58_check(network.p2pkh_version, hash);
  };
  switch (script.type) {
    case ScriptType::pubkey:
    case ScriptType::multisig: return keyhash_address(key_hash(solution));
    case ScriptType::pubkeyhash: return keyhash_address(solution);
    case ScriptType::scripthash:
      return cash ? cash_address(cash_prefix(network), 1, solution) : base58_check(network.p2sh_version, solution);
    case ScriptType::scripthash32: return cash_address(cash_prefix(network), 1, solution);
    case ScriptType::witness_v0_keyhash:
    case ScriptType::witness_v0_scripthash:
    case ScriptType::witness_v1_taproot:
    case ScriptType::witness_unknown:
      return network.segwit_prefix.empty() ? ""
                                           : segwit_address(network.segwit_prefix, script.witness_version, solution);
    case ScriptType::nonstandard:
    case ScriptType::nulldata: break;
  }
  return {};
}

namespace {

constexpr std::size_t address_bytes_max = 128;  // the longest form has 90

std::vector<std::byte> script_around(std::initializer_list<unsigned> before, Bytes hash,
                                     std::initializer_list<unsigned> behind) {
  std::vector<std::byte> script;
  for (const unsigned opcode : before) script.push_back(static_cast<std::byte>(opcode));
  script.push_back(static_cast<std::byte>(hash.size()));
  script.insert(script.end(), hash.begin(), hash.end());
  for (const unsigned opcode : behind) script.push_back(static_cast<std::byte>(opcode));
  return script;
}

std::vector<std::byte> pay_to_key_hash(Bytes hash) { return script_around({0x76, 0xa9}, hash, {0x88, 0xac}); }
std::vector<std::byte> pay_to_script_hash(Bytes hash) {
  return script_around({hash.size() == 32 ? 0xaau : 0xa9u}, hash, {0x87});
}

/// The number that the digits write, in bytes, its leading zeros counted; empty if a character is no digit.
std::vector<std::byte> from_base58(std::string_view text) {
  std::vector<std::byte> bytes;  // least significant first
  for (const char c : text) {
    const std::size_t digit = digits58.find(c);
    if (digit == std::string_view::npos) return {};
    auto carry = static_cast<unsigned>(digit);
    for (std::byte& b : bytes) {
      carry += static_cast<unsigned>(b) * 58;
      b = static_cast<std::byte>(carry & 255);
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push_back(static_cast<std::byte>(carry & 255));
  }
  for (std::size_t i = 0; i < text.size() && text[i] == digits58[0]; ++i) bytes.push_back(std::byte{0});
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

/// Regroups 5-bit digits into bytes, without the padding; empty if a character is no digit.
std::vector<std::byte> from_base32(std::string_view digits) {
  std::vector<std::byte> bytes;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : digits) {
    const std::size_t digit = base32_digits.find(c);
    if (digit == std::string_view::npos) return {};
    held = (held << 5 | static_cast<unsigned>(digit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::byte>(held >> bits & 255));
  }
  return bytes;
}

using Script = std::optional<std::vector<std::byte>>;

// Each form is read leniently and written again: only an address that is written the same way is one, checksum and all.

Script script_of_base58(std::string_view text, const chain::Network& network) {
  const std::vector<std::byte> bytes = from_base58(text);
  if (bytes.size() != 25) return std::nullopt;
  const auto version = static_cast<std::uint8_t>(bytes[0]);
  const Bytes hash = Bytes(bytes).subspan(1, 20);
  if (base58_check(version, hash) != text) return std::nullopt;
  if (version == network.p2pkh_version) return pay_to_key_hash(hash);
  if (version == network.p2sh_version) return pay_to_script_hash(hash);
  return std::nullopt;
}

/// In one case only, as the form has it, and then small.
std::optional<std::string> in_small_letters(std::string_view text) {
  std::string small;
  bool has_small = false;
  bool has_large = false;
  for (const char c : text) {
    const bool is_large = c >= 'A' && c <= 'Z';
    has_large |= is_large;
    has_small |= c >= 'a' && c <= 'z';
    small += is_large ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return has_small && has_large ? std::nullopt : std::optional(std::move(small));
}

Script script_of_cash(std::string_view given, const chain::Network& network) {
  constexpr std::size_t checksum_digits = 8;
  const auto small = in_small_letters(given);
  if (!small) return std::nullopt;
  std::string_view text = *small;
  const std::string prefix(cash_prefix(network));
  if (text.starts_with(prefix + ":")) text.remove_prefix(prefix.size() + 1);
  if (text.size() <= checksum_digits) return std::nullopt;
  const std::vector<std::byte> payload = from_base32(text.substr(0, text.size() - checksum_digits));
  if (payload.size() != 21 && payload.size() != 33) return std::nullopt;
  const unsigned type = static_cast<unsigned>(payload[0]) >> 3;
  const Bytes hash = Bytes(payload).subspan(1);
  if (type > 3 || cash_address(prefix, type, hash) != prefix + ":" + std::string(text)) return std::nullopt;
  // Types 2 and 3 are 0 and 1 of wallets that know of tokens.
  if (type % 2 == 1) return pay_to_script_hash(hash);
  return hash.size() == 20 ? Script(pay_to_key_hash(hash)) : std::nullopt;
}

Script script_of_segwit(std::string_view text, const chain::Network& network) {
  constexpr std::size_t checksum_digits = 6;
  const std::string head = std::string(network.segwit_prefix) + "1";
  if (!text.starts_with(head) || text.size() < head.size() + 1 + checksum_digits) return std::nullopt;
  const std::size_t version = base32_digits.find(text[head.size()]);
  const std::vector<std::byte> program =
      from_base32(text.substr(head.size() + 1, text.size() - head.size() - 1 - checksum_digits));
  const bool fits = version == 0 ? program.size() == 20 || program.size() == 32
                                 : version <= 16 && program.size() >= 2 && program.size() <= 40;
  if (!fits || segwit_address(network.segwit_prefix, static_cast<unsigned>(version), program) != text)
    return std::nullopt;
  return script_around({version == 0 ? 0u : 0x50u + static_cast<unsigned>(version)}, program, {});
}

}  // namespace

std::optional<std::vector<std::byte>> script_of_address(std::string_view text, const chain::Network& network) {
  if (text.empty() || text.size() > address_bytes_max) return std::nullopt;
  if (auto script = script_of_base58(text, network)) return script;
  if (network.coin == chain::Coin::bitcoin_cash) return script_of_cash(text, network);
  if (!network.segwit_prefix.empty()) return script_of_segwit(text, network);
  return std::nullopt;
}

}  // namespace sluice::serve
