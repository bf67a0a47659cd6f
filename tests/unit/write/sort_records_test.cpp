// sort_records against the standard stable sort.
#include "write/sort_records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <tuple>

#include "base/random.h"
#include "resolve/scatter.h"

namespace sluice::write {
namespace {

/// The tag tells equal records apart, so that stability can be seen.
struct Record {
  std::uint64_t prefix;
  std::uint32_t rel;
  std::uint32_t tag;
  friend bool operator==(const Record&, const Record&) = default;
};

struct Shape {
  std::size_t count;
  std::size_t partition_count;
  std::uint32_t rel_until;
  std::function<std::uint64_t(Random&)> prefix;  ///< its top bits are replaced by the partition's
};

/// Sorts records of one partition both ways. Equal (prefix, rel) must keep their order.
void expect_sorted(const Shape& shape, std::uint64_t seed, Column<Record>& scratch) {
  Random random(seed);
  const unsigned shift = resolve::partition_shift(shape.partition_count);
  const std::uint64_t partition = random.below(shape.partition_count);
  Column<Record> records(shape.count);
  for (std::uint32_t i = 0; i < shape.count; ++i) {
    std::uint64_t prefix = shape.prefix(random);
    if (shift < 64) prefix = (prefix & ((std::uint64_t{1} << shift) - 1)) | partition << shift;
    records.push_back({prefix, static_cast<std::uint32_t>(random.below(shape.rel_until)), i});
  }
  std::vector<Record> expected(records.begin(), records.end());
  std::stable_sort(expected.begin(), expected.end(), [](const Record& a, const Record& b) {
    return std::tie(a.prefix, a.rel) < std::tie(b.prefix, b.rel);
  });
  sort_records(records, scratch, shift, shape.rel_until, [](const Record& record) { return record.prefix; });
  ASSERT_EQ(records.size(), expected.size());
  ASSERT_TRUE(std::equal(records.begin(), records.end(), expected.begin()))
      << shape.count << " records, " << shape.partition_count << " partitions, rel below " << shape.rel_until
      << ", seed " << seed;
}

std::uint64_t any_prefix(Random& random) { return random.next(); }
std::uint64_t one_prefix(Random&) { return 0x00aabbccddeeff01; }
/// Two busy scripts that share all bits the radix passes look at.
std::uint64_t two_hot(Random& random) { return 0x1234567800000000 | random.below(2); }
/// Scripts that differ in the last bits only, some alone.
std::uint64_t narrow(Random& random) { return 0x1234567812340000 | random.below(40); }
/// Bits around the passes' borders.
std::uint64_t sparse(Random& random) { return std::uint64_t{1} << random.below(64); }

TEST(SortRecords, AllShapesAgainstStableSort) {
  Column<Record> scratch;
  std::uint64_t seed = 1;
  for (const auto& prefix : {any_prefix, one_prefix, two_hot, narrow, sparse}) {
    for (const std::size_t partitions : {1, 2, 256, 1 << 16}) {
      for (const std::uint32_t rel_until : {1u, 2u, 2047u, 2048u, 2049u, 1u << 22, (1u << 22) + 1, ~0u}) {
        for (const std::size_t count : {0, 1, 2, 33, 1500})
          expect_sorted({count, partitions, rel_until, prefix}, seed++, scratch);
      }
    }
  }
}

TEST(SortRecords, LargestRel) {
  Column<Record> records, scratch;
  for (const std::uint32_t rel : {~0u, 0u, ~0u - 1, 1u << 31, (1u << 31) - 1}) records.push_back({5, rel, rel});
  sort_records(records, scratch, 64, ~0u, [](const Record& record) { return record.prefix; });
  std::vector<std::uint32_t> rels;
  for (const Record& record : records) rels.push_back(record.rel);
  EXPECT_EQ(rels, (std::vector<std::uint32_t>{0, (1u << 31) - 1, 1u << 31, ~0u - 1, ~0u}));
}

// Half a million records of two scripts in one bucket: a sort that degrades to n^2 would not end.
TEST(SortRecords, TwoHotScriptsInterleaved) {
  Column<Record> scratch;
  expect_sorted({500'000, 256, 1u << 20, two_hot}, 42, scratch);
}

}  // namespace
}  // namespace sluice::write
