#include "verify/check_flat.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hex.h"
#include "chain/merkle.h"
#include "verify/cursors.h"

namespace sluice::verify {
namespace {

/// Bytes of the transaction count in front of a block's transactions.
std::uint64_t compact_size_bytes(std::uint64_t count) noexcept {
  return count < 0xfd ? 1 : count <= 0xffff ? 3 : count <= 0xffffffff ? 5 : 9;
}

constexpr std::uint32_t heights_between_looks = 4096;

/// Transactions of a block by blocks.dat; 0 where blocks.dat makes no sense.
std::uint64_t tx_count_of(const Context& context, std::uint32_t height) noexcept {
  const std::uint64_t first = context.blocks[height].first_tx;
  const std::uint64_t end = context.end_tx_of(height);
  return end > first ? end - first : 0;
}

}  // namespace

void check_state(Context& context) {
  Findings& findings = context.findings;
  const store::State& state = context.state;
  RowCursor rows(context, store::Table::state, Malformed::told);
  while (rows.next()) {
    findings.looked_at(1);
    const std::string_view key(reinterpret_cast<const char*>(rows.key().data()), rows.key().size());
    const std::string_view text(reinterpret_cast<const char*>(rows.value().data()), rows.value().size());
    if (key != "state") rows.reject("not the state record");
    else if (text != store::encode_state(state)) rows.reject("the state record has lines that do not belong there");
  }
  if (state.block_count == 0) findings.add("table state: the state record counts no blocks");
  if (state.outputs_spent > state.outputs_created) {
    findings.add(
        fmt::format("table state: {} outputs spent, but only {} created", state.outputs_spent, state.outputs_created));
  }
  if (state.undo_first_height > state.block_count) {
    findings.add(fmt::format("table state: undo rows from height {} on, but the tip is {}", state.undo_first_height,
                             context.state.block_count - 1));
  }
}

void check_lengths(Context& context) {
  const store::FlatFiles& flat = context.database.flat();
  const std::tuple<const store::FlatFile*, std::uint64_t, std::uint64_t> files[] = {
      {&flat.headers, chain::header_bytes, context.state.block_count},
      {&flat.blocks, store::block_place_bytes, context.state.block_count},
      {&flat.txids, 32, context.state.tx_count},
      {&flat.places, 4, context.state.tx_count}};
  for (const auto& [file, record_bytes, records] : files) {
    context.findings.looked_at(1);
    const auto bytes = file->bytes_on_disk();
    if (!bytes) {
      context.findings.add(bytes.error().message);
    } else if (bytes.value() != records * record_bytes) {
      context.findings.add(fmt::format("{}: {} bytes, but the state record counts {} records of {} bytes{}",
                                       file->path(), bytes.value(), records, record_bytes,
                                       bytes.value() > records * record_bytes
                                           ? " (a run that was cut off leaves such a tail; the next sync takes it away)"
                                           : ""));
    }
  }
}

void check_headers(Context& context) {
  Findings& findings = context.findings;
  FlatWindow headers(context, context.database.flat().headers, chain::header_bytes);
  const auto easiest = chain::target_of_bits(context.network.pow_limit_bits);
  BlockHash previous;
  for (std::uint32_t height = 0; height < context.state.block_count; ++height) {
    const std::byte* raw = headers.at(height);
    if (raw == nullptr || context.stopped()) return;
    const Bytes bytes(raw, chain::header_bytes);
    const chain::Header header = chain::decode_header(bytes);
    const BlockHash hash = chain::block_hash(context.network.coin, bytes);
    const auto wrong = [&](std::string_view what) {
      findings.add([&] { return fmt::format("headers.dat: height {} (block {}): {}", height, hash.display(), what); });
    };
    if (height == 0 && hash.display() != context.network.genesis_hash) wrong("not the genesis block of the network");
    if (height > 0 && header.previous != previous)
      wrong(fmt::format("its previous block is {}, the header before it is {}", header.previous.display(),
                        previous.display()));
    const auto target = chain::target_of_bits(header.bits);
    if (!chain::meets_target(hash, header.bits)) wrong("does not carry its proof of work");
    else if (target && easiest && *easiest < *target) wrong("its target is easier than the network allows");
    previous = hash;
    if (height % heights_between_looks == 0) {
      context.progress.height = height;
      context.tell();
    }
  }
  findings.looked_at(context.state.block_count);
  if (context.state.block_count > 0 && previous != context.state.tip) {
    findings.add(fmt::format("table state: the tip is {}, but headers.dat ends with {}", context.state.tip.display(),
                             previous.display()));
  }
}

void check_blocks(Context& context) {
  Findings& findings = context.findings;
  FlatWindow places(context, context.database.flat().places, 4);
  constexpr std::uint32_t least_block_bytes = chain::header_bytes + 1;
  for (std::uint32_t height = 0; height < context.state.block_count; ++height) {
    const store::BlockPlace& block = context.blocks[height];
    const auto wrong = [&](std::string_view what) {
      findings.add([&] { return fmt::format("blocks.dat: height {}: {}", height, what); });
    };
    if (context.stopped()) return;
    if (block.size < least_block_bytes) wrong(fmt::format("a block of {} bytes", block.size));
    if (block.file_offset < 8)
      wrong(fmt::format("at offset {} of its file, where no block can begin", block.file_offset));
    // The genesis block is indexed with no transactions, every other block has one at least.
    const std::uint64_t expected_first = height <= 1 ? 0 : context.blocks[height - 1].first_tx + 1;
    if (height <= 1 ? block.first_tx != 0 : block.first_tx < expected_first) {
      wrong(fmt::format("its first transaction is {}, expected {}{}", block.first_tx, height <= 1 ? "" : "at least ",
                        expected_first));
      continue;
    }
    if (height > 0 && block.first_tx >= context.state.tx_count) {
      wrong(fmt::format("its first transaction is {}, but the index has {}", block.first_tx, context.state.tx_count));
      continue;
    }
    if (height == 0) continue;
    std::uint64_t least = 0;
    for (std::uint64_t tx = block.first_tx; tx < context.end_tx_of(height); ++tx) {
      const std::byte* at = places.at(tx);
      if (at == nullptr) return;
      const auto place = load_le<std::uint32_t>(at);
      const bool is_first = tx == block.first_tx;
      if (is_first) least = chain::header_bytes + compact_size_bytes(tx_count_of(context, height));
      if (is_first ? place != least : place < least || place >= block.size) {
        findings.add([&] {
          return fmt::format("places.dat: {}: at offset {} of a block of {} bytes, expected {}{}", tx_text(context, tx),
                             place, block.size, is_first ? "" : "at least ", least);
        });
      }
      constexpr std::uint32_t least_tx_bytes = 10;
      least = std::uint64_t{place} + least_tx_bytes;
    }
  }
  findings.looked_at(context.state.block_count);
}

void check_merkle_roots(Context& context) {
  FlatWindow headers(context, context.database.flat().headers, chain::header_bytes);
  std::vector<Txid> txids;
  std::vector<Digest> scratch;
  for (std::uint32_t height = 1; height < context.state.block_count; ++height) {
    const std::byte* raw = headers.at(height);
    if (raw == nullptr || context.stopped()) return;
    const Digest expected = chain::decode_header({raw, chain::header_bytes}).merkle_root;
    txids.resize(tx_count_of(context, height));
    scratch.resize(chain::merkle_scratch_count(txids.size()));
    if (!txids.empty()) {
      if (Status status =
              context.database.flat().txids.read(context.blocks[height].first_tx, txids.size(), txids.front().data());
          !status) {
        context.findings.add(status.error().message);
        return;
      }
    }
    const Digest root = chain::merkle_root(std::span<const Txid>(txids), scratch);
    if (root != expected) {
      context.findings.add([&] {
        return fmt::format("txids.dat: height {}: its {} transaction ids hash to {}, the header's merkle root is {}",
                           height, txids.size(), root.display(), expected.display());
      });
    }
    context.findings.looked_at(txids.size());
    if (height % heights_between_looks == 0) {
      context.progress.height = height;
      context.tell();
    }
  }
}

}  // namespace sluice::verify
