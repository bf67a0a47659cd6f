// Any bytes as what peers say. First byte: lines of answers to the conversation of a check, a name as operators write
// it, or the file of good peers.
//
// Whatever is taken keeps the rules: hosts are hosts, ports are ports, texts are printable and short, names read back
// from their own text; nothing private gets into the table, and no more than two from one answer.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "fake_view.h"
#include "peers/peer_host.h"
#include "peers/saved_peers.h"
#include "peers/verification.h"

namespace sluice::peers {
namespace {

constexpr Ports usual{50001, 50002};
constexpr Seconds now = 1'700'000'000;

void check_name(const PeerName& name) {
  SLUICE_CHECK(checked_host(name.host) == name.host);
  SLUICE_CHECK(name.ports != Ports{});
  SLUICE_CHECK(!name.protocol_max.empty() && checked_version(name.protocol_max) == name.protocol_max);
  const auto again = parse_real_name(real_name(name, usual), usual);
  SLUICE_CHECK(again.ok() && again.value() == name);
}

void check_text(std::string_view text, std::size_t bytes_max) {
  SLUICE_CHECK(text.size() <= bytes_max);
  SLUICE_CHECK(std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

/// Each line of the input is the next answer.
class LineByLine final : public PeerLine {
 public:
  explicit LineByLine(std::string_view text) : text_(text) {}
  Result<serve::JsonValue> ask(std::string_view, std::string_view) override {
    const std::string_view line = text_.substr(0, text_.find('\n'));
    text_.remove_prefix(std::min(line.size() + 1, text_.size()));
    if (document_.parse(line) != serve::JsonErrc::ok) return Error{ErrorKind::corrupt, "no JSON"};
    return document_.root();
  }

 private:
  std::string_view text_;
  serve::JsonDocument document_;
};

void check_conversation(std::string_view text) {
  static const serve::test::FakeView view(chain::Coin::radiant, {0, 1, 1});
  OurSide ours;
  ours.network = chain::find_network("Radiant", "mainnet");
  ours.view = &view;
  ours.protocols = "[]";
  ours.hosts = {"me.example"};
  ours.announcement = "{}";
  LineByLine line(text);
  auto result = verify({"peer.example", {1, 0}, "1.4", std::nullopt}, ours, line);
  if (!result) return check_text(result.error().message, 200);
  const Verified& found = result.value().verified;
  SLUICE_CHECK(found.ports != Ports{});
  check_text(found.server_version, 40);
  check_text(found.protocol_min, 16);
  SLUICE_CHECK(result.value().peers.size() <= peers_read_max);
  for (const PeerName& name : result.value().peers) check_name(name);
  PeerTable table(false, Random(1));
  table.note_some(std::move(result.value().peers), now);
  SLUICE_CHECK(table.peers().size() <= PeerTable::new_from_peer_max);
  for (const auto& [host, peer] : table.peers()) SLUICE_CHECK(is_public_host(host));
}

/// The same readers at the root of a document, so that they are reached at once.
void check_answers(std::string_view text) {
  serve::JsonDocument document;
  if (document.parse(text) != serve::JsonErrc::ok) return;
  if (const auto peers = read_peers(document.root(), usual)) {
    for (const PeerName& name : peers.value()) check_name(name);
  }
  if (const auto features = read_features(document.root())) {
    SLUICE_CHECK(features.value().hosts.size() <= hosts_read_max);
    for (const PeerName& name : features.value().hosts) check_name(name);
    check_text(features.value().genesis_hash, 64);
    check_text(features.value().server_version, 40);
  }
}

void check_saved(std::string_view text) {
  const auto saved = read_saved(text);
  if (!saved) return check_text(saved.error().message, 200);
  PeerTable table(true, Random(1));
  for (const SavedPeer& peer : saved.value()) table.restore(peer.name, peer.address, peer.last_good, now);
  const std::string shown = show_saved(table);
  const auto again = read_saved(shown);
  SLUICE_CHECK(again.ok() && again.value().size() <= saved.value().size());
  for (const SavedPeer& peer : again.value()) check_name(peer.name);
}

}  // namespace
}  // namespace sluice::peers

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::peers;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: check_conversation(text); break;
    case 1: check_answers(text); break;
    case 2: check_saved(text); break;
    default:
      if (const auto name = parse_real_name(text, usual)) check_name(name.value());
  }
  return 0;
}
