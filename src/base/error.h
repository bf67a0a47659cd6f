// Errors that are expected (node gone, disk full) or hostile (bad bytes): returned, never thrown.
//
// An Error carries what a person needs to act: a kind for code to decide on, and one line of text
// that names the setting, file, offset, height or txid. Result<T> must be read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace sluice {

enum class ErrorKind : std::uint8_t {
  corrupt,      ///< bytes that cannot be right: block files, index files
  io,           ///< the operating system refused: open, read, write, fsync, no space
  not_found,    ///< what was asked for does not exist
  unsupported,  ///< right, but not for this version, coin or network
  config,       ///< a setting is missing or out of range
  limit,        ///< a memory or size bound would be exceeded
  stopped,      ///< the operator asked to stop
};

struct [[nodiscard]] Error {
  ErrorKind kind = ErrorKind::io;
  std::string message;
};

/// Either a value or an Error. Reading the wrong side is a bug and stops the process.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & {
    SLUICE_CHECK(ok());
    return std::get<0>(state_);
  }
  [[nodiscard]] const T& value() const& {
    SLUICE_CHECK(ok());
    return std::get<0>(state_);
  }
  [[nodiscard]] T&& value() && {
    SLUICE_CHECK(ok());
    return std::get<0>(std::move(state_));
  }
  [[nodiscard]] const Error& error() const& {
    SLUICE_CHECK(!ok());
    return std::get<1>(state_);
  }
  [[nodiscard]] Error&& error() && {
    SLUICE_CHECK(!ok());
    return std::get<1>(std::move(state_));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] const Error& error() const& {
    SLUICE_CHECK(!ok());
    return *error_;
  }
  [[nodiscard]] Error&& error() && {
    SLUICE_CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace sluice
