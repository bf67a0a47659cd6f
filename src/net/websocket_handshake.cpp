#include "net/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

namespace sluice::net {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view end_of_header = "\r\n\r\n";
constexpr std::string_view method = "GET ";
// RFC 6455, section 1.3.
constexpr std::string_view accept_salt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && std::all_of(key.begin(), key.end() - 2, [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
         });
}

std::string accept_key(std::string_view key) {
  const std::string salted = std::string(key).append(accept_salt);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(salted.data(), salted.size(), digest, &size, EVP_sha1(), nullptr) != 1) return {};
  unsigned char text[2 * EVP_MAX_MD_SIZE];
  const int length = EVP_EncodeBlock(text, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

Handshake refused(std::string_view status, std::string_view reason) {
  Handshake result;
  result.outcome = HandshakeOutcome::refused;
  result.answer = http_refusal(status, reason);
  return result;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// "1.2.3.4", "1.2.3.4:5", "::1", "[::1]", "[::1]:5".
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    return close == std::string_view::npos ? std::string_view() : text.substr(1, close - 1);
  }
  const std::size_t colon = text.find(':');
  const bool one_colon = colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
  return one_colon ? text.substr(0, colon) : text;
}

}  // namespace

std::string http_refusal(std::string_view status, std::string_view reason) {
  std::string answer = "HTTP/1.1 ";
  answer.append(status).append("\r\nConnection: close\r\n");
  if (status.starts_with("426")) answer += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  answer += "Content-Type: text/plain\r\nContent-Length: " + std::to_string(reason.size() + 1) + "\r\n\r\n";
  answer.append(reason).append("\n");
  return answer;
}

Handshake read_handshake(std::string_view bytes, std::size_t& searched) {
  if (!method.starts_with(bytes.substr(0, method.size())))
    return refused("400 Bad Request", "this port speaks WebSocket");
  const std::size_t from = searched < end_of_header.size() ? 0 : searched - end_of_header.size();
  const std::size_t end = bytes.find(end_of_header, from);
  searched = bytes.size();
  if (std::min(end, bytes.size()) > handshake_bytes_max)
    return refused("431 Request Header Fields Too Large", "the request is too long");
  if (end == std::string_view::npos) return {};

  http::request_parser<http::empty_body> parser;
  parser.header_limit(handshake_bytes_max + end_of_header.size());
  boost::system::error_code code;
  const std::size_t size = end + end_of_header.size();
  parser.put(boost::asio::buffer(bytes.data(), size), code);
  if (code || !parser.is_header_done()) return refused("400 Bad Request", "this is no HTTP request");
  const auto& request = parser.get();
  if (!boost::beast::websocket::is_upgrade(request))
    return refused("426 Upgrade Required", "this port speaks WebSocket");
  if (view(request[http::field::sec_websocket_version]) != "13")
    return refused("426 Upgrade Required", "WebSocket version 13 is spoken here");
  const std::string_view key = trimmed(view(request[http::field::sec_websocket_key]));
  if (!is_key(key)) return refused("400 Bad Request", "Sec-WebSocket-Key is not 16 bytes in base64");

  Handshake result;
  result.outcome = HandshakeOutcome::accepted;
  result.consumed = size;
  result.answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
      accept_key(key) + "\r\n\r\n";
  const auto [begin, until] = request.equal_range("X-Forwarded-For");
  for (auto field = begin; field != until; ++field) {
    if (!result.forwarded_for.empty()) result.forwarded_for += ',';
    result.forwarded_for += view(field->value());
  }
  return result;
}

std::string client_behind(const std::string& peer, std::string_view forwarded_for, const ForwardedBy& by) {
  if (!any_contains(by.trusted, peer)) return peer;
  for (unsigned hop = 1;; ++hop) {
    const std::size_t comma = forwarded_for.rfind(',');
    if (hop == by.hops) {
      const auto entry = forwarded_for.substr(comma == std::string_view::npos ? 0 : comma + 1);
      const auto address = parse_ip_address(without_port(trimmed(entry)));
      return address ? to_text(*address) : peer;
    }
    if (comma == std::string_view::npos) return peer;
    forwarded_for = forwarded_for.substr(0, comma);
  }
}

}  // namespace sluice::net
