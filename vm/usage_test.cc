// vm/usage_test.cc: which thunks the analysis takes for entered once, and that they are then
// entered, and seen, as any other.
//
// Usages are written as parameters from 1.
#include "vm/usage.h"

#include "vm/ir_test.h"
#include "vm/low_code.h"
#include "vm/low_text.h"

#include <algorithm>
#include <array>
#include <string>

namespace plan::vm {
namespace {

class UsageTest : public IrTest {
 protected:
  explicit UsageTest(const Options& options = Options{}) : IrTest(options) {
    define("unknown", "law f x { (f x) }");
    define("once", "law x { (@_Add x 1) }");
    define("maybe", "law c x { (@_If c x 0) }");
    define("often", "law x { (C2 x x) }");
  }

  /// The parameters that a law of this text enters once at most.
  std::string usage(std::string_view text) {
    return usage_of_name_with_arity(define(fresh_name(), text), read(text).args);
  }
  std::string usage_of_name_with_arity(Value function, uint32_t arity) {
    const uint64_t once = usage_of(machine(), function);
    std::string list;
    for (uint32_t p = 0; p < std::min(arity, kUsageMax); ++p) {
      if ((once >> p & 1) != 0) list += (list.empty() ? "" : " ") + std::to_string(p + 1);
    }
    return list;
  }
  std::string fresh_name() { return "test" + std::to_string(++tests_); }

  /// Of each let, in order: whether its thunk is entered once at most.
  std::string lets(std::string_view text) {
    const Value pin = define(fresh_name(), text);
    Law law = read(text);
    find_single_entries(machine(), law, pin);
    std::string bits;
    for (size_t i = 1 + law.args; i < law.once.size(); ++i) bits += law.once[i] ? '1' : '-';
    return bits;
  }

