// The table of live outputs against std::unordered_map, with keys that crowd few slots.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <unordered_map>

#include "base/random.h"
#include "resolve/table.h"

namespace sluice::resolve {
namespace {

void expect_same(const LiveTable& table, const std::unordered_map<std::uint64_t, std::uint64_t>& model) {
  std::unordered_map<std::uint64_t, std::uint64_t> seen;
  table.for_each([&](const LiveOutput& output) { seen.emplace(output.key, output.tx_number); });
  RC_ASSERT(seen == model);
  RC_ASSERT(table.size() == model.size());
}

TEST(LiveTableProperty, SameAsAMap) {
  EXPECT_TRUE(rc::check([] {
    const auto slots = *rc::gen::element<std::size_t>(64, 128, 1024);
    const auto homes = *rc::gen::element<std::uint64_t>(1, 3, 20, 1024);
    const auto steps = *rc::gen::inRange(0, 3000);
    Random random(*rc::gen::arbitrary<std::uint64_t>());
    LiveTable table(slots);
    std::unordered_map<std::uint64_t, std::uint64_t> model;
    for (int step = 0; step < steps; ++step) {
      // Homes near the end of the table, so that runs wrap around.
      const std::uint64_t key = (1 + random.below(slots)) << 32 | ((slots - 2 + random.below(homes)) & (slots - 1));
      const auto at = model.find(key);
      const std::uint64_t choice = random.below(100);
      if (choice == 0) {
        const std::size_t keep = random.below(slots);
        table.evict_oldest(keep);
        std::vector<std::uint64_t> numbers;
        for (const auto& [other, number] : model) numbers.push_back(number);
        std::sort(numbers.begin(), numbers.end());
        if (numbers.size() > keep) {
          const std::uint64_t oldest = keep == 0 ? ~std::uint64_t{0} : numbers[numbers.size() - keep];
          std::erase_if(model, [&](const auto& entry) { return entry.second < oldest; });
        }
        expect_same(table, model);
      } else if (choice < 60 && table.has_room()) {
        const auto number = static_cast<std::uint64_t>(step);
        const LiveOutput before = table.replace({key, 1, {}, number, 0, 0});
        RC_ASSERT((before.key != 0) == (at != model.end()));
        if (at != model.end()) RC_ASSERT(before.tx_number == at->second);
        model[key] = number;
      } else {
        const LiveOutput found = table.take(key);
        RC_ASSERT((found.key != 0) == (at != model.end()));
        if (at == model.end()) continue;
        RC_ASSERT(found.tx_number == at->second);
        model.erase(at);
      }
    }
    expect_same(table, model);
  }));
}

}  // namespace
}  // namespace sluice::resolve
