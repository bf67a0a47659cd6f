#include "source/detect_network.h"

#include "source/block_files.h"
#include "source/range_reader.h"

namespace sluice::source {

const chain::Network* genesis_owner(Bytes header) {
  for (const chain::Network& network : chain::all_networks()) {
    if (chain::block_hash(network.coin, header).display() == network.genesis_hash) return &network;
  }
  return nullptr;
}

Result<const chain::Network*> detect_network(const std::string& directory) {
  auto files = list_block_files(directory);
  if (!files) return std::move(files).error();
  RangeReader reader(directory, files.value().key);
  auto header = reader.read_range(0, record_head_bytes, chain::header_bytes);
  if (!header) return std::move(header).error();
  if (const chain::Network* network = genesis_owner(header.value())) return network;
  return Error{ErrorKind::unsupported, files.value().path(0) +
                                           ": its first block is no network's genesis block: name the network "
                                           "with --coin and --net"};
}

}  // namespace sluice::source
