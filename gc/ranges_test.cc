// gc/ranges_test.cc: ranges are disjoint, reused, and grow together again.
#include "gc/ranges.h"

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>

#include "base/memory_map.h"

namespace plan::gc {
namespace {

constexpr uint64_t kBase = uint64_t{1} << 40;
constexpr uint64_t kBytes = uint64_t{1} << 30;

TEST(Ranges, FreeNeighboursServeALongerRequest) {
  RangeAllocator space;
  space.init(kBase, kBytes);
  void* a = space.take(1000);
  void* b = space.take(2000);
  void* c = space.take(3000);
  void* last = space.take(64);
  space.give(a, 1000);
  space.give(c, 3000);
  EXPECT_EQ(space.free_count(), 2U);
  space.give(b, 2000);
  EXPECT_EQ(space.free_count(), 1U);
  EXPECT_EQ(space.take(6000), a);
  EXPECT_NE(space.take(64), last);
}

TEST(Ranges, TheSmallestSufficientRangeIsTaken) {
  RangeAllocator space;
  space.init(kBase, kBytes);
  void* wide = space.take(8192);
  space.take(64);
  void* narrow = space.take(4096);
  space.take(64);
  space.give(wide, 8192);
  space.give(narrow, 4096);
  EXPECT_EQ(space.take(4000), narrow);
  EXPECT_EQ(space.take(4000), wide);
}

TEST(Ranges, AllGivenBackLeavesNothing) {
  RangeAllocator space;
  space.init(kBase, kBytes);
  void* a = space.take(100);
  void* b = space.take(200);
  space.give(a, 100);
  space.give(b, 200);
  EXPECT_EQ(space.free_count(), 0U);
  EXPECT_EQ(space.used_bytes(), 0U);
  EXPECT_EQ(space.take(12345), a);
}

TEST(Ranges, RandomUseKeepsRangesApart) {
  std::mt19937_64 random(20);
  RangeAllocator space;
  space.init(kBase, kBytes);
  std::map<uint64_t, uint64_t> taken;
  uint64_t used = 0;
  for (int round = 0; round < 20000; ++round) {
    if (random() % 2 == 0 || taken.empty()) {
      const uint64_t bytes = 1 + random() % 5000;
      const uint64_t at = std::bit_cast<uint64_t>(space.take(bytes));
      ASSERT_EQ(at % 64, 0U);
      const auto after = taken.lower_bound(at);
      if (after != taken.end()) ASSERT_LE(at + bytes, after->first);
      if (after != taken.begin()) {
        const auto before = std::prev(after);
        ASSERT_LE(before->first + before->second, at);
      }
      taken.emplace(at, bytes);
      used += (bytes + 63) / 64 * 64;
    } else {
      auto victim = taken.lower_bound(kBase + random() % 2000000);
      if (victim == taken.end()) victim = taken.begin();
      space.give(std::bit_cast<void*>(victim->first), victim->second);
      used -= (victim->second + 63) / 64 * 64;
      taken.erase(victim);
    }
    ASSERT_EQ(space.used_bytes(), used);
  }
  for (const auto& [at, bytes] : taken) space.give(std::bit_cast<void*>(at), bytes);
  EXPECT_EQ(space.free_count(), 0U);
}

TEST(Ranges, TrimReturnsThePagesOfFreeRanges) {
  constexpr uint64_t kLength = uint64_t{1} << 20;
  void* memory = reserve_memory(0, 4 * kLength);
  ASSERT_NE(memory, nullptr);
  RangeAllocator space;
  space.init(std::bit_cast<uint64_t>(memory), 4 * kLength);
  auto* a = static_cast<uint64_t*>(space.take(kLength));
  auto* b = static_cast<uint64_t*>(space.take(kLength));
  auto* c = static_cast<uint64_t*>(space.take(kLength));
  a[8192] = b[8192] = c[8192] = 7;
  space.give(a, kLength);
  space.give(c, kLength);
  space.trim();
  EXPECT_EQ(a[8192], 0U);
  EXPECT_EQ(b[8192], 7U);
  EXPECT_EQ(c[8192], 0U);
  unreserve_memory(memory, 4 * kLength);
}

}  // namespace
}  // namespace plan::gc
