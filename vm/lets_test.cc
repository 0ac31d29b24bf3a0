// vm/lets_test.cc: what is evaluated how often, and what is captured, when lets meet branches.
#include "vm/ir_test.h"

#include "vm/low_code.h"
#include "vm/ops.h"

namespace plan::vm {
namespace {

void count_trace(void* context, Value, bool) {
  ++*static_cast<uint32_t*>(context);
}

class Lets : public IrTest {
 protected:
  /// How many traces a call of the law prints.
  uint32_t traces(std::string_view law, std::initializer_list<Value> args) {
    uint32_t count = 0;
    gc::Root function(heap_, define("f" + std::to_string(++defined_), law));
    evaluator_.set_trace_sink(count_trace, &count);
    EXPECT_TRUE(evaluator_.apply(function.get(), std::span(args.begin(), args.size())).ok());
    evaluator_.set_trace_sink(nullptr, nullptr);
    return count;
  }

  /// How much each suspended expression of the law's own block captures, as "2 1" for two thunks.
  std::string captures(std::string_view law, bool sinks) {
    std::string text;
    for (const Instruction& i : lowered(law, sinks)) {
      if (i.binds_label != kNoLabel || i.op != Op::kThunk) continue;
      if (!text.empty()) text += ' ';
      text += std::to_string(i.operands.size());
    }
    return text;
  }
  /// Whether the law's own block takes an element out of something.
  bool takes_parts(std::string_view law) {
    for (const Instruction& i : lowered(law, true)) {
      if (i.binds_label == kNoLabel && i.op == Op::kLazyIdx) return true;
    }
    return false;
  }

 private:
  std::vector<Instruction> lowered(std::string_view law, bool sinks) {
    Code code;
    code.ir = read(law);
    code.ir.sinks = sinks;
    code.function = encode("captures", code.ir);
    code.region = gc::law_region(code.function);
    code.entry.code = &code;
    code.entry.is_law = true;
    code.entry.body = code.ir.body;
    for (uint32_t i = 1; i <= code.ir.args; ++i) code.entry.captured.push_back(i);
    return lower_block(machine(), code.entry).instructions;
  }

