#include "crash/kill_run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

extern char** environ;

namespace sluice::test {
namespace {

using Clock = std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() { SLUICE_CHECK(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    ::close(ends_[0]);
    close_writer();
  }
  void close_writer() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  [[nodiscard]] int reader() const noexcept { return ends_[0]; }
  [[nodiscard]] int writer() const noexcept { return ends_[1]; }

 private:
  std::array<int, 2> ends_{-1, -1};
};

pid_t start(std::vector<std::string> words, const std::string& kill_at, Pipe& errors) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string setting = "SLUICE_KILL_AT=" + kill_at;
  std::vector<char*> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (std::strncmp(*entry, "SLUICE_KILL_AT=", 15) != 0) environment.push_back(*entry);
  }
  if (!kill_at.empty()) environment.push_back(setting.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  SLUICE_CHECK(::posix_spawn_file_actions_init(&actions) == 0);
  SLUICE_CHECK(::posix_spawn_file_actions_adddup2(&actions, errors.writer(), STDERR_FILENO) == 0);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  SLUICE_CHECK(failed == 0);
  errors.close_writer();
  return pid;
}

// Reads until the process has closed its end; kills it at the deadline.
std::string read_errors(int descriptor, pid_t pid, std::optional<Clock::time_point> deadline) {
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    if (deadline) {
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(*deadline - Clock::now()).count();
      pollfd waited{descriptor, POLLIN, 0};
      const timespec time{std::max<long>(left, 0) / 1000000, std::max<long>(left, 0) % 1000000 * 1000};
      if (left <= 0 || ::ppoll(&waited, 1, &time, nullptr) == 0) {
        ::kill(pid, SIGKILL);
        deadline.reset();
        continue;
      }
    }
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Outcome run_target(const World& world, const FileSet& set, const std::string& db_directory, const std::string& kill_at,
                   std::optional<std::chrono::microseconds> after) {
  const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "kill_target";
  Pipe errors;
  const Clock::time_point begin = Clock::now();
  const pid_t pid = start({program.string(), set.directory, db_directory, std::to_string(world.reorg_limit),
                           std::to_string(world.options.batch_blocks), std::string(name_of(world.options.way)),
                           world.options.form == pipeline::CommitForm::rows ? "rows" : "files"},
                          kill_at, errors);
  Outcome outcome;
  outcome.errors = read_errors(errors.reader(), pid, after ? std::optional(begin + *after) : std::nullopt);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) SLUICE_CHECK(errno == EINTR);
  outcome.wall = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  outcome.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  outcome.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::map<std::string, std::uint64_t> count_points(const std::string& errors) {
  std::map<std::string, std::uint64_t> points;
  std::istringstream lines(errors);
  constexpr std::string_view start_text = "kill point ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start_text)) ++points[line.substr(start_text.size())];
  }
  return points;
}

void prefer_memory_directories() {
  constexpr const char* memory = "/dev/shm";
  constexpr std::uintmax_t enough_bytes = 512u << 20;
  if (std::getenv("TMPDIR") != nullptr || ::access(memory, W_OK) != 0) return;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(memory, error);
  if (!error && space.available >= enough_bytes) ::setenv("TMPDIR", memory, 0);
}

}  // namespace sluice::test
