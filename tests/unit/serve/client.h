// One client of handle_line over a fake view.
#pragma once

#include <string>
#include <string_view>

#include "fake_view.h"
#include "serve/request_line.h"

namespace sluice::serve::test {

struct Client {
  explicit Client(const ReadView& view, chain::Coin coin = chain::Coin::radiant, std::string_view net = "regtest",
                  bool parity = true)
      : merkle(coin) {
    options.network = chain::find_network(coin == chain::Coin::radiant   ? "Radiant"
                                          : coin == chain::Coin::bitcoin ? "Bitcoin"
                                                                         : "BitcoinCash",
                                          net);
    options.parity = parity;
    context.view = &view;
    context.options = &options;
    context.merkle = &merkle;
  }
  Client(const Client&) = delete;

  std::string line(std::string_view text) {
    std::string reply;
    if (context.node == nullptr) {
      handle_line(text, session, context, document, reply);
    } else if (const auto answer = begin_line(text, session, context, document, reply)) {
      while (!answer->step({}, session, context, document)) {}
      reply += answer->reply();
    }
    return reply;
  }
  /// The text of `result` (or of `error`) of a call.
  std::string call(std::string_view method, std::string_view params) {
    std::string request = "{\"id\":0,\"method\":\"";
    request.append(method).append("\",\"params\":").append(params).append("}");
    const std::string reply = line(request);
    for (const std::string_view head : {"{\"jsonrpc\":\"2.0\",\"result\":", "{\"jsonrpc\":\"2.0\",\"error\":"}) {
      if (reply.starts_with(head))
        return reply.substr(head.size(), reply.size() - head.size() - std::string_view(",\"id\":0}").size());
    }
    return "malformed reply: " + reply;
  }

  ServeOptions options;
  MerkleCaches merkle;
  ServerContext context;
  SessionState session;
  JsonDocument document;
};

inline std::string error_text(int code, std::string_view message_json) {
  return "{\"code\":" + std::to_string(code) + ",\"message\":\"" + std::string(message_json) + "\"}";
}

}  // namespace sluice::serve::test
