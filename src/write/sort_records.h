// Sorts history and transaction records of one partition by (prefix, rel).
//
// The partition already shares its top bits. Two stable radix passes order by rel, two more by the
// next 16 bits of the prefix; after that nearly every bucket holds one prefix, whose records are in
// rel order because every pass was stable. Buckets with several prefixes get a stable sort: by
// insertion if they are small, as nearly all are, since std::stable_sort asks for memory each time.
// Cost: four sequential passes; std::sort of 12-byte records took about five times as long.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "base/column.h"

namespace sluice::write {

namespace detail {

template <typename T, unsigned bits, typename Digit>
void radix_pass(std::span<const T> source, std::span<T> target, Digit digit) noexcept {
  std::array<std::uint32_t, std::size_t{1} << bits> begin{};
  for (const T& record : source) ++begin[digit(record)];
  std::uint32_t total = 0;
  for (auto& count : begin) {
    const std::uint32_t own = count;
    count = total;
    total += own;
  }
  for (const T& record : source) target[begin[digit(record)]++] = record;
}

/// Stable; meant for a handful of records.
template <typename T, typename Before>
void insertion_sort(std::span<T> records, Before before) noexcept {
  for (std::size_t i = 1; i < records.size(); ++i) {
    const T record = records[i];
    std::size_t at = i;
    for (; at > 0 && before(record, records[at - 1]); --at) records[at] = records[at - 1];
    records[at] = record;
  }
}

inline constexpr std::size_t insertion_records_max = 32;

}  // namespace detail

/// Shape:  records [n] sorted in place; scratch is grown to n.
/// Bounds: n < 2^32; all records share the bits of their prefix above `shift` (shift = 64 - log2 of
///         the partition count); prefix_of(record) and record.rel as in resolve/records.h.
template <typename T, typename PrefixOf>
void sort_records(Column<T>& records, Column<T>& scratch, unsigned shift, std::uint32_t rel_until, PrefixOf prefix_of) {
  scratch.resize(records.size());
  const std::span<T> a = records.span();
  const std::span<T> b = scratch.span();
  constexpr unsigned rel_digit = 11;
  constexpr std::uint32_t rel_mask = (1u << rel_digit) - 1;
  unsigned passes = 0;
  for (unsigned at = 0; at < 32 && (rel_until >> at) != 0; at += rel_digit, ++passes) {
    const auto digit = [at](const T& record) { return (record.rel >> at) & rel_mask; };
    passes % 2 == 0 ? detail::radix_pass<T, rel_digit>(a, b, digit) : detail::radix_pass<T, rel_digit>(b, a, digit);
  }
  const unsigned top = shift < 16 ? 16 : shift;
  for (const unsigned at : {top - 16, top - 8}) {
    const auto digit = [at, prefix_of](const T& record) {
      return static_cast<std::size_t>(prefix_of(record) >> at) & 0xff;
    };
    passes++ % 2 == 0 ? detail::radix_pass<T, 8>(a, b, digit) : detail::radix_pass<T, 8>(b, a, digit);
  }
  if (passes % 2 == 1) std::copy(b.begin(), b.end(), a.begin());
  const auto bucket_of = [top, prefix_of](const T& record) { return prefix_of(record) >> (top - 16); };
  for (std::size_t begin = 0; begin < a.size();) {
    std::size_t end = begin + 1;
    bool mixed = false;
    for (; end < a.size() && bucket_of(a[end]) == bucket_of(a[begin]); ++end)
      mixed |= prefix_of(a[end]) != prefix_of(a[begin]);
    const auto before = [prefix_of](const T& x, const T& y) { return prefix_of(x) < prefix_of(y); };
    const std::span<T> bucket = a.subspan(begin, end - begin);
    if (mixed && bucket.size() <= detail::insertion_records_max) detail::insertion_sort(bucket, before);
    else if (mixed) std::stable_sort(bucket.begin(), bucket.end(), before);
    begin = end;
  }
}

}  // namespace sluice::write
