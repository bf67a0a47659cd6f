// Which function answers which path.
#pragma once

#include <string>
#include <vector>

#include "http/message.h"

namespace sluice::http {

class RouteTable {
 public:
  /// Answers GET and HEAD of exactly this path.
  void get(std::string path, Responder responder);

  /// 404 for a path that nobody answers, 405 for a method that the path does not have.
  [[nodiscard]] HttpReply operator()(const HttpRequest& request) const;

 private:
  struct Route {
    std::string path;
    Responder responder;
  };
  std::vector<Route> routes_;
};

}  // namespace sluice::http
