// A slowdown that is really executed, for the bench gate's self-check.
//
// Preloaded into an unchanged benchmark program, it interrupts the program every few milliseconds
// of processor time and burns SLUICE_BENCH_PLANT percent of the processor time used since the last
// interruption, in the interrupted thread. Every clock then sees a program that is that much
// slower; nothing is computed into the results. A preload leaves the program itself byte for byte
// the same, so that the slowdown is the only difference between the two sides.
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <sys/time.h>

namespace {

double share = 0;
std::int64_t seen_ns = 0;

std::int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
}

void burn(int) {
  const std::int64_t used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - seen_ns;
  const auto extra = static_cast<std::int64_t>(static_cast<double>(used) * share);
  const std::int64_t until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + extra;
  while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until) {
  }
  seen_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

__attribute__((constructor)) void start() {
  const char* percent = std::getenv("SLUICE_BENCH_PLANT");
  if (percent == nullptr) return;
  share = std::atof(percent) / 100;
  if (!(share > 0 && share < 10)) std::abort();
  seen_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  struct sigaction action {};
  action.sa_handler = burn;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGPROF, &action, nullptr);
  itimerval every{};
  every.it_interval.tv_usec = every.it_value.tv_usec = 1000;
  setitimer(ITIMER_PROF, &every, nullptr);
}

}  // namespace
