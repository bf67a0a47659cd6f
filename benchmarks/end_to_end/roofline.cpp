// roofline DIR [--threads N] [--coin radiant|bitcoin|bitcoin_cash] [--repetitions R]
//
// How fast could an indexer be that only hashes? Reads all blk*.dat of DIR into memory, finds every
// transaction and output script, and then times one thing: the double SHA-256 of every transaction
// and the SHA-256 of every indexed output script, from memory, on all cores.
//
//   yardstick   OpenSSL's one-shot SHA256(), a message at a time: fixed, and the same everywhere
//   ceiling     our kernels, many messages at a time
//
// Reading, finding boundaries, merkle trees and ref-zeroing are not in the times: every transaction
// is hashed as it stands (segwit ones with their witness, version-3 ones plainly), every script
// unrewritten, so both hash exactly the same bytes. Both must give the same sum of digests.
// The best of several repetitions counts, the two taking turns.
#include <openssl/sha.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "chain/coin.h"
#include "classify/scripthash.h"
#include "hash/sha256.h"
#include "parse/compact_size.h"
#include "parse/tx_splitter.h"

namespace sluice {
namespace {

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "roofline: %s\n", message.c_str());
  std::exit(1);
}

struct Options {
  std::string directory;
  chain::Coin coin = chain::Coin::radiant;
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::size_t repetitions = 7;
};

std::size_t parse_count(const char* name, const char* text) {
  char* end = nullptr;
  const unsigned long count = std::strtoul(text, &end, 10);
  if (*text == '\0' || *end != '\0' || count == 0 || count > 1024)
    fail(std::string(name) + ": a number from 1 to 1024, not " + text);
  return count;
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--threads" && has_value) options.threads = parse_count("--threads", argv[++i]);
    else if (argument == "--repetitions" && has_value) options.repetitions = parse_count("--repetitions", argv[++i]);
    else if (argument == "--coin" && has_value) {
      const std::string_view coin = argv[++i];
      if (coin == "radiant") options.coin = chain::Coin::radiant;
      else if (coin == "bitcoin") options.coin = chain::Coin::bitcoin;
      else if (coin == "bitcoin_cash") options.coin = chain::Coin::bitcoin_cash;
      else fail("--coin: radiant, bitcoin or bitcoin_cash, not " + std::string(coin));
    } else if (options.directory.empty() && !argument.starts_with("--")) options.directory = argument;
    else fail("usage: roofline DIR [--threads N] [--coin radiant|bitcoin|bitcoin_cash] [--repetitions R]");
  }
  if (options.directory.empty()) fail("usage: roofline DIR [--threads N] [--coin C] [--repetitions R]");
  return options;
}

/// The chain in memory and every message to be hashed, as pointers into it.
struct Chain {
  std::vector<std::vector<std::byte>> files;
  std::vector<hash::Message> txs;
  std::vector<hash::Message> scripts;
  std::uint64_t block_count = 0;
  std::uint64_t block_bytes = 0;
  std::uint64_t output_count = 0;
};

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::byte> bytes(std::filesystem::file_size(path));
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!file) fail(path.string() + ": cannot be read");
  return bytes;
}

void add_block(Bytes block, chain::Coin coin, parse::TxBatch& batch, Chain& chain) {
  const std::byte* at = block.data() + std::min(block.size(), chain::header_bytes);
  const std::byte* const end = block.data() + block.size();
  std::uint64_t count = 0;
  if (parse::read_compact_size(at, end, count) != parse::ParseErrc::ok) fail("a block without a transaction count");
  for (std::uint64_t i = 0; i < count; ++i) {
    batch.clear();
    batch.tx_begin.resize(1), batch.tx_size.resize(1), batch.input_begin.resize(2), batch.output_begin.resize(2);
    const std::byte* const begin = at;
    const parse::ParseErrc errc = parse::TxSplitter(block, coin, batch).split(at, end, parse::CoinbaseRule::allowed, 0);
    if (errc != parse::ParseErrc::ok) fail("a malformed transaction: " + std::string(parse::parse_errc_text(errc)));
    chain.txs.push_back({begin, static_cast<std::uint64_t>(at - begin)});
    chain.output_count += batch.output_count();
    for (std::size_t output = 0; output < batch.output_count(); ++output) {
      const Bytes script = block.subspan(batch.script_begin[output], batch.script_size[output]);
      if (classify::is_indexed(script, coin)) chain.scripts.push_back({script.data(), script.size()});
    }
  }
  ++chain.block_count;
  chain.block_bytes += block.size();
}

