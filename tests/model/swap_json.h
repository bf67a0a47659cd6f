// Orders of the naive swap index as the node writes them.
#pragma once

#include <string>
#include <vector>

#include "base/hex.h"
#include "byte_text.h"
#include "naive_swaps.h"

namespace sluice::model {

[[nodiscard]] inline std::string reversed(const std::string& text) { return {text.rbegin(), text.rend()}; }
[[nodiscard]] inline std::string hex_of(const std::string& text) {
  return to_hex(Bytes(reinterpret_cast<const std::byte*>(text.data()), text.size()));
}

[[nodiscard]] inline std::string object_of(const NaiveOrder& order) {
  const auto number = [](const char* name, std::uint64_t value) {
    return "\"" + std::string(name) + "\":" + std::to_string(value) + ",";
  };
  const auto text = [](const char* name, const std::string& value) {
    return "\"" + std::string(name) + "\":\"" + value + "\",";
  };
  const bool wants = order.want != std::string(32, '\0');
  const auto version = [](int value) { return static_cast<std::uint64_t>(value); };
  std::string object = "{" + number("version", version(order.version)) + number("flags", version(order.flags)) +
                       number("offered_type", version(order.offered_type)) +
                       number("terms_type", version(order.terms_type)) + text("tokenid", shown(order.id.token)) +
                       (wants ? text("want_tokenid", shown(order.want)) : "") + "\"utxo\":{" +
                       text("txid", shown(order.id.txid)) + number("vout", order.id.index);
  object.back() = '}';
  object += "," + text("price_terms", hex_of(order.price_terms)) + text("signature", hex_of(order.signature)) +
            number("block_height", order.block_height());
  object.back() = '}';
  return object;
}

[[nodiscard]] inline std::string list_of(const std::vector<NaiveOrder>& orders) {
  std::string list = "[";
  for (const NaiveOrder& order : orders) list += (list.size() > 1 ? "," : "") + object_of(order);
  return list + "]";
}

[[nodiscard]] inline std::string counts_text(std::uint64_t open, std::uint64_t history) {
  return "{\"open\":" + std::to_string(open) + ",\"history\":" + std::to_string(history) + "}";
}

}  // namespace sluice::model
