#include "devnet_node/mempool_file.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <fstream>

#include "base/hex.h"

namespace sluice::devnet_node {

Result<std::vector<std::vector<std::byte>>> read_mempool_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) return Error{ErrorKind::io, fmt::format("mempool file {}: cannot be opened", path.string())};
  std::vector<std::vector<std::byte>> raws;
  simdjson::dom::parser parser;
  std::string line;
  for (std::size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    std::string_view hex;
    std::optional<std::vector<std::byte>> raw;
    if (parser.parse(line)["hex"].get(hex) == simdjson::SUCCESS) raw = from_hex(hex);
    if (!raw) {
      return Error{ErrorKind::corrupt,
                   fmt::format("mempool file {}: line {}: no transaction in a member `hex`", path.string(), number)};
    }
    raws.push_back(std::move(*raw));
  }
  return raws;
}

}  // namespace sluice::devnet_node
