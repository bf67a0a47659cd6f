#include "serve/script_text.h"

#include <array>

#include "base/hex.h"
#include "serve/json_text.h"
#include "serve/opcode_names.h"

namespace sluice::serve {
namespace {

constexpr std::uint8_t op_pushdata4 = 0x4e;
constexpr std::size_t script_number_bytes_max = 4;
constexpr std::size_t ref_operand_bytes = 36;

bool has_ref_operand(std::uint8_t opcode, chain::Coin coin) noexcept {
  return coin == chain::Coin::radiant && ((opcode >= 0xd0 && opcode <= 0xd3) || opcode == 0xd8);
}

std::uint8_t u8(std::byte b) noexcept { return static_cast<std::uint8_t>(b); }

/// Little endian, sign in the top bit of the last byte. Bounds: bytes.size() <= 4.
std::int64_t script_number(Bytes bytes) noexcept {
  if (bytes.empty()) return 0;
  std::int64_t magnitude = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) magnitude |= static_cast<std::int64_t>(u8(bytes[i])) << (8 * i);
  const std::int64_t sign = std::int64_t{0x80} << (8 * (bytes.size() - 1));
  return (magnitude & sign) != 0 ? -(magnitude & ~sign) : magnitude;
}

/// Strict DER, without the hash type byte. Source: the nodes' IsValidDERSignatureEncoding.
bool is_der_signature(Bytes sig) noexcept {
  if (sig.size() < 8 || sig.size() > 72) return false;
  if (u8(sig[0]) != 0x30 || u8(sig[1]) != sig.size() - 2) return false;
  const auto is_positive_integer = [&](std::size_t at, std::size_t size) {
    if (u8(sig[at]) != 0x02 || size == 0 || (u8(sig[at + 2]) & 0x80) != 0) return false;
    return size == 1 || u8(sig[at + 2]) != 0 || (u8(sig[at + 3]) & 0x80) != 0;
  };
  const std::size_t r_size = u8(sig[3]);
  if (r_size + 5 >= sig.size()) return false;
  const std::size_t s_size = u8(sig[r_size + 5]);
  if (r_size + s_size + 6 != sig.size()) return false;
  return is_positive_integer(2, r_size) && is_positive_integer(r_size + 4, s_size);
}

/// Text of the hash type of a push that is a signature; "" if it is none.
std::string signature_suffix(Bytes push, chain::Coin coin) {
  if (push.empty()) return {};
  const std::uint8_t type = u8(push.back());
  const Bytes sig = push.first(push.size() - 1);
  const bool fork_coin = coin != chain::Coin::bitcoin;
  const bool is_schnorr = fork_coin && sig.size() == 64;
  if (!is_schnorr && !is_der_signature(sig)) return {};
  static constexpr std::array<std::string_view, 4> base = {"", "ALL", "NONE", "SINGLE"};
  const std::uint8_t known = fork_coin ? 0xc0 : 0x80;
  const std::uint8_t base_type = type & static_cast<std::uint8_t>(~known);
  if (base_type == 0 || base_type > 3) return {};
  std::string text = "[" + std::string(base[base_type]);
  if ((type & 0x40) != 0) text += "|FORKID";
  if ((type & 0x80) != 0) text += "|ANYONECANPAY";
  return text + "]";
}

/// What the nodes' IsUnspendable says. Radiant lifted Bitcoin's script limit, and counts data outputs
/// as unspendable only behind OP_FALSE.
bool is_unspendable(Bytes script, chain::Coin coin) noexcept {
  if (coin == chain::Coin::radiant)
    return (script.size() > 1 && u8(script[0]) == 0 && u8(script[1]) == 0x6a) || script.size() > 32'000'000;
  return (!script.empty() && u8(script[0]) == 0x6a) || script.size() > 10'000;
}

void append_push(std::string& target, Bytes push, bool show_signatures, chain::Coin coin) {
  if (push.size() <= script_number_bytes_max) {
    append_signed(target, script_number(push));
    return;
  }
  const std::string suffix = show_signatures ? signature_suffix(push, coin) : std::string();
  append_hex(target, suffix.empty() ? push : push.first(push.size() - 1));
  target += suffix;
}

/// Size of a public key by its first byte; 0 if it cannot be one.
std::size_t key_bytes(std::byte first) noexcept {
  const std::uint8_t header = u8(first);
  if (header == 2 || header == 3) return 33;
  return header == 4 || header == 6 || header == 7 ? 65 : 0;
}

bool is_key(Bytes bytes) noexcept { return !bytes.empty() && key_bytes(bytes[0]) == bytes.size(); }

bool is_small_number(std::uint8_t opcode) noexcept { return opcode >= 0x51 && opcode <= 0x60; }

bool solve_multisig(Bytes script, chain::Coin coin, SolvedScript& solved) {
  if (script.empty() || u8(script.back()) != 0xae) return false;
  ScriptReader reader(script, coin);
  ScriptStep step;
  if (!reader.next(step) || !is_small_number(step.opcode)) return false;
  const unsigned required = step.opcode - 0x50u;
  std::vector<Bytes> keys;
  while (true) {
    if (reader.at_end() || !reader.next(step)) return false;
    if (!is_key(step.operand) || step.opcode > op_pushdata4) break;
    keys.push_back(step.operand);
  }
  if (!is_small_number(step.opcode)) return false;
  if (keys.size() != step.opcode - 0x50u || required > keys.size()) return false;
  if (reader.at_end() || !reader.next(step) || step.opcode != 0xae || !reader.at_end()) return false;
  solved.type = ScriptType::multisig;
  solved.required_signatures = required;
  solved.solutions = std::move(keys);
  return true;
}

bool is_push_only(Bytes script, chain::Coin coin) {
  ScriptReader reader(script, coin);
  ScriptStep step;
  while (!reader.at_end()) {
    if (!reader.next(step) || step.opcode > 0x60) return false;
  }
  return true;
}

bool solve_witness(Bytes script, SolvedScript& solved) {
  if (script.size() < 4 || script.size() > 42) return false;
  const std::uint8_t version_opcode = u8(script[0]);
  if (version_opcode != 0 && !is_small_number(version_opcode)) return false;
  if (std::size_t{u8(script[1])} + 2 != script.size()) return false;
  const Bytes program = script.subspan(2);
  solved.witness_version = version_opcode == 0 ? 0 : version_opcode - 0x50u;
  solved.solutions = {program};
  if (solved.witness_version == 0) {
    if (program.size() == 20) solved.type = ScriptType::witness_v0_keyhash;
    else if (program.size() == 32) solved.type = ScriptType::witness_v0_scripthash;
    else solved = SolvedScript{};
  } else {
    solved.type = solved.witness_version == 1 && program.size() == 32 ? ScriptType::witness_v1_taproot
                                                                      : ScriptType::witness_unknown;
  }
  return true;
}

/// Does the script equal the pattern, -1 standing for any byte?
bool matches(Bytes script, std::size_t size, std::initializer_list<int> head,
             std::initializer_list<int> tail) noexcept {
  if (script.size() != size) return false;
  std::size_t at = 0;
  for (const int byte : head)
    if (u8(script[at++]) != byte) return false;
  at = size - tail.size();
  for (const int byte : tail)
    if (u8(script[at++]) != byte) return false;
  return true;
}

}  // namespace

