// vm/demand_test.cc: the demand of laws, and that evaluating by it changes nothing one can see.
//
// Demands are written as spec/jets.tsv writes orders of evaluation: arguments from 1.
#include "vm/demand.h"

#include "vm/ir_test.h"
#include "vm/low_code.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>
#include <string>

namespace plan::vm {
namespace {

std::string text_of(const Demand& demand) {
  std::string text;
  for (const uint8_t i : demand.order()) text += std::to_string(i + 1) + " ";
  if (demand.total) text += demand.gives_nat ? "nat" : "total";
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

class DemandTest : public IrTest {
 protected:
  DemandTest() {
    PassSet passes = PassSet::none();
    passes.add(Pass::kDemand);
    machine().options.passes = passes;
  }

  std::string demand(std::string_view text) {
    const Law law = read(text);
    return text_of(demand_of_law(machine(), law, encode("test", law)));
  }
  std::string demand_of_name(std::string_view name, uint64_t nats = 0) {
    return text_of(demand_of(machine(), *names_.find(name), nats));
  }
  /// Instructions of the law's optimised code, but not of what it suspends.
  LowCode lowered(std::string_view text, bool optimise) {
    const Value law = encode("lowered", read(text));
    auto* block = static_cast<Block*>(function_info(machine(), law)->code);
    Code* twin = new_twin(machine(), *block->code);
    twin->optimise = optimise;
    machine().options.passes = PassSet::none();
    machine().options.passes.add(Pass::kDemand);
    decode_block(machine(), twin->entry);
    return lower_block(machine(), twin->entry);
  }
  static size_t thunks(const LowCode& low) {
    return static_cast<size_t>(std::count_if(
        low.instructions.begin(), low.instructions.end(),
        [](const Instruction& i) { return i.op == Op::kThunk || i.op == Op::kApplyThunk; }));
  }
};

// --- Straight code.

TEST_F(DemandTest, AResultThatIsAParameterIsDemanded) {
  EXPECT_EQ(demand("law x y { y }"), "2 total");
}

TEST_F(DemandTest, AConstantDemandsNothing) {
  EXPECT_EQ(demand("law x { 7 }"), "nat");
  EXPECT_EQ(demand("law x { self }"), "total");
}

TEST_F(DemandTest, ArithmeticLooksAtItsSecondOperandFirst) {
  EXPECT_EQ(demand("law x y { (@_Add x y) }"), "2 1 nat");
  EXPECT_EQ(demand("law x y z { (@_Sub (@_Add x y) (@_Dec z)) }"), "3 2 1 nat");
}

TEST_F(DemandTest, AParameterIsListedOnce) {
  EXPECT_EQ(demand("law x y { (@_Add (@_Add y x) x) }"), "1 2 nat");
}

TEST_F(DemandTest, IncrementIsTotal) {
  EXPECT_EQ(demand("law x { (3 x) }"), "1 nat");
}

TEST_F(DemandTest, AClosureOrARowLooksAtNothing) {
  EXPECT_EQ(demand("law x y { (@_Add x) }"), "total");
  EXPECT_EQ(demand("law x y { (C2 x y) }"), "total");
  EXPECT_EQ(demand("law x y { (@_Seq x (self y)) }"), "1 total");
}

TEST_F(DemandTest, SequenceIsInOrder) {
  EXPECT_EQ(demand("law x y z { (@_Seq z (@_Seq x y)) }"), "3 1 2 total");
}

TEST_F(DemandTest, AnUnknownFunctionIsEvaluatedAndNothingAfterIt) {
  EXPECT_EQ(demand("law f x { (f x) }"), "1");
  EXPECT_EQ(demand("law f x y { (@_Add y (f x)) }"), "1");
  EXPECT_EQ(demand("law f x y { (@_Add (f x) y) }"), "3 1");
}

TEST_F(DemandTest, AnElementOfARowMayDoAnything) {
  EXPECT_EQ(demand("law x y { (@_Add y (@_Idx 0 x)) }"), "1");
  EXPECT_EQ(demand("law i x y { (@_Idx i x) }"), "2");
}

TEST_F(DemandTest, UndecodedPartsMayDoAnything) {
  const Law law = read("law x y { (@_Seq x ?^(0 1 2)) }");
  EXPECT_EQ(text_of(demand_of_law(machine(), law, *names_.find("_Add"))), "1");
}

TEST_F(DemandTest, TracesAreNotPassedOver) {
  EXPECT_EQ(demand("law x y { (@_Trace x y) }"), "1");
  EXPECT_EQ(demand("law x y { (@_Seq (@_Trace 1 2) y) }"), "");
}

TEST_F(DemandTest, CrashesAreNotPassedOver) {
  EXPECT_EQ(demand("law x y { (@_Seq (7 x) y) }"), "1");
}

TEST_F(DemandTest, ResultsWithoutBoundAreNotPassedOver) {
  EXPECT_EQ(demand("law x y { (@_Add y (@_Bex x)) }"), "1");
}

TEST_F(DemandTest, TheNatsAsFunctions) {
  EXPECT_EQ(demand("law n a b { (0 n a b) }"), "1 2");
  EXPECT_EQ(demand("law p l a n x { (1 p l a n x) }"), "5");
  EXPECT_EQ(demand("law z p x { (2 z p x) }"), "3");
  EXPECT_EQ(demand("law x { (4 x) }"), "1");
  EXPECT_EQ(demand("law x { (5 x) }"), "1");
}

// --- Branches.

TEST_F(DemandTest, BranchesKeepWhatTheyBeginWith) {
  EXPECT_EQ(demand("law c x y { (@_If c (@_Add y x) (@_Sub 3 x)) }"), "1 2");
  EXPECT_EQ(demand("law c x y { (@_If c (@_Add y x) (@_Sub y x)) }"), "1 2 3 nat");
}

TEST_F(DemandTest, BranchesInDifferentOrderHaveNothingInCommon) {
  EXPECT_EQ(demand("law c x y { (@_If c (@_Add y x) (@_Add x y)) }"), "1");
}

TEST_F(DemandTest, NothingAfterBranchesThatDiffer) {
  EXPECT_EQ(demand("law c x y { (@_Add y (@_If c x 1)) }"), "1");
  EXPECT_EQ(demand("law c x y { (@_Add y (@_If c 2 1)) }"), "1 3 nat");
}

// Classical strictness says that y is demanded: every path that returns evaluates it.
TEST_F(DemandTest, ABranchThatCrashesEndsTheOrder) {
  EXPECT_EQ(demand("law x y { (@_If x (5 1) y) }"), "1");
  EXPECT_EQ(demand("law x y { (@_If x (@_Seq y (5 1)) y) }"), "1 2");
}

TEST_F(DemandTest, IfzHasTwoLazyBranches) {
  EXPECT_EQ(demand("law x y { (@_Ifz x y (3 y)) }"), "1 2 total");
  EXPECT_EQ(demand("law x y z { (@_Ifz x y z) }"), "1");
}

TEST_F(DemandTest, AndAndOrMayLeaveTheirSecondOperand) {
  EXPECT_EQ(demand("law x y { (@_And x y) }"), "1");
  EXPECT_EQ(demand("law x y { (@_Or x y) }"), "1");
  EXPECT_EQ(demand("law x y { (@_Nand x y) }"), "1");
  EXPECT_EQ(demand("law x y { (@_Nor x y) }"), "1");
  EXPECT_EQ(demand("law x { (@_And x (@_Eqz x)) }"), "1 nat");
}

TEST_F(DemandTest, AProductMayLeaveItsFirstOperand) {
  EXPECT_EQ(demand("law x y { (@_Mul x y) }"), "2");
  EXPECT_EQ(demand("law x { (@_Mul x 3) }"), "1 nat");
  EXPECT_EQ(demand("law x y { (@_If y (@_Mul x y) x) }"), "2 1 total");
}

TEST_F(DemandTest, ASwitchOverLiteralArmsBranches) {
  EXPECT_EQ(demand("law i x y { (@_Switch i (3 x) (C2 (@_Add y x) x)) }"), "1 2");
  EXPECT_EQ(demand("law i x { (@_Switch i x [4 5]) }"), "1");
  EXPECT_EQ(demand("law i x { (@_Switch i 3 [4 5]) }"), "1 total");
}

TEST_F(DemandTest, ASwitchOverAnotherRowEvaluatesTheRow) {
  EXPECT_EQ(demand("law i d r { (@_Switch i d r) }"), "1 3");
}

TEST_F(DemandTest, ATabSwitchOverLiteralArmsBranches) {
  EXPECT_EQ(demand("law k x y { (@tabSwitch k x (%[5 6] (C2 x (3 x)))) }"), "1 2 total");
  EXPECT_EQ(demand("law k x t { (@tabSwitch k x t) }"), "3");
  EXPECT_EQ(demand("law k x { (@tabSwitch k x (%[] [])) }"), "");
}

// --- Comparisons.

TEST_F(DemandTest, ComparingUnknownKindsMayEvaluateInside) {
  EXPECT_EQ(demand("law x y z { (@_If (@_Lth x y) z z) }"), "1 2");
}

TEST_F(DemandTest, ComparingWithWhatHasNoPartsIsTotal) {
  EXPECT_EQ(demand("law x y { (@_If (@_Eql x 3) y (3 y)) }"), "1 2 total");
  EXPECT_EQ(demand("law x y { (@_If (@_Eql x #6162) y (3 y)) }"), "1 2 total");
  EXPECT_EQ(demand("law x y { (@_If (@_Eql x [1 2]) y (3 y)) }"), "1");
  EXPECT_EQ(demand("law x y z { (@_If (@_Lth x (@_Len y)) z z) }"), "1 2 3 total");
}

TEST_F(DemandTest, ATestMakesANatOfAVariable) {
  EXPECT_EQ(demand("law x y z { (@_If (@_IsNat x) (@_Seq (@_Lth x y) z) (@_Seq y z)) }"),
            "1 2 3 total");
  EXPECT_EQ(demand("law x y z { (@_If (@_IsNat x) (@_Seq y z) (@_Seq (@_Lth x y) z)) }"), "1 2");
  EXPECT_EQ(demand("law x y z { (@_If (@_And (@_IsNat x) 1) (@_Seq (@_Lth y x) z) 0) }"), "1");
  EXPECT_EQ(demand("law x y { (@_If (@_Lth x 9) (@_Eql y x) (@_Eqz y)) }"), "1 2 nat");
  EXPECT_EQ(demand("law x y { (@_If (@_Gth x 9) (@_Eql y x) (@_Eqz y)) }"), "1 2");
}

TEST_F(DemandTest, TheLesserOfTwoIsOneOfThem) {
  EXPECT_EQ(demand("law x { (@_Min x 3) }"), "1 total");
  EXPECT_EQ(demand("law x { (@_Min (3 x) 3) }"), "1 nat");
}

// --- Lets.

TEST_F(DemandTest, ALetIsEvaluatedWhereItIsUsedFirst) {
  EXPECT_EQ(demand("law x y { v = (@_Dec x) (@_Seq y v) }"), "2 1 nat");
  EXPECT_EQ(demand("law x y { v = (@_Dec x) (@_Add v (@_Add v y)) }"), "2 1 nat");
}

TEST_F(DemandTest, AnUnusedLetIsNotEvaluated) {
  EXPECT_EQ(demand("law x y { v = (5 x) y }"), "2 total");
}

TEST_F(DemandTest, ALetOfABranchIsEvaluatedAfterIt) {
  EXPECT_EQ(demand("law c x y { v = (@_Dec x) (@_Add (@_Add v y) (@_If c v (@_Sub x 2))) }"),
            "1 2 3 nat");
}

TEST_F(DemandTest, OfACycleOnlyWhatIsBuiltIsPassedOver) {
  EXPECT_EQ(demand("law x y { a = (C2 x b) b = (C2 y a) (@_Seq a x) }"), "1 total");
  EXPECT_EQ(demand("law x y { a = (@_Add b 1) b = (@_Add a 1) (@_Seq a x) }"), "");
}

// --- Calls.

TEST_F(DemandTest, ACallHasTheDemandOfItsFunction) {
  define("minus", "law x y { (@_Sub x y) }");
  EXPECT_EQ(demand("law a b c { (@minus (@_Add a c) b) }"), "2 3 1 nat");
  EXPECT_EQ(demand("law a b c { (@~minus (@_Add a c) b) }"), "2 3 1 nat");
}

TEST_F(DemandTest, NothingAfterACallOfWhatIsNotTotal) {
  define("first", "law x { (@_Idx 0 x) }");
  EXPECT_EQ(demand("law a b { (@_Add b (@first a)) }"), "1");
}

TEST_F(DemandTest, ATotalCallIsPassedOver) {
  define("second", "law x y { (@_Seq x y) }");
  EXPECT_EQ(demand("law a b c { (@_Add c (@second b a)) }"), "2 1 3 nat");
}

TEST_F(DemandTest, TooManyArgumentsGoToAnUnknownFunction) {
  define("twice", "law x { (@_Seq x (@_Add x)) }");
  EXPECT_EQ(demand("law a b { (@twice a b) }"), "1");
}

TEST_F(DemandTest, ASetEvaluatesWhatItIsAppliedTo) {
  EXPECT_EQ(demand("law x { (%[1 2] x) }"), "1 total");
}

TEST_F(DemandTest, APinAroundSomethingElseIsUnknown) {
  names_.define("pinned", value("<7>"));
  EXPECT_EQ(demand("law x { (@pinned x) }"), "");
}

TEST_F(DemandTest, SelfIsThePinThatCallsGoThrough) {
  define("count", "law n { (@_If n (@_Seq self (self (@_Dec n))) 0) }");
  EXPECT_EQ(demand_of_name("count"), "1");
  EXPECT_EQ(demand_of_name("~count"), "1");
}

// --- Recursion.

TEST_F(DemandTest, NaiveRecursion) {
  EXPECT_EQ(demand("law n { (@_If (@_Lth n 2) n (@_Add (self (@_Sub n 2)) (self (@_Dec n)))) }"),
            "1");
  EXPECT_EQ(demand("law m n { (@_Ifz m (3 n) (@_Ifz n (self (@_Dec m) 1)"
                   " (self (@_Dec m) (self m (@_Dec n))))) }"),
            "1 2");
}

TEST_F(DemandTest, TheAccumulatorOfALoopThatEndsIsDemanded) {
  EXPECT_EQ(demand("law acc i { (@_If i (self (@_Add acc i) (@_Dec i)) acc) }"), "2 1");
  EXPECT_EQ(demand("law acc i { (@_Ifz i acc (self (@_Add acc i) (@_Sub i 3))) }"), "2 1");
  EXPECT_EQ(demand("law acc i { (@_If (@_Gth i 4) (self (3 acc) (@_Div i 2)) acc) }"), "2 1");
  EXPECT_EQ(demand("law acc i { j = (@_Dec i) (@_If (@_Eqz i) acc (self (3 acc) j)) }"), "2 1");
  EXPECT_EQ(demand("law acc i { (@_Switch i (self (3 acc) (@_Dec i)) (C1 acc)) }"), "2 1");
}

// It may turn for ever without a crash; acc may crash.
TEST_F(DemandTest, TheAccumulatorOfALoopThatMayNotEndIsNot) {
  EXPECT_EQ(demand("law acc i { (@_If i (self (@_Add acc i) (3 i)) acc) }"), "2");
  EXPECT_EQ(demand("law acc i { (@_If i (self (@_Add acc i) i) acc) }"), "2");
  EXPECT_EQ(demand("law acc i { (@_If i acc (self (@_Add acc i) (@_Dec i))) }"), "2");
  EXPECT_EQ(demand("law acc i j { (@_If i (self (3 acc) (@_Dec j) (@_Dec i)) acc) }"), "2");
  EXPECT_EQ(demand("law acc i { (@_If i (self (3 acc) (@_Sub i 0)) acc) }"), "2");
  EXPECT_EQ(demand("law acc i { (@_If i (self (3 acc) (@_Div i 1)) acc) }"), "2");
}

TEST_F(DemandTest, ACallInsideTheArgumentsOfACallMustShrinkToo) {
  EXPECT_EQ(demand("law acc i { (@_If i (self (self acc i) (@_Dec i)) acc) }"), "2");
  EXPECT_EQ(demand("law acc i { (@_If i (self (self acc (@_Dec i)) (@_Dec i)) acc) }"), "2 1");
}

TEST_F(DemandTest, ALoopThatForcesItsAccumulatorNeedNotEnd) {
  EXPECT_EQ(demand("law acc i { (@_If i (@_Seq acc (self (@_Add acc i) (3 i))) acc) }"), "2 1");
}

TEST_F(DemandTest, ACallOfItselfDemandsWhatTheLawDoes) {
  EXPECT_EQ(demand("law x y { (@_Ifz x y (self y 0)) }"), "1 2");
  EXPECT_EQ(demand("law x y z { (@_Ifz x (@_Add z y) (self y z 0)) }"), "1 2 3");
}

TEST_F(DemandTest, ALoopWithoutAnEndDemandsNothing) {
  EXPECT_EQ(demand("law x { (self x) }"), "");
  EXPECT_EQ(demand("law x { (self (@_Dec x)) }"), "");
}

TEST_F(DemandTest, ALoopIsNotTotal) {
  define("count", "law n { (@_If n (self (@_Dec n)) 0) }");
  EXPECT_EQ(demand("law a b { (@_Add b (@count a)) }"), "1");
}

// --- Kinds of arguments.

TEST_F(DemandTest, ANatAmongTheArgumentsMakesAComparisonTotal) {
  define("less", "law x y z { (@_Seq (@_Lth x y) z) }");
  EXPECT_EQ(demand_of_name("less"), "1 2");
  EXPECT_EQ(demand_of_name("less", 1), "1 2 3 total");
  EXPECT_EQ(demand_of_name("less", 2), "1 2 3 total");
  EXPECT_EQ(demand_of_name("less", 4), "1 2");
  EXPECT_EQ(demand("law a b c { (@less (3 a) b c) }"), "1 2 3 total");
  EXPECT_EQ(demand("law a b c { (@_If (@_IsNat b) (@less a b c) 0) }"), "2");
  EXPECT_EQ(demand("law a b c { (@_If (@_IsNat b) (@less a b c) (@_Seq a c)) }"), "2 1 3 total");
}

TEST_F(DemandTest, AKindIsAskedThroughCallsAndOneAfterTheOther) {
  define("less", "law x y z { (@_Seq (@_Lth x y) z) }");
  define("both", "law a b c d e { (@less d e (@less a b c)) }");
  EXPECT_EQ(demand_of_name("both"), "4 5");
  EXPECT_EQ(demand_of_name("both", 8), "4 5 1 2");
  EXPECT_EQ(demand_of_name("both", 10), "4 5 1 2 3 total");
  EXPECT_EQ(demand_of_name("both", 2), "4 5");
}

TEST_F(DemandTest, ALoopThatCountsKnowsTheKindOfItsCounter) {
  define("go", "law i n acc { (@_If (@_Gth i n) acc (@_Seq acc (self (3 i) n (@_Add acc i)))) }");
  EXPECT_EQ(demand_of_name("go"), "1 2");
  EXPECT_EQ(demand_of_name("go", 1), "1 2 3");
  EXPECT_EQ(demand("law n acc { (@go 0 n acc) }"), "1 2");
}

// The second turn compares with an unknown kind, which may crash before acc is looked at.
TEST_F(DemandTest, ALoopThatForgetsAKindHasTheDemandOfAnyCall) {
  define("go", "law i n acc { (@_If (@_Eql i n) acc (self n n acc)) }");
  EXPECT_EQ(demand_of_name("go", 1), "1 2");
  define("up", "law i n acc { (@_If (@_Eql i n) acc (@_If i (self (@_Idx 0 n) n (3 acc)) acc)) }");
  EXPECT_EQ(demand_of_name("up", 1), "1 2");
  define("down",
         "law i n acc k {"
         " (@_If (@_Eql i n) (@_Seq k acc) (@_Ifz k acc (self n i acc (@_Dec k)))) }");
  EXPECT_EQ(demand_of_name("down", 1), "1 2 4");
  EXPECT_EQ(demand_of_name("down", 3), "1 2 4 3");
}

TEST_F(DemandTest, KindsAreAskedForSoManyTimes) {
  std::string text = "law a b c d e f g h z { ";
  std::string end = "z";
  for (const char* pair : {"a b", "c d", "e f", "g h"}) {
    text += "(@_Seq (@_Lth " + std::string(pair) + ") ";
    end += ")";
  }
  const Value pin = define("many", text + end + " }");
  for (uint64_t nats = 0; nats < 256; ++nats) demand_of(machine(), pin, nats);
  EXPECT_LE(machine().summaries.of(pin).demands.size(), kSummaryDemandsMax);
}

// --- Limits.

TEST_F(DemandTest, TheListHasALimit) {
  std::string parameters;
  std::string body = "0";
  for (uint32_t i = 0; i <= kDemandMax; ++i) {
    parameters = " p" + std::to_string(i) + parameters;
    body = "(@_Seq p" + std::to_string(i) + " " + body + ")";
  }
  const Law law = read("law" + parameters + " { " + body + " }");
  const Demand found = demand_of_law(machine(), law, encode("many", law));
  EXPECT_EQ(found.order().size(), kDemandMax);
  EXPECT_FALSE(found.total);
}

TEST_F(DemandTest, ChainsOfLawsHaveALimitAndAnAnswer) {
  define("f0", "law x { (3 x) }");
  for (int i = 1; i < 200; ++i) {
    define("f" + std::to_string(i), "law x { (@f" + std::to_string(i - 1) + " x) }");
  }
  EXPECT_EQ(demand_of_name("f199"), "");
  EXPECT_EQ(demand_of_name("f5"), "1 nat");
}

TEST_F(DemandTest, BranchesThatShareLetsEndInTime) {
  std::string text = "law x y { v0 = (@_If x y 1)";
  for (int i = 1; i < 200; ++i) {
    const std::string before = " v" + std::to_string(i - 1);
    text += " v" + std::to_string(i) + " = (@_If x" + before + before + ")";
  }
  EXPECT_EQ(demand(text + " v199 }"), "1");
}

TEST_F(DemandTest, DeepBodiesHaveALimit) {
  std::string text = "x";
  for (int i = 0; i < 400; ++i) text = "(@_Dec " + text + ")";
  EXPECT_EQ(demand("law x { " + text + " }"), "");
}

TEST_F(DemandTest, LargeLawsAreNotAnalysed) {
  Value body = small_nat(1);
  for (int i = 0; i < 100'000; ++i) {
    const std::array<Value, 2> parts = {small_nat(3), body};
    body = gc::make_partial(heap_, small_nat(0), parts);
  }
  names_.define("large", gc::make_law(heap_, small_nat(5), small_nat(1), body));
  EXPECT_EQ(demand_of_name("large"), "");
}

TEST_F(DemandTest, TheAnswerIsForgottenWithTheRegion) {
  const Value pin = define("gone", "law x y { (@_Add x y) }");
  EXPECT_EQ(demand_of_name("gone"), "2 1 nat");
  EXPECT_TRUE(machine().summaries.knows(pin));
  release_region_code(&machine(), gc::pin_region(pin));
  EXPECT_FALSE(machine().summaries.knows(pin));
}

// --- Jets. What the table says must hold for any arguments.

class DemandOfJets : public DemandTest {
 protected:
  DemandOfJets() {
    for (const char* text : {"0", "1", "5", "18446744073709551617", "#6162", "[]", "[3]", "%[1 2]",
                             "=[1 7]", "<5>", "<{1 1 0}>", "{5 2 0}", "^(0 1)"}) {
      pool_.push_back(std::make_unique<gc::Root>(heap_, value(text)));
    }
    pool_.push_back(std::make_unique<gc::Root>(heap_, gc::make_cow(heap_, small_nat(2))));
    const std::array<Value, 2> lazy = {crash(8), crash(8)};
    pool_.push_back(std::make_unique<gc::Root>(heap_, gc::make_row(heap_, lazy)));
  }

  Value crash(uint64_t v) { return evaluator_.suspend(small_nat(9), std::array{small_nat(v)}); }

  /// Calls the jet with `chosen` for the arguments in `order`, the others crash with their index.
  Outcome call(Value pin, uint32_t arity, std::span<const uint8_t> order,
               std::span<const size_t> chosen) {
    std::vector<Value> args;
    for (uint32_t i = 0; i < arity; ++i) args.push_back(crash(100 + i));
    for (size_t k = 0; k < chosen.size(); ++k) args[order[k]] = pool_[chosen[k]]->get();
    return evaluator_.apply(pin, args);
  }

  std::vector<std::unique_ptr<gc::Root>> pool_;
};

TEST_F(DemandOfJets, TheNextArgumentInTheListCrashesFirst) {
  for (const JetRow& jet : jet_table()) {
    const Value pin = *names_.find(jet.name);
    const Demand demand = demand_of(machine(), pin);
    std::vector<size_t> chosen;
    for (size_t k = 0; k < demand.order().size(); ++k) {
      chosen.assign(k, 0);
      for (bool more = true; more;) {
        const Outcome out = call(pin, jet.arity, demand.order(), chosen);
        ASSERT_EQ(out.kind, OutcomeKind::kCrash) << jet.name << " " << k;
        ASSERT_EQ(out.value, small_nat(100 + demand.order()[k])) << jet.name << " " << k;
        more = false;
        for (size_t i = 0; i < k && !more; ++i) {
          chosen[i] = (chosen[i] + 1) % pool_.size();
          more = chosen[i] != 0;
        }
      }
    }
  }
}

TEST_F(DemandOfJets, ATotalOneGivesAValueWhateverElseItGets) {
  for (const JetRow& jet : jet_table()) {
    const Value pin = *names_.find(jet.name);
    const Demand demand = demand_of(machine(), pin);
    if (!demand.total) continue;
    std::vector<size_t> chosen(demand.order().size());
    for (bool more = true; more;) {
      const uint64_t declined = machine().jets_declined;
      const Outcome out = call(pin, jet.arity, demand.order(), chosen);
      ASSERT_EQ(out.kind, OutcomeKind::kValue) << jet.name;
      ASSERT_EQ(machine().jets_declined, declined) << jet.name;
      ASSERT_TRUE(!demand.gives_nat || out.value.is_nat()) << jet.name;
      more = false;
      for (size_t i = 0; i < chosen.size() && !more; ++i) {
        chosen[i] = (chosen[i] + 1) % pool_.size();
        more = chosen[i] != 0;
      }
    }
  }
}

// --- Code made with demands.

TEST_F(DemandTest, OptimisedCodePassesDemandedArgumentsEvaluated) {
  const char* fib =
      "law n { (@_If (@_Lth n 2) n (@_Add (self (@_Idx 0 n)) (self (@_Idx 1 (@_Pow n 2))))) }";
  EXPECT_EQ(thunks(lowered(fib, false)), 1u);
  EXPECT_EQ(thunks(lowered(fib, true)), 0u);
}

TEST_F(DemandTest, OptimisedLoopsPassDemandedArgumentsEvaluated) {
  define("step", "law a i { (@_Add (@_Mod a 1000) (@_Mul i 3)) }");
  const char* loop =
      "law i n acc { (@_If (@_Gth i n) acc (@_Seq acc (self (3 i) n (@step acc i)))) }";
  EXPECT_EQ(thunks(lowered(loop, false)), 1u);
  EXPECT_EQ(thunks(lowered(loop, true)), 0u);
}

TEST_F(DemandTest, OptimisedCodeStillDelaysWhatIsNotDemanded) {
  define("choose", "law c x { (@_If c x 0) }");
  EXPECT_EQ(thunks(lowered("law a b { (@choose (@_Pow a 2) (@_Pow b 2)) }", true)), 1u);
}

/// Every caller, optimised and not, with every choice of arguments: values, rows and crashes.
class DemandedCalls : public DemandOfJets {
 protected:
  struct Seen {
    std::string outcome;
    std::string traces;
    bool operator==(const Seen&) const = default;
  };

  static void on_trace(void* context, Value message, bool) {
    static_cast<Seen*>(context)->traces += std::to_string(message.word) + " ";
  }

  Seen run(Value law, std::span<const Value> args) {
    Seen seen;
    evaluator_.set_trace_sink(on_trace, &seen);
    const Outcome out = evaluator_.apply(law, args);
    seen.outcome = std::to_string(static_cast<int>(out.kind)) + " ";
    if (out.kind == OutcomeKind::kCrash) seen.outcome += std::to_string(out.op.word) + " ";
    if (out.value.is_small()) seen.outcome += std::to_string(out.value.small());
    return seen;
  }

  void expect_same(std::string_view text) {
    const Law law = read(text);
    const Value plain = encode("plain", law);
    const Value fast = encode("fast", law);
    std::array<uint32_t, 3> chosen{};
    for (bool more = true; more;) {
      machine().options.optimise_always = false;
      const Seen expected = run(plain, arguments(law.args, chosen));
      machine().options.optimise_always = true;
      const Seen seen = run(fast, arguments(law.args, chosen));
      ASSERT_EQ(seen.outcome, expected.outcome) << text << chosen[0] << chosen[1] << chosen[2];
      ASSERT_EQ(seen.traces, expected.traces) << text << chosen[0] << chosen[1] << chosen[2];
      more = false;
      for (size_t i = 0; i < law.args && !more; ++i) {
        chosen[i] = (chosen[i] + 1) % 6;
        more = chosen[i] != 0;
      }
    }
  }

  std::vector<Value> arguments(uint32_t count, const std::array<uint32_t, 3>& chosen) {
    std::vector<Value> args;
    for (uint32_t i = 0; i < count; ++i) {
      switch (chosen[i]) {
        case 0: args.push_back(small_nat(0)); break;
        case 1: args.push_back(small_nat(3)); break;
        case 2: args.push_back(crash(100 + i)); break;
        case 3:
          args.push_back(evaluator_.suspend(*names_.find("_Trace"),
                                            std::array{small_nat(200 + i), small_nat(i)}));
          break;
        case 4: {
          const std::array<Value, 2> lazy = {crash(300 + i), small_nat(1)};
          args.push_back(gc::make_row(heap_, lazy));
          break;
        }
        default: args.push_back(evaluator_.suspend(*names_.find("_Dec"), std::array{crash(400)}));
      }
    }
    return args;
  }
};

// Each would go wrong if all that is evaluated on returning paths were evaluated first.
TEST_F(DemandedCalls, CrashAndTraceInTheSameOrder) {
  const char* functions[] = {
      "law x y z { (@_If x (7 1) (@_Add y z)) }",
      "law x y z { (@_If x (@_Add y z) (@_Add z y)) }",
      "law x y z { (@_Add (@_Add z y) x) }",
      "law x y z { (@_Seq y (@_If x (@_Seq z 1) (@_Mul z y))) }",
      "law x y z { (@_If (@_Lth x y) z (3 z)) }",
      "law x y z { (@_Seq x (@_Trace 5 (@_Add y z))) }",
      "law x y z { (@_Add z (@_Trace x y)) }",
      "law x y z { (@_Switch x (@_Add y z) (C2 (@_Seq z 1) (@_Seq y z))) }",
      "law x y z { (@_And (@_And x y) z) }",
      "law x y z { v = (@_Add y z) (@_If x v (@_Seq v 2)) }",
      "law x y z { (@_If (@_IsNat x) (@_If x (self (@_Dec x) (@_Add x y) z) y) z) }",
      "law x y z { (@_If (@_IsNat z) (@_Ifz z y (self (7 x) (@_Seq y y) (@_Dec z))) 1) }",
      "law x y z { (@_Add (@_Idx 0 x) (@_Add y z)) }",
      "law x y z { (@_Seq (@_Bex 3) (@_Cmp y x)) }",
      "law x y z { (@_Eql x (C2 y z)) }",
      "law x y { (@_Seq x (@_Add y)) }",
      "law x y z { (@_If (@_Gth x y) z (@_Seq z (@_If (@_Gth x 4) x (self (3 x) y (3 z))))) }",
      "law x y z { (@_If (@_Lth x 9) (@_Seq (@_Lte y x) z) (@_Seq y z)) }",
  };
  const char* callers[] = {
      "law a b c { (@f a b c) }",
      "law a b c { (@_Add 1 (@f (@_Dec a) (@_Idx 0 b) (@_Add b c))) }",
      "law a b c { v = (@_Add a b) (@f v (@_Mul v c) (@_If a b c)) }",
      "law a b c { v = (@_Idx 0 b) w = (@_Add v c) (@_Seq c (@f w a v)) }",
      "law a b c { (@f (@f a b c) (@_Trace 6 b) (@_And a c)) }",
      "law a b c { (@f (3 a) (@_Mul b a) c) }",
      "law a b c { (@f (@_Mul b a) (@_Idx 0 b) (@_Idx 0 c)) }",
      "law a b c { (@f (@_Idx 0 c) 2 (@_Add b a)) }",
  };
  for (size_t i = 0; i < std::size(functions); ++i) {
    const std::string name = "f" + std::to_string(i);
    define(name, functions[i]);
    for (std::string caller : callers) {
      for (size_t at = caller.find("@f "); at != std::string::npos; at = caller.find("@f ")) {
        caller.replace(at, 3, "@" + name + " ");
      }
      expect_same(caller);
    }
  }
}

TEST_F(DemandedCalls, LoopsCrashAndTraceInTheSameOrder) {
  for (const char* loop : {
           "law a b c { (@_If (@_IsNat a) (@_If a (self (@_Dec a) (@_Add b a) c) b) c) }",
           "law a b c { (@_If (@_IsNat a) (@_If a (self (@_Dec a) (@_Idx 0 b) (3 c)) b) c) }",
           "law a b c { (@_If (@_IsNat a) (@_Ifz a (@_Add b c) (self (@_Dec a) (@_Trace a b)"
           " (@_Seq c c))) b) }",
           "law a b c { (@_If (@_Lth a 2) (@_Seq b a) (@_Add (self (@_Dec a) c b)"
           " (self (@_Sub a 2) b c))) }",
       }) {
    expect_same(loop);
  }
}

/// Random functions that call each other, and themselves a few times, twice: as they are, and with
/// optimised code. No jet here may decline: its law is not a real one (vm/ir_test.h).
class RandomCalls : public DemandedCalls {
 protected:
  static constexpr uint32_t kFunctions = 4;
  static constexpr uint32_t kArguments = 3;

  uint64_t below(uint64_t n) { return random_() % n; }

  std::string leaf() {
    const uint64_t k = below(names_in_scope_.size() + 1);
    return k < names_in_scope_.size() ? names_in_scope_[k] : std::to_string(below(5));
  }

  std::string call(const std::string& function, uint32_t depth) {
    std::string text = "(" + function;
    const uint64_t count = below(12) == 0 ? 4 : below(12) == 0 ? 2 : kArguments;
    for (uint64_t i = 0; i < count; ++i) text += " " + expression(depth);
    return text + ")";
  }

  std::string expression(uint32_t depth) {
    if (depth == 0) return leaf();
    --depth;
    static constexpr const char* kUnary[] = {"3", "@_Dec", "@_Not", "@_IsNat", "@_Len", "@_Eqz"};
    static constexpr const char* kBinary[] = {"@_Add", "@_Add", "@_Sub", "@_Seq", "@_Seq", "@_Eql",
                                              "@_Lth", "@_Gth", "@_And", "@_Or",  "@_Mul", "@_Xor",
                                              "C2"};
    switch (below(16)) {
      case 0:
      case 1: return leaf();
      case 2: return std::string("(") + kUnary[below(6)] + " " + expression(depth) + ")";
      case 3: return "(@_Idx " + std::to_string(below(2)) + " " + expression(depth) + ")";
      case 4: return "(@_Trace " + std::to_string(below(50)) + " " + expression(depth) + ")";
      case 5:
        if (below(3) != 0) return leaf();
        return "(" + std::to_string(5 + below(3)) + " " + expression(depth) + ")";
      case 6:
        return "(@_Switch " + expression(depth) + " " + expression(depth) + " (C2 " +
               expression(depth) + " " + expression(depth) + "))";
      case 7:
      case 8:
      case 9:
        return std::string(below(3) == 0 ? "(@_Ifz " : "(@_If ") + expression(depth) + " " +
               expression(depth) + " " + expression(depth) + ")";
      case 10:
      case 11:
        if (functions_ == 0) return leaf();
        return call("@%" + std::to_string(below(functions_)), depth);
      default:
        return std::string("(") + kBinary[below(std::size(kBinary))] + " " + expression(depth) +
               " " + expression(depth) + ")";
    }
  }

  /// Calls itself, if it does, with less in its first argument, or at most three deep.
  std::string function(bool recursive) {
    names_in_scope_ = {"a", "b", "c"};
    std::string text = "law a b c { ";
    for (const char* let : {"v", "w"}) {
      if (below(3) == 0) continue;
      text += std::string(let) + " = " + expression(2) + " ";
      names_in_scope_.emplace_back(let);
    }
    if (!recursive) return text + expression(4) + " }";
    const std::string again = "(self (@_Dec a) " + expression(1) + " " + expression(1) + ")";
    const std::string around[] = {again, "(@_Add " + expression(2) + " " + again + ")",
                                  "(@_Seq " + expression(1) + " " + again + ")",
                                  "(@_If " + expression(2) + " " + again + " " + leaf() + ")"};
    return text + "(@_If (@_Lth a 4) (@_If a " + around[below(4)] + " " + expression(3) + ") " +
           expression(1) + ") }";
  }

  void run_program(uint64_t seed) {
    random_.seed(seed);
    std::string program;
    Value calls[2];
    const std::string number = std::to_string(seed) + "-";
    const std::string names[] = {"p" + number, "q" + number};
    for (functions_ = 0; functions_ < kFunctions; ++functions_) {
      const std::string text = function(functions_ > 0 && below(2) == 0);
      program += text + "\n";
      for (size_t set = 0; set < 2; ++set) {
        std::string named = text;
        for (size_t at = named.find('%'); at != std::string::npos; at = named.find('%')) {
          named.replace(at, 1, names[set]);
        }
        calls[set] = define(names[set] + std::to_string(functions_), named);
      }
    }
    for (int i = 0; i < 12; ++i) {
      const std::array<uint32_t, 3> chosen = {static_cast<uint32_t>(below(6)),
                                              static_cast<uint32_t>(below(6)),
                                              static_cast<uint32_t>(below(6))};
      machine().options.optimise_always = false;
      const Seen expected = run(calls[0], arguments(kArguments, chosen));
      machine().options.optimise_always = true;
      const Seen seen = run(calls[1], arguments(kArguments, chosen));
      ASSERT_EQ(seen.outcome, expected.outcome) << "PLAN_SEED=" << seed << "\n" << program;
      ASSERT_EQ(seen.traces, expected.traces) << "PLAN_SEED=" << seed << "\n" << program;
    }
  }

  std::mt19937_64 random_;
  uint64_t functions_ = 0;
  std::vector<std::string> names_in_scope_;
};

TEST_F(RandomCalls, EndTheSameWithDemand) {
  const char* text = std::getenv("PLAN_SEED");
  const uint64_t first = text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
  for (uint64_t seed = first; seed < first + 1500 && !HasFatalFailure(); ++seed) run_program(seed);
}

}  // namespace
}  // namespace plan::vm
