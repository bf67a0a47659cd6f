#include "verify/block_walk.h"

#include <fmt/format.h>

#include <algorithm>

#include "classify/classify_scripts.h"
#include "parse/parse_blocks.h"
#include "source/block_source.h"
#include "source/range_reader.h"

namespace sluice::verify {

using source::record_head_bytes;

Result<std::unique_ptr<BlockWalk>> BlockWalk::open(Context& context) {
  std::unique_ptr<BlockWalk> walk(new BlockWalk(context));
  auto choice = source::choose_io(source::io_setting(), context.options.reads_in_flight);
  if (!choice) return std::move(choice).error();
  auto files = source::list_block_files(context.options.blocks_directory);
  if (!files) return std::move(files).error();
  walk->reader_ = std::make_unique<source::BlockReader>(context.options.blocks_directory, std::move(choice.value().io));
  walk->map_.files = std::move(files).value();
  return walk;
}

void BlockWalk::map_by_index() {
  FlatWindow headers(context_, context_.database.flat().headers, chain::header_bytes);
  map_.network = &context_.network;
  map_.scanned.resize(context_.state.block_count);
  map_.best.resize(context_.state.block_count);
  map_.best_bytes = 0;
  for (std::uint32_t height = 0; height < context_.state.block_count; ++height) {
    source::ScannedBlock& block = map_.scanned[height];
    const store::BlockPlace& place = context_.blocks[height];
    if (const std::byte* raw = headers.at(height)) std::copy_n(raw, block.header.size(), block.header.begin());
    block.hash = chain::block_hash(context_.network.coin, block.header);
    block.offset = place.file_offset;
    block.file_number = place.file_number;
    block.size = place.size;
    map_.best[height] = height;
    map_.best_bytes += place.size;
  }
}

bool BlockWalk::map_by_scan() {
  auto scanned = source::scan_blocks(context_.network, *reader_);
  if (!scanned) {
    context_.findings.add(scanned.error().message);
    return false;
  }
  map_ = std::move(scanned).value();
  const std::uint32_t count = context_.state.block_count;
  if (map_.height_count() < count || map_.at(count - 1).hash != context_.state.tip) {
    context_.findings.add(fmt::format(
        "{}: these block files do not hold the chain of the index: their best chain has {} at height {}, the index has "
        "{}",
        context_.options.blocks_directory, map_.height_count() < count ? "nothing" : map_.at(count - 1).hash.display(),
        count - 1, context_.state.tip.display()));
    return false;
  }
  map_.best.resize(count);
  map_.best_bytes = 0;
  for (std::uint32_t height = 0; height < count; ++height) map_.best_bytes += map_.at(height).size;
  return true;
}

bool BlockWalk::check_places() {
  map_by_index();
  source::RangeReader reader(context_.options.blocks_directory, map_.files.key);
  bool all_right = true;
  for (std::uint32_t height = 0; height < context_.state.block_count && !context_.stopped(); ++height) {
    const source::ScannedBlock& block = map_.scanned[height];
    const auto wrong = [&](std::string_view what) {
      all_right = false;
      context_.findings.add([&] {
        return fmt::format("blocks.dat: height {}: said to be {} bytes at offset {} of {}: {}", height, block.size,
                           block.offset, source::block_file_name(block.file_number), what);
      });
    };
    context_.findings.looked_at(1);
    if (block.file_number >= map_.files.count() || block.offset < record_head_bytes) {
      wrong("there is no such place");
      continue;
    }
    const auto record =
        reader.read_range(block.file_number, block.offset - record_head_bytes, record_head_bytes + chain::header_bytes);
    if (!record) {
      wrong(record.error().message);
      continue;
    }
    const Bytes bytes(record.value());
    const auto same = [](Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); };
    if (!same(bytes.first(4), context_.network.disk_magic)) wrong("no record begins there");
    else if (load_le<std::uint32_t>(bytes.data() + 4) != block.size)
      wrong(fmt::format("the record there has {} bytes", load_le<std::uint32_t>(bytes.data() + 4)));
    else if (!same(bytes.subspan(record_head_bytes), block.header))
      wrong("the header there is not the one of headers.dat");
  }
  return all_right || context_.stopped() || map_by_scan();
}

namespace {

/// Memory of a walk: a few batches in turn, and the columns of one.
struct WalkMemory {
  std::vector<source::RawBuffer> slots;
  parse::TxBatch txs;
  parse::ParseScratch parse;
  classify::ScriptBatch scripts;
  classify::ClassifyScratch classify;