 private:
  int tests_ = 0;
};

// --- Straight code.

TEST_F(UsageTest, AParameterThatIsReturnedIsEnteredOnce) {
  EXPECT_EQ(usage("law x y { y }"), "1 2");
}

TEST_F(UsageTest, WhatIsEvaluatedInItsSlotIsNotEnteredAgain) {
  EXPECT_EQ(usage("law x y { (@_Add x (@_Add y x)) }"), "1 2");
  EXPECT_EQ(usage("law x y { (@_Seq x (@_If (@_Lth x y) (@_Sub y x) x)) }"), "1 2");
}

TEST_F(UsageTest, WhatGoesIntoARowOrAClosureIsEnteredOften) {
  EXPECT_EQ(usage("law x y { (C2 x 1) }"), "2");
  EXPECT_EQ(usage("law x y { (@maybe x) }"), "2");
}

TEST_F(UsageTest, WhatIsSuspendedInARowIsEvaluatedOnce) {
  EXPECT_EQ(usage("law x y { (C2 (@_Add x y) 1) }"), "1 2");
}

TEST_F(UsageTest, AnUnknownFunctionIsEnteredOnceAndItsArgumentsOften) {
  EXPECT_EQ(usage("law f x { (f x) }"), "1");
  EXPECT_EQ(usage("law f x { (f (@_Add x 1)) }"), "1 2");
  EXPECT_EQ(usage("law f x { (@_Add (f 1) (f 2)) }"), "2");
}

TEST_F(UsageTest, ArgumentsBeyondTheArityGoToAnUnknownFunction) {
  EXPECT_EQ(usage("law x y { (@once x y) }"), "1");
}

TEST_F(UsageTest, TwoThunksThatCaptureAParameterEnterItTwice) {
  EXPECT_EQ(usage("law x { (C2 (@_Add x 1) (@_Add x 2)) }"), "");
  EXPECT_EQ(usage("law x { (C2 (@_Add x x) 0) }"), "");  // it may have two fields for x
}

TEST_F(UsageTest, AThunkBuiltAfterTheEvaluationCapturesAValue) {
  EXPECT_EQ(usage("law x { (@_Seq x (C2 (@_Add x 1) (@_Add x 2))) }"), "1");
  EXPECT_EQ(usage("law x { (@_Seq x (C2 x x)) }"), "1");
}

TEST_F(UsageTest, AThunkBuiltBeforeTheEvaluationIsEnteredApart) {
  EXPECT_EQ(usage("law x { (@_Seq (@unknown 1 (@_Add x 1)) x) }"), "");
}

// --- Lets.

TEST_F(UsageTest, ALetCapturesWhatIsEvaluatedWhenItIsFirstUsed) {
  EXPECT_EQ(usage("law x y { v = (@_Add x 1) (@_Seq x (@maybe y v)) }"), "1 2");
  EXPECT_EQ(usage("law x y { v = (@_Add x 1) (@_Seq (@maybe y v) x) }"), "2");
  EXPECT_EQ(usage("law x y { u = (@_Add x 1) v = (@_Mul u 2) (@_Seq x (@maybe y v)) }"), "1 2");
}

TEST_F(UsageTest, ALetOfASuspendedExpressionMayBeBuiltBeforeThatRuns) {
  EXPECT_EQ(usage("law x y { v = (@_Add x 1) (C1 (@_Seq x (@maybe y v))) }"), "2");
  EXPECT_EQ(usage("law x y { v = (@_Add x 1) (@_Seq x (C1 (@_Seq x (@maybe y v)))) }"), "1 2");
}

TEST_F(UsageTest, ALetOfTheSecondOperandOfAndMayBeBuiltBeforeTheFirst) {
  EXPECT_EQ(usage("law x y { v = (@_Add x 1) (@_If (@_And x (@_Lth v y)) v 0) }"), "2");
  EXPECT_EQ(usage("law x y { v = (@_Add x 1) (@_If x (@_If (@_Lth v y) v 0) 0) }"), "1 2");
}

TEST_F(UsageTest, VeryManyLetsMayBeBuiltBeforeAnythingElse) {
  const auto law = [](int count) {
    std::string text = "law x { v0 = (@_Add x 1)";
    for (int i = 1; i < count; ++i) {
      text += " v" + std::to_string(i) + " = (@_Dec v" + std::to_string(i - 1) + ")";
    }
    return text + " (@_Seq x v" + std::to_string(count - 1) + ") }";
  };
  EXPECT_EQ(usage(law(40)), "1");
  EXPECT_EQ(usage(law(80)), "");
}

TEST_F(UsageTest, ALetIsEvaluatedOnceHoweverOftenItIsUsed) {
  const char* law = "law x { v = (@unknown 1 (@_Add x 1)) (C2 v v) }";
  EXPECT_EQ(usage(law), "1");
  EXPECT_EQ(lets(law), "-");
}

TEST_F(UsageTest, ALetThatOnlyNamesAParameterIsThatParameter) {
  EXPECT_EQ(usage("law x y { v = x (@_Add v y) }"), "2");
}

TEST_F(UsageTest, ALetThatIsHandedOnOnceIsEnteredOnce) {
  EXPECT_EQ(lets("law c x { v = (@unknown x 1) (@maybe c v) }"), "1");
  EXPECT_EQ(lets("law c x { v = (@unknown x 1) (C1 v) }"), "-");
  EXPECT_EQ(lets("law c x { v = (@unknown x 1) (@_Add (@maybe c v) (@maybe c v)) }"), "-");
}

TEST_F(UsageTest, LetsInCyclesAndWhatTheyUseAreEnteredOften) {
  EXPECT_EQ(lets("law x { v = (@unknown w x) w = (@unknown v 1) u = (@unknown x 2)"
                 " (@maybe u v) }"),
            "--1");
  EXPECT_EQ(usage("law x y { v = (@unknown v x) (@maybe y v) }"), "");
}

// --- Branches.

TEST_F(UsageTest, OfBranchesTheOneThatEntersMostCounts) {
  EXPECT_EQ(usage("law c x y { (@_If c (@once x) (@maybe x (@_Add y 1))) }"), "1 2 3");
  EXPECT_EQ(usage("law c x { (@_If c (C1 x) x) }"), "1");
  EXPECT_EQ(usage("law c x { (@_Add (@_If c (@once x) 0) (@once x)) }"), "1");
}

TEST_F(UsageTest, WhatOneArmEvaluatesIsNotEvaluatedAfterwards) {
  EXPECT_EQ(usage("law c x { (@_Add (@once x) (@_If c x 0)) }"), "1");
  EXPECT_EQ(usage("law c x { (@_Add (@once x) (@_Add x 0)) }"), "1 2");
}

TEST_F(UsageTest, ASwitchHasAnArmForEachElementOfALiteralRow) {
  EXPECT_EQ(usage("law k x y { (@_Switch k (@once x) (C2 (@once y) (@once x))) }"), "1 2 3");
  EXPECT_EQ(usage("law k x y { (@_Switch k x y) }"), "1 3");
  EXPECT_EQ(usage("law k x { (@tabSwitch k x (%[1 2] (C2 (@once x) 0))) }"), "1 2");
  EXPECT_EQ(usage("law k x { (@tabSwitch k x (%[] [])) }"), "");
}

TEST_F(UsageTest, ALazyConditionalOfAtomsHasAFieldForEach) {
  EXPECT_EQ(usage("law c x { (C1 (@_If c x x)) }"), "1");
  EXPECT_EQ(usage("law c x { (C1 (@_If c (@once x) x)) }"), "1 2");
}

// --- Jets.

TEST_F(UsageTest, AJetInCppLooksAgainAtWhatIsNotEvaluatedBefore) {
  EXPECT_EQ(usage("law x y { (@_Trace x y) }"), "1");
  EXPECT_EQ(usage("law x y { (@_Try x y) }"), "");
  EXPECT_EQ(usage("law x y { (C1 (@_Trace x y)) }"), "");
  EXPECT_EQ(usage("law x y { (@_Idx x y) }"), "2");
  EXPECT_EQ(usage("law x y { (@_Idx 3 y) }"), "1 2");
  EXPECT_EQ(usage("law x y { (C1 (@_Get y 3)) }"), "1 2");
}

TEST_F(UsageTest, IncrementEvaluatesInPlaceUnlessItIsSuspended) {
  EXPECT_EQ(usage("law x { (3 x) }"), "1");
  EXPECT_EQ(usage("law x { (C1 (3 x)) }"), "");
}

TEST_F(UsageTest, EveryOperationThatIsCodeEntersEachOperandOnce) {
  EXPECT_EQ(usage("law x y { (C1 (@_If x y (C1 (@_Eql 1 2)))) }"), "1 2");
  EXPECT_EQ(usage_of_name_with_arity(*names_.find("_Mul"), 2), "1 2");
}

// --- Calls.

TEST_F(UsageTest, ACalleeDecidesForItsArguments) {
  EXPECT_EQ(usage("law x y { (@_Add (@once x) (@_Idx 0 (@often y))) }"), "1");
  EXPECT_EQ(usage("law x y z { (@maybe (@once x) (@maybe y z)) }"), "1 2 3");
}

TEST_F(UsageTest, ALoopIsTheGreatestFixpoint) {
  EXPECT_EQ(usage("law n x { (@_Ifz n x (self (@_Dec n) x)) }"), "1 2");
  EXPECT_EQ(usage("law n x y { (@_Ifz n x (self (@_Dec n) y x)) }"), "1 2 3");
  EXPECT_EQ(usage("law n x { (@_Ifz n x (self (@_Dec n) (@_Add x n))) }"), "1 2");
}

TEST_F(UsageTest, ALoopLosesWhatOneTurnHandsOnTwice) {
  // y becomes x, which goes into a row at the end; n is evaluated by then.
  EXPECT_EQ(usage("law n x y { (@_Ifz n (C1 x) (self (@_Dec n) y 0)) }"), "1");
  EXPECT_EQ(usage("law n x { (@_Ifz n x (self (@_Dec n) (self 0 (@_Add (@once x) x)))) }"), "1");
}

TEST_F(UsageTest, ALawThatIsPassedOnKeepsItsPromiseToKnownCallers) {
  EXPECT_EQ(usage("law n x { (@_Ifz n x (@unknown (self 1) x)) }"), "1");
}

// --- Other forms of the law.

TEST_F(UsageTest, WhatAnotherFormDoesNotKeepIsPromisedAllTheSame) {
  const Value pin = define("test", "law x y z { (@_Add x (@_Add y z)) }");
  EXPECT_TRUE(is_entered_once(machine(), pin, 1));
  EXPECT_FALSE(is_entered_once(machine(), pin, 3));
  Law form = read("law x y z { (C2 x (C1 y)) }");
  find_single_entries(machine(), form, pin);
  EXPECT_EQ(form.once, std::vector<bool>({true, false, false, true}));
  EXPECT_EQ(usage_of(machine(), pin), 0b111u);
}

TEST_F(UsageTest, AFormThatCallsItselfCountsOnWhatWasPromised) {
  const Value pin = define("test", "law n x y { (@_Ifz n x (self (@_Dec n) y x)) }");
  Law form = read("law n x y { (@_Ifz n (C1 x) (self (@_Dec n) y 0)) }");
  find_single_entries(machine(), form, pin);
  EXPECT_EQ(form.once, std::vector<bool>({true, true, false, true}));
}

TEST_F(UsageTest, AThunkThatIsHandedOnReliesOnTheCallee) {
  define("callee", "law x y z { (@_Add x (@_Add y z)) }");
  const Value caller = define("caller", "law x y { (@_Seq y (@callee x y 3)) }");
  EXPECT_EQ(usage_of(machine(), caller), 0b11u);
  const std::vector<Reliance>& relies_on = machine().summaries.of(caller).usage->relies_on;
  ASSERT_EQ(relies_on.size(), 1u);
  EXPECT_EQ(relies_on[0].parameters, 0b001u);
  const Value lazy = define("lazy", "law x y { (C1 (@_Add x y)) }");
  EXPECT_EQ(usage_of(machine(), lazy), 0b11u);
  EXPECT_TRUE(machine().summaries.of(lazy).usage->relies_on.empty());
}

// --- Limits.

TEST_F(UsageTest, ParametersHaveALimit) {
  std::string parameters;
  for (uint32_t i = 0; i < kUsageMax; ++i) parameters += " p" + std::to_string(i);
  EXPECT_FALSE(usage("law" + parameters + " { p0 }").empty());
  EXPECT_EQ(usage("law" + parameters + " q { p0 }"), "");
}

TEST_F(UsageTest, DeepBodiesHaveALimit) {
  std::string text = "x";
  for (int i = 0; i < 40; ++i) text = "(@_Dec " + text + ")";
  EXPECT_EQ(usage("law x { " + text + " }"), "1");
  for (int i = 0; i < 40; ++i) text = "(@_Dec " + text + ")";
  EXPECT_EQ(usage("law x { " + text + " }"), "");
}

TEST_F(UsageTest, ChainsOfLawsHaveALimitAndTheirAnswerStays) {
  define("f0", "law x { (3 x) }");
  for (int i = 1; i < 40; ++i) {
    define("f" + std::to_string(i), "law x { (@f" + std::to_string(i - 1) + " x) }");
  }
  EXPECT_EQ(usage_of_name_with_arity(*names_.find("f5"), 1), "1");
  EXPECT_EQ(usage_of_name_with_arity(*names_.find("f39"), 1), "");
  EXPECT_EQ(usage_of_name_with_arity(*names_.find("f30"), 1), "");
  EXPECT_EQ(usage_of_name_with_arity(*names_.find("f12"), 1), "1");
  EXPECT_EQ(usage_of_name_with_arity(*names_.find("f39"), 1), "");
}

TEST_F(UsageTest, BranchesThatShareLetsEndInTime) {
  std::string text = "law x y { v0 = (@_If x y 1)";
  for (int i = 1; i < 200; ++i) {
    const std::string before = " v" + std::to_string(i - 1);
    text += " v" + std::to_string(i) + " = (@_If x" + before + before + ")";
  }
  EXPECT_EQ(usage(text + " v199 }"), "");
}

TEST_F(UsageTest, LargeLawsAreNotAnalysed) {
  Value body = small_nat(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::array<Value, 2> parts = {small_nat(3), body};
    body = gc::make_partial(heap_, small_nat(0), parts);
  }
  const Value law = gc::make_law(heap_, small_nat(5), small_nat(1), body);
  EXPECT_EQ(usage_of(machine(), law), 0u);
}

TEST_F(UsageTest, TheAnswerIsForgottenWithTheRegion) {
  const Value pin = define("gone", "law x y { (@_Add x y) }");
  EXPECT_EQ(usage_of(machine(), pin), 3u);
  EXPECT_TRUE(machine().summaries.of(pin).usage.has_value());
  release_region_code(&machine(), gc::pin_region(pin));
  EXPECT_FALSE(machine().summaries.knows(pin));
}

// --- Code made by it.

Options optimised_options() {
  Options o;
  o.optimise_always = true;
  o.passes = PassSet::none();
  o.passes.add(Pass::kOnce);
  return o;
}

/// Laws run optimised, with no other pass, unless a test adds it.
class SingleEntry : public UsageTest {
 protected:
  explicit SingleEntry(const Options& options = optimised_options()) : UsageTest(options) {}

