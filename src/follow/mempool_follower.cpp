#include "follow/mempool_follower.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/prefix.h"
#include "mempool/saved.h"
#include "source/block_files.h"

namespace sluice::follow {
namespace {

/// Fetched, parsed and added at a time, so that memory for raw transactions in flight is bounded.
constexpr std::size_t fetched_at_once = 2000;

std::uint32_t magic_of(const chain::Network& network) { return load_le<std::uint32_t>(network.net_magic.data()); }

Error refused(const std::string& what, const std::filesystem::path& path) {
  return {ErrorKind::io, what + " " + source::with_errno(path.string(), errno)};
}

}  // namespace

MempoolFollower::MempoolFollower(node::NodeCalls& node, const ChainIndex& index, const mempool::MempoolOptions& options)
    : node_(node), index_(index), options_(options), pool_(options) {}

void MempoolFollower::reset() {
  pool_.remove(pool_.difference({}).gone);
  note_figures();
}

Result<bool> MempoolFollower::node_is_at_our_tip() {
  const auto info = node_.chain_info();
  if (!info) return info.error();
  return index_.block_count() > 0 && info.value().best_block == index_.tip();
}

Result<bool> MempoolFollower::refresh() {
  const auto begin = std::chrono::steady_clock::now();
  auto at_tip = node_is_at_our_tip();
  if (!at_tip || !at_tip.value()) return at_tip;
  const auto txids = node_.mempool_txids();
  if (!txids) return txids.error();
  at_tip = node_is_at_our_tip();
  if (!at_tip || !at_tip.value()) return at_tip;
  const mempool::Mempool::Difference difference = pool_.difference(txids.value());
  pool_.remove(difference.gone);
  Status fetched;
  for (std::size_t at = 0; fetched && at < difference.fetch.size(); at += fetched_at_once)
    fetched = fetch(std::span(difference.fetch).subspan(at, std::min(fetched_at_once, difference.fetch.size() - at)));
  figures_.refreshes.fetch_add(1, std::memory_order_relaxed);
  figures_.last_refresh_ns.store(
      static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin) / std::chrono::nanoseconds(1)),
      std::memory_order_relaxed);
  note_figures();
  if (!fetched) return std::move(fetched).error();
  return true;
}

Status MempoolFollower::fetch(std::span<const Txid> txids) {
  auto answers = node_.transactions(txids);
  if (!answers) return std::move(answers).error();
  std::vector<std::vector<std::byte>> raws;
  for (auto& answer : answers.value())
    if (answer) raws.push_back(std::move(*answer));
  ChainOutputs outputs(*index_.view(), options_.rules);
  return pool_.add(std::move(raws), outputs);
}

Status MempoolFollower::on_connected(std::span<const ConnectedBlock> blocks) {
  for (const ConnectedBlock& block : blocks) pool_.confirm(block.txids, block.spent);
  ChainOutputs outputs(*index_.view(), options_.rules);
  Status added = pool_.add({}, outputs);
  note_figures();
  return added;
}

void MempoolFollower::take_touched(Touched& touched) {
  for (const ScriptHash& scripthash : pool_.take_touched()) touched.prefixes.push_back(prefix_of(scripthash));
}

void MempoolFollower::note_figures() {
  figures_.transactions.store(pool_.tx_count(), std::memory_order_relaxed);
  figures_.footprint_bytes.store(pool_.footprint_bytes(), std::memory_order_relaxed);
  figures_.waiting.store(pool_.waiting_count(), std::memory_order_relaxed);
  figures_.left_out.store(pool_.left_out_count(), std::memory_order_relaxed);
  figures_.refused.store(pool_.counters().refused, std::memory_order_relaxed);
}

Status MempoolFollower::save(const std::filesystem::path& file) const {
  const std::filesystem::path next = file.string() + ".new";
  std::ofstream target(next, std::ios::binary | std::ios::trunc);
  mempool::save(pool_, magic_of(index_.network()), [&](Bytes bytes) {
    target.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
  target.close();
  if (!target) return refused("cannot write", next);
  if (std::rename(next.c_str(), file.c_str()) != 0) return refused("cannot put in place", file);
  return {};
}

Status MempoolFollower::load(const std::filesystem::path& file) {
  std::ifstream source(file, std::ios::binary | std::ios::ate);
  if (!source) return {};
  std::vector<std::byte> bytes(static_cast<std::size_t>(std::max<std::streamoff>(source.tellg(), 0)));
  source.seekg(0);
  source.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!source) return refused("cannot read", file);
  const auto raws = mempool::read_saved(bytes, magic_of(index_.network()));
  if (!raws) return Error{raws.error().kind, file.string() + ": " + raws.error().message};
  ChainOutputs outputs(*index_.view(), options_.rules);
  for (std::size_t at = 0; at < raws.value().size(); at += fetched_at_once) {
    std::vector<std::vector<std::byte>> part;
    for (std::size_t i = at; i < std::min(at + fetched_at_once, raws.value().size()); ++i)
      part.emplace_back(raws.value()[i].begin(), raws.value()[i].end());
    if (Status status = pool_.add(std::move(part), outputs); !status) return status;
  }
  note_figures();
  return {};
}

}  // namespace sluice::follow
