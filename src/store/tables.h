// The tables of the index and how RocksDB keeps each.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sluice::store {

/// One RocksDB column family each; keys and values are in write/rows.h, those of swaps in swap/order_rows.h.
enum class Table : std::uint8_t { state, history, scripts, unspent, outputs, txs, output_refs, refs, undo, swaps };

inline constexpr std::size_t table_count = 10;
inline constexpr std::array<Table, table_count> all_tables{
    Table::state, Table::history,     Table::scripts, Table::unspent, Table::outputs,
    Table::txs,   Table::output_refs, Table::refs,    Table::undo,    Table::swaps};

/// The column family's name; the state lives in RocksDB's default one.
[[nodiscard]] constexpr std::string_view table_name(Table table) noexcept {
  constexpr std::array<std::string_view, table_count> names{"default", "history",     "scripts", "unspent", "outputs",
                                                            "txs",     "output_refs", "refs",    "undo",    "swaps"};
  return names[static_cast<std::size_t>(table)];
}

[[nodiscard]] constexpr std::size_t table_index(Table table) noexcept { return static_cast<std::size_t>(table); }

}  // namespace sluice::store
