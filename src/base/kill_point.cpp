#include "base/kill_point.h"

#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace sluice {
namespace {

struct KillPlan {
  std::string_view name;
  std::uint64_t passing = 1;
};

// The environment's text outlives everything that reads it.
KillPlan read_plan() noexcept {
  const char* text = std::getenv("SLUICE_KILL_AT");
  KillPlan plan{text != nullptr ? std::string_view(text) : std::string_view()};
  if (const std::size_t colon = plan.name.rfind(':'); colon != plan.name.npos) {
    const std::string_view number = plan.name.substr(colon + 1);
    (void)std::from_chars(number.data(), number.data() + number.size(), plan.passing);
    plan.name = plan.name.substr(0, colon);
  }
  return plan;
}

const KillPlan plan = read_plan();
std::atomic<std::uint64_t> passed{0};

}  // namespace

const std::atomic<bool> kill_points_active{std::getenv("SLUICE_KILL_AT") != nullptr};

void pass_kill_point(const char* name) noexcept {
  if (plan.name == "?") {
    std::fprintf(stderr, "kill point %s\n", name);
    return;
  }
  if (plan.name == name && passed.fetch_add(1, std::memory_order_relaxed) + 1 == plan.passing) std::raise(SIGKILL);
}

}  // namespace sluice
