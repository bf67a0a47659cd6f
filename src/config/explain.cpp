#include "config/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/profile.h"
#include "config/text.h"
#include "sluice/version.h"

namespace sluice::config {

namespace {

struct CommandText {
  std::string_view summary;
  std::string_view usage;
  std::string_view about;
  std::string_view examples;
};

const CommandText& text_of(Command command) noexcept {
  static constexpr std::array<CommandText, 6> texts{{
      {"build or extend the index from the node's block files, then exit",
       "sluice sync --coin COIN --net NET --db-dir DIR --blocks-dir DIR [FLAGS]",
       "Reads blk*.dat, finds the chain of most work, and writes the index. It can be stopped or killed at any\n"
       "time and goes on where it stopped; an existing index is extended, and follows the better branch after a\n"
       "reorganisation. Progress goes to standard error.",
       "  sluice sync --coin Radiant --net mainnet --db-dir ~/index --blocks-dir ~/.radiant/blocks\n"
       "  sluice sync --coin Radiant --net regtest --db-dir index --blocks-dir devnet/blocks --memory-budget 256MiB "
       "--report run.json\n"
       "  COIN=Radiant NET=mainnet DB_DIRECTORY=/data/index sluice sync --blocks-dir /node/blocks --print-config\n"},
      {"answer Electrum clients from the index",
       "sluice serve --coin COIN --net NET --db-dir DIR --daemon-url URL [--blocks-dir DIR] --services LIST [FLAGS]",
       "Starts from the environment file of an ElectrumX or RXinDexer server as it is. Catches up with the\n"
       "node, opens its services and follows: blocks are read from --blocks-dir, or fetched by RPC and kept\n"
       "in DIR/blocks, which takes as much room as the chain. With --offline it answers what the index and the\n"
       "block files hold and never speaks to a node.",
       "  sluice serve --coin Radiant --net mainnet --db-dir ~/index --daemon-url http://user:pass@127.0.0.1:7332 "
       "--blocks-dir ~/.radiant/blocks --services tcp://127.0.0.1:50010\n"
       "  sluice serve --offline --coin Radiant --net mainnet --db-dir ~/index --blocks-dir ~/.radiant/blocks "
       "--services tcp://127.0.0.1:50010\n"
       "  env $(cat electrumx.env) sluice serve\n"},
      {"prove the index whole against itself and the block files",
       "sluice verify --db-dir DIR [--blocks-dir DIR] [--deep] [FLAGS]",
       "Checks the header chain, merkle roots, counts and the running sum of outpoints; with --deep every history\n"
       "and unspent row is recomputed from the block files. The exit status and the last line tell the outcome.",
       "  sluice verify --db-dir ~/index\n  sluice verify --db-dir ~/index --blocks-dir ~/.radiant/blocks --deep\n"},
      {"make a deterministic little chain in the node's own file layout",
       "sluice devnet --dir DIR [--coin COIN] [--blocks N] [--txs-per-block N] [--seed N] [--reorgs N]",
       "The same seed gives the same bytes. The transactions are mixed like those of a busy chain.",
       "  sluice devnet --dir devnet --blocks 300 --txs-per-block 50 --seed 7 --reorgs 2\n"},
      {"send one request to an Electrum server and print the answer",
       "sluice call [FLAGS] [tcp|ssl|ws|wss|rpc|http]://HOST:PORT METHOD [PARAMS...]",
       "Each parameter is read as JSON, and taken as a text where it is not JSON. A single object is sent as named\n"
       "parameters. Flags come before the method: everything after it is a parameter. A bare HOST:PORT is tcp.\n"
       "The result goes to standard output, an error to standard error with exit status 1.",
       "  sluice call 127.0.0.1:50010 server.version sluice 1.4\n"
       "  sluice call ssl://electrum.example.org:50012 blockchain.block.header 100\n"
       "  sluice call 127.0.0.1:50010 blockchain.transaction.get TXID true\n"
       "  sluice call rpc://127.0.0.1:8000 getinfo\n"},
      {"measure a sample through the pipeline and write a tuning profile",
       "sluice tune --blocks-dir DIR --out FILE [FLAGS]",
       "Runs a sample of the blocks at a few settings, compares the stage counters and writes the best as a profile\n"
       "for --profile.",
       "  sluice tune --blocks-dir ~/.radiant/blocks --out machine.toml\n  sluice sync --profile machine.toml ...\n"},
  }};
  return texts[static_cast<std::size_t>(command)];
}

std::string_view value_name(const OptionSpec& spec) noexcept {
  if (!spec.value_name.empty()) return spec.value_name;
  switch (spec.kind) {
    case ValueKind::bytes: return "SIZE";
    case ValueKind::duration: return "TIME";
    case ValueKind::choice: return "WORD";
    case ValueKind::integer:
    case ValueKind::number: return "N";
    default: return "TEXT";
  }
}

std::string default_text(const OptionSpec& spec, const Settings& settings) {
  const Setting& setting = settings[spec.option];
  if (setting.origin.source == Source::unset || spec.kind == ValueKind::boolean) return {};
  const std::string shown = show_value(spec, setting.value);
  return shown == "\"\"" || shown == "(none)" ? std::string{} : "default " + shown;
}

/// "default 1GiB; 64MiB to 1TiB; environment MEMORY_BUDGET, CACHE_MB (MiB)"
std::string fine_print(const OptionSpec& spec, const Settings& settings) {
  std::vector<std::string> parts;
  if (contains(spec.required, settings.command())) parts.emplace_back("required");
  if (auto text = default_text(spec, settings); !text.empty()) parts.push_back(std::move(text));
  if (auto text = allowed_values(spec); !text.empty() && spec.kind != ValueKind::boolean)
    parts.push_back(std::move(text));
  std::string names;
  for (const EnvironmentName& name : spec.environment) {
    names += names.empty() ? "environment " : ", ";
    names += name.name;
    if (name.rule == EnvironmentRule::mebibytes) names += " (MiB)";
    if (name.rule == EnvironmentRule::seconds) names += " (seconds)";
    if (name.rule == EnvironmentRule::electrumx_boolean) names += " (non-empty is true)";
  }
  if (!names.empty()) parts.push_back(std::move(names));
  if (!spec.profile_key.empty()) parts.push_back(fmt::format("profile {}", spec.profile_key));
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "; ") + part;
  return out;
}

void append_option(std::string& text, const OptionSpec& spec, const Settings& settings) {
  const std::string value = spec.kind == ValueKind::boolean ? "" : " " + std::string(value_name(spec));
  text += fmt::format("  --{}{}\n      {}\n", spec.name, value, spec.effect);
  if (!spec.pending.empty()) text += fmt::format("      Accepted, no effect yet: {} is not built.\n", spec.pending);
  if (const std::string small = fine_print(spec, settings); !small.empty()) text += fmt::format("      [{}]\n", small);
}

constexpr std::string_view value_notes =
    "Sizes take the suffixes KiB MiB GiB TiB, times ms s m h d. Booleans stand alone or take =1 or =0.\n"
    "The command line wins over the environment, the environment over --profile, that over the default.\n";

void append_print_line(std::string& text, std::string_view name, std::string_view value, std::string_view origin) {
  text += fmt::format("{} = {}  # {}\n", name, value, origin);
}

/// What coin and net mean together, aliases resolved, and how many blocks of undo that makes.
void append_network(std::string& text, const Settings& settings) {
  std::string coin;
  std::string net;
  settings.read(Option::coin, coin);
  settings.read(Option::net, net);
  const chain::Network* network = chain::find_network(coin, net);
  if (network == nullptr) {
    append_print_line(text, "network", "(unknown)", "no such coin and network");
    return;
  }
  append_print_line(text, "network", fmt::format("{}/{}", network->coin_name, network->name), "from coin and net");
  const std::uint32_t undo_blocks = reorg_limit_of(settings, *network);
  std::uint32_t asked = 0;
  settings.read(Option::reorg_limit, asked);
  append_print_line(text, "undo_blocks", std::to_string(undo_blocks),
                    asked == undo_blocks ? "from reorg-limit, " + show(settings[Option::reorg_limit].origin)
                                         : "least of the network");
}

/// What the modes make of the RocksDB options; where each value came from is in the lines above.
void append_rocksdb(std::string& text, const Settings& settings, Mode mode) {
  const RocksDbSettings rocksdb = rocksdb_settings(settings, mode);
  const bool is_sync = mode == Mode::sync;
  const auto first_set = [&](Option own, Option both, std::string_view otherwise) {
    if (settings.is_set(own)) return show(settings[own].origin);
    if (settings.is_set(both)) return show(settings[both].origin);
    return std::string(otherwise);
  };
  const std::string place = fmt::format("rocksdb[{}].", is_sync ? "sync" : "serving");
  append_print_line(text, place + "max_open_files", std::to_string(rocksdb.max_open_files),
                    first_set(is_sync ? Option::rocksdb_max_open_files_sync : Option::rocksdb_max_open_files_serving,
                              Option::rocksdb_max_open_files, "default of the mode"));
  append_print_line(
      text, place + "use_fsync", rocksdb.use_fsync ? "true" : "false",
      first_set(is_sync ? Option::rocksdb_use_fsync_sync : Option::rocksdb_use_fsync_serving, Option::rocksdb_use_fsync,
                "from electrumx-env, " + show(settings[Option::electrumx_env].origin)));
}

}  // namespace

