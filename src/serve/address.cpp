#include "serve/address.h"

#include <algorithm>
#include <vector>

#include "hash/sha256.h"
#include "serve/ripemd160.h"

namespace sluice::serve {
namespace {

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
  static constexpr std::string_view digits58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
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

}  // namespace sluice::serve
