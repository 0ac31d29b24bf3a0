// gc/collector_test.cc: what survives, what does not, and where it goes.
#include "gc/collector.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <vector>

#include "gc/make.h"
#include "gc/verify.h"
#include "value/order.h"

namespace plan::gc {
namespace {

class CollectorTest : public testing::Test {
 protected:
  CollectorTest() : CollectorTest(Config{.limit_bytes = kGiB}) {}
  explicit CollectorTest(const Config& config) : heap_(config), collector_(heap_, infos_) {}

  void minor() {
    Value none;
    collector_.collect(none);
    verify_heap(heap_, infos_, Value{});
  }
  void major() {
    Value none;
    collector_.collect_major(none);
    verify_heap(heap_, infos_, Value{});
  }
  Value pair(Value a, Value b) {
    const std::array<Value, 2> elements{a, b};
    return make_row(heap_, elements);
  }
  Value list(uint64_t n) {
    Value v = small_nat(0);
    for (uint64_t i = 0; i < n; ++i) v = pair(small_nat(i), v);
    return v;
  }
  static uint64_t length(Value v) {
    uint64_t n = 0;
    for (; is_row(v); v = row_at(v, 1)) ++n;
    return n;
  }
  Value thunk(Kind kind, Value a, Value b) {
    Info* info = infos_.add();
    info->kind = InfoKind::kThunk;
    Object* o = heap_.allocate(thunk_header(kind, 2, info->index), 2);
    o->init(0, a);
    o->init(1, b);
    return tagged(o, kTagThunk);
  }

