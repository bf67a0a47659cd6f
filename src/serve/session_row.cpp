#include "serve/session_row.h"

#include <algorithm>
#include <map>

namespace sluice::serve {
namespace {

constexpr std::uint64_t time_slice_s = 300;
constexpr unsigned groups_of_ipv6 = 8;
constexpr unsigned groups_in_name = 3;

/// The first 16-bit groups of an IPv6 address with all their digits.
std::string exploded_prefix(std::string_view address) {
  const auto parts = [](std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
      const std::size_t colon = std::min(text.find(':'), text.size());
      std::string part(text.substr(0, colon));
      if (part.size() < 4) part.insert(0, 4 - part.size(), '0');
      found.push_back(std::move(part));
      text.remove_prefix(std::min(colon + 1, text.size()));
    }
    return found;
  };
  const std::size_t gap = address.find("::");
  std::vector<std::string> all = parts(address.substr(0, gap));
  if (gap != std::string_view::npos) {
    const std::vector<std::string> behind = parts(address.substr(gap + 2));
    // IPv4 at the end stands for two groups; where it stands does not matter to the first three.
    const std::size_t known = all.size() + behind.size() + (address.find('.') != std::string_view::npos ? 1 : 0);
    if (known < groups_of_ipv6) all.insert(all.end(), groups_of_ipv6 - known, "0000");
    all.insert(all.end(), behind.begin(), behind.end());
  }
  std::string name;
  for (std::size_t i = 0; i < std::min<std::size_t>(groups_in_name, all.size()); ++i)
    name += (i == 0 ? "" : ":") + all[i];
  return name;
}

}  // namespace

void SessionLoad::add(const SessionLoad& more) noexcept {
  pending += more.pending;
  transactions_sent += more.transactions_sent;
  subscriptions += more.subscriptions;
  receive_lines += more.receive_lines;
  receive_bytes += more.receive_bytes;
  send_lines += more.send_lines;
  send_bytes += more.send_bytes;
}

std::string SessionRow::flags() const {
  std::string text(1, transport.empty() ? '?' : static_cast<char>(transport.front() - 'a' + 'A'));
  if (is_closing) text += 'C';
  if (is_logged) text += 'L';
  return text + std::to_string(concurrency);
}

std::string SessionRow::peer() const {
  const bool bracket = address.find(':') != std::string::npos;
  return (bracket ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

std::string network_group(std::string_view address) {
  if (address.find(':') != std::string_view::npos) return exploded_prefix(address);
  const std::size_t last = address.rfind('.');
  return last == std::string_view::npos ? "unknown_addr" : std::string(address.substr(0, last));
}

std::string time_group(std::uint64_t begin_s) { return "t" + std::to_string(begin_s / time_slice_s); }

std::vector<GroupRow> groups_of(const std::vector<SessionRow>& sessions) {
  std::map<std::string, GroupRow> groups;
  for (const SessionRow& session : sessions) {
    for (const std::string& name : {network_group(session.address), time_group(session.begin_s)}) {
      GroupRow& group = groups[name];
      ++group.sessions;
      group.cost += session.cost;
      group.load.add(session.load);
    }
  }
  std::vector<GroupRow> rows;
  for (auto& [name, group] : groups) {
    group.name = name;
    rows.push_back(std::move(group));
  }
  return rows;
}

}  // namespace sluice::serve
