// vm/low_facts_test.cc: what is known of slots, on linear code written by hand.
#include "vm/low_facts.h"

#include <gtest/gtest.h>

namespace plan::vm {
namespace {

constexpr uint32_t kDst = 5;

struct Program {
  LowCode low{{}, 2, 8, 4};

  Program& add(Op op, std::vector<Operand> operands, uint32_t dst = kDst) {
    Instruction i;
    i.op = op;
    i.has_dst = true;
    i.dst = dst;
    i.operands = std::move(operands);
    low.instructions.push_back(std::move(i));
    return *this;
  }
  Program& branch(Op op, std::vector<Operand> operands, uint32_t label) {
    add(op, std::move(operands));
    low.instructions.back().has_dst = false;
    low.instructions.back().label = label;
    return *this;
  }
  Program& bind(uint32_t label) {
    low.instructions.emplace_back();
    low.instructions.back().binds_label = label;
    return *this;
  }
  Program& ret() {
    add(Op::kRet, {slot_operand(0)});
    low.instructions.back().has_dst = false;
    return *this;
  }
  Program& turn(std::vector<Operand> operands) {
    add(Op::kSelfTail, std::move(operands));
    low.instructions.back().has_dst = false;
    return *this;
  }
  std::vector<Facts> facts(uint32_t small = 0) const { return facts_before(low, small); }
};

Operand slot(uint32_t s) { return slot_operand(s); }
Operand nat(uint64_t n) { return constant_operand(small_nat(n)); }

/// The fact of the dst of the one instruction, if slot 0 is small and slot 1 unknown.
uint8_t result_of(Op op, std::vector<Operand> operands) {
  Program p;
  p.add(op, std::move(operands)).ret();
  return p.facts(1).back()[kDst];
}

TEST(LowFacts, AForcedSlotIsEvaluatedAndASmallOneStaysSmall) {
  EXPECT_EQ(result_of(Op::kForce, {slot(1)}), kEvaluated);
  EXPECT_EQ(result_of(Op::kForce, {slot(0)}), kSmall);
}

TEST(LowFacts, DifferenceQuotientAndRemainderAreNotAboveTheFirstOperand) {
  for (const Op op : {Op::kSub, Op::kDiv, Op::kMod}) {
    EXPECT_EQ(result_of(op, {slot(0), slot(1)}), kSmall);
    EXPECT_EQ(result_of(op, {slot(1), slot(0)}), kNat);
  }
  EXPECT_EQ(result_of(Op::kMod, {slot(1), nat(7)}), kSmall);
  EXPECT_EQ(result_of(Op::kMod, {slot(1), nat(0)}), kNat);
  EXPECT_EQ(result_of(Op::kDec, {slot(0)}), kSmall);
}

TEST(LowFacts, SumsAndProductsMayOutgrowAnImmediate) {
  EXPECT_EQ(result_of(Op::kAdd, {slot(0), slot(0)}), kNat);
  EXPECT_EQ(result_of(Op::kMul, {slot(0), slot(0)}), kNat);
  EXPECT_EQ(result_of(Op::kInc, {slot(0)}), kNat);
}

TEST(LowFacts, WhatMayBeSuspendedIsUnknown) {
  EXPECT_EQ(result_of(Op::kLazySub, {slot(0), nat(1)}), kSmall);
  EXPECT_EQ(result_of(Op::kLazySub, {slot(0), slot(1)}), kNothing);
  EXPECT_EQ(result_of(Op::kLazyAdd, {slot(0), nat(1)}), kNothing);
  EXPECT_EQ(result_of(Op::kLazyIdx, {slot(0)}), kNothing);
}

TEST(LowFacts, ATestTeachesOnlyThePathThatFallsThrough) {
  Program p;
  p.branch(Op::kIfLess, {slot(1), slot(0)}, 0).ret().bind(0).ret();
  const std::vector<Facts> facts = p.facts(1);
  EXPECT_EQ(facts[1][1], kSmall);  // below an immediate
  EXPECT_EQ(facts[2][1], kNothing);
}

TEST(LowFacts, ThePathsThatMeetKnowWhatBothKnow) {
  Program p;
  p.branch(Op::kIfZero, {slot(1)}, 0);
  p.add(Op::kMove, {nat(3)}).branch(Op::kJump, {}, 1);
  p.bind(0).add(Op::kForce, {slot(1)});
  p.bind(1).ret();
  const Facts at_end = p.facts().back();
  EXPECT_EQ(at_end[kDst], kEvaluated);
  EXPECT_EQ(at_end[1], kNothing);
}

TEST(LowFacts, AfterAReturnNothingIsReachedWithoutALabel) {
  Program p;
  p.ret().ret();
  EXPECT_TRUE(p.facts()[1].empty());
}

TEST(LowFacts, AnInstructionWithKnownOperandsDoesNotSuspend) {
  const auto suspends_with = [](Op op, std::vector<Operand> operands) {
    Program p;
    p.add(op, std::move(operands));
    return may_suspend(p.low.instructions[0], p.facts(1)[0]);
  };
  EXPECT_FALSE(suspends_with(Op::kForce, {slot(0)}));
  EXPECT_TRUE(suspends_with(Op::kForce, {slot(1)}));
  EXPECT_FALSE(suspends_with(Op::kCompare, {slot(0), slot(1)}));
  EXPECT_TRUE(suspends_with(Op::kCompare, {slot(1), slot(1)}));
  EXPECT_FALSE(suspends_with(Op::kDiv, {slot(0), nat(2)}));
  EXPECT_TRUE(suspends_with(Op::kDiv, {slot(0), nat(0)}));
  EXPECT_TRUE(suspends_with(Op::kMul, {slot(0), nat(2)}));
}

TEST(SmallLoop, WhatIsComputedIsAnImmediate) {
  Program p;
  p.add(Op::kMul, {slot(0), slot(0)}, 2).add(Op::kLazyAdd, {slot(2), slot(1)}, 3);
  p.turn({slot(2), slot(3)});
  const Facts at_end = facts_in_small_loop(p.low, {1, 0}).back();
  EXPECT_EQ(at_end[2], kSmall);
  EXPECT_EQ(at_end[3], kSmall);
  EXPECT_EQ(at_end[1], kSmall);  // an operand, too
}

TEST(SmallLoop, OfTwoUnknownValuesThatAreComparedBothAreImmediates) {
  Program p;
  p.branch(Op::kIfLess, {slot(0), slot(1)}, 0).ret().bind(0).turn({slot(0), slot(1)});
  for (const size_t s : {0u, 1u}) EXPECT_EQ(facts_in_small_loop(p.low, {})[3][s], kSmall);
}

TEST(SmallLoop, ConsistsOfWhatLeadsToTheNextTurn) {
  Program p;
  p.branch(Op::kIfZero, {slot(0)}, 0).add(Op::kInc, {slot(1)}).ret();
  p.bind(0).add(Op::kDec, {slot(0)}, 2).turn({slot(2), slot(1)});
  EXPECT_EQ(small_loop_code(p.low, {3, 0}),
            (std::vector<bool>{true, false, false, true, true, true}));
}

// The rest of the turn, which suspends, is for operands that are no immediates.
TEST(SmallLoop, IsLeftWhereItIsNotCheap) {
  Program p;
  p.add(Op::kIfCheap, {slot(1)}, 2);
  p.low.instructions.back().label = 0;
  p.turn({slot(0), slot(2)}).bind(0).add(Op::kThunk, {slot(1)}, 3).turn({slot(0), slot(3)});
  EXPECT_EQ(small_loop_code(p.low, {1, 0}), (std::vector<bool>{true, true, false, false, false}));
}

TEST(SmallLoop, IsNoneIfATurnMaySuspendOrAllocate) {
  for (const Op op : {Op::kForce, Op::kRow, Op::kThunk, Op::kLazyIdx, Op::kCallKnown}) {
    Program p;
    p.add(op, {slot(1)}, 2).turn({slot(0), slot(2)});
    EXPECT_EQ(small_loop_code(p.low, {1, 0}), std::vector<bool>(2)) << static_cast<int>(op);
  }
  Program p;
  p.add(Op::kForce, {slot(0)}, 2).turn({slot(0), slot(2)});
  EXPECT_EQ(small_loop_code(p.low, {1, 0}), std::vector<bool>(2, true));
}

TEST(SmallLoop, WhatEachTurnForcesAndPassesOnIsEvaluatedAtTheNext) {
  Program same;
  same.add(Op::kForce, {slot(1)}, 1).add(Op::kDec, {slot(0)}, 2).turn({slot(2), slot(1)});
  EXPECT_EQ(loop_parameters(same.low, 1).evaluated, 2u);
  EXPECT_TRUE(small_loop_code(same.low, loop_parameters(same.low, 1))[0]);
  Program other;
  other.add(Op::kForce, {slot(1)}, 1).add(Op::kLazyIdx, {slot(1)}, 2).turn({slot(0), slot(2)});
  EXPECT_EQ(loop_parameters(other.low, 1).evaluated, 0u);
}

}  // namespace
}  // namespace plan::vm
