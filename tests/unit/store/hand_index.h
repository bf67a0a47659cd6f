// An index made row by row, over block files made byte by byte: so that a test can forge any of it.
//
// Transactions are named by their number in the order they were added; scripts by one byte. Nothing here
// comes from the pipeline.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/prefix.h"
#include "base/random.h"
#include "classify/scripthash.h"
#include "hash/sha256.h"
#include "store/chain_view.h"
#include "store/table_builder.h"
#include "support/temp_dir.h"
#include "write/rows.h"

namespace sluice::test {

using store::Table;

inline std::string text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
inline Bytes bytes_of_text(const std::string& text) { return std::as_bytes(std::span(text)); }

/// The script field that a script's byte stands for.
inline std::vector<std::byte> hand_script(std::uint8_t script) {
  return {std::byte{0x51}, static_cast<std::byte>(script)};
}
inline ScriptHash hand_scripthash(std::uint8_t script) {
  return classify::script_hash(hand_script(script), chain::Coin::bitcoin, false);
}

class HandIndex {
 public:
  struct Input {
    std::uint64_t tx_number;
    std::uint32_t index;
  };
  struct Output {
    std::uint64_t value;
    std::uint8_t script;
  };
  struct Tx {
    std::vector<Input> inputs;
    std::vector<Output> outputs;
  };

  /// The rows of `script` go under the prefix of `other`, as if their hashes shared it.
  void forge_prefix(std::uint8_t script, std::uint8_t other) { forged_[script] = other; }

  void add_block(const std::vector<Tx>& block) {
    const std::size_t begin = file_.size();
    file_.append(80, static_cast<char>(block_places.size()));
    block_places.push_back({0, 0, begin, txs_.size()});
    for (const Tx& tx : block) {
      places.push_back(static_cast<std::uint32_t>(file_.size() - begin));
      raw_txs.push_back(serialise(tx));
      txids.push_back(hash_cast<Txid>(hash::sha256d(bytes_of_text(raw_txs.back()))));
      file_ += raw_txs.back();
      txs_.push_back(tx);
    }
    block_places.back().size = static_cast<std::uint32_t>(file_.size() - begin);
  }

  /// Rows for all blocks added; a test may change them before commit().
  void make_rows() {
    std::map<std::uint64_t, std::set<std::uint64_t>> history;
    for (std::uint64_t number = 0; number < txs_.size(); ++number) {
      rows[Table::txs][key(write::prefix_tx_key(prefix_of(txids[number]), number))] = "";
      for (std::uint32_t index = 0; index < txs_[number].outputs.size(); ++index) {
        const auto& [value, script] = txs_[number].outputs[index];
        const std::uint64_t prefix = script_prefix(script);
        history[prefix].insert(number);
        rows[Table::scripts][script_key(script)] = "";
        std::byte buffer[varint_bytes_max];
        const Bytes bits(buffer, put_varint(buffer, resolve::ValueFlags::of(value, false).bits));
        rows[Table::unspent][key(write::unspent_key(prefix, number, index))] = text_of(bits);
      }
      for (const auto& [parent, index] : txs_[number].inputs) {
        const std::uint64_t prefix = script_prefix(txs_[parent].outputs[index].script);
        history[prefix].insert(number);
        rows[Table::unspent].erase(key(write::unspent_key(prefix, parent, index)));
      }
    }
    for (const auto& [prefix, numbers] : history) add_run(prefix, {numbers.begin(), numbers.end()});
  }

  void add_run(std::uint64_t prefix, const std::vector<std::uint64_t>& numbers) {
    std::string value;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
      std::byte buffer[varint_bytes_max];
      value += text_of({buffer, put_varint(buffer, numbers[i] - numbers[i - 1])});
    }
    rows[Table::history][key(write::prefix_tx_key(prefix, numbers[0]))] = value;
  }

  static std::string key(const write::Key& key) { return text_of(key.span()); }
  [[nodiscard]] std::uint64_t script_prefix(std::uint8_t script) const {
    const auto forged = forged_.find(script);
    return prefix_of(hand_scripthash(forged == forged_.end() ? script : forged->second));
  }
  [[nodiscard]] std::string script_key(std::uint8_t script) const {
    const auto forged = forged_.find(script);
    const ScriptHash prefix = hand_scripthash(forged == forged_.end() ? script : forged->second);
    const ScriptHash own = hand_scripthash(script);
    return text_of(Bytes(prefix.bytes).first(8)) + text_of(Bytes(own.bytes).subspan(8, 8));
  }

