#include "serve/address.h"

#include <algorithm>
#include <vector>

#include "hash/sha256.h"
#include "serve/ripemd160.h"

namespace sluice::serve {
namespace {

constexpr std::string_view base32_digits = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::string_view digits58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

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

constexpr std::size_t hash160_bytes = 20;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t cash_checksum_digits = 8;

/// The version byte and 20-byte payload of a base58 address.
std::optional<std::array<std::byte, 1 + hash160_bytes>> base58_payload(std::string_view text) {
  std::array<std::byte, 1 + hash160_bytes + checksum_bytes> bytes{};
  const std::size_t zeros = std::min(text.find_first_not_of('1'), text.size());
  for (const char c : text) {
    const std::size_t digit = digits58.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    std::size_t carry = digit;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      carry += static_cast<std::size_t>(bytes[i]) * 58;
      bytes[i] = static_cast<std::byte>(carry & 255);
      carry >>= 8;
    }
    if (carry != 0) return std::nullopt;  // more than an address holds
  }
  // Each leading 1 is a zero byte, no more and no less.
  const auto first = std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; });
  if (static_cast<std::size_t>(first - bytes.begin()) != zeros) return std::nullopt;
  const Bytes payload = Bytes(bytes).first(1 + hash160_bytes);
  const Digest checksum = hash::sha256d(payload);
  if (!std::equal(checksum.data(), checksum.data() + checksum_bytes, bytes.end() - checksum_bytes)) return std::nullopt;
  std::array<std::byte, 1 + hash160_bytes> found{};
  std::ranges::copy(payload, found.begin());
  return found;
}

/// The version byte and hash of a CashAddr address: 21 or 33 bytes.
std::optional<std::vector<std::byte>> cash_payload(std::string_view text, std::string_view prefix) {
  std::string lower;
  bool has_lower = false;
  bool has_upper = false;
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    has_upper |= is_upper;
    has_lower |= c >= 'a' && c <= 'z';
    lower += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  if (has_upper && has_lower) return std::nullopt;
  std::string_view digits = lower;
  if (const std::size_t colon = digits.find(':'); colon != std::string_view::npos) {
    if (digits.substr(0, colon) != prefix) return std::nullopt;
    digits.remove_prefix(colon + 1);
  }
  std::vector<std::uint8_t> checked;
  for (const char c : prefix) checked.push_back(c & 31);
  checked.push_back(0);
  const std::size_t prefix_digits = checked.size();
  for (const char c : digits) {
    const std::size_t digit = base32_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    checked.push_back(static_cast<std::uint8_t>(digit));
  }
  if (digits.size() < cash_checksum_digits || cash_polymod(checked) != 0) return std::nullopt;

  std::vector<std::byte> payload;
  unsigned held = 0;
  unsigned bits = 0;
  for (std::size_t i = prefix_digits; i + cash_checksum_digits < checked.size(); ++i) {
    held = (held << 5 | checked[i]) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    payload.push_back(static_cast<std::byte>(held >> bits & 255));
  }
  const bool is_padded_well = bits < 5 && (held & ((1u << bits) - 1)) == 0;
  if (!is_padded_well) return std::nullopt;
  return payload;
}

std::vector<std::byte> joined(std::initializer_list<unsigned> head, Bytes hash, std::initializer_list<unsigned> tail) {
  std::vector<std::byte> script;
  for (const unsigned b : head) script.push_back(static_cast<std::byte>(b));
  script.insert(script.end(), hash.begin(), hash.end());
  for (const unsigned b : tail) script.push_back(static_cast<std::byte>(b));
  return script;
}

std::vector<std::byte> key_hash_script(Bytes hash) { return joined({0x76, 0xa9, 0x14}, hash, {0x88, 0xac}); }
std::vector<std::byte> script_hash_script(Bytes hash) {
  return hash.size() == 32 ? joined({0xaa, 0x20}, hash, {0x87}) : joined({0xa9, 0x14}, hash, {0x87});
}

std::optional<std::vector<std::byte>> script_of_cash_address(std::string_view text, std::string_view prefix) {
  const auto payload = cash_payload(text, prefix);
  if (!payload || payload->empty()) return std::nullopt;
  const auto version = static_cast<unsigned>(payload->front());
  const Bytes hash = Bytes(*payload).subspan(1);
  const bool is_short = (version & 7) == 0 && hash.size() == 20;
  const bool is_long = (version & 7) == 3 && hash.size() == 32;
  // Types 2 and 3 are 0 and 1 of wallets that know of tokens.
  switch (version >> 3) {
    case 0:
    case 2: return is_short ? std::optional(key_hash_script(hash)) : std::nullopt;
    case 1:
    case 3: return is_short || is_long ? std::optional(script_hash_script(hash)) : std::nullopt;
    default: return std::nullopt;
  }
}

/// Read leniently and written again: only an address that is written the same way is one, checksum and all.
std::optional<std::vector<std::byte>> script_of_segwit_address(std::string_view text, std::string_view prefix) {
  constexpr std::size_t checksum_digits = 6;
  constexpr unsigned op_1_minus_1 = 0x50;
  const std::string head = std::string(prefix) + "1";
  if (!text.starts_with(head) || text.size() < head.size() + 1 + checksum_digits) return std::nullopt;
  const std::size_t version = base32_digits.find(text[head.size()]);
  std::vector<std::byte> program;
  unsigned held = 0;
  unsigned bits = 0;
  for (const char c : text.substr(head.size() + 1, text.size() - head.size() - 1 - checksum_digits)) {
    const std::size_t digit = base32_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    held = (held << 5 | static_cast<unsigned>(digit)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    program.push_back(static_cast<std::byte>(held >> bits & 255));
  }
  const bool fits = version == 0 ? program.size() == 20 || program.size() == 32
                                 : version <= 16 && program.size() >= 2 && program.size() <= 40;
  if (!fits || segwit_address(prefix, static_cast<unsigned>(version), program) != text) return std::nullopt;
  return joined(
      {version == 0 ? 0 : op_1_minus_1 + static_cast<unsigned>(version), static_cast<unsigned>(program.size())},
      program, {});
}

}  // namespace

std::optional<std::vector<std::byte>> script_of_address(std::string_view text, const chain::Network& network) {
  constexpr std::size_t address_characters_max = 128;
  if (text.size() > address_characters_max) return std::nullopt;
  if (const auto payload = base58_payload(text)) {
    const Bytes hash = Bytes(*payload).subspan(1);
    const auto version = static_cast<std::uint8_t>(payload->front());
    if (version == network.p2pkh_version) return key_hash_script(hash);
    if (version == network.p2sh_version) return script_hash_script(hash);
    return std::nullopt;
  }
  if (network.has_segwit()) return script_of_segwit_address(text, network.segwit_prefix);
  if (network.coin != chain::Coin::bitcoin_cash) return std::nullopt;
  return script_of_cash_address(text, cash_prefix(network));
}

}  // namespace sluice::serve
