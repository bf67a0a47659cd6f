#include "base/hex.h"

#include <array>

#include "base/hash256.h"

namespace sluice {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

constexpr std::array<signed char, 256> make_values() {
  std::array<signed char, 256> values{};
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<signed char>(i);
  for (int i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a' + i)] = static_cast<signed char>(10 + i);
    values[static_cast<std::size_t>('A' + i)] = static_cast<signed char>(10 + i);
  }
  return values;
}
constexpr auto kValues = make_values();

void put_hex(char* at, std::byte value) noexcept {
  at[0] = kDigits[std::to_integer<unsigned>(value) >> 4];
  at[1] = kDigits[std::to_integer<unsigned>(value) & 15];
}

}  // namespace

int hex_digit(char c) noexcept { return kValues[static_cast<unsigned char>(c)]; }

void append_hex(std::string& target, Bytes bytes) {
  const std::size_t begin = target.size();
  target.resize(begin + 2 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) put_hex(target.data() + begin + 2 * i, bytes[i]);
}

void append_hex_reversed(std::string& target, Bytes bytes) {
  const std::size_t begin = target.size();
  target.resize(begin + 2 * bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) put_hex(target.data() + begin + 2 * i, bytes[bytes.size() - 1 - i]);
}

std::string to_hex(Bytes bytes) {
  std::string text;
  append_hex(text, bytes);
  return text;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes(hex.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return bytes;
}

template <typename Tag>
std::string Hash32<Tag>::display() const {
  std::string text;
  append_hex_reversed(text, bytes);
  return text;
}

template <typename Tag>
std::optional<Hash32<Tag>> Hash32<Tag>::from_display(std::string_view hex) noexcept {
  if (hex.size() != 64) return std::nullopt;
  Hash32 hash;
  for (std::size_t i = 0; i < 32; ++i) {
    const int high = hex_digit(hex[2 * i]);
    const int low = hex_digit(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash.bytes[31 - i] = static_cast<std::byte>(high * 16 + low);
  }
  return hash;
}

template struct Hash32<DigestTag>;
template struct Hash32<TxidTag>;
template struct Hash32<BlockHashTag>;
template struct Hash32<ScriptHashTag>;

}  // namespace sluice
