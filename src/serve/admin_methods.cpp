#include "serve/admin_methods.h"

#include <algorithm>
#include <charconv>

#include "serve/admin_query.h"
#include "serve/admin_text.h"
#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/python_text.h"

namespace sluice::serve {
namespace {

constexpr std::uint64_t query_limit_default = 1000;
constexpr std::uint64_t reorg_blocks_default = 3;

AdminGate& admin(const Call& call) { return *call.context.admin; }

/// A JSON object or array, member by member.
class Members {
 public:
  Members(std::string& reply, char open, char close) : reply_(reply), close_(close) { reply_ += open; }
  ~Members() { reply_ += close_; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  std::string& next() {
    if (!std::exchange(is_first_, false)) reply_ += ',';
    return reply_;
  }
  std::string& member(std::string_view name) {
    append_json_string(next(), name);
    return reply_ += ':';
  }
  void text(std::string_view name, std::string_view value) { append_json_string(member(name), value); }
  void number(std::string_view name, std::uint64_t value) { append_number(member(name), value); }

 private:
  std::string& reply_;
  char close_;
  bool is_first_ = true;
};

void append_cell(std::string& reply, std::uint64_t number) { append_number(reply += ',', number); }

void append_load(std::string& reply, const SessionLoad& load) {
  for (const std::uint64_t number : {load.pending, load.transactions_sent, load.subscriptions, load.receive_lines,
                                     load.receive_bytes, load.send_lines, load.send_bytes})
    append_cell(reply, number);
}

void append_cost(std::string& reply, double cost) { append_cell(reply, static_cast<std::uint64_t>(cost)); }

void append_session(std::string& reply, const SessionRow& row) {
  reply += '[';
  append_number(reply, row.id);
  for (const std::string& cell : {row.flags(), row.peer(), row.client, row.protocol})
    append_json_string(reply += ',', cell);
  append_cost(reply, row.cost);
  append_cost(reply, row.extra_cost);
  append_load(reply, row.load);
  append_cell(reply, row.connected_s);
  reply += ']';
}

void append_group(std::string& reply, const GroupRow& row) {
  append_json_string(reply += '[', row.name);
  append_cell(reply, row.sessions);
  append_cost(reply, row.cost);
  append_cost(reply, row.retained_cost);
  append_load(reply, row.load);
  reply += ']';
}

void append_lines(std::string& reply, const std::vector<std::string>& lines) {
  Members list(reply, '[', ']');
  for (const std::string& line : lines) append_json_string(list.next(), line);
}

void append_session_sums(std::string& reply, const std::vector<SessionRow>& rows) {
  std::uint64_t with_subscriptions = 0;
  std::uint64_t errors = 0;
  std::uint64_t logged = 0;
  SessionLoad load;
  for (const SessionRow& row : rows) {
    with_subscriptions += row.load.subscriptions > 0 ? 1 : 0;
    errors += row.errors;
    logged += row.is_logged ? 1 : 0;
    load.add(row.load);
  }
  Members sums(reply, '{', '}');
  sums.number("count", rows.size());
  sums.number("count with subs", with_subscriptions);
  sums.number("errors", errors);
  sums.number("logged", logged);
  sums.number("pending requests", load.pending);
  sums.number("subs", load.subscriptions);
}

Outcome getinfo(Call& call) {
  const auto sessions = admin(call).sessions();
  if (!sessions) return call.failed(sessions.error());
  append_admin_info(call.reply, admin(call), sessions.value(), call.options());
  return std::nullopt;
}

Outcome sessions(Call& call) {
  const auto rows = admin(call).sessions();
  if (!rows) return call.failed(rows.error());
  Members list(call.reply, '[', ']');
  for (const SessionRow& row : rows.value()) append_session(list.next(), row);
  return std::nullopt;
}

Outcome groups(Call& call) {
  const auto rows = admin(call).sessions();
  if (!rows) return call.failed(rows.error());
  Members list(call.reply, '[', ']');
  for (const GroupRow& row : groups_of(rows.value())) append_group(list.next(), row);
  return std::nullopt;
}

Outcome peers(Call& call) {
  if (PeerGate* gate = admin(call).peers()) gate->append_rows(call.reply);
  else call.reply += "[]";
  return std::nullopt;
}

Outcome stop(Call& call) {
  admin(call).stop();
  call.reply += "\"stopping\"";
  return std::nullopt;
}

/// nullopt: not a list of strings.
std::optional<std::vector<std::string>> to_texts(const JsonValue& value) {
  if (!value || !value.is(JsonKind::array)) return std::nullopt;
  std::vector<std::string> texts;
  JsonValue at = value.first();
  for (std::uint32_t i = 0; i < value.size(); ++i, at = at.next()) {
    if (!at.is(JsonKind::string)) return std::nullopt;
    texts.push_back(at.text());
  }
  return texts;
}

std::optional<std::uint64_t> session_id(std::string_view text) {
  std::uint64_t id = 0;
  const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (errc != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return id;
}

std::vector<const SessionRow*> members_of(const std::vector<SessionRow>& rows, const std::string& name) {
  std::vector<const SessionRow*> members;
  const auto id = session_id(name);
  for (const SessionRow& row : rows) {
    if (id ? row.id == *id : network_group(row.address) == name || time_group(row.begin_s) == name)
      members.push_back(&row);
  }
  return members;
}

/// Every session but those of operators: one who empties the server stays to see it.
std::vector<std::uint64_t> ids_of_clients(const std::vector<SessionRow>& rows) {
  std::vector<std::uint64_t> ids;
  for (const SessionRow& row : rows) {
    if (row.transport != "rpc") ids.push_back(row.id);
  }
  return ids;
}

Outcome disconnect(Call& call) {
  const auto names = to_texts(call.argument[0]);
  if (!names) return bad_request("expected a list of session IDs");
  const auto rows = admin(call).sessions();
  if (!rows) return call.failed(rows.error());
  std::vector<std::string> lines;
  std::vector<std::uint64_t> ids;
  for (const std::string& name : *names) {
    if (name == "all") {
      const std::vector<std::uint64_t> all = ids_of_clients(rows.value());
      ids.insert(ids.end(), all.begin(), all.end());
      lines.emplace_back("disconnecting all sessions");
      continue;
    }
    const auto members = members_of(rows.value(), name);
    for (const SessionRow* row : members) ids.push_back(row->id);
    lines.push_back(members.empty()    ? "unknown: " + name
                    : session_id(name) ? "disconnecting session " + name
                                       : "disconnecting group " + name);
  }
  admin(call).act(SessionDeed::disconnect, std::move(ids));
  append_lines(call.reply, lines);
  return std::nullopt;
}

Outcome log(Call& call) {
  const auto names = to_texts(call.argument[0]);
  if (!names) return bad_request("expected a list of session IDs");
  const auto rows = admin(call).sessions();
  if (!rows) return call.failed(rows.error());
  AdminGate& gate = admin(call);
  std::vector<std::string> lines;
  for (const std::string& name : *names) {
    if (name == "all" || name == "none") {
      const bool wanted = name == "all";
      gate.log_new_sessions(wanted);
      gate.act(wanted ? SessionDeed::log : SessionDeed::do_not_log, ids_of_clients(rows.value()));
      lines.emplace_back(wanted ? "logging all sessions" : "logging no sessions");
    } else if (name == "new") {
      gate.log_new_sessions(!gate.logs_new_sessions());
      lines.emplace_back(gate.logs_new_sessions() ? "logging new sessions" : "not logging new sessions");
    } else {
      const auto members = members_of(rows.value(), name);
      for (const SessionRow* row : members) {
        gate.act(row->is_logged ? SessionDeed::do_not_log : SessionDeed::log, {row->id});
        lines.push_back((row->is_logged ? "not logging session " : "logging session ") + std::to_string(row->id));
      }
      if (members.empty()) lines.push_back("unknown: " + name);
    }
  }
  append_lines(call.reply, lines);
  return std::nullopt;
}

Outcome add_peer(Call& call) {
  if (!call.argument[0].is(JsonKind::string)) return bad_request("real_name must be a string");
  const std::string name = call.argument[0].text();
  PeerGate* gate = admin(call).peers();
  if (gate == nullptr) return bad_request("peer discovery is off (--peer-discovery): no peer was added");
  if (Status status = gate->add(name); !status) return bad_request(status.error().message);
  append_json_string(call.reply, "peer '" + name + "' added");
  return std::nullopt;
}

Outcome daemon_url(Call& call) {
  const JsonValue& url = call.argument[0];
  if (url && !url.is(JsonKind::string)) return bad_request("daemon_url must be a string");
  const auto used = admin(call).use_daemon(url ? url.text() : std::string());
  if (!used) {
    std::string text = "an error occured: CoinError(";
    append_python_quoted(text, used.error().message);
    return bad_request(text + ")");
  }
  append_json_string(call.reply, "now using daemon at " + used.value());
  return std::nullopt;
}

Outcome query(Call& call) {
  const auto items = to_texts(call.argument[0]);
  if (!items) return bad_request("expected a list of addresses and scripts in hex");
  std::uint64_t limit = query_limit_default;
  if (call.argument[1]) {
    const auto given = to_natural(call.argument[1]);
    if (!given.ok()) return given.fault();
    limit = given.value().value;
  }
  if (limit == 0) return bad_request("limit must be positive");
  if (call.context.view == nullptr) return bad_request("the index has no blocks yet");
  std::vector<std::string> lines;
  for (const std::string& item : *items) {
    Status status = append_query_lines(item, static_cast<std::size_t>(limit), call.view(), call.options(), lines);
    if (!status) return call.failed(status.error());
  }
  append_lines(call.reply, lines);
  return std::nullopt;
}

Outcome reorg(Call& call) {
  std::uint64_t count = reorg_blocks_default;
  if (call.argument[0]) {
    const auto given = to_natural(call.argument[0]);
    if (!given.ok()) return given.fault();
    count = given.value().value;
  }
  if (count == 0) return bad_request("count must be positive");
  const auto capped = static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
  if (Status status = admin(call).reorg(capped); !status) return bad_request(status.error().message);
  append_json_string(call.reply, "scheduled a reorg of " + std::to_string(count) + " blocks");
  return std::nullopt;
}

// Sorted by name.
constexpr Method operator_methods[] = {
    {"add_peer", 1, 1, 1, {"real_name"}, "", add_peer},
    {"daemon_url", 0, 1, 1, {"daemon_url"}, "", daemon_url},
    {"disconnect", 1, 1, 1, {"session_ids"}, "", disconnect},
    {"getinfo", 0, 0, 0, {}, "", getinfo},
    {"groups", 0, 0, 0, {}, "", groups},
    {"log", 1, 1, 1, {"session_ids"}, "", log},
    {"peers", 0, 0, 0, {}, "", peers},
    {"query", 1, 2, 2, {"items", "limit"}, "", query},
    {"reorg", 0, 1, 1, {"count"}, "", reorg},
    {"sessions", 0, 0, 0, {}, "", sessions},
    {"stop", 0, 0, 0, {}, "", stop},
};

}  // namespace

void append_admin_info(std::string& reply, AdminGate& gate, const std::vector<SessionRow>& sessions,
                       const ServeOptions& options) {
  const AdminFigures figures = gate.figures();
  const PeerCounts peers = gate.peers() != nullptr ? gate.peers()->counts() : PeerCounts{};
  Members info(reply, '{', '}');
  info.text("coin", options.network->coin_name);
  info.text("daemon", figures.daemon);
  info.number("daemon height", figures.daemon_height);
  if (figures.height) info.number("db height", *figures.height);
  else info.member("db height") += "-1";
  info.number("db_flush_count", figures.commits);
  info.number("groups", groups_of(sessions).size());
  info.text("history cache", cache_text(figures.history_cache));
  info.text("merkle cache", cache_text(figures.merkle_cache));
  append_signed(info.member("pid"), figures.process_id);
  {
    Members counts(info.member("peers"), '{', '}');
    counts.number("bad", peers.bad);
    counts.number("good", peers.good);
    counts.number("never", peers.never);
    counts.number("stale", peers.stale);
    counts.number("total", peers.bad + peers.good + peers.never + peers.stale);
  }
  std::uint64_t total = 0;
  {
    Members counts(info.member("request counts"), '{', '}');
    for (const auto& [method, count] : figures.requests) {
      counts.number(method, count);
      total += count;
    }
  }
  info.number("request total", total);
  append_session_sums(info.member("sessions"), sessions);
  info.text("tx hashes cache", cache_text(figures.tx_hashes_cache));
  info.number("txs sent", figures.transactions_sent);
  info.text("uptime", uptime_text(figures.uptime_s));
  info.text("version", options.software());
}

std::span<const Method> admin_methods() noexcept { return operator_methods; }

}  // namespace sluice::serve
