// How parameters become values: the leniency of the peers, exactly.
//
//   height   5  5.9  true  " 5 "  "+5"  "1_0"        -> 5 5 1 5 5 10
//   hash     "AB.." "ab cd .."  (blanks between bytes) -> 32 bytes
//   boolean  true false 0 1 0.0 1.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/hash256.h"
#include "serve/fault.h"
#include "serve/json_document.h"

namespace sluice::serve {

/// Either a value or the fault to answer with.
template <typename T>
class Coerced {
 public:
  Coerced(T value) : state_(std::move(value)) {}
  Coerced(Fault fault) : state_(std::move(fault)) {}
  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  [[nodiscard]] const T& value() const { return std::get<0>(state_); }
  [[nodiscard]] Fault fault() const { return std::get<1>(state_); }

 private:
  std::variant<T, Fault> state_;
};

/// A non-negative integer of any size.
struct Natural {
  std::uint64_t value = 0;   ///< UINT64_MAX if larger
  std::string digits = "0";  ///< decimal, without leading zeros
};

/// Python's int() of a JSON value.
struct PythonInt {
  bool negative = false;
  Natural magnitude;
};
enum class IntErrc : std::uint8_t { ok, not_an_integer, overflow };
[[nodiscard]] IntErrc python_int(const JsonValue& value, PythonInt& target);
/// int() of a string: blanks around, one sign, single underscores between digits.
[[nodiscard]] bool python_int_of_text(std::string_view text, PythonInt& target);

/// bytes.fromhex(): pairs of hex digits, blanks allowed between pairs. false if malformed.
[[nodiscard]] bool python_fromhex(std::string_view text, std::vector<std::byte>& target);

[[nodiscard]] Coerced<Natural> to_natural(const JsonValue& value);
[[nodiscard]] Coerced<ScriptHash> to_scripthash(const JsonValue& value);
[[nodiscard]] Coerced<Txid> to_txid(const JsonValue& value);
/// 64 hex digits of the txid in display order, then the index most significant byte first;
/// the result is the operand form.
[[nodiscard]] Coerced<std::array<std::byte, 36>> to_ref(const JsonValue& value);
/// `name` is the parameter's, for the message.
[[nodiscard]] Coerced<bool> to_boolean(const JsonValue& value, std::string_view name);

}  // namespace sluice::serve
