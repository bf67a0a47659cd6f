// The file that good peers are kept in over a restart, in the database directory:
//
//   sluice peers 1
//   1764000000 203.0.114.5 electrum.example.org v1.4.2 s50002 t50001
//   1764000100 - abcdefghij.onion v1.4 t50001
//
// when it was good last, its address or a dash, its name.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "peers/peer_table.h"

namespace sluice::peers {

struct SavedPeer {
  PeerName name;
  std::string address;  ///< numeric, or empty
  Seconds last_good = 0;
};

/// Those that were good and are not bad. The usual ports are written out.
[[nodiscard]] std::string show_saved(const PeerTable& table);
/// Errors: corrupt, unsupported, naming the line.
[[nodiscard]] Result<std::vector<SavedPeer>> read_saved(std::string_view text);

/// Empty if there is no such file. Errors: as read_saved(), io, limit; naming the file.
[[nodiscard]] Result<std::vector<SavedPeer>> load_peers(const std::filesystem::path& file);

}  // namespace sluice::peers
