// vm/evaluator_test.cc: how evaluations end, and that nothing but memory bounds their depth.
#include "gc/make.h"
#include "gc/region.h"
#include "gc/text.h"
#include "vm/eval.h"
#include "vm/jets.h"

#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <string>
#include <thread>

namespace plan::vm {
namespace {

/// {1 1 (0 0 1)} applied to anything calls itself for ever, in constant space.
constexpr const char* kSpin = "{'spin' 1 (0 0 1)}";
constexpr const char* kNamedAsAJet = "{'_Add' 2 0}";

class EvaluatorTest : public testing::Test {
 protected:
  static Options options(uint64_t heap_bytes) {
    Options o;
    o.heap.limit_bytes = heap_bytes;
    return o;
  }
  EvaluatorTest() : evaluator_(options(uint64_t{4} << 30)) {}

  Value read(const std::string& text) {
    auto value = gc::read_value_text(evaluator_.heap(), text);
    EXPECT_TRUE(value.has_value()) << text;
    return value.has_value() ? *value : Value{};
  }
  Outcome apply(const std::string& fn, std::initializer_list<Value> args) {
    return evaluator_.apply_normal(read(fn), std::span(args.begin(), args.size()));
  }

  /// What the evaluator takes for the jet.
  Value try_pin() {
    const Value pin = evaluator_.pin(read("{'_Try' 1 0}"));
    gc::pin_region(pin)->jet = static_cast<int16_t>(JetId::kTry);
    return pin;
  }

