// Paths and methods to functions.
#include "http/route_table.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

HttpReply ask(std::string_view method, std::string_view path) {
  RouteTable table;
  table.get("/a", [](const HttpRequest& request) { return text_reply(200, "a " + std::string(request.query)); });
  table.get("/b", [](const HttpRequest&) { return text_reply(503, "b"); });
  return table({.method = method, .path = path, .query = "q"});
}

TEST(RouteTable, GetAndHeadOfAPathReachItsFunction) {
  EXPECT_EQ(ask("GET", "/a").body, "a q\n");
  EXPECT_EQ(ask("HEAD", "/a").status, 200U);
  EXPECT_EQ(ask("GET", "/b").status, 503U);
}

TEST(RouteTable, OtherPathsAndMethodsAreRefused) {
  for (const auto path : {"/", "/A", "/a/", "/aa", "", "a"}) EXPECT_EQ(ask("GET", path).status, 404U) << path;
  for (const auto method : {"POST", "get", "DELETE", "NONSENSE"}) {
    const HttpReply reply = ask(method, "/a");
    EXPECT_EQ(reply.status, 405U) << method;
    EXPECT_EQ(reply.allow, "GET, HEAD");
  }
  EXPECT_EQ(ask("POST", "/c").status, 404U);
}

}  // namespace
}  // namespace sluice::http
