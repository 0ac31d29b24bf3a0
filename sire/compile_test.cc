// sire/compile_test.cc: which laws expressions become; each case worked out by hand from the rules.
#include "sire/sire_test.h"

namespace plan::sire {

namespace {

class Compile : public SireTest {};

TEST_F(Compile, PinsGlobalFunctionsUnderTheirName) {
  expect_value("= (const x y)\n| x\n", "const", "<{'const' 2 1}>");
}

TEST_F(Compile, PassesWhatALocalFunctionUsesAsParameters) {
  expect_value("= (choose x t e)\n| 2 e (& _ t) x\n", "choose",
               "<{'choose' 3 (0 (0 (0 (2 2) 3) (0 {0 2 1} 2)) 1)}>");
}

TEST_F(Compile, AppliesTheOldSelfToItsNewParameters) {
  expect_value("= v\n& y\n? (f x)\n| x y (f 1)\n", "v",
               "{0 1 (0 {'f' 2 (0 (0 2 1) (0 (0 0 1) (2 1)))} 1)}");
}

TEST_F(Compile, LeavesNothingOfExpandedArgumentsThatAreNoCalls) {
  expect_value("= ((**same x))\n| x\n\n= v\n& a\n| same a\n", "v", "{0 1 1}");
}

TEST_F(Compile, BindsACallThatIsUsedTwiceAndSubstitutesTheRest) {
  expect_value("= v\n& a\n@ x (a 1)\n@ y 3\n| x y x\n", "v", "{0 1 (1 (0 1 (2 1)) (0 (0 2 3) 2))}");
  expect_value("= w\n& a\n@ x (a 1)\n@ y 3\n| x y\n", "w", "{0 1 (0 (0 1 (2 1)) 3)}");
}

TEST_F(Compile, FoldsPartialApplicationsOfConstantsThroughLets) {
  expect_value("= v\n& _\n@ f ((& (x y z) z) 3)\n| f 4\n", "v", "{0 1 ({0 3 3} 3 4)}");
}

TEST_F(Compile, FoldsCallsOfNatsUntilTheyWouldRun) {
  expect_value("= v\n& _\n| 0 {f} 1 7\n", "v", "{0 1 (0 (2 (0 'f' 1)) 7)}");
  expect_value("= w\n& _\n| 3 5\n", "w", "{0 1 (0 3 5)}");
}

TEST_F(Compile, KeepsAliasesAndConstantsOfLetrec) {
  expect_value("= (const x y)\n| x\n\n = v\n & a\n@@ = p (const 1)\n   = s p\n | s s p\n", "v",
               "{0 1 (1 (<{'const' 2 1}> 1) (1 2 (0 (0 3 3) 2)))}");
}

TEST_F(Compile, QuotesConstantsThatLookLikeReferences) {
  expect_value("= v\n& (a b)\n| a 2 3\n", "v", "{0 2 (0 (0 1 (2 2)) 3)}");
}

TEST_F(Compile, CountsLetsWhenItDecidesWhatToQuote) {
  expect_value("= v\n& a\n@ x (a 9)\n| x x 2 3\n", "v",
               "{0 1 (1 (0 1 9) (0 (0 (0 2 2) (2 2)) 3))}");
}

TEST_F(Compile, GivesALawOfArityOneItsDataForm) {
  expect_value("= v (? 0 (f x) f)\n", "v", "[]");
  expect_value("= w (? 1 (f x) 257)\n", "w", "#01");
}

TEST_F(Compile, CrashesOnAFunctionWithoutParameters) {
  EXPECT_FALSE(run("= v (? f 1)\n"));
  EXPECT_TRUE(context().failure.is_crash());
}

TEST_F(Compile, PinsALocalPinnedFunctionAfterLifting) {
  expect_value(" = v\n & a\n?? (f x)\n | x a\n", "v", "{0 1 (0 <{'f' 2 (0 2 1)}> 1)}");
}

// --- Inlining.

class Inline : public SireTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(run("= ((**twice f x))\n| f (f x)\n\n= (plain f x)\n| f (f x)\n"));
  }
};

TEST_F(Inline, ExpandsMarkedFunctionsWhereAllArgumentsAreThere) {
  expect_value("= v\n& (g y)\n| twice g y\n", "v", "{0 2 (0 1 (0 1 2))}");
  expect_value("= w\n& g\n| twice g\n", "w", "{0 1 (0 <{'twice' 2 (0 1 (0 1 2))}> 1)}");
}

TEST_F(Inline, ExpandsAtAMarkInTheExpression) {
  expect_value("= v\n& (g y)\n| **plain g y\n", "v", "{0 2 (0 1 (0 1 2))}");
  expect_value("= w\n& (g y)\n| **(plain g) y\n", "w", "{0 2 (0 1 (0 1 2))}");
  expect_value("= x\n& (g y)\n| **(plain g y)\n", "x", "{0 2 (0 1 (0 1 2))}");
}

TEST_F(Inline, SeesMarksThroughNamesOfNames) {
  expect_value("= again twice\n\n= v\n& (g y)\n| again g y\n", "v", "{0 2 (0 1 (0 1 2))}");
  expect_value("= half (twice 7)\n\n= w\n& y\n| half y\n", "w", "{0 1 (0 7 (0 7 1))}");
}

TEST_F(Inline, LeavesAloneACallOfTooManyArgumentsThatIsMarkedOutside) {
  expect_value("= v\n& (g y)\n| **(plain g y g)\n", "v",
               "{0 2 (0 (0 (0 <{'plain' 2 (0 1 (0 1 2))}> 1) 2) 1)}");
}

TEST_F(Inline, NeverExpandsRecursiveFunctions) {
  ASSERT_TRUE(run("= ((**loop x))\n| loop (3 x)\n"));
  expect_value("= v\n& a\n| loop a\n", "v", "{0 1 (0 <{'loop' 1 (0 0 (0 3 1))}> 1)}");
}

TEST_F(Inline, ExpandsMarkedArgumentsInsideAnExpansion) {
  expect_value("= ((**pass f x))\n| **f x x\n\n= v\n& a\n| pass (& (p q) (q p)) a\n", "v",
               "{0 1 (0 1 1)}");
}

TEST_F(Inline, GivesUpOnAnExpansionThatNeverEnds) {
  ASSERT_TRUE(run("= ((**self x))\n| x x\n"));
  EXPECT_FALSE(run("= v\n& a\n| self self\n"));
  EXPECT_EQ(reason(), "inlining nests too deeply");
}

}  // namespace

}  // namespace plan::sire
