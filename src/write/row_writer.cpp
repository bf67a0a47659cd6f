#include "write/row_writer.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "write/sort_records.h"

namespace sluice::write {
namespace {

/// All workers' records of one partition in one column; their chunks go back to the arena.
template <typename T, typename ListOf>
void gather(Column<T>& target, Sources sources, ChunkArena& arena, ListOf list_of) {
  std::size_t count = 0;
  for (resolve::RecordSet* source : sources) count += list_of(*source).count();
  target.resize(count);
  T* at = target.data();
  for (resolve::RecordSet* source : sources) {
    auto& list = list_of(*source);
    list.for_each_span([&](const auto* records, std::size_t span_count) {
      for (std::size_t i = 0; i < span_count; ++i) *at++ = records[i];
    });
    list.release(arena);
  }
}

/// Undo records are put in order some blocks at a time, so that no second copy of all of them is needed: at
/// least so many records a pass, and at most so many passes.
constexpr std::size_t undo_records_a_pass = std::size_t{1} << 16;
constexpr std::size_t undo_passes_max = 16;

/// Undo records of each height in [first_height, until_height).
std::vector<std::size_t> count_undo(Sources sources, std::uint32_t first_height, std::uint32_t until_height) {
  std::vector<std::size_t> counts(until_height - first_height);
  for (const resolve::RecordSet* source : sources) {
    source->undo.for_each_span([&](const resolve::UndoRecord* records, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        SLUICE_CHECK(records[i].height >= first_height && records[i].height < until_height);
        ++counts[records[i].height - first_height];
      }
    });
  }
  return counts;
}

void pick_undo(Column<resolve::UndoRecord>& target, Sources sources, std::uint32_t first_height,
               std::uint32_t until_height) {
  target.clear();
  for (const resolve::RecordSet* source : sources) {
    source->undo.for_each_span([&](const resolve::UndoRecord* records, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        if (records[i].height >= first_height && records[i].height < until_height) target.push_back(records[i]);
      }
    });
  }
  std::sort(target.begin(), target.end(), [](const resolve::UndoRecord& a, const resolve::UndoRecord& b) {
    return std::tie(a.height, a.tx_number, a.index) < std::tie(b.height, b.tx_number, b.index);
  });
}

void append_delta(std::vector<std::byte>& value, std::uint64_t delta) {
  std::byte buffer[varint_bytes_max];
  value.insert(value.end(), buffer, put_varint(buffer, delta));
}

}  // namespace

void write_history(std::size_t partition, Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena,
                   WriteScratch& scratch, RowSink& sink) {
  auto& records = scratch.history;
  gather(
      records, sources, arena, [&](resolve::RecordSet & set) -> auto& { return set.history[partition]; });
  sort_records(records, scratch.history_sorted, resolve::partition_shift(sources[0]->history.size()), segment.tx_count,
               [](const resolve::HistoryRecord& record) { return record.prefix; });
  for (std::size_t i = 0; i < records.size();) {
    const std::uint64_t prefix = records[i].prefix;
    const std::uint32_t first = records[i].rel;
    std::uint32_t last = first;
    std::size_t run = 1;
    scratch.value.clear();
    for (++i; i < records.size() && records[i].prefix == prefix && run < history_run_max; ++i) {
      if (records[i].rel == last) continue;
      append_delta(scratch.value, records[i].rel - last);
      last = records[i].rel;
      ++run;
    }
    // A full run may have stopped before further records of its last transaction.
    while (i < records.size() && records[i].prefix == prefix && records[i].rel == last) ++i;
    sink.put(prefix_tx_key(prefix, segment.first_tx + first).span(), scratch.value);
  }
}

void write_scripts(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch, RowSink& sink) {
  auto& scripts = scratch.scripts;
  gather(
      scripts, sources, arena, [&](resolve::RecordSet & set) -> auto& { return set.scripts[partition]; });
  std::sort(scripts.begin(), scripts.end(), [](const resolve::ScriptKey& a, const resolve::ScriptKey& b) {
    const auto left = load_be<std::uint64_t>(a.bytes.data());
    const auto right = load_be<std::uint64_t>(b.bytes.data());
    return left != right ? left < right : a < b;
  });
  const resolve::ScriptKey* end = std::unique(scripts.begin(), scripts.end());
  for (const resolve::ScriptKey* at = scripts.begin(); at != end; ++at) sink.put(at->bytes, {});
}

void write_txs(std::size_t partition, Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena,
               WriteScratch& scratch, RowSink& sink) {
  auto& records = scratch.txs;
  gather(
      records, sources, arena, [&](resolve::RecordSet & set) -> auto& { return set.txs[partition]; });
  sort_records(records, scratch.txs_sorted, resolve::partition_shift(sources[0]->txs.size()), segment.tx_count,
               [](const resolve::TxRecord& record) { return record.txid_prefix; });
  for (const resolve::TxRecord& record : records) {
    sink.put(prefix_tx_key(record.txid_prefix, segment.first_tx + record.rel).span(), {});
  }
}

