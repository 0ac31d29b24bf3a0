// vm/case_test.cc: folding of constants and of what is known.
#include "vm/case.h"

#include "vm/ir_test.h"

namespace plan::vm {
namespace {

class Case : public IrTest {
 protected:
  /// What `expr`, over the parameters a1 a2 a3 and the lets, becomes; with `lets` before it.
  std::string folded(std::string_view expr, std::string_view lets = "") {
    return optimised("law a1 a2 a3 { " + std::string(lets) + " " + std::string(expr) + " }",
                     Pass::kCase);
  }
  std::string expected(std::string_view expr, std::string_view lets = "") {
    return plain("law a1 a2 a3 { " + std::string(lets) + " " + std::string(expr) + " }");
  }
};

#define EXPECT_FOLDS(from, to) EXPECT_EQ(folded(from), expected(to))
#define EXPECT_STAYS(expr) EXPECT_EQ(folded(expr), expected(expr))

TEST_F(Case, ComputesWithConstants) {
  EXPECT_FOLDS("(@_Add 2 3)", "5");
  EXPECT_FOLDS("(@_Sub 2 3)", "0");
  EXPECT_FOLDS("(@_Mul 6 7)", "42");
  EXPECT_FOLDS("(@_Div 7 2)", "3");
  EXPECT_FOLDS("(@_Div 7 0)", "0");
  EXPECT_FOLDS("(@_Mod 7 0)", "7");
  EXPECT_FOLDS("(@_Pow 3 4)", "81");
  EXPECT_FOLDS("(@_Pow 1 9223372036854775807)", "1");
  EXPECT_FOLDS("(@_Bex 62)", "4611686018427387904");
  EXPECT_FOLDS("(@_Lsh 3 2)", "12");
  EXPECT_FOLDS("(@_Rsh 12 64)", "0");
  EXPECT_FOLDS("(@_Trunc 3 13)", "5");
  EXPECT_FOLDS("(@_TestBit 2 4)", "1");
  EXPECT_FOLDS("(@_Dec 0)", "0");
  EXPECT_FOLDS("(3 4)", "5");
  EXPECT_FOLDS("(@_Add (@_Mul 2 3) (@_Dec 5))", "10");
}

TEST_F(Case, CountsWhatIsNoNatAsZero) {
  EXPECT_FOLDS("(@_Add (C1 a1) 3)", "3");
  EXPECT_FOLDS("(3 [1])", "1");
  EXPECT_FOLDS("(@_ToNat self)", "0");
  EXPECT_FOLDS("(@_Dec (C1 a1))", "0");
}

TEST_F(Case, LeavesResultsThatAreNotImmediate) {
  EXPECT_STAYS("(@_Add 9223372036854775807 1)");
  EXPECT_STAYS("(@_Mul 9223372036854775807 2)");
  EXPECT_STAYS("(@_Bex 63)");
  EXPECT_STAYS("(@_Lsh 1 63)");
  EXPECT_STAYS("(@_Lsh 1 9223372036854775807)");
  EXPECT_STAYS("(@_Pow 2 63)");
  EXPECT_STAYS("(@_Dec 9223372036854775808)");
  EXPECT_STAYS("(3 9223372036854775807)");
}

TEST_F(Case, LeavesWhatMustBeEvaluated) {
  EXPECT_STAYS("(@_Add a1 0)");
  EXPECT_STAYS("(@_Mul 0 a1)");
  EXPECT_STAYS("(@_IsNat (3 a1))");
  EXPECT_STAYS("(@_Eql a1 a1)");
  EXPECT_STAYS("(@_Seq a1 7)");
  EXPECT_STAYS("(@_If a1 7 7)");
  EXPECT_STAYS("(5 7)");
  EXPECT_STAYS("(@_Trace 1 2)");
}

TEST_F(Case, DropsOperandsThatTheLawDoesNotLookAt) {
  EXPECT_FOLDS("(@_Mul a1 0)", "0");
  EXPECT_FOLDS("(@_Pow a1 0)", "1");
  EXPECT_FOLDS("(@_Lsh 0 a1)", "0");
  EXPECT_FOLDS("(@_Idx a1 7)", "0");
  EXPECT_FOLDS("(@par (5 1) a1)", "a1");
}

TEST_F(Case, ComparesConstants) {
  EXPECT_FOLDS("(@_Eql 'abc' 'abc')", "1");
  EXPECT_FOLDS("(@_Neq [1 2] [1 3])", "1");
  EXPECT_FOLDS("(@_Cmp 3 2)", "2");
  EXPECT_FOLDS("(@_Lte 18446744073709551616 5)", "0");
  EXPECT_FOLDS("(@_Eql 0 (C1 a1))", "0");
  EXPECT_FOLDS("(@_Gth (C1 a1) 7)", "1");
  EXPECT_STAYS("(@_Eql [1] (C1 a1))");
}

TEST_F(Case, KnowsTheKindsOfWhatIsBuilt) {
  EXPECT_FOLDS("(@_IsNat (C1 a1))", "0");
  EXPECT_FOLDS("(@_IsRow (C1 a1))", "1");
  EXPECT_FOLDS("(@_IsApp (@_Add a1))", "1");
  EXPECT_FOLDS("(@_IsRow (@_Add a1))", "0");
  EXPECT_FOLDS("(@_IsApp (C2 a1))", "1");
  EXPECT_FOLDS("(@_IsLaw [])", "1");
  EXPECT_FOLDS("(@_PlanTag @_Add)", "0");
  EXPECT_FOLDS("(@_TypeTag %[1 2])", "8");
  EXPECT_FOLDS("(@_Null #00)", "1");
  EXPECT_FOLDS("(@_Len (C3 a1 a2 a3))", "3");
  EXPECT_FOLDS("(@_Len (@_If a1 a2))", "2");
  EXPECT_STAYS("(@_IsNat (@_Add a1 a2))");
}

TEST_F(Case, TakesElementsOfKnownRows) {
  EXPECT_FOLDS("(@_Idx 0 (C2 a2 (a3 a1)))", "(a3 a1)");
  EXPECT_FOLDS("(@_Get (C2 a2 (a3 a1)) 1)", "a2");
  EXPECT_FOLDS("(@_Idx 2 (C2 a2 a1))", "0");
  EXPECT_FOLDS("(@_Idx (C1 a1) (C2 a2 a1))", "a1");
  EXPECT_FOLDS("(@_Idx 18446744073709551616 (C2 a2 a1))", "0");
  EXPECT_FOLDS("(@_Idx 1 [7 8 9])", "8");
  EXPECT_FOLDS("(@_Idx 0 (@_If a1 a2))", "a2");
  EXPECT_FOLDS("(@_Idx 0 =[])", "[]");
  EXPECT_FOLDS("(@_Cdr (C2 a2 a1))", "a1");
  EXPECT_FOLDS("(@_DataTag (C2 a2 a1))", "a1");
  EXPECT_FOLDS("(@_DataTag 7)", "7");
  EXPECT_STAYS("(@_Idx a1 (C2 a2 a1))");
}

TEST_F(Case, GivesAnElementOfASharedRowALet) {
  EXPECT_EQ(folded("(a2 (@_Idx 0 v4) v4)", "v4 = (C2 a2 (a3 a1))"),
            expected("(a2 v5 v4)", "v4 = (C2 a2 v5) v5 = (a3 a1)"));
}

TEST_F(Case, ForgetsRowsThatWereOnlyTakenApart) {
  EXPECT_EQ(folded("(a2 (@_Idx 0 v4) (@_Idx 1 v4) (@_Len v4))", "v4 = (C2 (a3 a1) 8)"),
            expected("(a2 8 v4 2)", "v4 = (a3 a1)"));
}

TEST_F(Case, DoesNotCopyOutOfRowsThatHoldThemselves) {
  EXPECT_EQ(folded("(a2 (@_Idx 0 v4) (@_Idx 1 v4))", "v4 = (C2 a3 (v4 a1))"),
            expected("(a2 (@_Idx 0 v4) a3)", "v4 = (C2 a3 (v4 a1))"));
}

TEST_F(Case, TakesTheBranchOfAKnownCondition) {
  EXPECT_FOLDS("(@_If 1 a1 (5 a2))", "a1");
  EXPECT_FOLDS("(@_If 0 (5 a1) a2)", "a2");
  EXPECT_FOLDS("(@_If (C1 a1) a1 a2)", "a2");
  EXPECT_FOLDS("(@_If 18446744073709551616 a1 a2)", "a1");
  EXPECT_FOLDS("(@_Ifz (C1 a1) a1 a2)", "a2");
  EXPECT_FOLDS("(@_Ifz 0 a1 a2)", "a1");
  EXPECT_FOLDS("(2 a1 a2 0)", "a1");
  EXPECT_FOLDS("(2 a1 a2 7)", "(a2 6)");
  EXPECT_FOLDS("(2 a1 a2 [1])", "a1");
  EXPECT_FOLDS("(@_If (@_IsNat (C1 a1)) a1 (@_Add 1 1))", "2");
  EXPECT_FOLDS("(@_Seq (C1 a1) a2)", "a2");
}

TEST_F(Case, DecidesAndAndOr) {
  EXPECT_FOLDS("(@_And 0 a1)", "0");
  EXPECT_FOLDS("(@_Or 1 a1)", "1");
  EXPECT_FOLDS("(@_And 1 (@_Eql a1 a2))", "(@_Eql a1 a2)");
  EXPECT_FOLDS("(@_Or 0 7)", "1");
  EXPECT_STAYS("(@_And 1 a1)");
  EXPECT_STAYS("(@_And a1 0)");
}

TEST_F(Case, TakesTheArmOfAKnownIndex) {
  EXPECT_FOLDS("(@_Switch 1 a1 (C2 a2 a3))", "a2");
  EXPECT_FOLDS("(@_Switch 2 a1 (C2 a2 a3))", "a1");
  EXPECT_FOLDS("(@_Switch (C1 a1) a1 (C2 a2 a3))", "a1");
  EXPECT_FOLDS("(@_Switch 18446744073709551616 a1 (C2 a2 a3))", "a1");
  EXPECT_FOLDS("(@_Switch 1 a1 [7 8])", "8");
  EXPECT_FOLDS("(@tabSwitch 'abc' a1 (%[7 'abc'] (C2 a2 a3)))", "a2");
  EXPECT_FOLDS("(@tabSwitch 8 a1 (%[7 'abc'] (C2 a2 a3)))", "a1");
  EXPECT_FOLDS("(@tabSwitch a1 a2 (%[] []))", "a2");
  EXPECT_STAYS("(@tabSwitch 7 a1 (%[7 'abc'] (C1 a2)))");
  EXPECT_STAYS("(@_Switch 1 a1 a2)");
}

TEST_F(Case, AppliesTheBranchToFurtherArguments) {
  EXPECT_FOLDS("(@_If 1 a1 a2 a3)", "(a1 a3)");
  EXPECT_FOLDS("(@_If 1 (@_Add 1) a2 2)", "3");
  EXPECT_FOLDS("(2 a1 a2 7 (@_Add 1 1))", "(a2 6 2)");
}

TEST_F(Case, CallsTheFunctionOfAKnownClosure) {
  EXPECT_EQ(folded("(v4 a2)", "v4 = (@_Add a1)"), expected("(@_Add a1 a2)"));
  EXPECT_EQ(folded("(v4 3)", "v4 = (@_Add 4)"), expected("7"));
  EXPECT_EQ(folded("(a2 (v4 a2) v4)", "v4 = (self (a3 a1) a2)"),
            expected("(a2 (self v5 a2 a2) v4)", "v4 = (self v5 a2) v5 = (a3 a1)"));
}

TEST_F(Case, LeavesCallsOfWhatIsComputed) {
  EXPECT_EQ(folded("(v4 a2)", "v4 = (@_Add a1 a2)"), expected("(v4 a2)", "v4 = (@_Add a1 a2)"));
}

TEST_F(Case, PutsOtherNamesInTheirPlaces) {
  EXPECT_EQ(folded("(v6 v4)", "v4 = a1 v5 = 7 v6 = v4"), expected("(a1 a1)"));
  EXPECT_EQ(folded("(@_Add v5 1)", "v4 = a1 v5 = 7"), expected("8"));
  EXPECT_EQ(folded("(v4 v5)", "v4 = v5 v5 = v4"), expected("(v4 v5)", "v4 = v5 v5 = v4"));
}

// See Note [Facts] in vm/case.h.
TEST_F(Case, KnowsWhatItsConditionsFound) {
  EXPECT_FOLDS("(@_If (@_IsNat a1) (a2 (@_IsNat a1)) (a3 (@_IsNat a1)))",
               "(@_If (@_IsNat a1) (a2 1) (a3 0))");
  EXPECT_FOLDS("(@_If a1 (@_If a1 a2 a3) (@_If a1 a2 a3))", "(@_If a1 a2 a3)");
  EXPECT_FOLDS("(@_If (@_Eql a1 7) (@_Add a1 1) a1)", "(@_If (@_Eql a1 7) 8 a1)");
  EXPECT_FOLDS("(@_If (@_Neq 7 a1) a1 (@_Add a1 1))", "(@_If (@_Neq 7 a1) a1 8)");
  EXPECT_FOLDS("(@_Ifz a1 (a2 a1) (a3 a1))", "(@_Ifz a1 (a2 0) (a3 a1))");
  EXPECT_FOLDS("(@_If (@_Not (@_Eqz a1)) (a2 a1) (a3 a1))",
               "(@_If (@_Not (@_Eqz a1)) (a2 a1) (a3 0))");
  EXPECT_FOLDS("(@_And (@_Eql a1 3) (@_Eql a1 4))", "(@_And (@_Eql a1 3) 0)");
  EXPECT_FOLDS("(@_Switch a1 a1 (C2 a1 a1))", "(@_Switch a1 a1 (C2 1 0))");
  EXPECT_FOLDS("(@tabSwitch a1 a1 (%[7 18446744073709551616] (C2 a1 a1)))",
               "(@tabSwitch a1 a1 (%[7 18446744073709551616] (C2 a1 7)))");
  EXPECT_FOLDS("(@_If (@_And (@_IsNat a1) (@_Lth a1 a2)) (@_Lth a1 a2) (@_Lth a1 a2))",
               "(@_If (@_And (@_IsNat a1) (@_Lth a1 a2)) 1 (@_Lth a1 a2))");
  EXPECT_FOLDS("(@_If (@_Or a1 a2) a3 (@_If a2 a1 7))", "(@_If (@_Or a1 a2) a3 7)");
}

TEST_F(Case, KnowsWhatAConditionInALetFound) {
  EXPECT_EQ(folded("(a3 v4 (@_If v4 (a2 a1) a1))", "v4 = (@_Eqz a1)"),
            expected("(a3 v4 (@_If v4 (a2 0) a1))", "v4 = (@_Eqz a1)"));
}

TEST_F(Case, ForgetsFactsWhereTheBranchEnds) {
  EXPECT_FOLDS("(a2 (@_If (@_Eqz a1) a1 2) a1)", "(a2 (@_If (@_Eqz a1) 0 2) a1)");
  EXPECT_EQ(folded("(@_Ifz a1 (a3 (@_If v4 2 3) a1) a1)", "v4 = (@_Not (a3 a1))"),
            expected("(@_Ifz a1 (a3 (@_If v4 2 3) 0) a1)", "v4 = (@_Not (a3 a1))"));
  EXPECT_EQ(folded("(@_Ifz a1 (a3 (@_If v4 v4 3) a1) a1)", "v4 = (@_Not a1)"),
            expected("(@_Ifz a1 (a3 (@_If v4 v4 3) 0) a1)", "v4 = (@_Not a1)"));
}

// A non-zero truth value need not be 1, and asking again may cost what the first time did not.
TEST_F(Case, DoesNotTakeTruthForAValue) {
  EXPECT_STAYS("(@_If a1 (a2 a1) (a3 a1))");
  EXPECT_STAYS("(@_If (@_Eql (a2 a1) 7) (@_Eql (a2 a1) 7) 1)");
}

TEST_F(Case, TreatsJetsAsLawsWhenJetsAreOff) {
  machine().options.jets = false;
  EXPECT_STAYS("(@_Add 1 2)");
  EXPECT_FOLDS("(3 (3 1))", "3");
}

TEST_F(Case, TakesTimeInProportionToTheLaw) {
  // Every level is rewritten once, whatever it is an argument of; else this would not end.
  std::string nested = "a1";
  for (int i = 0; i < 100; ++i) nested = "(@_Switch " + nested + " a2 a3)";
  EXPECT_STAYS(nested);
  nested = "a1";
  for (int i = 0; i < 100; ++i) nested = "(@_If 1 " + nested + " a2 a3)";
  EXPECT_EQ(folded(nested).find("_If"), std::string::npos);
}

}  // namespace
}  // namespace plan::vm
