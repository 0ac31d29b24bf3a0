// jit/templates_test.cc: what runs from templates ends, crashes and is interrupted as what is
// interpreted, and changes over to the tiers before and behind it.
#include "jit/templates.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <thread>

#include "gc/make.h"
#include "jit/tier_test.h"
#include "value/object.h"

namespace plan::jit {
namespace {

class TemplatesTest : public TierTest {
 protected:
  static vm::Options options(vm::TierMode tier = vm::TierMode::kTemplate) {
    vm::Options o;
    o.heap.limit_bytes = uint64_t{1} << 30;
    o.tier = tier;
    return o;
  }
  void make(const vm::Options& o) { TierTest::make(o, {}); }
  void SetUp() override {
    if (!kNativeBuilt) GTEST_SKIP() << "this build has no native code";
    make(options());
  }
  void TearDown() override {
    if (evaluator_ == nullptr) return;
    // No test here means anything if the interpreter did the work.
    EXPECT_GT(statistics().translated, 0u);
  }

  /// The block that a law runs.
  const vm::Block& block_of(Value law) {
    return *static_cast<const vm::Block*>(vm::function_info(machine(), law)->code);
  }
};

TEST_F(TemplatesTest, ALawIsTranslatedAtItsFirstEntry) {
  const Value law = read("{'second' 2 (0 3 2)}");
  const gc::Root root(evaluator_->heap(), law);
  const std::array args{small_nat(7), small_nat(8)};
  EXPECT_EQ(evaluator_->apply_normal(law, args).value, small_nat(9));
  const vm::Block& block = block_of(law);
  EXPECT_NE(block.translation, nullptr);
  EXPECT_EQ(vm::function_info(machine(), law)->entry, block.translation_entry);
}

TEST_F(TemplatesTest, AMillionFramesAreOrdinary) {
  EXPECT_EQ(apply(kCount, {small_nat(1'000'000)}).value, small_nat(1'000'000));
}

TEST_F(TemplatesTest, ACrashCarriesOperatorAndValue) {
  const vm::Outcome out = apply("{'die' 1 (0 9 (0 3 1))}", {small_nat(4)});
  EXPECT_EQ(out.kind, vm::OutcomeKind::kCrash);
  EXPECT_EQ(out.op, small_nat(9));
  EXPECT_EQ(out.value, small_nat(5));
}

TEST_F(TemplatesTest, ALetThatDemandsItselfIsALoop) {
  EXPECT_EQ(apply("{'x' 1 (1 2 2)}", {small_nat(0)}).kind, vm::OutcomeKind::kLoop);
}

TEST_F(TemplatesTest, AHeapLimitEndsTheEvaluationOnly) {
  vm::Options o = options();
  o.heap.limit_bytes = uint64_t{64} << 20;
  make(o);
  EXPECT_EQ(apply(kGrow, {small_nat(1)}).kind, vm::OutcomeKind::kMemory);
  EXPECT_EQ(apply("3", {small_nat(1)}).value, small_nat(2));
}

TEST_F(TemplatesTest, AStackLimitHasItsOwnOutcome) {
  vm::Options o = options();
  o.stack_limit_bytes = uint64_t{4} << 20;
  make(o);
  EXPECT_EQ(apply(kGrow, {small_nat(1)}).kind, vm::OutcomeKind::kStack);
}

TEST_F(TemplatesTest, ATimeLimitEndsALoopThatNeverAllocates) {
  evaluator_->set_time_limit_ns(1);
  EXPECT_EQ(apply(kSpin, {small_nat(1)}).kind, vm::OutcomeKind::kTime);
  evaluator_->set_time_limit_ns(0);
  EXPECT_EQ(apply("3", {small_nat(4)}).value, small_nat(5));
}

TEST_F(TemplatesTest, AnInterruptEndsALoopThatNeverAllocates) {
  const Value loop = read(kSpin);
  std::thread other([&] {
    while (!evaluator_->machine().stack_limit.load()) std::this_thread::yield();
    evaluator_->request_interrupt();
  });
  EXPECT_EQ(evaluator_->apply(loop, std::array{small_nat(1)}).kind, vm::OutcomeKind::kInterrupted);
  other.join();
}

TEST_F(TemplatesTest, MemoryOfCollectedLawsIsUsedAgain) {
  vm::Options o = options();
  o.heap.stress = true;
  make(o);
  std::set<const char*> places;
  for (uint64_t i = 0; i < 300; ++i) {
    const Value law = read("{" + std::to_string(i) + " 1 (0 3 (0 3 1))}");
    const gc::Root root(evaluator_->heap(), law);
    EXPECT_EQ(evaluator_->apply_normal(law, std::array{small_nat(i)}).value, small_nat(i + 2));
    places.insert(block_of(law).translation);
  }
  EXPECT_LT(places.size(), 300u);
}

// The interpreter's loop, the template's, and that of the optimised law are each left while they
// run.
TEST_F(TemplatesTest, ALoopGoesThroughAllTiersWhileItRuns) {
  vm::Options o = options(vm::TierMode::kMixed);
  o.jit_budget_percent = 0;
  make(o);
  struct Seen {
    vm::Evaluator& evaluator;
    vm::TierFailure failure = vm::TierFailure::kCompiler;
  } seen{*evaluator_};
  machine().tier_context = &seen;
  machine().tier_sink = [](void* context, const vm::TierEvent& event) {
    static_cast<Seen*>(context)->failure = event.failure;
    static_cast<Seen*>(context)->evaluator.request_interrupt();
  };
  const Value loop = read(kSpin);
  EXPECT_EQ(evaluator_->apply(loop, std::array{small_nat(1)}).kind, vm::OutcomeKind::kInterrupted);
  EXPECT_EQ(seen.failure, vm::TierFailure::kNone);
  EXPECT_EQ(statistics().laws, 1u);
}

TEST_F(TemplatesTest, AHotLawRunsItsOptimisedBytecode) {
  vm::Options o = options(vm::TierMode::kMixed);
  o.jit_threshold = 1'000'000'000;  // never by LLVM
  make(o);
  const Value law = read(kCount);
  const gc::Root root(evaluator_->heap(), law);
  const vm::Block* before = &block_of(law);
  EXPECT_EQ(evaluator_->apply_normal(law, std::array{small_nat(10'000)}).value, small_nat(10'000));
  const vm::Block& after = block_of(law);
  EXPECT_NE(&after, before);
  EXPECT_TRUE(after.code->optimise);
  EXPECT_EQ(vm::function_info(machine(), law)->entry, after.translation_entry);
  EXPECT_EQ(statistics().laws, 0u);
}

}  // namespace
}  // namespace plan::jit
