// Records in, rows out: what each table gets, whichever worker the records came from.
#include "write/row_writer.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "vector_sink.h"

namespace sluice::write {
namespace {

constexpr std::uint64_t prefix = 0x0102030405060708;

class RowWriter : public testing::Test {
 protected:
  void SetUp() override {
    segment_.first_tx = 1000;
    segment_.first_height = 10;
    segment_.block_first_rel = {0};
    segment_.tx_count = 1 << 20;
  }
  void TearDown() override {
    EXPECT_TRUE(sink_.ascending);
    EXPECT_EQ(arena_.used_bytes(), 0u) << "chunks were not given back";
  }

  Sources sources() { return workers_; }
  resolve::RecordSet& any_worker() { return *workers_[random_.below(3)]; }
  void history() { write_history(0, sources(), segment_, arena_, scratch_, sink_); }

  /// Row i of the sink as tx numbers.
  std::vector<std::uint64_t> run(std::size_t i) {
    std::vector<std::byte> bytes[2];
    const std::string texts[2] = {sink_.rows[i].key, sink_.rows[i].value};
    for (int part = 0; part < 2; ++part) {
      for (std::size_t at = 0; at < texts[part].size(); at += 2)
        bytes[part].push_back(static_cast<std::byte>(std::stoul(texts[part].substr(at, 2), nullptr, 16)));
    }
    std::vector<std::uint64_t> numbers;
    const auto row = decode_prefix_tx(bytes[0]);
    EXPECT_TRUE(row &&
                for_each_history(row->tx_number, bytes[1], [&](std::uint64_t number) { numbers.push_back(number); }));
    return numbers;
  }

