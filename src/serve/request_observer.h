// Hears what becomes of requests, so that they can be counted and timed where there is a clock.
#pragma once

#include <cstdint>

#include "serve/fault.h"
#include "serve/method_table.h"

namespace sluice::serve {

/// One a thread.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  /// In its own units.
  [[nodiscard]] virtual std::uint64_t now() noexcept = 0;
  /// A method ran, with whatever outcome, or its arguments did not fit; begin: now() before. A request that waited for
  /// the node counts once, from when it went on.
  virtual void on_answered(const Method& method, std::uint64_t begin) noexcept = 0;
  /// A request, or a line that is none, was answered with an error.
  virtual void on_fault(FaultCode code) noexcept = 0;
};

}  // namespace sluice::serve