bool ScriptReader::next(ScriptStep& step) noexcept {
  if (at_ >= script_.size()) return false;
  step.opcode = u8(script_[at_]);
  std::size_t at = at_ + 1;
  std::size_t size = 0;
  const std::size_t left = script_.size() - at;
  if (step.opcode < 0x4c) {
    size = step.opcode;
  } else if (step.opcode <= op_pushdata4) {
    const std::size_t length_bytes = std::size_t{1} << (step.opcode - 0x4c);
    if (left < length_bytes) return false;
    for (std::size_t i = 0; i < length_bytes; ++i) size |= std::size_t{u8(script_[at + i])} << (8 * i);
    at += length_bytes;
  } else if (has_ref_operand(step.opcode, coin_)) {
    size = ref_operand_bytes;
  }
  if (script_.size() - at < size) return false;
  step.operand = script_.subspan(at, size);
  at_ = at + size;
  return true;
}

std::string_view opcode_name(std::uint8_t opcode, chain::Coin coin) noexcept {
  if (opcode == 0x4f) return "-1";
  if (is_small_number(opcode)) {
    static constexpr std::array<std::string_view, 16> numbers = {"1", "2",  "3",  "4",  "5",  "6",  "7",  "8",
                                                                 "9", "10", "11", "12", "13", "14", "15", "16"};
    return numbers[opcode - 0x51u];
  }
  const std::string_view name =
      coin == chain::Coin::radiant ? radiant_opcode_name(opcode) : bitcoin_opcode_name(opcode, coin);
  return name.empty() ? "OP_UNKNOWN" : name;
}

void append_script_asm(std::string& target, Bytes script, ScriptRole role, chain::Coin coin) {
  const bool show_signatures = role == ScriptRole::input && !is_unspendable(script, coin);
  ScriptReader reader(script, coin);
  ScriptStep step;
  for (bool first = true; !reader.at_end(); first = false) {
    if (!first) target += ' ';
    if (!reader.next(step)) {
      target += "[error]";
      return;
    }
    if (step.opcode <= op_pushdata4) append_push(target, step.operand, show_signatures, coin);
    else target += opcode_name(step.opcode, coin);
  }
}

std::string_view script_type_name(ScriptType type) noexcept {
  static constexpr std::array<std::string_view, 11> names = {"nonstandard",
                                                             "pubkey",
                                                             "pubkeyhash",
                                                             "scripthash",
                                                             "scripthash",
                                                             "multisig",
                                                             "nulldata",
                                                             "witness_v0_keyhash",
                                                             "witness_v0_scripthash",
                                                             "witness_v1_taproot",
                                                             "witness_unknown"};
  return names[static_cast<std::size_t>(type)];
}

SolvedScript solve_script(Bytes script, chain::Coin coin) {
  SolvedScript solved;
  const auto single = [&](ScriptType type, std::size_t begin, std::size_t size) {
    solved.type = type;
    solved.required_signatures = 1;
    solved.solutions = {script.subspan(begin, size)};
    return solved;
  };
  if (matches(script, 23, {0xa9, 20}, {0x87})) return single(ScriptType::scripthash, 2, 20);
  if (coin == chain::Coin::bitcoin_cash && matches(script, 35, {0xaa, 32}, {0x87}))
    return single(ScriptType::scripthash32, 2, 32);
  if (coin == chain::Coin::bitcoin && solve_witness(script, solved)) return solved;
  if (!script.empty() && u8(script[0]) == 0x6a && is_push_only(script.subspan(1), coin)) {
    solved.type = ScriptType::nulldata;
    return solved;
  }
  for (const std::size_t key_size : {std::size_t{33}, std::size_t{65}}) {
    const bool shaped = script.size() == key_size + 2 && u8(script[0]) == key_size && u8(script.back()) == 0xac;
    if (shaped && is_key(script.subspan(1, key_size))) return single(ScriptType::pubkey, 1, key_size);
  }
  if (matches(script, 25, {0x76, 0xa9, 20}, {0x88, 0xac})) return single(ScriptType::pubkeyhash, 3, 20);
  if (solve_multisig(script, coin, solved)) return solved;
  return SolvedScript{};
}

}  // namespace sluice::serve