  ChunkArena arena_{64u << 20, 1024};
  resolve::RecordSet sets_[3] = {resolve::RecordSet(1), resolve::RecordSet(1), resolve::RecordSet(1)};
  resolve::RecordSet* workers_[3] = {&sets_[0], &sets_[1], &sets_[2]};
  resolve::SegmentContext segment_;
  WriteScratch scratch_;
  VectorSink sink_;
  Random random_{7};
};

TEST_F(RowWriter, NoRecordsNoRows) {
  history();
  write_scripts(0, sources(), arena_, scratch_, sink_);
  write_txs(0, sources(), segment_, arena_, scratch_, sink_);
  write_unspent(0, sources(), arena_, scratch_, sink_);
  write_outputs(0, sources(), arena_, scratch_, sink_);
  write_output_refs(sources(), segment_, arena_, sink_);
  write_refs(sources(), segment_, arena_, sink_);
  write_undo(sources(), 5, 5, arena_, sink_);
  EXPECT_TRUE(sink_.rows.empty());
}

TEST_F(RowWriter, HistoryRunsEndAtTheirLimit) {
  for (const std::size_t txs : {history_run_max - 1, history_run_max, history_run_max + 1, 3 * history_run_max}) {
    sink_.rows.clear();
    for (std::uint32_t rel = 0; rel < txs; ++rel) any_worker().history[0].push(arena_, {prefix, 3 * rel});
    history();
    std::vector<std::uint64_t> numbers;
    for (std::size_t i = 0; i < sink_.rows.size(); ++i) {
      const auto part = run(i);
      EXPECT_EQ(part.size(), std::min(history_run_max, txs - numbers.size()));
      numbers.insert(numbers.end(), part.begin(), part.end());
    }
    ASSERT_EQ(numbers.size(), txs);
    for (std::size_t i = 0; i < txs; ++i) EXPECT_EQ(numbers[i], 1000 + 3 * i);
  }
}

// One transaction may fund and spend a script many times, also right where a run ends.
TEST_F(RowWriter, HistoryHoldsATransactionOnce) {
  for (std::uint32_t rel = 0; rel < 2 * history_run_max; ++rel) {
    const bool border = rel % history_run_max >= history_run_max - 2 || rel % history_run_max < 2;
    for (int copies = border ? 700 : 2; copies > 0; --copies) any_worker().history[0].push(arena_, {prefix, rel});
  }
  history();
  ASSERT_EQ(sink_.rows.size(), 2u);
  EXPECT_EQ(run(0).size(), history_run_max);
  EXPECT_EQ(run(1).size(), history_run_max);
  EXPECT_EQ(run(1).front(), 1000 + history_run_max);
}

TEST_F(RowWriter, OnlyCopiesAfterAFullRunMakeNoRow) {
  for (std::uint32_t rel = 0; rel < history_run_max; ++rel) any_worker().history[0].push(arena_, {prefix, rel});
  for (int copies = 0; copies < 5; ++copies)
    any_worker().history[0].push(arena_, {prefix, static_cast<std::uint32_t>(history_run_max - 1)});
  history();
  ASSERT_EQ(sink_.rows.size(), 1u);
  EXPECT_EQ(run(0).size(), history_run_max);
}

TEST_F(RowWriter, HistoryKeepsScriptsApart) {
  for (const std::uint64_t script : {std::uint64_t{9}, ~std::uint64_t{0}, std::uint64_t{8}}) {
    for (const std::uint32_t rel : {4u, 2u, 4u}) any_worker().history[0].push(arena_, {script, rel});
  }
  history();
  EXPECT_EQ(sink_.rows, (std::vector<HexRow>{{"000000000000000800000003ea", "02"},
                                             {"000000000000000900000003ea", "02"},
                                             {"ffffffffffffffff00000003ea", "02"}}));
}

TEST_F(RowWriter, ScriptsMergeAndAscendBytewise) {
  const auto script = [](std::uint8_t first, std::uint8_t last) {
    resolve::ScriptKey key{};
    key.bytes.front() = static_cast<std::byte>(first);
    key.bytes.back() = static_cast<std::byte>(last);
    return key;
  };
  for (const auto& key : {script(2, 1), script(0x80, 0), script(2, 0xff), script(2, 1), script(0, 0), script(0x7f, 3)})
    any_worker().scripts[0].push(arena_, key);
  write_scripts(0, sources(), arena_, scratch_, sink_);
  std::vector<std::string> keys;
  for (const HexRow& row : sink_.rows) {
    EXPECT_EQ(row.value, "");
    keys.push_back(row.key.substr(0, 2) + row.key.substr(30));
    EXPECT_EQ(row.key.size(), 2 * script_key_bytes);
  }
  EXPECT_EQ(keys, (std::vector<std::string>{"0000", "0201", "02ff", "7f03", "8000"}));
}

TEST_F(RowWriter, TxsOfOnePrefixAscendByNumber) {
  for (const std::uint32_t rel : {9u, 1u, 300u}) any_worker().txs[0].push(arena_, {prefix, rel});
  any_worker().txs[0].push(arena_, {prefix - 1, 500});
  write_txs(0, sources(), segment_, arena_, scratch_, sink_);
  EXPECT_EQ(sink_.rows, (std::vector<HexRow>{{"010203040506070700000005dc", ""},
                                             {"010203040506070800000003e9", ""},
                                             {"010203040506070800000003f1", ""},
                                             {"01020304050607080000000514", ""}}));
}

TEST_F(RowWriter, UnspentPutsAndRemoves) {
  any_worker().unspent[0].push(arena_, {prefix, 1000, ValueFlags::of(5, true), 1, 0});
  any_worker().unspent[0].push(arena_, {prefix, 12, ValueFlags::of(7, false), 0, 1});
  any_worker().unspent[0].push(arena_, {prefix, 1000, ValueFlags::of(64, false), 0, 0});
  any_worker().unspent[0].push(arena_, {prefix, 1000, ValueFlags::of(1, false), 0xfd, 0});
  write_unspent(0, sources(), arena_, scratch_, sink_);
  EXPECT_EQ(sink_.rows, (std::vector<HexRow>{{"0102030405060708000000000c00", "removed"},
                                             {"010203040506070800000003e800", "8001"},
                                             {"010203040506070800000003e801", "0b"},
                                             {"010203040506070800000003e8fd00fd", "02"}}));
}

TEST_F(RowWriter, OutputsAreOrderedByPlace) {
  any_worker().created[0].push(arena_, {2, 1001, ValueFlags::of(1, false), 0, 0});
  any_worker().created[0].push(arena_, {3, 1000, ValueFlags::of(2, true), 7, 0});
  any_worker().created[0].push(arena_, {4, 1000, ValueFlags::of(3, false), 0, 0});
  write_outputs(0, sources(), arena_, scratch_, sink_);
  EXPECT_EQ(sink_.rows, (std::vector<HexRow>{{"00000003e800", "060000000000000004"},
                                             {"00000003e807", "050000000000000003"},
                                             {"00000003e900", "020000000000000002"}}));
}

TEST_F(RowWriter, RemovedOutputsAreOrderedByPlace) {
  for (const resolve::PlaceRecord& place : {resolve::PlaceRecord{9, 0}, {3, 300}, {3, 7}})
    any_worker().removed[0].push(arena_, place);
  write_removed_outputs(0, sources(), arena_, scratch_, sink_);
  EXPECT_EQ(
      sink_.rows,
      (std::vector<HexRow>{{"000000000307", "removed"}, {"0000000003fd012c", "removed"}, {"000000000900", "removed"}}));
}

TEST_F(RowWriter, OutputRefsKeepTheScriptsOrder) {
  std::array<std::byte, 36> ref_a{}, ref_b{};
  ref_a[0] = std::byte{0xaa};
  ref_b[0] = std::byte{0xbb};
  any_worker().output_refs.push(arena_, {2, 1, 1, 0, ref_a});
  any_worker().output_refs.push(arena_, {2, 1, 0, 1, ref_b});
  any_worker().output_refs.push(arena_, {2, 0, 0, 0, ref_a});
  write_output_refs(sources(), segment_, arena_, sink_);
  const std::string tail(70, '0');
  EXPECT_EQ(sink_.rows,
            (std::vector<HexRow>{{"00000003ea00", "00aa" + tail}, {"00000003ea01", "01bb" + tail + "00aa" + tail}}));
}

TEST_F(RowWriter, RefsMintBeforeLocationThenByNumber) {
  std::array<std::byte, 36> ref{};
  any_worker().ref_places.push(arena_, {ref, 9, 1});
  any_worker().ref_places.push(arena_, {ref, 300, 1});
  any_worker().ref_places.push(arena_, {ref, 20, 0});
  write_refs(sources(), segment_, arena_, sink_);
  const std::string zero(72, '0');
  EXPECT_EQ(sink_.rows, (std::vector<HexRow>{
                            {zero + "0000000003fc", ""}, {zero + "0100000003f1", ""}, {zero + "010000000514", ""}}));
}

TEST_F(RowWriter, UndoHasARowForEveryHeight) {
  any_worker().undo.push(arena_, {12, 1, 500, 2, ValueFlags::of(1, false)});
  any_worker().undo.push(arena_, {12, 0, 500, 3, ValueFlags::of(2, false)});
  any_worker().undo.push(arena_, {12, 9, 1, 4, ValueFlags::of(3, true)});
  write_undo(sources(), 11, 14, arena_, sink_);
  EXPECT_EQ(sink_.rows, (std::vector<HexRow>{{"0000000b", ""},
                                             {"0000000c",
                                              "0000000001"
                                              "0907"
                                              "0000000000000004"
                                              "00000001f4"
                                              "0004"
                                              "0000000000000003"
                                              "00000001f4"
                                              "0102"
                                              "0000000000000002"},
                                             {"0000000d", ""}}));
}

using RowWriterDeathTest = RowWriter;
TEST_F(RowWriterDeathTest, UndoOfAHeightOutsideTheSegmentIsABug) {
  EXPECT_DEATH(
      {
        sets_[0].undo.push(arena_, {14, 0, 1, 2, ValueFlags::of(1, false)});
        write_undo(sources(), 11, 14, arena_, sink_);
      },
      "until_height");
}

// Which worker holds a record, and in what order, must not show in the rows.
TEST_F(RowWriter, RowsDoNotDependOnWhoHeldTheRecords) {
  std::vector<HexRow> first;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Random content(99), place(seed);
    for (int i = 0; i < 3000; ++i) {
      sets_[place.below(3)].history[0].push(arena_,
                                            {content.below(4), static_cast<std::uint32_t>(content.below(2000))});
    }
    sink_ = {};
    history();
    if (seed == 1) first = sink_.rows;
    EXPECT_EQ(sink_.rows, first);
  }
}

}  // namespace
}  // namespace sluice::write
