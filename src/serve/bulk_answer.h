// A bulk call: one method for each item of a list, an extension of the protocol.
//
//   {"id":1,"method":"blockchain.scripthash.get_balances","params":[["aa..","bb.."]]}
//   {"jsonrpc":"2.0","result":[{"confirmed":5,"unconfirmed":0},{"error":{"code":1,"message":"..."}}],"id":1}
//
// An item is the first parameter of its call, or all of them as a list or as an object. What fails is an error in the
// place of its answer. It costs what the single calls would.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "serve/json_items.h"
#include "serve/method_table.h"

namespace sluice::serve {

/// How much is answered in one step: at least one item, then until one of the two is reached.
struct BatchPace {
  std::uint32_t items_max = 64;
  double work_max = 5;  ///< cost of the methods run; by measurement 2.5 is about a millisecond of history reading
};

/// A bulk call on its way to its answer. Each item is answered from one view, which may change between steps.
/// Memory: the list, and at most twice max_send.
class BulkAnswer {
 public:
  /// each: the method of every item, one that asks no node. id: JSON text.
  BulkAnswer(const Method& each, const JsonValue& list, std::string_view id);

  /// Appends some items; true: that was the last one, and `reply` is the whole reply.
  /// Bounds: reply is empty at first and the same from step to step, as is the session.
  [[nodiscard]] bool step(const BatchPace& pace, SessionState& session, const ServerContext& context,
                          JsonDocument& document, std::string& reply);

 private:
  /// Returns what the item cost.
  double answer_item(const JsonValue& item, SessionState& session, const ServerContext& context, std::string& reply);
  /// Puts an error in place of the reply; true.
  [[nodiscard]] bool end_with(const Fault& fault, SessionState& session, std::string& reply) const;

  const Method* each_;
  JsonItems items_;
  std::uint32_t items_left_;
  std::string id_;
};

}  // namespace sluice::serve