  [[nodiscard]] store::State state() const {
    store::State state;
    state.coin = "Bitcoin";
    state.net = "regtest";
    state.block_count = static_cast<std::uint32_t>(block_places.size());
    state.tx_count = txs_.size();
    return state;
  }

  /// Writes everything to db_dir() and blocks_dir(), in one commit, and closes it.
  void commit(const store::StoreOptions& options = {}) {
    std::filesystem::create_directories(blocks_dir());
    std::ofstream(blocks_dir() + "/blk00000.dat", std::ios::binary) << file_;
    auto opened = store::Database::open(db_dir(), store::OpenMode::read_write, options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store::Database& database = *opened.value();
    append_flat(database);
    std::vector<store::TableFile> files;
    for (const auto& [table, table_rows] : rows) {
      store::TableBuilder builder(database, table);
      for (const auto& [row_key, value] : table_rows) builder.put(bytes_of_text(row_key), bytes_of_text(value));
      const Status finished = builder.finish(files);
      ASSERT_TRUE(finished.ok()) << finished.error().message;
    }
    const Status status = database.commit(files, state());
    ASSERT_TRUE(status.ok()) << status.error().message;
  }

  void append_flat(store::Database& database) const {
    std::string headers;
    for (const store::BlockPlace& place : block_places) headers += file_.substr(place.file_offset, 80);
    ASSERT_TRUE(database.flat().headers.append(bytes_of_text(headers)).ok());
    ASSERT_TRUE(database.flat().blocks.append(std::as_bytes(std::span(block_places))).ok());
    ASSERT_TRUE(database.flat().txids.append(std::as_bytes(std::span(txids))).ok());
    ASSERT_TRUE(database.flat().places.append(std::as_bytes(std::span(places))).ok());
  }

  /// The committed index. Bounds: at most one view at a time.
  store::ChainView& view() {
    auto opened = store::Database::open(db_dir(), store::OpenMode::read_only, {});
    SLUICE_CHECK(opened.ok());
    view_.reset();  // before the database it reads
    database_ = std::move(opened).value();
    reader_ = std::make_unique<source::RangeReader>(blocks_dir());
    auto view = store::ChainView::open(*database_, *reader_);
    SLUICE_CHECK(view.ok());
    view_ = std::move(view).value();
    return *view_;
  }

  [[nodiscard]] std::string db_dir() const { return (directory_.path() / "db").string(); }
  [[nodiscard]] std::string blocks_dir() const { return (directory_.path() / "blocks").string(); }

  std::map<Table, std::map<std::string, std::string>> rows;
  std::vector<store::BlockPlace> block_places;
  std::vector<std::uint32_t> places;
  std::vector<Txid> txids;
  std::vector<std::string> raw_txs;

 private:
  [[nodiscard]] std::string serialise(const Tx& tx) const {
    std::string raw;
    const auto number = [&](std::uint64_t value, std::size_t size) {
      raw.append(reinterpret_cast<const char*>(&value), size);
    };
    number(2, 4);
    number(std::max<std::size_t>(tx.inputs.size(), 1), 1);
    if (tx.inputs.empty()) {
      raw.append(32, '\0');
      number(0xffffffff, 4);
      number(4, 1);  // the script makes each coinbase another transaction
      number(txs_.size(), 4);
      number(0xffffffff, 4);
    }
    for (const Input& input : tx.inputs) {
      raw += text_of(txids[input.tx_number].span());
      number(input.index, 4);
      number(0, 1);
      number(0xffffffff, 4);
    }
    number(tx.outputs.size(), 1);
    for (const Output& output : tx.outputs) {
      number(output.value, 8);
      number(2, 1);
      raw += text_of(hand_script(output.script));
    }
    number(0, 4);
    return raw;
  }

  TempDir directory_{fast_temp_base()};
  std::string file_;
  std::vector<Tx> txs_;
  std::map<std::uint8_t, std::uint8_t> forged_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<source::RangeReader> reader_;
  std::unique_ptr<store::ChainView> view_;
};

}  // namespace sluice::test
