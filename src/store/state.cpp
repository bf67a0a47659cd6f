#include "store/state.h"

#include <fmt/format.h>

#include <charconv>
#include <map>

namespace sluice::store {
namespace {

Error corrupt(std::string_view what) { return {ErrorKind::corrupt, fmt::format("index state record: {}", what)}; }

constexpr std::string_view swap_only_line = "contents=swaps\n";

template <typename T>
bool parse_number(std::string_view text, T& value, int base = 10) {
  const auto [end, errc] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return errc == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string encode_state(const State& state) {
  // An index of everything says nothing about it, as before there were others.
  return fmt::format(
      "format={}\ncoin={}\nnet={}\nparity={}\nprefix_bits={}\nblock_count={}\ntip={}\ntx_count={}\noutputs_created={}\n"
      "outputs_spent={}\noutpoint_sum_high={:016x}\noutpoint_sum_low={:016x}\nundo_first_height={}\n{}",
      format_version, state.coin, state.net, state.parity ? 1 : 0, state.prefix_bits, state.block_count,
      state.tip.display(), state.tx_count, state.outputs_created, state.outputs_spent, state.outpoint_sum.high,
      state.outpoint_sum.low, state.undo_first_height, state.swap_only ? swap_only_line : "");
}

Result<State> decode_state(std::string_view text) {
  std::map<std::string_view, std::string_view> values;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t equals = text.find('=');
    if (end == text.npos || equals == text.npos || equals > end) return corrupt("malformed line");
    values[text.substr(0, equals)] = text.substr(equals + 1, end - equals - 1);
    text.remove_prefix(end + 1);
  }
  State state;
  std::uint32_t format = 0;
  if (!parse_number(values["format"], format)) return corrupt("no format version");
  if (format != format_version) {
    return Error{ErrorKind::unsupported,
                 fmt::format("the index has format version {}, this program reads {}: "
                             "use the matching program or build the index anew in another directory",
                             format, format_version)};
  }
  state.coin = values["coin"];
  state.net = values["net"];
  unsigned parity = 0;
  const auto tip = BlockHash::from_display(values["tip"]);
  const bool complete =
      parse_number(values["parity"], parity) && parity <= 1 && parse_number(values["prefix_bits"], state.prefix_bits) &&
      parse_number(values["block_count"], state.block_count) && parse_number(values["tx_count"], state.tx_count) &&
      parse_number(values["outputs_created"], state.outputs_created) &&
      parse_number(values["outputs_spent"], state.outputs_spent) &&
      parse_number(values["outpoint_sum_high"], state.outpoint_sum.high, 16) &&
      parse_number(values["outpoint_sum_low"], state.outpoint_sum.low, 16) &&
      parse_number(values["undo_first_height"], state.undo_first_height) && tip.has_value();
  if (!complete) return corrupt("a value is missing or no number");
  if (state.tx_count >> 40 != 0) return corrupt("more transactions than keys can number");
  state.parity = parity == 1;
  const std::string_view contents = values["contents"];
  if (!contents.empty() && contents != "swaps") return corrupt("unknown contents");
  state.swap_only = !contents.empty();
  state.tip = *tip;
  if (state.prefix_bits != prefix_bits_kept) {
    return Error{ErrorKind::unsupported, fmt::format("the index keeps {} bits of each prefix, this build {}",
                                                     state.prefix_bits, prefix_bits_kept)};
  }
  return state;
}

Status check_contents(const std::string& directory, const State& state, bool swap_only) {
  if (state.swap_only == swap_only) return {};
  return Error{ErrorKind::config,
               state.swap_only
                   ? fmt::format("{}: this index holds nothing but swaps: start with --swap-only, or index everything "
                                 "with `sluice sync` in an empty --db-dir",
                                 directory)
                   : fmt::format("{}: this index holds everything: start without --swap-only, or index swaps alone "
                                 "with `sluice sync --swap-only` in an empty --db-dir",
                                 directory)};
}

}  // namespace sluice::store
