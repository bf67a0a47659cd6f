// Reports, process figures and the log.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "observe/json_writer.h"
#include "observe/log.h"
#include "observe/process_figures.h"
#include "observe/progress.h"
#include "observe/report.h"

namespace sluice::observe {
namespace {

TEST(JsonWriter, keys_keep_their_order) {
  JsonWriter json;
  json.begin_object();
  json.field("z", std::uint64_t{18446744073709551615ull});
  json.field("a", -1);
  json.field("text", "x");
  json.begin_object("stages");
  json.end_object();
  json.begin_array("list");
  json.item(true);
  json.item(0.1);
  json.begin_object();
  json.field("k", std::string("v"));
  json.end_object();
  json.end_array();
  json.end_object();
  EXPECT_EQ(json.text(),
            "{\n  \"z\": 18446744073709551615,\n  \"a\": -1,\n  \"text\": \"x\",\n  \"stages\": {},\n  \"list\": [\n   "
            " true,\n    0.1,\n    {\n      \"k\": \"v\"\n    }\n  ]\n}\n");
}

TEST(JsonWriter, any_bytes_make_valid_text) {
  JsonWriter json;
  json.begin_array();
  json.item(std::string("q\" b\\ n\n e\x1b z\0", 14) + "\xff \xc3\xa9 \xed\xa0\x80");
  json.item(std::nan(""));
  json.item(INFINITY);
  json.item(nullptr);
  json.end_array();
  EXPECT_EQ(json.text(),
            "[\n  \"q\\\" b\\\\ n\\n e\\u001b z\\u0000\\ufffd \xc3\xa9 \\ufffd\\ufffd\\ufffd\",\n  null,\n  null,\n  "
            "null\n]\n");
}

TEST(JsonWriterDeathTest, misuse_is_a_bug) {
  EXPECT_DEATH(
      {
        JsonWriter json;
        json.begin_object();
        json.item(1);
      },
      "has_key");
  EXPECT_DEATH(
      {
        JsonWriter json;
        json.begin_object();
        json.end_array();
      },
      "bracket");
  EXPECT_DEATH(
      {
        JsonWriter json;
        json.begin_object();
        static_cast<void>(json.text());
      },
      "levels_");
}

TEST(Report, a_file_is_replaced_whole) {
  const auto path = std::filesystem::temp_directory_path() / ("sluice-report-" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << "old and longer than the new one";
  ASSERT_TRUE(write_report(path, "{}\n").ok());
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "{}\n");
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".new"));
  std::filesystem::remove(path);
  const Status status = write_report("/does/not/exist/report.json", "{}");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "report /does/not/exist/report.json: open: No such file or directory");
}

TEST(Report, a_full_disk_is_told) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this machine has no /dev/full";
  const auto path = std::filesystem::temp_directory_path() / ("sluice-full-" + std::to_string(getpid()));
  std::filesystem::create_symlink("/dev/full", path.string() + ".new");
  const Status status = write_report(path, "{}");
  std::filesystem::remove(path.string() + ".new");
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("write: No space left on device"), std::string::npos) << status.error().message;
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ProcessFigures, the_kernels_tables_are_read) {
  ProcessFigures figures;
  parse_proc_status(
      "Name:\tsluice\nVmHWM:\t   2048 kB\nVmRSS:\t 1024 kB\nRssAnon:\t 512 kB\nRssFile:\t 500 kB\nRssShmem:\t 12 "
      "kB\nVmRSSX: 9 kB\n",
      figures);
  parse_proc_io("rchar: 9\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 1\n", figures);
  EXPECT_EQ(figures.memory_peak, 2048u * 1024);
  EXPECT_EQ(figures.memory_resident, 1024u * 1024);
  EXPECT_EQ(figures.memory_anonymous, 512u * 1024);
  EXPECT_EQ(figures.memory_file_backed, 512u * 1024);
  EXPECT_EQ(figures.bytes_read, 4096u);
  EXPECT_EQ(figures.bytes_written, 8192u);
}

