// Paths and methods to functions.
#include "http/route_table.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

std::string field(const HttpReply& reply, std::string_view name) {
  for (const HttpField& each : reply.fields) {
    if (each.name == name) return each.value;
  }
  return "";
}

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
    EXPECT_EQ(field(reply, "Allow"), "GET, HEAD");
  }
  EXPECT_EQ(ask("POST", "/c").status, 404U);
}

HttpReply ask_shared(std::string_view method, std::string_view path, std::string origin = "*") {
  RouteTable table;
  table.get("/x/own", [](const HttpRequest&) { return text_reply(200, "own"); });
  table.get_below("/x/", {origin}, [](const HttpRequest& request) { return text_reply(200, request.path); });
  table.post("/", {origin}, [](const HttpRequest& request) { return text_reply(500, request.body); });
  return table({.method = method, .path = path, .body = "b"});
}

TEST(RouteTable, APrefixAnswersForAllBelowIt) {
  EXPECT_EQ(ask_shared("GET", "/x/").body, "/x/\n");
  EXPECT_EQ(ask_shared("HEAD", "/x/y/z").body, "/x/y/z\n");
  EXPECT_EQ(ask_shared("GET", "/x/own").body, "own\n");
  EXPECT_EQ(ask_shared("GET", "/x").status, 404U);
  EXPECT_EQ(ask_shared("POST", "/x/y").status, 405U);
}

TEST(RouteTable, PostIsAnsweredWhereItIsToBe) {
  EXPECT_EQ(ask_shared("POST", "/").body, "b\n");
  EXPECT_EQ(ask_shared("POST", "/a").status, 404U);
  const HttpReply read = ask_shared("GET", "/");
  EXPECT_EQ(read.status, 405U);
  EXPECT_EQ(field(read, "Allow"), "POST, OPTIONS");
}

TEST(RouteTable, BrowsersAreToldWhoMayRead) {
  const HttpReply preflight = ask_shared("OPTIONS", "/");
  EXPECT_EQ(preflight.status, 204U);
  EXPECT_EQ(field(preflight, "Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(field(preflight, "Access-Control-Allow-Methods"), "POST, OPTIONS");
  EXPECT_EQ(field(preflight, "Access-Control-Allow-Headers"), "Authorization, Content-Type");
  EXPECT_EQ(field(ask_shared("OPTIONS", "/x/y"), "Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
  for (const auto method : {"POST", "GET", "OPTIONS"}) {  // errors, too: a page could not read them otherwise
    const HttpReply reply = ask_shared(method, "/", "https://wallet.example");
    EXPECT_EQ(field(reply, "Access-Control-Allow-Origin"), "https://wallet.example") << method;
    EXPECT_EQ(field(reply, "Vary"), "Origin") << method;
  }
  EXPECT_EQ(ask_shared("OPTIONS", "/x/own").status, 405U);
  EXPECT_EQ(field(ask_shared("GET", "/x/own"), "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(ask_shared("OPTIONS", "/", "").status, 405U);
}

}  // namespace
}  // namespace sluice::http
