// Which function answers which path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace sluice::http {

class RouteTable {
 public:
  /// Answers GET and HEAD of exactly this path.
  void get(std::string path, Responder responder);

  /// Who may read the replies of a route from a page of theirs (CORS): an origin, or "*" for everybody. A browser asks
  /// with OPTIONS first, and may then send Authorization and Content-Type along.
  struct Sharing {
    std::string origin;
  };
  /// As get(), of all paths that begin with this one.
  void get_below(std::string prefix, Sharing sharing, Responder responder);
  /// Answers POST of exactly this path.
  void post(std::string path, Sharing sharing, Responder responder);

  /// 404 for a path that nobody answers, 405 for a method that the path does not have.
  [[nodiscard]] HttpReply operator()(const HttpRequest& request) const;

 private:
  struct Route {
    std::string path;
    bool is_prefix = false;
    bool is_read = true;  ///< GET and HEAD, else POST
    std::string origin;   ///< empty: not shared
    Responder responder;

    [[nodiscard]] bool has_path(std::string_view asked) const;
    [[nodiscard]] bool has_method(std::string_view method) const;
    [[nodiscard]] std::string methods() const;
  };
  std::vector<Route> routes_;
};

}  // namespace sluice::http
