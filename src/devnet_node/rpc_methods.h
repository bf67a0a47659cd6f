// The methods behind Rpc: what a call gets, how it fails, and the table of them.
#pragma once

#include <simdjson.h>

#include <optional>
#include <span>

#include "devnet_node/json.h"
#include "devnet_node/rpc.h"

namespace sluice::devnet_node {

/// The node's error codes.
enum class RpcCode : int {
  misc = -1,
  invalid_address_or_key = -5,
  invalid_parameter = -8,
  deserialization = -22,
  verify = -25,
  rejected = -26,
  in_chain = -27,
  warm_up = -28,
  invalid_request = -32600,
  method_not_found = -32601,
  parse_error = -32700,
};

/// Thrown by methods, caught where the answer is written.
struct RpcFault {
  RpcCode code;
  std::string message;
};

using JsonValue = simdjson::dom::element;

/// Arguments by position. A missing one and null are the same.
class RpcArguments {
 public:
  explicit RpcArguments(std::vector<std::optional<JsonValue>> values) : values_(std::move(values)) {}
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] bool has(std::size_t index) const noexcept;
  [[nodiscard]] JsonValue at(std::size_t index) const;
  [[nodiscard]] std::string_view text(std::size_t index) const;
  [[nodiscard]] std::int64_t integer(std::size_t index) const;
  /// A flag may come as a number, as old clients send it; `missing` stands for one that is not there.
  [[nodiscard]] std::int64_t flag(std::size_t index, std::int64_t missing) const;
  template <typename Hash>
  [[nodiscard]] Hash hash(std::size_t index, std::string_view name) const {
    check_hash(index, name);
    return *Hash::from_display(text(index));
  }

 private:
  void check_hash(std::size_t index, std::string_view name) const;
  std::vector<std::optional<JsonValue>> values_;
};

struct RpcContext {
  Node& node;
  const RpcSwitches& switches;
  std::map<std::string, std::uint64_t, std::less<>>& calls;
};

struct RpcMethod {
  std::string_view name;
  std::vector<std::string_view> arguments;  ///< their names, for named arguments
  std::size_t arguments_min = 0;
  void (*run)(const RpcContext& context, const RpcArguments& arguments, Json& result);
  std::optional<chain::Coin> only = {};   ///< the one coin whose node has it
  std::optional<chain::Coin> never = {};  ///< the one coin whose node has it not
};

[[nodiscard]] std::span<const RpcMethod> block_methods();
[[nodiscard]] std::span<const RpcMethod> transaction_methods();
[[nodiscard]] std::span<const RpcMethod> network_methods();

/// The lowest fee rate that is relayed, base units a kB.
inline constexpr std::uint64_t relay_fee = 1000;

/// Difficulty of a block's bits, and median of the times of the last eleven blocks.
[[nodiscard]] std::string difficulty_text(std::uint32_t bits);
[[nodiscard]] std::uint32_t median_time(const Block& block);
[[nodiscard]] std::string chain_work_text(const chain::Uint256& work);

/// Appends a transaction as the node prints it: in `block`, or unconfirmed without one.
/// with_block: and what block that is.
void append_verbose(Json& target, const ChainState& chain, Bytes raw, const Txid& txid, const Block* block,
                    bool with_block);

}  // namespace sluice::devnet_node
