// The client's side of WebSocket framing, written from RFC 6455, section 5.2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::net::test {

constexpr unsigned final_bit = 0x80;
enum Opcode : unsigned { continuation = 0, text = 1, binary = 2, close_frame = 8, ping = 9, pong = 10 };

inline std::string frame(unsigned first_byte, std::string_view payload, bool masked = true) {
  const unsigned mask_bit = masked ? 0x80 : 0;
  std::string bytes(1, static_cast<char>(first_byte));
  int length_bytes = 0;
  if (payload.size() < 126) bytes += static_cast<char>(mask_bit | payload.size());
  else if (payload.size() < 65536) bytes += static_cast<char>(mask_bit | 126), length_bytes = 2;
  else bytes += static_cast<char>(mask_bit | 127), length_bytes = 8;
  for (int i = length_bytes; i-- > 0;) bytes += static_cast<char>(payload.size() >> (8 * i));
  if (!masked) return bytes.append(payload);
  constexpr char mask[4] = {0x12, 0x34, 0x56, 0x78};
  bytes.append(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += static_cast<char>(payload[i] ^ mask[i % 4]);
  return bytes;
}

inline std::string message(std::string_view payload, Opcode opcode = text) {
  return frame(final_bit | opcode, payload);
}

struct Frame {
  unsigned first_byte = 0;
  std::string payload;
  friend bool operator==(const Frame&, const Frame&) = default;
};

/// Frames of a server; ends at the first byte that belongs to none.
inline std::vector<Frame> frames_of(std::string_view bytes) {
  std::vector<Frame> frames;
  while (bytes.size() >= 2) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    std::size_t header = 2;
    std::uint64_t size = byte(1);
    if (size > 127) break;  // a server does not mask
    const int length_bytes = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (length_bytes != 0) size = 0;
    if (bytes.size() < header + static_cast<std::size_t>(length_bytes)) break;
    for (int i = 0; i < length_bytes; ++i) size = size << 8 | byte(header++);
    if (bytes.size() - header < size) break;
    frames.push_back({byte(0), std::string(bytes.substr(header, size))});
    bytes.remove_prefix(header + size);
  }
  return frames;
}

inline std::string close_payload(unsigned code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

inline const std::string upgrade_request =
    "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

}  // namespace sluice::net::test
