// The frame of a line that nobody asked for.
#pragma once

#include <string>
#include <string_view>

#include "serve/session_state.h"

namespace sluice::serve {

inline void begin_notification(std::string& line, const SessionState& session, std::string_view method) {
  if (session.dialect != Dialect::v1) line += "{\"jsonrpc\":\"2.0\",\"method\":\"";
  else line += "{\"method\":\"";
  line += method;
  line += "\",\"params\":[";
}

inline void end_notification(std::string& line, const SessionState& session) {
  line += session.dialect != Dialect::v1 ? "]}" : "],\"id\":null}";
}

}  // namespace sluice::serve
