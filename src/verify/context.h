// What all checks share: the index, the findings, the budget, and words for what is found.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "chain/header.h"
#include "store/database.h"
#include "verify/verify.h"

namespace sluice::verify {

/// Counts what is wrong and keeps the first findings as text.
class Findings {
 public:
  explicit Findings(VerifyReport& report, std::size_t kept_max) : report_(report), kept_max_(kept_max) {}

  /// What follows belongs to the check of this name, a new one or one begun before.
  void enter_check(std::string_view name) {
    const auto same = [&](const CheckCount& check) { return check.name == name; };
    const auto found = std::find_if(report_.checks.begin(), report_.checks.end(), same);
    current_ = static_cast<std::size_t>(found - report_.checks.begin());
    if (found == report_.checks.end()) report_.checks.push_back({std::string(name), 0, 0});
  }
  [[nodiscard]] std::string_view check() const noexcept { return report_.checks[current_].name; }
  void looked_at(std::uint64_t items) noexcept { report_.checks[current_].items += items; }

  /// make_text is only called while findings are still kept: damage may be everywhere.
  template <std::invocable MakeText>
  void add(MakeText&& make_text) {
    ++report_.finding_count;
    ++report_.checks[current_].findings;
    if (report_.findings.size() < kept_max_) report_.findings.push_back(make_text());
  }
  void add(std::string text) {
    add([&] { return std::move(text); });
  }

 private:
  VerifyReport& report_;
  std::size_t kept_max_;
  std::size_t current_ = 0;
};

struct Context {
  const VerifyOptions& options;
  const VerifyHook& hook;
  const store::Database& database;
  const store::State& state;
  const chain::Network& network;
  Findings findings;
  std::vector<store::BlockPlace> blocks;  ///< [block_count] blocks.dat as it is, whatever it says
  VerifyProgress progress;
  bool op_number_index = false;  ///< how the swap rows say that offers were read

  [[nodiscard]] bool stopped() const noexcept {
    return options.stop != nullptr && options.stop->load(std::memory_order_relaxed);
  }
  void tell() {
    progress.check = findings.check();
    if (hook) hook(progress);
  }
  /// The block that holds a transaction, by blocks.dat.
  [[nodiscard]] std::uint32_t height_of(std::uint64_t tx_number) const noexcept;
  /// First tx number behind a block, by blocks.dat, but never beyond the last one.
  [[nodiscard]] std::uint64_t end_tx_of(std::uint32_t height) const noexcept;
};

/// "transaction 17 (height 3, TXID)".
[[nodiscard]] std::string tx_text(const Context& context, std::uint64_t tx_number);
/// "output 2 of transaction 17 (height 3, TXID)".
[[nodiscard]] std::string output_text(const Context& context, std::uint64_t tx_number, std::uint32_t index);
/// "script 0123456789abcdef".
[[nodiscard]] std::string script_text(std::uint64_t prefix);
/// "TXID:index" of a ref's 36 bytes.
[[nodiscard]] std::string ref_text(const std::byte* ref);
/// "value 5000, pushes refs".
[[nodiscard]] std::string value_text(std::uint64_t bits);

/// Sequential reads of a flat file in large pieces. Records are read in ascending order.
class FlatWindow {
 public:
  FlatWindow(Context& context, const store::FlatFile& file, std::size_t record_bytes)
      : context_(context), file_(file), record_bytes_(record_bytes) {}

  /// nullptr if the file cannot be read there: that is a finding then, told once.
  /// Bounds: record < file.records(). The bytes end with the next call.
  [[nodiscard]] const std::byte* at(std::uint64_t record);

 private:
  Context& context_;
  const store::FlatFile& file_;
  std::size_t record_bytes_;
  std::vector<std::byte> buffer_;
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
  bool failed_ = false;
};

/// A contiguous share of all 64-bit prefixes.
struct PrefixRange {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};
  [[nodiscard]] bool contains(std::uint64_t prefix) const noexcept { return first <= prefix && prefix <= last; }
};
/// Share `pass` of `passes` equal ones. Bounds: pass < passes.
[[nodiscard]] PrefixRange share_of_prefixes(std::uint32_t pass, std::uint32_t passes) noexcept;
/// How many entries fall to each of equal small parts of the prefixes: what a busy script does to shares.
struct PrefixHistogram {
  static constexpr unsigned bits = 12;
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(std::size_t{1} << bits);
  void add(std::uint64_t prefix) noexcept { ++counts[prefix >> (64 - bits)]; }
};

struct PrefixShares {
  std::vector<PrefixRange> ranges;  ///< [passes or less] ascending, together all prefixes
  std::uint64_t entries_max = 0;    ///< of the largest share
};
/// Shares of about as many entries each. Bounds: passes > 0. A part is never split, so `passes` beyond
/// the number of parts make no smaller shares.
[[nodiscard]] PrefixShares balanced_shares(const PrefixHistogram& histogram, std::uint32_t passes);

/// Passes that keep `bytes` within the part of the budget meant for one table's rows.
[[nodiscard]] std::uint32_t passes_for(const VerifyOptions& options, std::uint64_t bytes) noexcept;

}  // namespace sluice::verify