void write_unspent(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch, RowSink& sink) {
  auto& records = scratch.unspent;
  gather(
      records, sources, arena, [&](resolve::RecordSet & set) -> auto& { return set.unspent[partition]; });
  std::sort(records.begin(), records.end(), [](const resolve::UnspentRecord& a, const resolve::UnspentRecord& b) {
    return std::tie(a.prefix, a.tx_number, a.index) < std::tie(b.prefix, b.tx_number, b.index);
  });
  for (const resolve::UnspentRecord& record : records) {
    const Key key = unspent_key(record.prefix, record.tx_number, record.index);
    if (record.removed != 0) {
      sink.remove(key.span());
      continue;
    }
    std::byte value[varint_bytes_max];
    sink.put(key.span(), {value, put_varint(value, record.value.bits)});
  }
}

void write_outputs(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch, RowSink& sink) {
  auto& records = scratch.unspent;
  gather(
      records, sources, arena, [&](resolve::RecordSet & set) -> auto& { return set.created[partition]; });
  std::sort(records.begin(), records.end(), [](const resolve::UnspentRecord& a, const resolve::UnspentRecord& b) {
    return std::tie(a.tx_number, a.index) < std::tie(b.tx_number, b.index);
  });
  for (const resolve::UnspentRecord& record : records) {
    std::byte value[output_bytes_max];
    const std::byte* end = put_output(value, {record.value, record.prefix});
    sink.put(place_key(record.tx_number, record.index).span(), {value, end});
  }
}

void write_removed_outputs(std::size_t partition, Sources sources, ChunkArena& arena, WriteScratch& scratch,
                           RowSink& sink) {
  auto& places = scratch.places;
  gather(
      places, sources, arena, [&](resolve::RecordSet & set) -> auto& { return set.removed[partition]; });
  std::sort(places.begin(), places.end(), [](const resolve::PlaceRecord& a, const resolve::PlaceRecord& b) {
    return a.tx_number != b.tx_number ? a.tx_number < b.tx_number : a.index < b.index;
  });
  for (const resolve::PlaceRecord& place : places) sink.remove(place_key(place.tx_number, place.index).span());
}

void write_output_refs(Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena, RowSink& sink) {
  Column<resolve::OutputRefRecord> records;
  gather(
      records, sources, arena, [](resolve::RecordSet & set) -> auto& { return set.output_refs; });
  std::sort(records.begin(), records.end(), [](const resolve::OutputRefRecord& a, const resolve::OutputRefRecord& b) {
    return std::tie(a.rel, a.index, a.order) < std::tie(b.rel, b.index, b.order);
  });
  std::vector<std::byte> value;
  for (std::size_t i = 0; i < records.size();) {
    const resolve::OutputRefRecord first = records[i];
    value.clear();
    for (; i < records.size() && records[i].rel == first.rel && records[i].index == first.index; ++i) {
      value.push_back(static_cast<std::byte>(records[i].type));
      value.insert(value.end(), records[i].ref.begin(), records[i].ref.end());
    }
    sink.put(place_key(segment.first_tx + first.rel, first.index).span(), value);
  }
}

void write_refs(Sources sources, const resolve::SegmentContext& segment, ChunkArena& arena, RowSink& sink) {
  Column<resolve::RefPlaceRecord> records;
  gather(
      records, sources, arena, [](resolve::RecordSet & set) -> auto& { return set.ref_places; });
  std::sort(records.begin(), records.end(), [](const resolve::RefPlaceRecord& a, const resolve::RefPlaceRecord& b) {
    return std::tie(a.ref, a.is_location, a.rel) < std::tie(b.ref, b.is_location, b.rel);
  });
  for (const resolve::RefPlaceRecord& record : records) {
    sink.put(ref_key(record.ref, record.is_location != 0, segment.first_tx + record.rel).span(), {});
  }
}

void write_undo(Sources sources, std::uint32_t first_height, std::uint32_t until_height, ChunkArena& arena,
                RowSink& sink) {
  Column<resolve::UndoRecord> records;
  std::vector<std::byte> value;
  const std::vector<std::size_t> counts = count_undo(sources, first_height, until_height);
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  const std::size_t a_pass = std::max(undo_records_a_pass, total / undo_passes_max);
  for (std::uint32_t height = first_height; height < until_height;) {
    std::uint32_t until = height;
    for (std::size_t picked = 0; until < until_height && picked < a_pass; ++until)
      picked += counts[until - first_height];
    pick_undo(records, sources, height, until);
    std::size_t i = 0;
    for (; height < until; ++height) {
      value.clear();
      for (; i < records.size() && records[i].height == height; ++i)
        append_undo(value, {records[i].tx_number, records[i].index, records[i].value, records[i].prefix});
      sink.put(undo_key(height).span(), value);
    }
  }
  for (resolve::RecordSet* source : sources) source->undo.release(arena);
}

}  // namespace sluice::write
