#include "verify/verify.h"

#include <fmt/format.h>

#include "store/digest.h"
#include "verify/block_walk.h"
#include "verify/check_flat.h"
#include "verify/check_swaps.h"
#include "verify/check_tables.h"
#include "verify/deep.h"

namespace sluice::verify {
namespace {

/// Refusals to open that are damage, told as a finding; others stay errors.
Result<VerifyReport> refused(const VerifyOptions& options, const Error& error) {
  if (error.kind != ErrorKind::corrupt) return error;
  VerifyReport report;
  Findings findings(report, options.findings_max);
  findings.enter_check("opening");
  findings.add(error.message);
  return report;
}

Result<const chain::Network*> network_of(const VerifyOptions& options, const store::State& state) {
  const chain::Network* own = chain::find_network(state.coin, state.net);
  if (own == nullptr)
    return Error{ErrorKind::corrupt, fmt::format("table state: unknown network {} {}", state.coin, state.net)};
  if (options.network != nullptr && options.network != own) {
    return Error{ErrorKind::config,
                 fmt::format("{}: this index is of {} {}, not of {} {}", options.db_directory, own->coin_name,
                             own->name, options.network->coin_name, options.network->name)};
  }
  return own;
}

void check_index(Context& context, TableCounts& counts, std::optional<swap::SwapState>& swaps, VerifyReport& report) {
  const auto run = [&](std::string_view name, auto&& check) {
    if (context.stopped()) return;
    context.findings.enter_check(name);
    context.tell();
    check();
  };
  run("state", [&] { check_state(context), check_lengths(context); });
  run("headers", [&] { check_headers(context); });
  run("blocks", [&] { check_blocks(context); });
  run("merkle roots", [&] { check_merkle_roots(context); });
  run("txs", [&] { check_txs(context); });
  if (context.state.swap_only) run("left out", [&] { check_left_out(context); });
  else run("history", [&] { check_history(context, counts); });
  run("outputs", [&] { check_outputs(context, counts); });
  if (!context.state.swap_only) run("unspent", [&] { check_unspent(context, counts); });
  if (!context.state.swap_only) run("refs", [&] { check_refs(context, counts); });
  run("undo", [&] { check_undo(context, counts); });
  if (has_swap_rows(context)) run("swaps", [&] { swaps = check_swap_rows(context); });
  if (swaps) report.swap_blocks_behind = context.state.block_count - swaps->block_count;
}

void check_files(Context& context, BlockWalk& walk, const TableCounts& counts,
                 const std::optional<swap::SwapState>& swaps, VerifyReport& report) {
  context.findings.enter_check("block places");
  context.tell();
  if (context.stopped() || !walk.check_places()) return;
  PrefixShares shares{{{}}, 0};
  const bool is_deep = context.options.deep && !context.state.swap_only;
  if (is_deep) shares = deep_shares(context, counts);
  report.passes = static_cast<std::uint32_t>(shares.ranges.size());
  std::optional<DeepSwaps> deep_swaps;
  if (context.options.deep && swaps) deep_swaps.emplace(context, *swaps);
  context.progress.bytes_total = walk.bytes() * (report.passes + (deep_swaps ? 1 : 0));
  context.findings.enter_check("block files");
  if (is_deep) check_deep(context, walk, shares, deep_swaps ? &*deep_swaps : nullptr);
  else if (deep_swaps) check_deep_swaps(context, walk, *deep_swaps);
  else (void)walk.run(false, [&](const WalkBatch& batch) { match_flat(context, batch); });
}

}  // namespace

Result<VerifyReport> verify_index(const VerifyOptions& options, const VerifyHook& hook) {
  if (options.deep && options.blocks_directory.empty())
    return Error{ErrorKind::config, "a deep check needs the block files"};
  auto opened = store::Database::open(options.db_directory, store::OpenMode::read_only, options.store);
  if (!opened) return refused(options, opened.error());
  const store::Database& database = *opened.value();
  const store::State& state = *database.state();
  const auto network = network_of(options, state);
  if (!network) return refused(options, network.error());

  VerifyReport report;
  report.height = state.block_count > 0 ? state.block_count - 1 : 0;
  report.tx_count = state.tx_count;
  Context context{options,
                  hook,
                  database,
                  state,
                  *network.value(),
                  Findings(report, options.findings_max),
                  std::vector<store::BlockPlace>(state.block_count),
                  {}};
  std::unique_ptr<BlockWalk> walk;
  if (!options.blocks_directory.empty()) {
    auto made = BlockWalk::open(context);
    if (!made) return std::move(made).error();
    walk = std::move(made).value();
  }
  if (state.block_count > 0) {
    Status read =
        database.flat().blocks.read(0, state.block_count, reinterpret_cast<std::byte*>(context.blocks.data()));
    if (!read) return refused(options, read.error());
  }
  TableCounts counts;
  std::optional<swap::SwapState> swaps;
  check_index(context, counts, swaps, report);
  if (walk && state.block_count > 0) check_files(context, *walk, counts, swaps, report);
  if (context.stopped()) return Error{ErrorKind::stopped, "stopped as asked; nothing was changed"};
  if (auto digests = store::digest_index(database)) report.digest = digests.value().all;
  // What a failing disk, or a want of file descriptors, hides is no damage: nothing is proven either way.
  if (Status read = database.all_read(); !read) return std::move(read).error();
  return report;
}

std::string describe(const VerifyReport& report) {
  std::string text;
  for (const CheckCount& check : report.checks)
    text += fmt::format("verify: {}: {} looked at, {} findings\n", check.name, check.items, check.findings);
  if (const std::uint32_t behind = report.swap_blocks_behind.value_or(0); behind > 0) {
    text +=
        fmt::format("verify: the swaps of {} block{} are to come: they do when the index is opened with SWAP_INDEX=1\n",
                    behind, behind == 1 ? "" : "s");
  }
  text +=
      fmt::format("index digest: {}\n", report.digest.empty() ? "none, the index cannot be read whole" : report.digest);
  if (report.whole()) {
    return text + fmt::format("verify: the index is whole: height {}, {} transactions, digest {}\n", report.height,
                              report.tx_count, report.digest);
  }
  return text + fmt::format("verify: the index is damaged: {} findings\n", report.finding_count);
}

}  // namespace sluice::verify
