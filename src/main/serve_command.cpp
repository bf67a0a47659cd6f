#include <fmt/format.h>

#include "main/admin_port.h"
#include "main/commands.h"
#include "main/http_port.h"
#include "main/serve_live.h"
#include "main/serving.h"
#include "main/sync_wiring.h"
#include "main/wiring.h"
#include "observe/log.h"
#include "observe/service_manager.h"
#include "sluice/exit_status.h"
#include "source/block_files.h"
#include "store/chain_view.h"
#include "store/swap_view.h"

namespace sluice {
namespace {

constexpr std::string_view area = "serve";

Status check_index(const config::ServeConfig& config, const store::State& state) {
  if (state.coin == config.network->coin_name && state.net == config.network->name && state.parity == config.parity)
    return store::check_contents(config.db_dir.string(), state, config.swap.swap_only);
  return Error{ErrorKind::config,
               fmt::format("{}: this index is of {} {}{}: start with the same --coin, --net and --parity",
                           config.db_dir.string(), state.coin, state.net, state.parity ? " with parity" : "")};
}

Status serve_offline(const config::ServeConfig& config) {
  store::StoreOptions options_of_store = store_options(config.rocksdb);
  options_of_store.on_unreadable = [](const std::string& text) { observe::log_error(area, text); };
  auto database = store::Database::open(config.db_dir.string(), store::OpenMode::read_only, options_of_store);
  if (!database) return std::move(database).error();
  if (Status status = check_index(config, *database.value()->state()); !status) return status;
  auto files = source::list_block_files(config.blocks_dir.string());
  if (!files) return std::move(files).error();
  source::RangeReader reader(config.blocks_dir.string(), files.value().key);
  auto view = store::ChainView::open(*database.value(), reader);
  if (!view) return std::move(view).error();
  auto serving = Serving::prepare(config);
  if (!serving) return std::move(serving).error();
  const auto admin = AdminPort::open(config, {.serving = serving.value().get(), .follower = nullptr, .clients = {}});
  if (!admin) return admin.error();
  std::unique_ptr<store::SwapTableView> swaps;
  if (keeps_swaps(config.swap, *config.network)) {
    auto opened =
        store::SwapTableView::open(*database.value(), view.value()->row_snapshot(), view.value()->tip_height());
    if (!opened) return std::move(opened).error();
    swaps = std::move(opened).value();
    if (!swaps) observe::log_warning(area, "the index has no swap rows for its height: `sluice sync` makes them");
  }
  const serve::Snapshot snapshot{.view = std::move(view).value(), .mempool = nullptr, .swaps = std::move(swaps)};
  admin.value()->publish(snapshot);
  serving.value()->publish(snapshot, {});
  const HttpSources sources{.serving = serving.value().get(), .store = database.value().get()};
  const auto http = open_http_port(config, sources);
  if (!http) return http.error();
  if (Status status = serving.value()->listen(); !status) return status;
  const observe::ServiceStatus status([&sources] { return http::status_line(health_facts(sources)); });
  observe::notify_ready();
  wait_for_stop();
  observe::log_info(area, "stopping");
  observe::notify_stopping();
  return {};
}

}  // namespace

int run_serve_command(const config::ServeConfig& config) {
  start_logging(config.common);
  (void)stop_requested();  // installs the handlers before anything takes long
  if (config.offline && config.blocks_dir.empty()) {
    return report_error(area, {ErrorKind::config, std::string(offline_needs_blocks)});
  }
  if (Status status = config.offline ? serve_offline(config) : serve_live(config); !status)
    return report_error(area, status.error());
  return exit_success;
}

}  // namespace sluice