TEST(ProcessFigures, odd_tables_do_no_harm) {
  for (const char* text : {"", "VmHWM", "VmHWM:", "VmHWM:\t x kB", "\n\n\n", "VmHWM: 99999999999999999999999 kB"}) {
    ProcessFigures figures;
    parse_proc_status(text, figures);
    parse_proc_io(text, figures);
    EXPECT_EQ(figures.memory_peak, 0u) << text;
  }
}

TEST(ProcessFigures, this_process_has_some) {
  // Memory that is touched shows up in the peak; time that is spent shows up too.
  std::vector<char> memory(32u << 20, 1);
  const auto start = steady_now();
  volatile std::uint64_t work = 0;
  while (steady_now() - start < std::chrono::milliseconds(30))
    work = work + memory[static_cast<std::size_t>(work) % memory.size()];
  const auto figures = process_figures();
  ASSERT_TRUE(figures.ok());
  EXPECT_GE(figures.value().memory_peak, 32u << 20);
  EXPECT_GE(figures.value().memory_peak, figures.value().memory_resident);
  EXPECT_GT(figures.value().memory_anonymous, 16u << 20);
  EXPECT_GT(figures.value().cpu_user_s + figures.value().cpu_system_s, 0.0);
  JsonWriter json;
  json.begin_object();
  append_process_figures(json, "process", figures.value(), 1.5);
  json.end_object();
  EXPECT_NE(json.text().find("\"wall_s\": 1.5,\n"), std::string::npos);
  EXPECT_NE(json.text().find("\"memory_peak_bytes\": " + std::to_string(figures.value().memory_peak)),
            std::string::npos);
}

TEST(Log, lines_have_one_form_and_levels_are_kept) {
  std::vector<std::string> lines;
  start_log(Level::info, [&](std::string_view line) { lines.emplace_back(line); });
  log_debug("sync", "not shown");
  log_info("sync", "checkpoint at {height} 5");
  log_warning("net", "peer said \"x\ny\x1b[31m\"");
  log(Level::critical, "store", "gone");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].substr(23), " INFO:sync:checkpoint at {height} 5\n");
  EXPECT_EQ(lines[0][4], '-');
  EXPECT_EQ(lines[0][19], '.');
  EXPECT_EQ(lines[1].substr(23), " WARNING:net:peer said \"x\\x0ay\\x1b[31m\"\n");
  EXPECT_EQ(lines[2].substr(23), " CRITICAL:store:gone\n");
  EXPECT_FALSE(is_logged(Level::debug, "sync"));
  EXPECT_TRUE(is_logged(Level::error, "sync"));
  start_log(Level::critical);
}

TEST(Log, a_module_may_have_a_level_of_its_own) {
  std::vector<std::string> lines;
  LogOptions options(Level::warning);
  options.modules = {{"follow", Level::info}, {"net", Level::error}, {"follow", Level::debug}};
  start_log(options, [&](std::string_view line) { lines.emplace_back(line); });
  log_debug("follow", "shown");
  log_warning("net", "not shown");
  log_warning("node", "shown");
  log_info("node", "not shown");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].substr(23), " DEBUG:follow:shown\n");
  EXPECT_EQ(lines[1].substr(23), " WARNING:node:shown\n");
  start_log(Level::critical);
}

TEST(Log, a_json_line_is_json_whatever_was_said) {
  std::vector<std::string> lines;
  LogOptions options;
  options.format = LogFormat::json;
  start_log(options, [&](std::string_view line) { lines.emplace_back(line); });
  log_info("follow", "height 5", {{"height", 5}, {"blocks", 18446744073709551615u}});
  log_error("net", "peer said \"x\ny\x1b[31m\xff{}\"");
  ASSERT_EQ(lines.size(), 2u);
  const std::regex form(R"(\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","level":"INFO","module":"follow",)"
                        R"("message":"height 5","height":5,"blocks":18446744073709551615\}\n)");
  EXPECT_TRUE(std::regex_match(lines[0], form)) << lines[0];
  EXPECT_NE(lines[1].find(R"("message":"peer said \"x\ny\u001b[31m\ufffd{}\""})"), std::string::npos) << lines[1];
  start_log(Level::critical);
}

}  // namespace
}  // namespace sluice::observe
