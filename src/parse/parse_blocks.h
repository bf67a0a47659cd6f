// Raw blocks to transaction columns: the parse stage's core.
//
// One pass over the bytes finds every boundary and writes the columns. Every few hundred KiB, while
// those bytes are still in the near cache, the transactions found since are hashed together, so
// that the SHA-256 kernel has many messages at once. When the last block is done, all merkle trees
// are climbed level by level, all blocks side by side, and compared with their headers.
//
//   block   80-byte header | compact size n | n transactions
//   tx      version i32 | [00 01 on Bitcoin with witness] | inputs | outputs | [witness] | lock time u32
//   input   txid 32 | index u32 | script (compact size, bytes) | sequence u32      >= 41 bytes
//   output  value i64 | script (compact size, bytes)                               >=  9 bytes
//
// Nothing declared by the bytes is believed before it is compared with the bytes that are left, so
// a count of 2^63 inputs costs one comparison.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/column.h"
#include "base/hash256.h"
#include "chain/coin.h"
#include "hash/sha256.h"
#include "parse/tx_batch.h"
#include "source/format/raw_batch.h"

namespace sluice::parse {

enum class [[nodiscard]] ParseErrc : std::uint8_t{
    ok,
    truncated,        ///< a field or script runs past the end of its block
    bad_varint,       ///< a compact size that is longer than it needs to be
    oversized,        ///< a count that the bytes left cannot hold
    trailing_bytes,   ///< bytes behind the last transaction
    no_transactions,  ///< a block (not genesis) without any transaction
    bad_coinbase,     ///< the first transaction is not a coinbase
    bad_inputs,       ///< no inputs, or a null prevout outside the coinbase
    bad_outputs,      ///< no outputs
    bad_value,        ///< an amount above the int64 maximum
    bad_witness,      ///< unknown segwit flag, or a witness with nothing in it
    bad_script,       ///< an output script of a version-3 transaction that cannot be walked
    merkle_mismatch,  ///< the transactions do not hash to the header's merkle root
    merkle_repeated,  ///< two equal neighbours in the merkle tree (a repeated tail: CVE-2012-2459)
    count_,
};

/// One line of meaning, for people.
[[nodiscard]] std::string_view parse_errc_text(ParseErrc errc) noexcept;

/// Where parsing stopped.
struct ParseFault {
  std::uint32_t block = 0;   ///< index in the batch
  std::uint32_t offset = 0;  ///< bytes from the block's header
  std::uint32_t tx = 0;      ///< index in the block; 0 if it never came to a transaction
};

struct ParseCounters {
  std::uint64_t batches = 0;
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
  std::uint64_t txs = 0;
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 0;
  std::uint64_t faults = 0;
};

/// Working memory, reused from batch to batch. Its contents mean nothing between calls.
struct ParseScratch {
  // txids
  Column<std::uint32_t> witness_begin;  ///< [tx since the last hashing] offset in raw; 0 = no witness
  Column<hash::Message> messages;
  Column<std::byte> stripped;   ///< segwit transactions without their witness
  Column<std::byte> preimages;  ///< 112 bytes per version-3 transaction
  // version-3 preimages
  Column<const std::byte*> fields;
  Column<hash::Message> scripts;
  Column<Digest> script_digests;
  Column<const std::byte*> refs;
  // merkle trees
  struct Tree {
    std::uint32_t block = 0;
    std::uint32_t count = 0;
  };
  Column<Tree> trees;
  Column<Digest> level;
  Column<Digest> next_level;

  /// Room for any batch within the bounds.
  void reserve(const BatchBounds& bounds);
};

/// Splits raw blocks into transaction columns, computes txids, verifies merkle roots.
/// Shape:  all blocks of source, in order; target is overwritten.
/// Errors: any but ok: target is empty and fault says where.
/// Cost:   bytes touched once, plus hashing; allocates only beyond what target and scratch have
///         reserved (out of memory ends the process). See benchmarks/micro/parse_blocks_bench.cpp.
/// Source: the nodes' primitives/transaction.h (serialisation), consensus/merkle.cpp.
ParseErrc parse_blocks(const source::RawBatch& source, chain::Coin coin, TxBatch& target, ParseScratch& scratch,
                       ParseFault& fault, ParseCounters& counters) noexcept;

/// As parse_blocks, but nothing is hashed: target.txid has no meaning, and merkle roots are not looked at. For blocks
/// that went through parse_blocks before.
ParseErrc split_blocks(const source::RawBatch& source, chain::Coin coin, TxBatch& target, ParseScratch& scratch,
                       ParseFault& fault) noexcept;

/// One transaction alone (mempool, tests): target then holds one transaction and no block column.
/// A coinbase is taken too, without its input.
/// Errors: as above; fault.offset counts from the transaction's first byte.
ParseErrc parse_transaction(Bytes raw, chain::Coin coin, TxBatch& target, ParseScratch& scratch,
                            ParseFault& fault) noexcept;

/// The fault as one line: file, file offset, height, transaction, reason.
[[nodiscard]] std::string describe_fault(ParseErrc errc, const ParseFault& fault, const source::RawBatch& source);

}  // namespace sluice::parse
