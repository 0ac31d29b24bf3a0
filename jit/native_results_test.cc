// jit/native_results_test.cc: elements in registers, see Note [Elements in registers] in
// jit/codegen.h.
#include "gc/heap.h"
#include "jit/native_tier.h"
#include "value/order.h"
#include "vm/ir_test.h"

#include <array>

namespace plan::jit {
namespace {

constexpr uint64_t kTurns = 1000;

vm::Options native_options(bool stress) {
  vm::Options o;
  o.heap.stress = stress;
  o.tier = vm::TierMode::kNative;
  o.jit_budget_percent = 0;
  // Nothing that would do without the call.
  o.passes = vm::PassSet::none();
  o.passes.add(vm::Pass::kResults);
  return o;
}

class NativeResults : public vm::IrTest {
 protected:
  explicit NativeResults(bool stress = false) : vm::IrTest(native_options(stress)) {
    NativeOptions native;
    native.compiler.quick = true;
    attach_native_tier(evaluator_, native);
  }

  Value run(std::string_view name, std::initializer_list<Value> args) {
    const vm::Outcome out =
        evaluator_.apply_normal(*names_.find(name), std::span(args.begin(), args.size()));
    EXPECT_TRUE(out.ok());
    EXPECT_EQ(machine().tier_statistics.failures, 0u);
    return out.ok() ? out.value : Value{};
  }

  /// Words that a loop allocates which takes a pair apart in each turn.
  uint64_t words_of_loop() {
    define("pair", "law a b { (C2 a b) }");
    define("loop",
           "law n sum { r = (@pair n sum) s = (@_Add (@_Idx 0 r) (@_Idx 1 r))"
           " (@_Ifz n sum (@_Seq s (self (@_Dec n) s))) }");
    run("loop", {small_nat(1), small_nat(0)});
    const Word* before = heap_.hp;
    EXPECT_EQ(run("loop", {small_nat(kTurns), small_nat(0)}),
              small_nat(kTurns * (kTurns + 1) / 2));
    return static_cast<uint64_t>(heap_.hp - before);
  }
};

TEST_F(NativeResults, APairThatIsTakenApartAtOnceIsNotMade) {
  EXPECT_LT(words_of_loop(), kTurns);
}

TEST_F(NativeResults, WithoutThePassItIs) {
  machine().options.passes = vm::PassSet::none();
  EXPECT_GE(words_of_loop(), 3 * kTurns);
}

/// Takes apart what a function gives, in both ways in which a call can come back.
TEST_F(NativeResults, WhateverIsReturnedIsTakenApartAsARowWouldBe) {
  define("apart",
         "law f x { r = (f x) k = (@_IsNat r) a = (@_Idx 0 r) b = (@_Idx 1 r)"
         " (@_Seq k (@_Seq a (C3 b a k))) }");
  define("add", "law a b { (@_Add a b) }");
  struct {
    const char* function;
    const char* expected;
  } const cases[] = {
      {"law a { (C2 7 a) }", "[0 5 7]"},
      {"law a { (C3 8 7 a) }", "[0 5 7]"},
      {"law a { (C1 a) }", "[0 5 0]"},
      {"law a { (C7 1 2 3 4 5 6 a) }", "[0 5 6]"},
      {"law a { [3 4] }", "[0 3 4]"},
      {"law a { [] }", "[0 0 0]"},
      {"law a { 9 }", "[1 0 0]"},
      {"law a { (@_Add a 1) }", "[1 0 0]"},
      {"law a { (@add a) }", "[0 5 0]"},
      {"law a { (@_If a (C2 7 a) 0) }", "[0 5 7]"},
      {"law a { r = (C2 7 a) (@_Seq a r) }", "[0 5 7]"},
      {"law a { (@_If a (self 0) (C2 1 2)) }", "[0 2 1]"},
  };
  for (size_t k = 0; k < std::size(cases); ++k) {
    const std::string name = "f" + std::to_string(k);
    define(name, cases[k].function);
    const gc::Root seen(heap_, run("apart", {*names_.find(name), small_nat(5)}));
    EXPECT_TRUE(equal_normal(seen.get(), value(cases[k].expected))) << cases[k].function;
  }
}

TEST_F(NativeResults, SixElementsFitIntoRegisters) {
  define("six", "law a { (C6 a 1 2 3 4 5) }");
  define("ends",
         "law x { r = (@six x) a = (@_Idx 0 r) b = (@_Idx 5 r) c = (@_Idx 3 r)"
         " (@_Seq a (C3 c b a)) }");
  const gc::Root seen(heap_, run("ends", {small_nat(9)}));
  EXPECT_TRUE(equal_normal(seen.get(), value("[5 9 2]")));
}

/// A frame of each turn waits for elements, and for what it needs besides.
constexpr const char* kDeep =
    "law n x { r = (self (@_Dec n) x) s = (@_Add n (@_Idx 0 r)) y = (@_Idx 1 r)"
    " (@_Ifz n (C2 (C1 x) 0) (@_Seq s (C2 (C2 x y) s))) }";

TEST_F(NativeResults, FramesThatTheCollectorHasSeenGetElements) {
  define("deep", kDeep);
  define("total", "law n x { r = (@deep n x) (@_Idx 0 r) }");
  constexpr uint64_t kDepth = 300'000;  // some collections, which leave marks on the stack
  EXPECT_EQ(run("total", {small_nat(kDepth), small_nat(8)}),
            small_nat(kDepth * (kDepth + 1) / 2));
}

class StressedNativeResults : public NativeResults {
 protected:
  StressedNativeResults() : NativeResults(true) {}
};

TEST_F(StressedNativeResults, ElementsOutliveASafepoint) {
  define("deep", kDeep);
  const gc::Root seen(heap_, run("deep", {small_nat(3), small_nat(8)}));
  EXPECT_TRUE(equal_normal(seen.get(), value("[6 [[[[8] 8] 8] 8]]")));
}

}  // namespace
}  // namespace plan::jit