/// Records back to back: magic, length, block. Stops at the zero bytes or cut record of a file's end.
Chain load_chain(const Options& options) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(options.directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("blk") && name.ends_with(".dat")) paths.push_back(entry.path());
  }
  if (error) fail(options.directory + ": " + error.message());
  if (paths.empty()) fail(options.directory + ": no blk*.dat");
  std::sort(paths.begin(), paths.end());
  Chain chain;
  parse::TxBatch batch;
  std::uint32_t magic = 0;
  for (const auto& path : paths) {
    const std::vector<std::byte>& file = chain.files.emplace_back(read_file(path));
    for (std::size_t at = 0; file.size() - at >= 8;) {
      const auto found = load_le<std::uint32_t>(file.data() + at);
      const std::size_t size = load_le<std::uint32_t>(file.data() + at + 4);
      if (magic == 0) magic = found;
      if (found != magic || magic == 0 || size > file.size() - at - 8) break;
      add_block({file.data() + at + 8, size}, options.coin, batch, chain);
      at += 8 + size;
    }
  }
  if (chain.block_count == 0) fail(options.directory + ": no blocks");
  return chain;
}

/// Sum of the digests' first words: proves that the work was done, and alike.
using Sum = std::uint64_t;
using HashRange = Sum (*)(std::span<const hash::Message> messages, bool twice);

Sum hash_with_openssl(std::span<const hash::Message> messages, bool twice) {
  Sum sum = 0;
  unsigned char digest[32];
  for (const hash::Message message : messages) {
    SHA256(reinterpret_cast<const unsigned char*>(message.data), message.size, digest);
    if (twice) SHA256(digest, sizeof digest, digest);
    sum += load_le<std::uint64_t>(reinterpret_cast<const std::byte*>(digest));
  }
  return sum;
}

Sum hash_with_kernels(std::span<const hash::Message> messages, bool twice) {
  constexpr std::size_t group = 2048;
  static thread_local Digest digests[group];
  Sum sum = 0;
  while (!messages.empty()) {
    const std::size_t count = std::min(group, messages.size());
    if (twice) hash::sha256d_many(messages.first(count), {digests, count});
    else hash::sha256_many(messages.first(count), {digests, count});
    for (std::size_t i = 0; i < count; ++i) sum += digests[i].low64();
    messages = messages.subspan(count);
  }
  return sum;
}

struct Timed {
  double seconds = 0;
  Sum sum = 0;
};

/// Pieces small enough that no thread waits long for the last one.
Timed run_once(const Chain& chain, std::size_t threads, HashRange hash_range) {
  constexpr std::size_t piece = 4096;
  const std::size_t tx_pieces = (chain.txs.size() + piece - 1) / piece;
  const std::size_t pieces = tx_pieces + (chain.scripts.size() + piece - 1) / piece;
  std::atomic<std::size_t> next{0};  // a ticket counter; the joins below order everything else
  std::atomic<Sum> total{0};
  const auto work = [&] {
    Sum sum = 0;
    for (std::size_t ticket; (ticket = next.fetch_add(1, std::memory_order_relaxed)) < pieces;) {
      const bool is_tx = ticket < tx_pieces;
      const std::vector<hash::Message>& all = is_tx ? chain.txs : chain.scripts;
      const std::size_t begin = (is_tx ? ticket : ticket - tx_pieces) * piece;
      sum += hash_range(std::span(all).subspan(begin, std::min(piece, all.size() - begin)), is_tx);
    }
    total.fetch_add(sum, std::memory_order_relaxed);
  };
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> workers;
  for (std::size_t i = 1; i < threads; ++i) workers.emplace_back(work);
  work();
  for (std::thread& worker : workers) worker.join();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(),
          total.load(std::memory_order_relaxed)};
}

void print_line(const char* what, const std::string& with, const Chain& chain, double seconds) {
  std::printf("%-10s %-20s %9.4f s %9.1f MB/s %12.0f tx/s\n", what, with.c_str(), seconds,
              static_cast<double>(chain.block_bytes) / 1e6 / seconds, static_cast<double>(chain.txs.size()) / seconds);
}

int run(const Options& options) {
  const Chain chain = load_chain(options);
  std::printf("%llu blocks, %.1f MB, %zu transactions, %llu outputs, %zu of them indexed; %zu threads, best of %zu\n",
              static_cast<unsigned long long>(chain.block_count), static_cast<double>(chain.block_bytes) / 1e6,
              chain.txs.size(), static_cast<unsigned long long>(chain.output_count), chain.scripts.size(),
              options.threads, options.repetitions);
  std::printf("boundaries were found beforehand: the times are hashing alone\n");
  double yardstick = 1e99;
  double ceiling = 1e99;
  for (std::size_t i = 0; i < options.repetitions; ++i) {
    const Timed slow = run_once(chain, options.threads, hash_with_openssl);
    const Timed fast = run_once(chain, options.threads, hash_with_kernels);
    if (slow.sum != fast.sum) fail("the kernels and OpenSSL disagree");
    yardstick = std::min(yardstick, slow.seconds);
    ceiling = std::min(ceiling, fast.seconds);
  }
  print_line("yardstick", "OpenSSL one-shot", chain, yardstick);
  print_line("ceiling", "kernel " + std::string(hash::kernel_name(hash::active_kernel())), chain, ceiling);
  std::printf("ratio      %.2f\n", yardstick / ceiling);
  return 0;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::run(sluice::parse_options(argc, argv)); }