  uint32_t defined_ = 0;
};

// Evaluating w on the arm evaluates v there, too; after the arms both are used again.
TEST_F(Lets, WhatALetOfAnArmUsesIsEvaluatedOnce) {
  const char* law =
      "law b c { v = (@_Trace 9 3) w = (3 v) (@_Seq (@_Ifz b w c) (@_Add w v)) }";
  EXPECT_EQ(traces(law, {small_nat(0), small_nat(1)}), 1u);
  EXPECT_EQ(traces(law, {small_nat(1), small_nat(1)}), 1u);
}

TEST_F(Lets, EvaluatesALetOnceInAnArmAndAfterTheBranch) {
  constexpr const char* kLaw = "law x { t = (@_Trace 5 1) (@_Seq (@_If x t 3) t) }";
  EXPECT_EQ(traces(kLaw, {small_nat(1)}), 1u);
  EXPECT_EQ(traces(kLaw, {small_nat(0)}), 1u);
}

TEST_F(Lets, EvaluatesALetOnceInAConditionAndAfterIt) {
  constexpr const char* kBoth = "law x { t = (@_Trace 5 x) (@_If (@_And t x) x t) }";
  EXPECT_EQ(traces(kBoth, {small_nat(0)}), 1u);
  EXPECT_EQ(traces(kBoth, {small_nat(1)}), 1u);
}

// The second operand fails: the other path comes from there, or from the first.
TEST_F(Lets, EvaluatesALetOfASecondOperandOnce) {
  constexpr const char* kLaw = "law x { t = (@_Trace 5 0) (@_If (@_And x t) 8 t) }";
  EXPECT_EQ(traces(kLaw, {small_nat(1)}), 1u);
  EXPECT_EQ(traces(kLaw, {small_nat(0)}), 1u);
  constexpr const char* kNot = "law x { t = (@_Trace 5 0) (@_If (@_Not (@_And x t)) t 8) }";
  EXPECT_EQ(traces(kNot, {small_nat(1)}), 1u);
  EXPECT_EQ(traces(kNot, {small_nat(0)}), 1u);
}

// v is evaluated with the second operand; the path that then fails finds it in w.
TEST_F(Lets, EvaluatesWhatALetUsesOnceInASecondOperand) {
  constexpr const char* kInside =
      "law x { v = (@_Trace 5 0) w = (@_Add v x) (@_If (@_And x (@_Seq v 0)) w w) }";
  EXPECT_EQ(traces(kInside, {small_nat(1)}), 1u);
  EXPECT_EQ(traces(kInside, {small_nat(0)}), 1u);
  constexpr const char* kThrough =
      "law x { v = (@_Trace 5 0) w = (@_Mul v 2) (@_If (@_And x w) w v) }";
  EXPECT_EQ(traces(kThrough, {small_nat(1)}), 1u);
  EXPECT_EQ(traces(kThrough, {small_nat(0)}), 1u);
}

TEST_F(Lets, EvaluatesALetOnceInASwitchAndAfterIt) {
  constexpr const char* kLaw = "law x { t = (@_Trace 5 1) (@_Seq (@_Switch x 9 (C3 t 0 t)) t) }";
  for (uint64_t x = 0; x < 4; ++x) EXPECT_EQ(traces(kLaw, {small_nat(x)}), 1u) << x;
}

TEST_F(Lets, BuildsACycleOnceInAnArmAndAfterTheBranch) {
  constexpr const char* kLaw =
      "law x { a = (C2 b 7) b = (@_Trace 5 (C1 a)) (@_Seq (@_If x (@_Idx 0 b) 3) (@_Idx 0 b)) }";
  EXPECT_EQ(traces(kLaw, {small_nat(1)}), 1u);
  EXPECT_EQ(traces(kLaw, {small_nat(0)}), 1u);
}

TEST_F(Lets, NeverEvaluatesALetThatOnlyTheOtherArmUses) {
  constexpr const char* kLaw = "law x { t = (@_Trace 5 1) (@_If x t 3) }";
  EXPECT_EQ(traces(kLaw, {small_nat(0)}), 0u);
}

TEST_F(Lets, SinksALetIntoTheOnlyThunkThatUsesIt) {
  constexpr const char* kLaw = "law x y { t = (y (x x) x) (C1 (y (y t) t)) }";
  EXPECT_EQ(captures(kLaw, false), "2 2");  // t, and the thunk that captures t and y
  EXPECT_EQ(captures(kLaw, true), "2");     // one that captures x and y
  // Not even if it could be a mere application of what is at hand.
  constexpr const char* kAtoms = "law x y { t = (y (x x) x) (C1 (y t t)) }";
  EXPECT_EQ(captures(kAtoms, false), "2");
  EXPECT_EQ(captures(kAtoms, true), "2");
}

TEST_F(Lets, KeepsALetOutsideThatTwoThunksUse) {
  constexpr const char* kLaw = "law x y { t = (y (x x) x) (C2 (y (y t) t) (y (x t) t)) }";
  EXPECT_EQ(captures(kLaw, true), "2 2 3");
}

TEST_F(Lets, SinksACycleWithAllItsMembers) {
  constexpr const char* kLaw = "law x y { a = (y b x) b = (y a x) (C1 (y (y a) b)) }";
  EXPECT_EQ(captures(kLaw, true), "2");
  constexpr const char* kShared = "law x y { a = (y b x) b = (y a x) (C2 a (y (y b) b)) }";
  EXPECT_EQ(captures(kShared, true), "3 3 2");
}

// A thunk that took the element out later would keep all the others alive.
TEST_F(Lets, TakesAnElementOutBeforeSuspendingItsUse) {
  constexpr const char* kLaw = "law x y { t = (@_Idx 0 x) (C1 (y (y t) t)) }";
  EXPECT_TRUE(takes_parts(kLaw));
  constexpr const char* kLater = "law x y { t = (@_Idx 0 (y x)) (C1 (y (y t) t)) }";
  EXPECT_FALSE(takes_parts(kLater));
}

}  // namespace
}  // namespace plan::vm
