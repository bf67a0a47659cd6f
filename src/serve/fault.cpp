#include "serve/fault.h"

#include "serve/python_text.h"

namespace sluice::serve {

Fault daemon_error(int code, const std::string& message) {
  std::string text = "daemon error: DaemonError({'code': " + std::to_string(code) + ", 'message': ";
  append_python_quoted(text, message);
  return {FaultCode::daemon_error, text + "})"};
}

Fault response_too_large(std::size_t limit_bytes) {
  return {FaultCode::invalid_request, "response too large (over " + with_thousands(limit_bytes) + " bytes"};
}

}  // namespace sluice::serve
