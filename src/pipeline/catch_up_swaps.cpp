#include <fmt/format.h>

#include "classify/classify_scripts.h"
#include "parse/parse_blocks.h"
#include "pipeline/swap_index.h"

namespace sluice::pipeline {
namespace {

/// So many bytes of blocks between two writes at most: what a crash may cost.
constexpr std::uint64_t piece_bytes = std::uint64_t{256} << 20;

/// One block after the other through the pure cores of parse and classify.
class BlockTaker {
 public:
  BlockTaker(SwapIndex& swaps, source::RangeReader& block_files, const chain::Network& network)
      : swaps_(swaps), block_files_(block_files) {
    options_.coin = network.coin;
    options_.op_number_index = swaps.rules().op_number_index;
  }

  Status take(std::uint32_t height, const store::BlockPlace& place) {
    auto read = block_files_.read_range(place.file_number, place.file_offset, place.size);
    if (!read) return std::move(read).error();
    std::vector<std::byte> bytes = std::move(read).value();
    bytes.resize(place.size + source::raw_padding_bytes);
    const source::RawBlock block{.height = height,
                                 .begin = 0,
                                 .size = place.size,
                                 .file_number = place.file_number,
                                 .file_offset = place.file_offset,
                                 .hash = chain::block_hash(options_.coin, Bytes(bytes).first<chain::header_bytes>())};
    const source::RawBatch raw{Bytes(bytes).first(place.size), {&block, 1}};
    parse::ParseFault fault;
    const parse::ParseErrc errc = parse::parse_blocks(raw, options_.coin, txs_, parse_scratch_, fault, parsed_);
    if (errc != parse::ParseErrc::ok) return Error{ErrorKind::corrupt, parse::describe_fault(errc, fault, raw)};
    classify::ClassifyCounters classified;
    classify::classify_scripts(raw, txs_, options_, scripts_, classify_scratch_, classified);
    swaps_.figures().add_refused(classified);
    const SwapBatch batch{raw, &txs_, &scripts_, place.first_tx};
    swaps_.add_offers(batch);
    swaps_.add_spends(batch);
    return {};
  }

 private:
  SwapIndex& swaps_;
  source::RangeReader& block_files_;
  classify::ClassifyOptions options_;
  parse::TxBatch txs_;
  parse::ParseScratch parse_scratch_;
  parse::ParseCounters parsed_;
  classify::ScriptBatch scripts_;
  classify::ClassifyScratch classify_scratch_;
};

}  // namespace

Status catch_up_swaps(SwapIndex& swaps, const store::Database& database, source::RangeReader& block_files,
                      const chain::Network& network, const std::atomic<bool>* stop, const SwapProgress& progress) {
  const std::uint32_t all = database.state() ? database.state()->block_count : 0;
  BlockTaker taker(swaps, block_files, network);
  std::uint64_t bytes = 0;
  for (std::uint32_t height = swaps.block_count(); height < all; ++height) {
    if (stop != nullptr && stop->load(std::memory_order_relaxed))
      return Error{ErrorKind::stopped, fmt::format("stopped as asked: swaps are indexed up to height {}", height)};
    store::BlockPlace place;
    if (Status status = database.flat().blocks.read(height, 1, reinterpret_cast<std::byte*>(&place)); !status)
      return status;
    if (Status status = taker.take(height, place); !status) return status;
    bytes += place.size;
    if (height + 1 < all && bytes < piece_bytes && !swaps.full()) continue;
    if (Status status = swaps.advance(height + 1); !status) return status;
    bytes = 0;
    if (progress) progress(height + 1, all);
  }
  return {};
}

}  // namespace sluice::pipeline