  explicit WalkMemory(std::uint64_t batch_bytes) {
    constexpr std::size_t slot_count = 4;
    for (std::size_t i = 0; i < slot_count; ++i) slots.emplace_back(batch_bytes);
  }
};

std::uint64_t batch_bytes_for(std::uint64_t budget) noexcept {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20;
  return std::clamp<std::uint64_t>(budget / 256, mib / 2, 2 * mib);
}

}  // namespace

bool BlockWalk::run(bool classify, const Visit& visit) {
  WalkMemory memory(batch_bytes_for(context_.options.memory_budget));
  source::SourceLimits limits;
  limits.batch_bytes = memory.slots.front().capacity();
  source::BlockSource source(map_, *reader_, memory.slots, limits, 0, map_.height_count());
  for (std::uint32_t slot = 0; slot < memory.slots.size(); ++slot) source.give(slot);
  parse::ParseCounters parse_counters;
  classify::ClassifyCounters classify_counters;
  const classify::ClassifyOptions options{
      .coin = context_.network.coin, .parity = context_.state.parity, .op_number_index = context_.op_number_index};
  std::uint64_t next_tx = 0;
  for (;;) {
    if (context_.stopped()) return false;
    std::uint32_t slot = 0;
    const source::SourceStep step = source.step(slot);
    if (step == source::SourceStep::finished) return true;
    if (step == source::SourceStep::failed) {
      context_.findings.add(source.error().message);
      return false;
    }
    SLUICE_CHECK(step != source::SourceStep::starved);  // every slot comes back below
    if (step != source::SourceStep::ready) continue;
    const source::RawBatch raw = memory.slots[slot].batch();
    parse::ParseFault fault;
    const parse::ParseErrc errc =
        parse::parse_blocks(raw, context_.network.coin, memory.txs, memory.parse, fault, parse_counters);
    if (errc != parse::ParseErrc::ok) {
      context_.findings.add(
          fmt::format("{}/{}", context_.options.blocks_directory, parse::describe_fault(errc, fault, raw)));
      return false;
    }
    if (classify)
      classify::classify_scripts(raw, memory.txs, options, memory.scripts, memory.classify, classify_counters);
    visit({raw, memory.txs, memory.scripts, next_tx});
    next_tx += memory.txs.tx_count();
    context_.progress.height = raw.blocks.back().height;
    context_.progress.bytes_done += memory.slots[slot].used;
    context_.progress.txs_done += memory.txs.tx_count();
    context_.tell();
    source.give(slot);
  }
}

void match_flat(Context& context, const WalkBatch& batch) {
  const store::FlatFiles& flat = context.database.flat();
  const std::uint64_t in_files = batch.txs.tx_count();
  const std::uint64_t in_index =
      context.state.tx_count > batch.first_tx ? std::min(in_files, context.state.tx_count - batch.first_tx) : 0;
  std::vector<Txid> txids(in_index);
  std::vector<std::uint32_t> places(in_index);
  if (in_index > 0) {
    for (Status status : {flat.txids.read(batch.first_tx, in_index, txids.front().data()),
                          flat.places.read(batch.first_tx, in_index, reinterpret_cast<std::byte*>(places.data()))}) {
      if (status) continue;
      context.findings.add(status.error().message);
      return;
    }
  }
  for (std::size_t i = 0; i < batch.raw.blocks.size(); ++i) {
    const source::RawBlock& block = batch.raw.blocks[i];
    const std::uint64_t first_tx = batch.first_tx + batch.txs.block_tx_begin[i];
    if (context.blocks[block.height].first_tx != first_tx) {
      context.findings.add([&] {
        return fmt::format("blocks.dat: height {}: its first transaction is said to be {}, by the block files it is {}",
                           block.height, context.blocks[block.height].first_tx, first_tx);
      });
    }
    for (std::uint32_t tx = batch.txs.block_tx_begin[i]; tx < batch.txs.block_tx_begin[i + 1]; ++tx) {
      const std::uint32_t place = batch.txs.tx_begin[tx] - block.begin;
      if (tx >= in_index) {
        context.findings.add([&] {
          return fmt::format("txids.dat: ends before transaction {} (height {})", batch.first_tx + tx, block.height);
        });
        continue;
      }
      if (txids[tx] != batch.txs.txid[tx]) {
        context.findings.add([&] {
          return fmt::format("txids.dat: transaction {} (height {}) is {}, expected {}", batch.first_tx + tx,
                             block.height, txids[tx].display(), batch.txs.txid[tx].display());
        });
      }
      if (places[tx] != place) {
        context.findings.add([&] {
          return fmt::format(
              "places.dat: transaction {} (height {}, {}) is said to be at offset {} of its block, it is at {}",
              batch.first_tx + tx, block.height, batch.txs.txid[tx].display(), places[tx], place);
        });
      }
    }
  }
  context.findings.looked_at(in_files);
}

}  // namespace sluice::verify
