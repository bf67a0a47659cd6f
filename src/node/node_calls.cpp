// The calls that following makes. client_calls.cpp has those that clients wait for.
#include "node/node_calls.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/hex.h"
#include "node/checked_answer.h"

namespace sluice::node {
namespace {

using namespace std::chrono_literals;

/// An answer of the largest block, and the JSON around it.
constexpr std::size_t block_answer_bytes_max = 2 * NodeCalls::block_bytes_max + 4096;
constexpr CallPolicy for_blocks{.timeout = 10min, .answer_bytes_max = block_answer_bytes_max};
/// At 67 bytes a txid, the default bound has room for four million.
CallPolicy for_mempool(std::size_t answer_bytes_max) { return {.timeout = 2min, .answer_bytes_max = answer_bytes_max}; }

std::optional<BlockHash> block_hash_of(std::string_view json) noexcept {
  const auto text = plain_string(json);
  return text ? BlockHash::from_display(*text) : std::nullopt;
}

/// Bytes of a string of hex digits, straight from the answer.
std::optional<std::vector<std::byte>> bytes_of_hex(std::string_view json) {
  const auto text = plain_string(json);
  return text ? from_hex(*text) : std::nullopt;
}

/// A checked JSON array of txids. As it is known to be JSON, only what stands between the hashes has to be passed over.
std::optional<std::vector<Txid>> txids_of(std::string_view json) {
  constexpr std::size_t token_bytes = 66;
  if (!json.starts_with('[')) return std::nullopt;
  std::vector<Txid> txids;
  txids.reserve(json.size() / (token_bytes + 1));
  std::size_t at = 1;
  while (true) {
    while (is_blank(json[at]) || json[at] == ',') ++at;
    if (json[at] == ']') return txids;
    const std::string_view token = json.substr(at, token_bytes);
    const auto text = plain_string(token);
    const auto txid = text ? Txid::from_display(*text) : std::nullopt;
    if (!txid) return std::nullopt;
    txids.push_back(*txid);
    at += token_bytes;
  }
}

}  // namespace

Result<ChainInfo> NodeCalls::chain_info() {
  constexpr std::string_view method = "getblockchaininfo";
  auto reply = client_.call({std::string(method)});
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return refused(method, *outcome.error);
  ChainInfo info;
  bool has_chain = false, has_blocks = false, has_headers = false, has_best = false;
  const bool is_object = visit_members(outcome.json, [&](std::string_view key, std::string_view value) {
    if (key == "chain") {
      auto text = resolved_string(value);
      has_chain = text.has_value();
      info.chain = std::move(text).value_or("");
    } else if (key == "blocks" || key == "headers") {
      const auto number = height(value);
      (key == "blocks" ? has_blocks : has_headers) = number.has_value();
      (key == "blocks" ? info.blocks : info.headers) = number.value_or(0);
    } else if (key == "bestblockhash") {
      const auto hash = block_hash_of(value);
      has_best = hash.has_value();
      info.best_block = hash.value_or(BlockHash{});
    } else if (key == "pruned") {
      info.is_pruned = value == "true";
    } else if (key == "pruneheight") {
      info.prune_height = height(value).value_or(0);
    } else if (key == "initialblockdownload") {
      info.is_initial_download = value == "true";
    }
    return true;
  });
  if (!is_object || !has_chain || !has_blocks || !has_headers || !has_best)
    return misfit(method, "lacks chain, blocks, headers or bestblockhash");
  return info;
}

Result<BlockHash> NodeCalls::block_hash(std::uint32_t wanted) {
  auto hashes = block_hashes(wanted, 1);
  if (!hashes) return std::move(hashes).error();
  if (hashes.value().empty()) return Error{ErrorKind::not_found, "node: no block at height " + std::to_string(wanted)};
  return hashes.value().front();
}

Result<std::vector<BlockHash>> NodeCalls::block_hashes(std::uint32_t first, std::uint32_t count) {
  constexpr std::string_view method = "getblockhash";
  std::vector<BlockHash> hashes;
  hashes.reserve(count);
  std::vector<RpcRequest> requests;
  while (hashes.size() < count) {
    const std::uint32_t begin = first + static_cast<std::uint32_t>(hashes.size());
    const std::size_t batch_count = std::min<std::size_t>(count - hashes.size(), headers_per_batch);
    requests.clear();
    for (std::uint32_t i = 0; i < batch_count; ++i)
      requests.push_back({std::string(method), RpcParams().number(begin + std::uint64_t{i}).array()});
    auto reply = client_.batch(requests);
    if (!reply) return std::move(reply).error();
    for (const RpcOutcome& outcome : reply.value().outcomes()) {
      if (outcome.error && outcome.error->code == code_bad_parameter) return hashes;
      if (outcome.error) return refused(method, *outcome.error);
      const auto hash = block_hash_of(outcome.json);
      if (!hash) return misfit(method, "is no block hash");
      hashes.push_back(*hash);
    }
  }
  return hashes;
}

Result<std::vector<std::byte>> NodeCalls::headers(std::span<const BlockHash> hashes) {
  constexpr std::string_view method = "getblockheader";
  std::vector<std::byte> raw;
  raw.reserve(hashes.size() * chain::header_bytes);
  std::vector<RpcRequest> requests;
  while (!hashes.empty()) {
    const auto batch = hashes.first(std::min(hashes.size(), headers_per_batch));
    hashes = hashes.subspan(batch.size());
    requests.clear();
    for (const BlockHash& hash : batch)
      requests.push_back({std::string(method), RpcParams().text(hash.display()).flag(false).array()});
    auto reply = client_.batch(requests);
    if (!reply) return std::move(reply).error();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const RpcOutcome& outcome = reply.value().outcomes()[i];
      if (outcome.error) return refused(method, *outcome.error);
      const auto header = bytes_of_hex(outcome.json);
      if (!header || header->size() != chain::header_bytes || chain::block_hash(network_.coin, *header) != batch[i])
        return misfit(method, "is not the header of " + batch[i].display());
      raw.insert(raw.end(), header->begin(), header->end());
    }
  }
  return raw;
}

