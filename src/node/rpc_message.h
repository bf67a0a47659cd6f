// JSON-RPC as bitcoind speaks it: requests to write, answers to read. No I/O.
//
//   {"method":"getblockhash","params":[5],"id":7}     {"result":"00ab..","error":null,"id":7}
//   [{..,"id":7},{..,"id":8}]                         [{..,"id":8},{"result":null,"error":{..},"id":7}], any order
//
// An answer is taken whole or not at all: it must be one JSON document, hold one entry for each request, matched by
// id, and nothing else. A node that refuses a whole batch (as while it warms up) answers with a single error object:
// it becomes the fault of every entry. Results are pieces of the answer's own text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::node {

/// The parameters of one call, written as a JSON array: RpcParams().text("00ab").flag(false).
class RpcParams {
 public:
  RpcParams& text(std::string_view value);
  RpcParams& number(std::uint64_t value);
  RpcParams& flag(bool value);
  /// A value that is JSON already.
  RpcParams& json(std::string_view value);
  [[nodiscard]] std::string array() const { return "[" + items_ + "]"; }

 private:
  void next();
  std::string items_;
};

struct RpcRequest {
  std::string method;
  std::string params = "[]";  ///< a JSON array
};

[[nodiscard]] std::string write_request(const RpcRequest& request, std::uint64_t id);
/// Ids first_id, first_id + 1, ... in the order given.
[[nodiscard]] std::string write_batch(std::span<const RpcRequest> requests, std::uint64_t first_id);

/// What the node said against a call. Codes: the node's src/rpc/protocol.h.
struct NodeError {
  std::int64_t code = 0;
  std::string message;  ///< as the node wrote it, escapes resolved
  friend bool operator==(const NodeError&, const NodeError&) = default;
};

inline constexpr std::int64_t code_other = -1;          ///< also: block pruned
inline constexpr std::int64_t code_not_found = -5;      ///< no such block, no such transaction
inline constexpr std::int64_t code_bad_parameter = -8;  ///< also: block height out of range
inline constexpr std::int64_t code_warming_up = -28;
inline constexpr std::int64_t code_no_method = -32601;
inline constexpr std::int64_t code_internal = -32603;  ///< also: the node makes no fee estimates

/// What one call came to. The views point into the reply.
struct RpcOutcome {
  std::string_view json;           ///< the result as the node wrote it; with an error, the error object
  std::optional<NodeError> error;  ///< set: the node refused the call
};

/// The outcomes of a request, and the answer that they point into. Moving keeps the views right.
class RpcReply {
 public:
  RpcReply() = default;
  RpcReply(RpcReply&&) = default;
  RpcReply& operator=(RpcReply&&) = default;

  /// One for each request, in the order of the requests.
  [[nodiscard]] std::span<const RpcOutcome> outcomes() const& noexcept { return outcomes_; }
  [[nodiscard]] std::span<const RpcOutcome> outcomes() const&& = delete;
  /// The outcome of a single request.
  [[nodiscard]] const RpcOutcome& outcome() const& noexcept { return outcomes_.front(); }
  [[nodiscard]] const RpcOutcome& outcome() const&& = delete;

 private:
  friend class AnswerReader;
  std::vector<char> body_;  // a vector, not a string: moving never changes where its bytes are
  std::vector<RpcOutcome> outcomes_;
};

/// Why an answer was refused.
enum class AnswerErrc : std::uint8_t {
  ok,
  not_json,       ///< not one JSON object or array from the first byte to the last
  not_an_answer,  ///< JSON, but no JSON-RPC answer: members missing, twice, or of the wrong kind
  wrong_id,       ///< answers a request that was not made, or one of them twice
  incomplete,     ///< a batch in which a request has no answer
};
[[nodiscard]] std::string_view describe(AnswerErrc errc) noexcept;

enum class RequestForm : std::uint8_t { single, batch };

/// Reads the answer to requests with the ids [first_id, first_id + count).
/// Bounds: count is 1 for a single request. The body's length is for the caller to bound.
/// Errors: any but ok; the reply is then empty.
/// Cost:   a batch is looked through twice, a single answer once; 500 MB of hex in one string are not copied.
[[nodiscard]] AnswerErrc read_answer(std::vector<char>&& body, RequestForm form, std::uint64_t first_id,
                                     std::size_t count, RpcReply& reply);

}  // namespace sluice::node