  Heap heap_;
  InfoTable infos_;
  Collector collector_;
};

TEST_F(CollectorTest, KeepsWhatARootReachesThroughEverySpace) {
  Root root(heap_, list(1000));
  for (int i = 0; i < 4; ++i) {
    minor();
    EXPECT_EQ(length(root.get()), 1000u);
  }
  EXPECT_TRUE(heap_.is_old(root.get().object()));
  major();
  EXPECT_EQ(length(root.get()), 1000u);
}

TEST_F(CollectorTest, PromotesOnlyAfterOneAgeingStep) {
  Root root(heap_, list(1));
  minor();
  EXPECT_TRUE(heap_.is_small_young(root.get().object()));
  EXPECT_EQ(heap_.statistics().promoted_bytes, 0u);
  minor();
  EXPECT_TRUE(heap_.is_old(root.get().object()));
}

TEST_F(CollectorTest, DropsWhatNothingReaches) {
  list(100'000);
  minor();
  EXPECT_EQ(heap_.statistics().survivor_bytes, 0u);
}

TEST_F(CollectorTest, FindsAYoungValueThroughAnUpdatedOldThunk) {
  Root root(heap_, thunk(Kind::kThunk, small_nat(1), small_nat(2)));
  minor();
  minor();
  Object* old = root.get().object();
  ASSERT_TRUE(heap_.is_old(old));
  old->header = (old->header & ~Word{0xff}) | static_cast<Word>(Kind::kIndirection);
  old->init(0, list(10));
  heap_.remember(old);
  minor();
  EXPECT_EQ(length(deref(root.get())), 10u);
  minor();
  EXPECT_EQ(length(deref(root.get())), 10u);
}

/// With a nursery that may grow from 16 KB to 64 KB.
class NurserySizeTest : public CollectorTest {
 protected:
  static constexpr uint64_t kSmallest = uint64_t{16} << 10;
  static constexpr uint64_t kPairBytes = 3 * sizeof(Word);

  NurserySizeTest()
      : CollectorTest(Config{
            .nursery_bytes = kSmallest, .nursery_bytes_max = 4 * kSmallest, .limit_bytes = kGiB}) {}

  /// A nursery of which half lives on.
  void live_and_collect() {
    const uint64_t pairs = heap_.nursery_bytes() / kPairBytes / 2;
    Root root(heap_, list(pairs));
    list(pairs);
    minor();
    EXPECT_EQ(length(root.get()), pairs);
  }
  void die_and_collect() {
    list(heap_.nursery_bytes() / kPairBytes);
    minor();
  }
};

TEST_F(NurserySizeTest, GrowsWhileMuchOfItLivesOn) {
  live_and_collect();
  EXPECT_EQ(heap_.nursery_bytes(), kSmallest);
  live_and_collect();
  EXPECT_EQ(heap_.nursery_bytes(), 2 * kSmallest);
  for (int i = 0; i < 10; ++i) live_and_collect();
  EXPECT_EQ(heap_.nursery_bytes(), 4 * kSmallest);
}

TEST_F(NurserySizeTest, OneCollectionIsNoTrend) {
  for (int i = 0; i < 10; ++i) {
    live_and_collect();
    die_and_collect();
    EXPECT_EQ(heap_.nursery_bytes(), kSmallest);
  }
}

TEST_F(NurserySizeTest, ShrinksToWhereItBeganWhenNothingLivesOn) {
  for (int i = 0; i < 4; ++i) live_and_collect();
  ASSERT_EQ(heap_.nursery_bytes(), 4 * kSmallest);
  die_and_collect();  // what lived on in the survivors
  for (int i = 0; i < 8; ++i) die_and_collect();
  EXPECT_EQ(heap_.nursery_bytes(), 2 * kSmallest);
  for (int i = 0; i < 30; ++i) die_and_collect();
  EXPECT_EQ(heap_.nursery_bytes(), kSmallest);
}

TEST_F(NurserySizeTest, WhatIsAllocatedFitsInANurseryThatShrank) {
  for (int i = 0; i < 4; ++i) live_and_collect();
  for (int i = 0; i < 40; ++i) die_and_collect();
  Root root(heap_, list(100'000));
  minor();
  EXPECT_EQ(length(root.get()), 100'000u);
}

TEST(NurseryLimitTest, ALowLimitOfMemoryKeepsTheNurserySmall) {
  const Heap heap(Config{.nursery_bytes_max = kGiB, .limit_bytes = uint64_t{256} << 20});
  EXPECT_EQ(heap.config().nursery_bytes_max, uint64_t{16} << 20);
}

TEST_F(CollectorTest, RemovesIndirections) {
  const Value t = thunk(Kind::kThunk, small_nat(1), small_nat(2));
  t.object()->header =
      (t.object()->header & ~Word{0xff}) | static_cast<Word>(Kind::kIndirection);
  t.object()->init(0, list(3));
  Root root(heap_, t);
  minor();
  EXPECT_TRUE(is_row(root.get()));
}

TEST_F(CollectorTest, ReducesASelectorOfAnEvaluatedRow) {
  const Value row = pair(list(5), list(1000));
  Root root(heap_, thunk(Kind::kSelector, row, small_nat(0)));
  minor();
  EXPECT_EQ(length(root.get()), 5u);
  EXPECT_LT(heap_.statistics().survivor_bytes, 1000u);  // the other half is gone
}

TEST_F(CollectorTest, LargeObjectsStayWhereTheyAreAndDieWhenUnreachable) {
  const uint64_t before = heap_.used_bytes();
  {
    Root root(heap_, make_row_zero(heap_, 100'000));
    set_row_element(root.get(), 99'999, list(7));
    const Object* at = root.get().object();
    for (int i = 0; i < 3; ++i) minor();
    EXPECT_EQ(root.get().object(), at);
    EXPECT_EQ(length(row_at(root.get(), 99'999)), 7u);
  }
  major();
  EXPECT_LT(heap_.used_bytes(), before + 100'000);
}

TEST_F(CollectorTest, FindsElementsWrittenToTenuredRows) {
  for (const uint64_t size : {uint64_t{100}, uint64_t{100'000}}) {
    Root root(heap_, make_row_zero(heap_, size));
    for (int i = 0; i < 3; ++i) minor();
    for (uint64_t i = 0; i < 6; ++i) {  // one stays young for a collection, and then no more
      set_row_element(root.get(), i, list(1 + i));
      heap_.remember_element(root.get().object(), i);
      minor();
    }
    for (uint64_t i = 0; i < 6; ++i) EXPECT_EQ(length(row_at(root.get(), i)), 1 + i);
  }
}

TEST_F(CollectorTest, ALargeObjectNobodyHoldsDiesInTheNextMinorCollection) {
  minor();
  const uint64_t before = heap_.used_bytes();
  make_row_zero(heap_, 100'000);
  EXPECT_GT(heap_.used_bytes(), before + 100'000 * sizeof(Word) - 1);
  minor();
  EXPECT_LT(heap_.used_bytes(), before + 100'000);
}

TEST_F(CollectorTest, LargeObjectsMakeACollectionDueBeforeEdenIsFull) {
  std::atomic<Word*> limit = heap_.hp_limit;
  heap_.safepoint_limit = &limit;
  const std::vector<Value> elements(kLargeObjectWords + 1, small_nat(1));
  const uint64_t most =
      2 + kLargeYoungNurseries * heap_.config().nursery_bytes / (elements.size() * sizeof(Word));
  uint64_t made = 0;
  for (; limit != nullptr && made < most; ++made) make_row(heap_, elements);
  EXPECT_EQ(limit, nullptr);
  EXPECT_GT(heap_.hp, heap_.hp_limit);
  EXPECT_GT(made, most / 2);
  minor();
  EXPECT_LT(heap_.hp, heap_.hp_limit);
  heap_.safepoint_limit = nullptr;
}

TEST_F(CollectorTest, FreesPinsThroughTheListsAtTheirHeads) {
  const uint64_t before = heap_.used_bytes();
  Root root(heap_, small_nat(0));
  for (int i = 0; i < 1000; ++i) root.set(make_pin(heap_, pair(root.get(), list(50))));
  major();
  EXPECT_GT(heap_.used_bytes(), before + 1000 * 50 * 24);
  EXPECT_TRUE(is_pin(root.get()));
  root.set(small_nat(0));
  major();
  EXPECT_LT(heap_.used_bytes(), before + 100'000);
}

TEST_F(CollectorTest, APinMovesToTheMemoryOfOneThatWasFreed) {
  const Value first = make_pin(heap_, list(100));
  const Root other(heap_, make_pin(heap_, small_nat(7)));
  major();
  const Value shared = pair(other.get(), make_nat(heap_, UINT64_MAX));
  Value v = shared;
  for (uint64_t i = 1; i < 100; ++i) v = pair(shared, v);
  const Root again(heap_, make_pin(heap_, v));
  ASSERT_EQ(again.get(), first);
  EXPECT_TRUE(equal_normal(pin_item(again.get()), v));
  EXPECT_EQ(length(pin_item(again.get())), 100u);
  for (Value at = pin_item(again.get()); is_row(at); at = row_at(at, 1)) {
    EXPECT_LT(at.word - first.word, pin_region(again.get())->bytes);
  }
  EXPECT_EQ(pin_region(again.get())->refs, std::vector<Region*>{pin_region(other.get())});
  major();
}

TEST_F(CollectorTest, APartOfAPinKeepsThePin) {
  Root root(heap_, small_nat(0));
  root.set(row_at(pin_item(make_pin(heap_, pair(list(9), small_nat(4)))), 0));
  major();
  make_pin(heap_, list(500));  // would take the place of a freed region
  EXPECT_EQ(length(root.get()), 9u);
}

TEST_F(CollectorTest, PinningSharesWhatIsSharedAndLeavesTheSourceAlone) {
  const Value shared = list(100);
  const Value item = pair(shared, shared);
  const Value pin = make_pin(heap_, item);
  EXPECT_EQ(row_at(pin_item(pin), 0), row_at(pin_item(pin), 1));
  EXPECT_EQ(length(shared), 100u);
  EXPECT_TRUE(heap_.is_pinned(row_at(pin_item(pin), 0).object()));
}

TEST_F(CollectorTest, SurvivesALongListWithoutRecursion) {
  Root root(heap_, list(2'000'000));
  minor();
  major();
  EXPECT_EQ(length(root.get()), 2'000'000u);
}

TEST_F(CollectorTest, ACycleHasNoNormalForm) {
  const Value row = make_row_zero(heap_, 2);
  set_row_element(row, 1, row);
  EXPECT_FALSE(check_normal(row));
  EXPECT_FALSE(row.object()->is_normal());
  EXPECT_TRUE(check_normal(list(10)));
}

}  // namespace
}  // namespace plan::gc
