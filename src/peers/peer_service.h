// Peer discovery at work: threads that check peers, the answers to clients, the file of good peers.
//
//   own names, operator's, file, server.add_peer -> table -> checkers (4 threads) -> table -> server.peers.subscribe
//                                                     ^            |
//                                                     +------------+  whom a peer lists
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/host.h"
#include "peers/add_limit.h"
#include "peers/peer_connection.h"
#include "peers/peer_table.h"
#include "peers/verification.h"
#include "serve/peer_gate.h"
#include "serve/read_view.h"

namespace sluice::peers {

struct PeerServiceOptions {
  const chain::Network* network = nullptr;
  bool takes_others = true;  ///< or the own names only
  bool force_proxy = false;
  TorProxy proxy;
  std::vector<PeerName> own;
  std::vector<PeerName> given;  ///< by the operator
  std::filesystem::path file;   ///< of good peers
  std::string software;         ///< as OurSide
  std::string protocols;        ///< as OurSide
  /// Features that peers are asked to list; empty: not announced. Onion peers are told the onion name.
  std::string announcement;
  std::string onion_announcement;
  std::function<std::shared_ptr<const serve::ReadView>()> view;  ///< never null once started; any thread
  std::function<void()> on_answer;                               ///< an answer of ask_add() is ready; any thread
};

class PeerService final : public serve::PeerGate {
 public:
  static constexpr std::size_t checkers = 4;
  static constexpr std::size_t lookups_waiting_max = 100;  ///< server.add_peer; more are refused at once

  /// Begins nothing yet. Errors: none; a file that cannot be used is a warning in the log.
  explicit PeerService(PeerServiceOptions options);
  ~PeerService() override;

  void start();
  /// Ends the checks under way and writes the file. A name being looked up may hold it up for seconds.
  void stop();

  void append_peers(std::string& reply, std::string_view client_address) override;
  [[nodiscard]] std::shared_ptr<const serve::NodeAnswer> ask_add(const serve::JsonValue& features,
                                                                 std::string_view client_address) override;
  void append_rows(std::string& reply) const override;
  [[nodiscard]] serve::PeerCounts counts() const override;
  Status add(std::string_view real_name) override;

 private:
  /// A name of server.add_peer that must resolve to who sent it.
  struct Lookup {
    PeerName name;
    config::AddressBytes client;
    std::shared_ptr<serve::NodeAnswer> answer;
  };
  struct Told {
    std::string text;
    Seconds until = 0;
  };

  void restore();
  void run_checker();
  void run_resolver();
  void check(const Peer& peer);
  Result<VerifyResult> ask_peer(const Peer& peer);
  void give(serve::NodeAnswer& answer, const PeerName& name, bool is_at_client);
  void forget_told();
  void save(bool at_once);
  [[nodiscard]] bool is_tor_client(std::string_view address) const;

  const PeerServiceOptions options_;
  const Ports usual_;
  const bool may_be_private_;
  StopSignal stop_;
  std::atomic<bool> proxy_has_worked_{false};
  mutable std::mutex mutex_;  // held for moments: what follows
  std::condition_variable changed_;
  PeerTable table_;
  AddLimit add_limit_;
  std::deque<Lookup> lookups_;
  std::array<Told, 2> told_;  ///< the answers to clients: clearnet, Tor
  bool is_unsaved_ = false;
  Seconds saved_at_ = 0;
  std::mutex file_mutex_;  // held while the file is written
  std::vector<std::thread> threads_;
};

}  // namespace sluice::peers
