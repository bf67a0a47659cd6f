// A sync to be killed: the real pipeline and store with a commit every few blocks.
//
//   kill_target BLOCKS_DIR DB_DIR REORG_LIMIT BATCH_BLOCKS join|lookup|table files|rows
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "crash/world.h"

int main(int count, char** arguments) {
  if (count != 7) {
    std::fputs("usage: kill_target BLOCKS_DIR DB_DIR REORG_LIMIT BATCH_BLOCKS join|lookup|table files|rows\n", stderr);
    return 2;
  }
  sluice::test::World world;
  sluice::test::FileSet set;
  set.directory = arguments[1];
  world.reorg_limit = static_cast<std::uint32_t>(std::strtoul(arguments[3], nullptr, 10));
  world.options.batch_blocks = static_cast<std::uint32_t>(std::strtoul(arguments[4], nullptr, 10));
  for (const auto way : sluice::pipeline::all_ways) {
    if (arguments[5] == name_of(way)) world.options.way = way;
  }
  using sluice::pipeline::CommitForm;
  world.options.form = std::string_view(arguments[6]) == "rows" ? CommitForm::rows : CommitForm::table_files;
  sluice::pipeline::SyncReport report;
  std::unique_ptr<sluice::pipeline::Counters> counters;
  const sluice::Status status =
      sluice::pipeline::run_sync(sync_options(world, set, arguments[2], nullptr), report, counters, {});
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  return 1;
}