  Evaluator evaluator_;
};

TEST_F(EvaluatorTest, GivesTheValueOfALaw) {
  const Outcome out = apply("{'second' 2 2}", {small_nat(7), small_nat(8)});
  EXPECT_EQ(out.kind, OutcomeKind::kValue);
  EXPECT_EQ(out.value, small_nat(8));
}

TEST_F(EvaluatorTest, ACrashCarriesOperatorAndForcedValue) {
  const Outcome out = apply("9", {evaluator_.suspend(small_nat(3), std::array{small_nat(4)})});
  EXPECT_EQ(out.kind, OutcomeKind::kCrash);
  EXPECT_EQ(out.op, small_nat(9));
  EXPECT_EQ(out.value, small_nat(5));
}

TEST_F(EvaluatorTest, AThunkThatCrashedCrashesTheSameAgain) {
  gc::Root thunk(evaluator_.heap(), evaluator_.suspend(small_nat(9), std::array{small_nat(4)}));
  for (int i = 0; i < 2; ++i) {
    const Outcome out = evaluator_.whnf(thunk.get());
    EXPECT_EQ(out.kind, OutcomeKind::kCrash);
    EXPECT_EQ(out.op, small_nat(9));
    EXPECT_EQ(out.value, small_nat(4));
  }
}

TEST_F(EvaluatorTest, ALetThatDemandsItselfIsALoop) {
  EXPECT_EQ(apply("{'x' 1 (1 2 2)}", {small_nat(0)}).kind, OutcomeKind::kLoop);
}

/// Evaluates a loop that never ends and never allocates. Calls `begun` when it is about to begin:
/// what is told about is a law that is pinned on the way, with the name of a jet.
Outcome spin(Evaluator& evaluator, Value loop, Value law, JetMatchSink begun, void* context) {
  evaluator.set_match_sink(begun, context);
  const Value pin = evaluator.suspend(small_nat(4), std::array{law});
  const Value zero = small_nat(0);
  // The case of a pin applies `loop` to what is pinned.
  const Outcome out = evaluator.apply(small_nat(1), std::array{loop, zero, zero, zero, pin});
  evaluator.set_match_sink(nullptr, nullptr);
  return out;
}

TEST_F(EvaluatorTest, AnInterruptFromWithinEndsALoopThatNeverAllocates) {
  const Outcome out = spin(
      evaluator_, read(kSpin), read(kNamedAsAJet),
      [](void* evaluator, Value, bool) { static_cast<Evaluator*>(evaluator)->request_interrupt(); },
      &evaluator_);
  EXPECT_EQ(out.kind, OutcomeKind::kInterrupted);
}

TEST_F(EvaluatorTest, AnInterruptFromAnotherThreadEndsALoopThatNeverAllocates) {
  std::latch begun(1);
  std::thread other([&] {
    begun.wait();
    evaluator_.request_interrupt();
  });
  const Outcome out = spin(
      evaluator_, read(kSpin), read(kNamedAsAJet),
      [](void* latch, Value, bool) { static_cast<std::latch*>(latch)->count_down(); }, &begun);
  other.join();
  EXPECT_EQ(out.kind, OutcomeKind::kInterrupted);
}

TEST_F(EvaluatorTest, AnInterruptHoldsUntilItIsCleared) {
  evaluator_.request_interrupt();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(apply(kSpin, {small_nat(1)}).kind, OutcomeKind::kInterrupted);
  }
  evaluator_.clear_interrupt();
  EXPECT_EQ(apply("3", {small_nat(4)}).value, small_nat(5));
}

TEST_F(EvaluatorTest, ATimeLimitEndsALoopThatNeverAllocates) {
  evaluator_.set_time_limit_ns(1);
  EXPECT_EQ(apply(kSpin, {small_nat(1)}).kind, OutcomeKind::kTime);
  evaluator_.set_time_limit_ns(0);
  EXPECT_EQ(apply("3", {small_nat(4)}).value, small_nat(5));
}

TEST_F(EvaluatorTest, AMillionNestedDemandsAreOrdinary) {
  Value v = small_nat(0);
  for (int i = 0; i < 1'000'000; ++i) v = evaluator_.suspend(small_nat(3), std::array{v});
  const Outcome out = evaluator_.whnf(v);
  EXPECT_EQ(out.kind, OutcomeKind::kValue);
  EXPECT_EQ(out.value, small_nat(1'000'000));
}

TEST_F(EvaluatorTest, ANormalFormAMillionDeepIsOrdinary) {
  Value v = small_nat(0);
  for (int i = 0; i < 1'000'000; ++i) {
    const std::array<Value, 2> cell{evaluator_.suspend(small_nat(3), std::array{small_nat(1)}), v};
    v = gc::make_row(evaluator_.heap(), cell);
  }
  const Outcome out = evaluator_.normalise(v);
  ASSERT_EQ(out.kind, OutcomeKind::kValue);
  uint64_t sum = 0;
  for (Value list = out.value; is_row(list); list = row_at(list, 1)) sum += row_at(list, 0).small();
  EXPECT_EQ(sum, 2'000'000u);
}

// Of a function that holds itself a copy is made: here {1 1 1}, which as a value is a bar.
TEST_F(EvaluatorTest, ACopyOfALawIsALawWhateverItIsCalled) {
  const Outcome unused = apply("{7 1 (1 (0 {1 2 2} 2) 1)}", {small_nat(5)});
  EXPECT_EQ(unused.kind, OutcomeKind::kValue);
  EXPECT_EQ(unused.value, small_nat(5));
  EXPECT_EQ(apply("{7 1 (1 (0 {1 2 2} 2) (0 2 1))}", {small_nat(5)}).value, small_nat(5));
}

// More arguments than the stack has room for at first.
TEST_F(EvaluatorTest, TryHandsOnAsManyArgumentsAsThereAre) {
  constexpr uint64_t kMany = 1'000'000;
  std::vector<Value> call(1 + kMany, small_nat(5));
  call[0] = gc::make_law(evaluator_.heap(), small_nat(7), small_nat(kMany + 1), small_nat(1));
  const Value row = gc::make_row(evaluator_.heap(), call);
  const Outcome out = evaluator_.apply_normal(try_pin(), std::array{row});
  ASSERT_EQ(out.kind, OutcomeKind::kValue);
  ASSERT_TRUE(is_row(out.value));
  EXPECT_EQ(row_at(out.value, 0), small_nat(1));
  EXPECT_EQ(closure_size(row_at(out.value, 1)), kMany);
}

TEST_F(EvaluatorTest, TryOfAFunctionAloneIsItsNormalForm) {
  const std::array call{read("{'id' 1 1}")};
  const Value row = gc::make_row(evaluator_.heap(), call);
  const Outcome out = evaluator_.apply_normal(try_pin(), std::array{row});
  ASSERT_EQ(out.kind, OutcomeKind::kValue);
  EXPECT_EQ(row_at(out.value, 0), small_nat(1));
  EXPECT_EQ(row_at(out.value, 1), call[0]);
}

TEST(EvaluatorLimits, TheHeapLimitEndsTheEvaluationAndNotTheProcess) {
  Options small;
  small.heap.limit_bytes = uint64_t{64} << 20;
  Evaluator evaluator(small);
  // Each call waits for the next, on the stack.
  auto grow = gc::read_value_text(evaluator.heap(), "{'grow' 1 (0 3 (0 0 1))}");
  ASSERT_TRUE(grow.has_value());
  gc::Root fn(evaluator.heap(), *grow);
  EXPECT_EQ(evaluator.apply(fn.get(), std::array{small_nat(1)}).kind, OutcomeKind::kMemory);
  EXPECT_EQ(evaluator.apply(small_nat(3), std::array{small_nat(1)}).value, small_nat(2));
}

TEST(EvaluatorLimits, TheStackLimitHasAnOutcomeOfItsOwn) {
  Options small;
  small.heap.limit_bytes = uint64_t{1} << 30;
  small.stack_limit_bytes = uint64_t{4} << 20;
  Evaluator evaluator(small);
  auto grow = gc::read_value_text(evaluator.heap(), "{'grow' 1 (0 3 (0 0 1))}");
  ASSERT_TRUE(grow.has_value());
  EXPECT_EQ(evaluator.apply(*grow, std::array{small_nat(1)}).kind, OutcomeKind::kStack);
}

}  // namespace
}  // namespace plan::vm
