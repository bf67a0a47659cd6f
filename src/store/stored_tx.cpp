#include "store/stored_tx.h"

#include <fmt/format.h>

namespace sluice::store {

Result<std::vector<std::byte>> read_raw_tx(const FlatFiles& flat, source::RangeReader& block_files,
                                           const BlockPlace& block, bool last, std::uint64_t tx_number) {
  std::uint32_t begin_end[2] = {0, block.size};
  if (Status status = flat.places.read(tx_number, last ? 1 : 2, reinterpret_cast<std::byte*>(begin_end)); !status)
    return std::move(status).error();
  if (begin_end[0] >= begin_end[1] || begin_end[1] > block.size) {
    return Error{ErrorKind::corrupt, fmt::format("{}: bad place of transaction number {}: run `sluice verify`",
                                                 flat.places.path(), tx_number)};
  }
  return block_files.read_range(block.file_number, block.file_offset + begin_end[0], begin_end[1] - begin_end[0]);
}

Result<StoredTx> parse_stored_tx(Result<std::vector<std::byte>> raw, chain::Coin coin) {
  if (!raw) return std::move(raw).error();
  StoredTx tx{std::move(raw).value(), {}};
  thread_local parse::ParseScratch scratch;
  parse::ParseFault fault;
  const parse::ParseErrc errc = parse::parse_transaction(tx.raw, coin, tx.batch, scratch, fault);
  if (errc != parse::ParseErrc::ok) {
    return Error{
        ErrorKind::corrupt,
        fmt::format("block files: no transaction where the index says ({}): are they the files it was built from?",
                    parse::parse_errc_text(errc))};
  }
  return tx;
}

}  // namespace sluice::store
