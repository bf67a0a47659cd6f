// An HTTP request and its reply, as far as those who answer care.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

/// Views end when the call that got them returns.
struct HttpRequest {
  std::string_view method = "";        ///< as sent: "GET", "POST", ...
  std::string_view path = "";          ///< before the '?', percent escapes not decoded
  std::string_view query = "";         ///< behind the '?', may be empty
  std::string_view body = "";          ///< whole
  std::string_view peer_address = "";  ///< numeric
};

/// One line of a head. Bounds: no line ends in either.
struct HttpField {
  std::string_view name;  ///< lives as long as the program
  std::string value;
};

struct HttpReply {
  unsigned status = 200;  ///< one that HTTP names, from 200 on; 204 has no body
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;               ///< not sent to HEAD, its length is
  std::vector<HttpField> fields;  ///< more of the head: "Allow" of a 405
};

/// Called on the loop's thread, once for each request.
using Responder = std::function<HttpReply(const HttpRequest&)>;

/// "GET, HEAD", "not found": a reply of one line of text.
[[nodiscard]] HttpReply text_reply(unsigned status, std::string_view line);

}  // namespace sluice::http
