// Batches made by hand: what parse and classify would hand to resolve, without bytes to parse.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <tuple>
#include <vector>

#include "base/prefix.h"
#include "base/random.h"
#include "resolve/scatter.h"

namespace sluice::test {

using Ref = std::array<std::byte, 36>;

inline Txid numbered_txid(std::uint64_t number) {
  Txid txid;
  Random random(number + 1);
  for (std::size_t at = 0; at < 32; at += 8) store_le(txid.data() + at, random.next());
  return txid;
}
inline ScriptHash numbered_script(std::uint64_t number) { return hash_cast<ScriptHash>(numbered_txid(~number)); }

inline Ref outpoint_bytes(const Txid& txid, std::uint32_t index) {
  Ref bytes;
  std::memcpy(bytes.data(), txid.data(), 32);
  store_le(bytes.data() + 32, index);
  return bytes;
}

struct FakeRef {
  Ref ref{};
  classify::RefType type = classify::RefType::normal;
};
struct FakeOutput {
  std::uint64_t value = 0;
  ScriptHash script;
  std::vector<FakeRef> refs;
  bool indexed = true;
};
struct FakeTx {
  Txid txid;
  std::vector<std::pair<Txid, std::uint32_t>> inputs;
  std::vector<FakeOutput> outputs;
};
struct FakeBlock {
  std::uint32_t height = 0;
  std::vector<FakeTx> txs;
};

/// Owns the columns that a BatchInput points to.
class FakeBatch {
 public:
  FakeBatch(const std::vector<FakeBlock>& blocks, std::uint32_t first_rel) : first_rel_(first_rel) {
    txs_.block_tx_begin.push_back(0);
    txs_.input_begin.push_back(0);
    txs_.output_begin.push_back(0);
    for (const FakeBlock& block : blocks) {
      for (const FakeTx& tx : block.txs) add(tx);
      txs_.block_tx_begin.push_back(static_cast<std::uint32_t>(txs_.tx_count()));
      source::RawBlock raw_block;
      raw_block.height = block.height;
      blocks_.push_back(raw_block);
    }
    raw_.resize(raw_.size() + source::raw_padding_bytes);
  }

  [[nodiscard]] resolve::BatchInput input() const {
    return {{Bytes(raw_).first(raw_.size() - source::raw_padding_bytes), blocks_}, &txs_, &scripts_, first_rel_};
  }

 private:
  std::uint32_t append(const Ref& bytes) {
    const auto at = static_cast<std::uint32_t>(raw_.size());
    raw_.insert(raw_.end(), bytes.begin(), bytes.end());
    return at;
  }
  void add(const FakeTx& tx) {
    txs_.txid.push_back(tx.txid);
    for (const auto& [txid, index] : tx.inputs) txs_.prevout_offset.push_back(append(outpoint_bytes(txid, index)));
    txs_.input_begin.push_back(static_cast<std::uint32_t>(txs_.input_count()));
    for (const FakeOutput& output : tx.outputs) {
      const auto at = static_cast<std::uint32_t>(txs_.output_count());
      for (const FakeRef& ref : output.refs) scripts_.refs.push_back({at, append(ref.ref), ref.type});
      txs_.output_value.push_back(output.value);
      scripts_.scripthash.push_back(output.script);
      scripts_.indexed.push_back(output.indexed ? 1 : 0);
    }
    txs_.output_begin.push_back(static_cast<std::uint32_t>(txs_.output_count()));
  }

  std::uint32_t first_rel_;
  std::vector<std::byte> raw_;
  std::vector<source::RawBlock> blocks_;
  parse::TxBatch txs_;
  classify::ScriptBatch scripts_;
};

inline constexpr resolve::OutpointHasher test_hasher{{11, 222, 3333, 44444, 555555, 6666666}};

/// Copies of all records of a list, or of all partitions of one.
template <typename T>
std::vector<T> records_of(const ChunkList<T>& list) {
  std::vector<T> records(list.count());
  list.copy_to(records.data());
  return records;
}
template <typename T>
std::vector<T> records_of(const std::vector<ChunkList<T>>& lists) {
  std::vector<T> records;
  for (const auto& list : lists) {
    const auto part = records_of(list);
    records.insert(records.end(), part.begin(), part.end());
  }
  return records;
}

}  // namespace sluice::test
