// What a devnet chain shall look like, and what came out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/hash256.h"

namespace sluice::devnet {

/// The kinds of transactions, in the order in which reports list them.
enum class TxKind : std::uint8_t {
  pay_one_two,    ///< one input, two outputs
  pay_two_two,    ///< two inputs, two outputs
  pay_one_one,    ///< one input, one output
  pay_many,       ///< three to seven inputs
  consolidation,  ///< 50 to 300 inputs, one output
  fan_out,        ///< 5 to 34 outputs, or 200
  data,           ///< OP_RETURN or OP_FALSE OP_RETURN, and change
  token,          ///< Glyph mints and transfers on Radiant, token prefixes on Bitcoin Cash
  swap,           ///< RSWP offers (Radiant)
  coinbase,
  count_,
};
inline constexpr std::size_t tx_kind_count = static_cast<std::size_t>(TxKind::count_);
[[nodiscard]] const char* tx_kind_name(TxKind kind) noexcept;

/// Same options, same bytes: on any machine, in any build.
struct DevnetOptions {
  std::filesystem::path directory;   ///< where blkNNNNN.dat go; used by write_devnet only
  std::string coin = "Radiant";      ///< Radiant, Bitcoin or BitcoinCash, either case
  std::string net = "regtest";       ///< regtest is the only network that a generator can mine
  std::uint32_t blocks = 100;        ///< height of the last block; the genesis block comes on top
  std::uint32_t txs_per_block = 10;  ///< mean without the coinbase; a block has 3/4 to 5/4 of it
  std::uint64_t seed = 1;
  std::uint32_t swap_percent = 0;  ///< Radiant: of transactions that are a busy swap market's; 0: the usual mix
  std::uint32_t reorgs = 0;        ///< competing branches, 1 to 12 blocks deep, that lose
  std::uint64_t file_bytes_max = std::uint64_t{128} << 20;  ///< a record that would pass it opens the next file
  std::uint64_t zero_tail_bytes =
      64 << 10;  ///< zeros behind the last record of each file, as a pre-allocating node leaves
  std::uint32_t out_of_order =
      8;  ///< records wait in a window of so many before they are written; 0 or 1 = height order
  std::optional<std::array<std::byte, 8>> xor_key;  ///< Bitcoin: xor.dat and obscured files
  bool duplicate_coinbase = false;  ///< Bitcoin: two blocks with one and the same coinbase (as before BIP30)
  std::uint32_t coinbase_maturity =
      0;  ///< blocks before a coinbase is spent; 0: 100, less on chains under 2,000 blocks
};

/// Counts of the active chain without the genesis block; stale branches only where it says so.
struct DevnetReport {
  std::uint32_t tip_height = 0;
  BlockHash tip_hash;
  std::uint64_t stale_blocks = 0;
  std::uint64_t txs = 0;     ///< coinbases included
  std::uint64_t inputs = 0;  ///< without the null inputs of coinbases
  std::uint64_t outputs = 0;
  std::uint64_t unspent = 0;    ///< indexed outputs that nobody spent
  std::uint64_t unindexed = 0;  ///< outputs that no index keeps (OP_RETURN)
  std::uint64_t bytes = 0;      ///< of all blocks, genesis and stale ones included
  std::uint64_t version_three = 0;
  std::uint64_t offers = 0;  ///< RSWP outputs, malformed ones included
  std::uint64_t offers_malformed = 0;
  std::uint64_t refs_minted = 0;
  std::uint64_t child_first = 0;             ///< transactions that stand before one of their parents in a block
  std::uint64_t scripthashes = 0;            ///< distinct
  std::uint64_t history_entries = 0;         ///< (scripthash, transaction) pairs
  std::uint64_t unspent_max = 0;             ///< most unspent outputs of one scripthash
  std::vector<std::uint32_t> histories_max;  ///< the ten longest, longest first
  std::array<std::uint64_t, tx_kind_count> by_kind{};
  std::uint32_t files = 0;  ///< set by write_devnet
};

/// Called after each block of the active chain with its height and the last height.
using ProgressCallback = std::function<void(std::uint32_t height, std::uint32_t last)>;

}  // namespace sluice::devnet