  std::string lowered(std::string_view text) {
    auto* block = static_cast<Block*>(function_info(machine(), define(fresh_name(), text))->code);
    decode_block(machine(), *block);
    return print_low_code(lower_block(machine(), *block), names_);
  }
  Outcome run(std::string_view text, std::initializer_list<Value> args) {
    return evaluator_.apply(define(fresh_name(), text), std::span(args.begin(), args.size()));
  }
};

TEST_F(SingleEntry, AnArgumentThatTheCalleeEntersOnceIsNotUpdated) {
  EXPECT_NE(lowered("law f x { (@maybe x (f x)) }").find("thunk once {(a1 a2)} s0 s1\n"),
            std::string::npos);
  EXPECT_EQ(lowered("law f x { (@often (f x)) }").find("thunk once"), std::string::npos);
}

TEST_F(SingleEntry, ALetThatIsUsedOnceIsNotUpdated) {
  EXPECT_NE(lowered("law f x { v = (f x) (@maybe x v) }").find("thunk once {(a1 a2)} s0 s1\n"),
            std::string::npos);
  EXPECT_EQ(lowered("law f x { v = (f x) (C2 (@maybe x v) v) }").find("thunk once"),
            std::string::npos);
}

TEST_F(SingleEntry, OneExpressionMayBeBuiltBothWays) {
  const std::string text =
      lowered("law f x { v = (f x) (@_If x (@_Add (@maybe 1 (f 1)) (@often (f 1))) v) }");
  EXPECT_NE(text.find("thunk once {(a1 1)}"), std::string::npos) << text;
  EXPECT_NE(text.find("apply_thunk s0 1"), std::string::npos) << text;
}

TEST_F(SingleEntry, ArgumentsBeyondTheArityAreUpdated) {
  EXPECT_EQ(lowered("law f x { (@once 1 (f x)) }").find("thunk once"), std::string::npos);
}

TEST_F(SingleEntry, WithoutThePassEverythingIsUpdated) {
  machine().options.passes = PassSet::none();
  EXPECT_EQ(lowered("law f x { v = (f x) (@maybe x v) }").find("thunk once"), std::string::npos);
}

// In this form x is captured by v before it is evaluated, and then entered in its slot.
TEST_F(SingleEntry, AFormThatEntersMoreThanWasPromisedUpdatesForItself) {
  const char* law = "law x y { (@_Seq (@_Idx 0 x) (@_Seq x (C1 (@_Idx 0 x)))) }";
  const Value pin = define(fresh_name(), law);
  EXPECT_EQ(usage_of(machine(), pin), 3u);
  auto* block = static_cast<Block*>(function_info(machine(), pin)->code);
  decode_block(machine(), *block);
  block->code->ir.once[1] = false;
  const std::string text = print_low_code(lower_block(machine(), *block), names_);
  EXPECT_EQ(text.find("block of 2, "), 0u) << text;
  EXPECT_NE(text.find("slots\n  s2 = thunk {a1} s0\n  s2 = force s2\n"), std::string::npos)
      << text;
  EXPECT_EQ(text, print_low_code(lower_block(machine(), *block), names_));
}

TEST_F(SingleEntry, MayBeGivenToAFormThatEntersItMoreOften) {
  ASSERT_EQ(usage("law x { (C2 x x) }"), "");
  const Value callee = define("callee", "law x { (C2 x x) }");
  machine().summaries.set_usage(callee, Usage{.once = 1, .relies_on = {}}, true);
  const Outcome out = run("law f x { (@callee (f x)) }", {*names_.find("once"), small_nat(3)});
  ASSERT_TRUE(out.ok());
  gc::Root row(heap_, out.value);
  EXPECT_EQ(evaluator_.whnf(row_at(row.get(), 0)).value, small_nat(4));
  EXPECT_EQ(evaluator_.whnf(row_at(row.get(), 1)).value, small_nat(4));
}

TEST_F(SingleEntry, IsEnteredWithoutAnUpdateFrame) {
  // A chain of a million thunks, each waiting for the next at the end of its code: with update
  // frames that would take room on the stack.
  machine().options.stack_limit_bytes = uint64_t{2} << 20;
  define("id", "law x { x }");
  define("chain", "law n x { (@_Ifz n x (self (@_Dec n) (@id (@maybe 1 x)))) }");
  const std::string text =
      lowered("law n x { (@_Ifz n x (self (@_Dec n) (@id (@maybe 1 x)))) }");
  EXPECT_NE(text.find("thunk once {(@id (@maybe 1 a2))} s1\n"), std::string::npos) << text;
  const Value pin = *names_.find("chain");
  const Outcome out = evaluator_.apply(pin, std::array{small_nat(1'000'000), small_nat(5)});
  EXPECT_EQ(out.kind, OutcomeKind::kValue);
  EXPECT_EQ(out.value, small_nat(5));
  machine().options.passes = PassSet::none();
  define("chain2", "law n x { (@_Ifz n x (self (@_Dec n) (@id (@maybe 1 x)))) }");
  const Outcome updated =
      evaluator_.apply(*names_.find("chain2"), std::array{small_nat(1'000'000), small_nat(5)});
  EXPECT_EQ(updated.kind, OutcomeKind::kStack);
}

TEST_F(SingleEntry, ACrashInsideIsReportedAndCaughtAsAnyOther) {
  define("boom", "law x { (7 (@_Add x 1)) }");
  const char* law = "law x { (@_Add 1 (@maybe 1 (@boom x))) }";
  const Outcome out = run(law, {small_nat(4)});
  EXPECT_EQ(out.kind, OutcomeKind::kCrash);
  EXPECT_EQ(out.op, small_nat(7));
  EXPECT_EQ(out.value, small_nat(5));
  define("crashes", law);
  const Value call = gc::make_row(heap_, std::array{*names_.find("crashes"), small_nat(4)});
  const Outcome caught = evaluator_.apply_normal(*names_.find("_Try"), std::array{call});
  ASSERT_TRUE(caught.ok());
  ASSERT_TRUE(is_row(caught.value));
  EXPECT_EQ(row_at(caught.value, 0), small_nat(0));
}

TEST_F(SingleEntry, AnUpdatedThunkAroundItRaisesTheCrashAgain) {
  define("boom", "law x { (7 x) }");
  define("inner", "law x { (@_Add 1 (@maybe 1 (@boom x))) }");
  const Outcome row = run("law x { (C1 (@inner x)) }", {small_nat(4)});
  ASSERT_TRUE(row.ok());
  gc::Root root(heap_, row.value);
  for (int k = 0; k < 2; ++k) {
    const Outcome out = evaluator_.whnf(row_at(root.get(), 0));
    EXPECT_EQ(out.kind, OutcomeKind::kCrash);
    EXPECT_EQ(out.value, small_nat(4));
  }
}

/// A thunk of the block that the law makes for its first argument in a call.
class SpentThunk : public SingleEntry {
 protected:
  /// An object as the code of `text` makes it, with these captured values.
  Value thunk_of(std::string_view text, std::span<const Value> captured) {
    auto* block = static_cast<Block*>(function_info(machine(), define("maker", text))->code);
    decode_block(machine(), *block);
    const LowCode low = lower_block(machine(), *block);
    for (const Instruction& i : low.instructions) {
      if (i.binds_label != kNoLabel || i.op != Op::kThunk) continue;
      EXPECT_TRUE(static_cast<Block*>(i.callee->code)->is_once);
      Object* o = heap_.allocate(thunk_header(Kind::kThunk, captured.size(), i.callee->index),
                                 captured.size());
      for (size_t k = 0; k < captured.size(); ++k) o->init(k, captured[k]);
      return Value{word_of(o) | kTagThunk};
    }
    ADD_FAILURE() << "no thunk in " << text;
    return small_nat(0);
  }
};

TEST_F(SpentThunk, HasNothingAliveInIt) {
  const Value row = gc::make_row(heap_, std::vector<Value>(1000, small_nat(1)));
  const Value id = define("len", "law x { (@_Len x) }");
  gc::Root thunk(heap_, thunk_of("law f x { (@maybe x (f x)) }", std::array{id, row}));
  EXPECT_EQ(evaluator_.whnf(thunk.get()).value, small_nat(1000));
  ASSERT_TRUE(thunk.get().is_thunk());
  EXPECT_EQ(thunk.get().object()->kind(), Kind::kSpent);
  Value none;
  machine().collector.collect_major(none);
  EXPECT_EQ(thunk.get().object()->kind(), Kind::kSpent);
  EXPECT_EQ(thunk.get().object()->thunk_words(), 1u);
}

using SpentThunkDeathTest = SpentThunk;

TEST_F(SpentThunkDeathTest, CannotBeEnteredAgain) {
  const Value id = define("id", "law x { x }");
  gc::Root thunk(heap_, thunk_of("law f x { (@maybe x (f x)) }", std::array{id, small_nat(3)}));
  EXPECT_EQ(evaluator_.whnf(thunk.get()).value, small_nat(3));
  EXPECT_DEATH(static_cast<void>(evaluator_.whnf(thunk.get())),
               "a single-entry thunk is entered again");
}

}  // namespace
}  // namespace plan::vm