std::string version_text() { return fmt::format("sluice {}\n", version); }

std::string program_help() {
  std::string text =
      "sluice: an Electrum server and indexer for Radiant, Bitcoin and Bitcoin Cash\n\n"
      "usage: sluice COMMAND [FLAGS]\n\ncommands:\n";
  for (const Command command : all_commands)
    text += fmt::format("  {:<8}{}\n", name_of(command), text_of(command).summary);
  text +=
      "\nsluice COMMAND --help tells everything about a command; --version prints the version.\n\ntry it:\n"
      "  sluice devnet --dir devnet --blocks 200\n"
      "  sluice sync --coin Radiant --net regtest --db-dir index --blocks-dir devnet\n"
      "  sluice serve --offline --coin Radiant --net regtest --db-dir index --blocks-dir devnet --services "
      "tcp://127.0.0.1:50010\n"
      "  sluice call 127.0.0.1:50010 blockchain.headers.subscribe\n";
  return text;
}

std::string command_help(Command command) {
  const CommandText& words = text_of(command);
  Settings settings(command);
  if (const auto mode = mode_of(command))
    SLUICE_CHECK(apply_builtin_profile(settings, *mode).ok());  // tested with the table
  std::string text =
      fmt::format("sluice {}: {}\n\nusage: {}\n\n{}\n", name_of(command), words.summary, words.usage, words.about);
  std::string_view group;
  for (const OptionSpec& spec : option_table()) {
    if (!contains(spec.commands, command)) continue;
    if (spec.group != group) text += fmt::format("\n{}:\n", spec.group);
    group = spec.group;
    append_option(text, spec, settings);
  }
  text += fmt::format("\n{}\nexamples:\n{}", value_notes, words.examples);
  return text;
}

std::string effective_config(const Settings& settings, const HostFacts& facts) {
  const Command command = settings.command();
  std::string text = fmt::format("# effective configuration of sluice {}\n", name_of(command));
  for (const OptionSpec& spec : option_table()) {
    if (!contains(spec.commands, command) || spec.option == Option::print_config || spec.option == Option::check_config)
      continue;
    const Setting& setting = settings[spec.option];
    std::string origin = show(setting.origin);
    if (setting.origin.source == Source::unset && contains(spec.required, command)) origin = "not set, required";
    append_print_line(text, spec.name, show_value(spec, setting.value), origin);
  }
  if (contains(spec_of(Option::threads).commands, command))
    append_print_line(text, "cores", std::to_string(facts.cores), "this machine");
  if (command == Command::sync || command == Command::serve) append_network(text, settings);
  if (command == Command::sync || command == Command::tune || command == Command::serve)
    append_rocksdb(text, settings, Mode::sync);
  if (command == Command::serve || command == Command::verify) append_rocksdb(text, settings, Mode::serving);
  for (const Note& note : settings.notes())
    text += fmt::format("# {}{}\n", note.kind == Note::Kind::warning ? "warning: " : "", note.text);
  return text;
}

}  // namespace sluice::config