Result<std::vector<std::byte>> NodeCalls::block_raw(const BlockHash& hash) {
  constexpr std::string_view method = "getblock";
  auto reply = client_.call({std::string(method), RpcParams().text(hash.display()).flag(false).array()}, for_blocks);
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return refused(method, *outcome.error);
  auto block = bytes_of_hex(outcome.json);
  const bool is_wanted = block && block->size() > chain::header_bytes &&
                         chain::block_hash(network_.coin, Bytes(*block).first(chain::header_bytes)) == hash;
  if (!is_wanted) return misfit(method, "is not block " + hash.display());
  return *std::move(block);
}

Status NodeCalls::check_chain(const ChainInfo& info) {
  auto genesis = block_hash(0);
  if (!genesis) return std::move(genesis).error();
  const std::string network = std::string(network_.coin_name) + " " + std::string(network_.name);
  const std::string advice = "; check DAEMON_URL, COIN and NET";
  if (genesis.value().display() != network_.genesis_hash) {
    return Error{ErrorKind::unsupported,
                 "the node's genesis block is " + genesis.value().display() + ", not that of " + network + advice};
  }
  if (info.chain != network_.node_chain) {
    return Error{ErrorKind::unsupported, "the node is on chain \"" + info.chain + "\"; " + network + " is \"" +
                                             std::string(network_.node_chain) + "\"" + advice};
  }
  return {};
}

Result<std::vector<ZmqSource>> NodeCalls::zmq_sources() {
  constexpr std::string_view method = "getzmqnotifications";
  auto reply = client_.call({std::string(method)});
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error && outcome.error->code == code_no_method) return std::vector<ZmqSource>();
  if (outcome.error) return refused(method, *outcome.error);
  return read_zmq_sources(outcome.json, client_.host());
}

Result<std::vector<Txid>> NodeCalls::mempool_txids() {
  constexpr std::string_view method = "getrawmempool";
  auto reply = client_.call({std::string(method), RpcParams().flag(false).array()}, for_mempool(answer_bytes_max_));
  if (!reply) return std::move(reply).error();
  const RpcOutcome& outcome = reply.value().outcome();
  if (outcome.error) return refused(method, *outcome.error);
  auto txids = txids_of(outcome.json);
  if (!txids) return misfit(method, "is not a list of txids");
  return *std::move(txids);
}

Status NodeCalls::fetch_transactions(std::span<const Txid> txids, std::span<RawTransaction> target) {
  constexpr std::string_view method = "getrawtransaction";
  std::vector<RpcRequest> requests;
  for (const Txid& txid : txids)
    requests.push_back({std::string(method), RpcParams().text(txid.display()).flag(false).array()});
  auto reply = client_.batch(requests, for_mempool(answer_bytes_max_));
  if (!reply) {
    if (reply.error().kind != ErrorKind::limit || txids.size() == 1) return std::move(reply).error();
    // Together they are too large.
    const std::size_t half = txids.size() / 2;
    if (Status status = fetch_transactions(txids.first(half), target.first(half)); !status) return status;
    return fetch_transactions(txids.subspan(half), target.subspan(half));
  }
  for (std::size_t i = 0; i < txids.size(); ++i) {
    const RpcOutcome& outcome = reply.value().outcomes()[i];
    if (outcome.error && is_not_found(*outcome.error)) continue;
    if (outcome.error) return refused(method, *outcome.error);
    target[i] = bytes_of_hex(outcome.json);
    if (!target[i]) return misfit(method, "is no hex for " + txids[i].display());
  }
  return {};
}

Result<std::vector<RawTransaction>> NodeCalls::transactions(std::span<const Txid> txids) {
  std::vector<RawTransaction> raw(txids.size());
  for (std::size_t begin = 0; begin < txids.size(); begin += transactions_per_batch) {
    const std::size_t count = std::min(txids.size() - begin, transactions_per_batch);
    if (Status status = fetch_transactions(txids.subspan(begin, count), std::span(raw).subspan(begin, count)); !status)
      return std::move(status).error();
  }
  return raw;
}

}  // namespace sluice::node
