// Writes a devnet chain from the command line, for tests and benchmarks that run programs.
//
//   devnet_tool --dir DIR [--coin C] [--net N] [--blocks N] [--txs-per-block T] [--seed S] [--reorgs R]
//               [--file-bytes-max B] [--zero-tail-bytes B] [--out-of-order W] [--maturity M]
//               [--xor-key 16 HEX DIGITS] [--duplicate-coinbase]
//
// Prints the report; without --dir the chain is made and thrown away.
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/hex.h"
#include "devnet/devnet.h"

namespace {

template <typename T>
bool read_number(std::string_view text, T& target) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target);
  return error == std::errc{} && end == text.data() + text.size();
}

bool read_flag(std::string_view flag, std::string_view value, sluice::devnet::DevnetOptions& options) {
  if (flag == "--dir") return options.directory = std::string(value), true;
  if (flag == "--coin") return options.coin = value, true;
  if (flag == "--net") return options.net = value, true;
  if (flag == "--blocks") return read_number(value, options.blocks);
  if (flag == "--txs-per-block") return read_number(value, options.txs_per_block);
  if (flag == "--seed") return read_number(value, options.seed);
  if (flag == "--reorgs") return read_number(value, options.reorgs);
  if (flag == "--file-bytes-max") return read_number(value, options.file_bytes_max);
  if (flag == "--zero-tail-bytes") return read_number(value, options.zero_tail_bytes);
  if (flag == "--out-of-order") return read_number(value, options.out_of_order);
  if (flag == "--maturity") return read_number(value, options.coinbase_maturity);
  if (flag == "--xor-key") {
    const auto key = sluice::from_hex(value);
    if (!key || key->size() != 8) return false;
    std::copy(key->begin(), key->end(), options.xor_key.emplace().begin());
    return true;
  }
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  sluice::devnet::DevnetOptions options;
  for (int i = 1; i < count; ++i) {
    const std::string_view flag = arguments[i];
    if (flag == "--duplicate-coinbase") {
      options.duplicate_coinbase = true;
      continue;
    }
    if (i + 1 >= count || !read_flag(flag, arguments[i + 1], options)) {
      std::fprintf(stderr, "devnet_tool: bad or incomplete option %s\n", arguments[i]);
      return 2;
    }
    ++i;
  }
  const auto report = options.directory.empty()
                          ? sluice::devnet::generate_devnet(options, [](auto&&) { return sluice::Status{}; })
                          : sluice::devnet::write_devnet(options);
  if (!report.ok()) {
    std::fprintf(stderr, "%s\n", report.error().message.c_str());
    return 1;
  }
  std::fputs(sluice::devnet::describe(report.value()).c_str(), stdout);
  return 0;
}
