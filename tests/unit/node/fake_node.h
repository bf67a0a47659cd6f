// A node that answers single and batched calls by one function of the test.
#pragma once

#include <functional>
#include <string>

#include "script_server.h"

namespace sluice::node::test {

/// JSON of the result; or begins with '!': code and message of an error, as in "!-5 Block not found".
using Answer = std::function<std::string(const std::string& method, const std::string& params)>;

inline std::string entry(const std::string& id, const std::string& answer) {
  if (!answer.starts_with('!')) return R"({"result":)" + answer + R"(,"error":null,"id":)" + id + "}";
  const std::size_t blank = answer.find(' ');
  return R"({"result":null,"error":{"code":)" + answer.substr(1, blank - 1) + R"(,"message":")" +
         answer.substr(blank + 1) + R"("},"id":)" + id + "}";
}

/// The requests' params must hold no braces.
inline ScriptServer::Script node_script(Answer answer) {
  return [answer = std::move(answer)](const Request& request) {
    const std::string& body = request.body;
    std::string entries;
    for (std::size_t at = body.find('{'); at != std::string::npos; at = body.find('{', at + 1)) {
      const std::size_t method = at + 11;  // behind {"method":"
      const std::size_t params = body.find("\",\"params\":", method);
      const std::size_t id = body.find(",\"id\":", params);
      if (!entries.empty()) entries += ',';
      entries += entry(body.substr(id + 6, body.find('}', id) - id - 6),
                       answer(body.substr(method, params - method), body.substr(params + 11, id - params - 11)));
    }
    return Response{.body = body.front() == '[' ? "[" + entries + "]\n" : entries + "\n", .raw = {}};
  };
}

}  // namespace sluice::node::test
