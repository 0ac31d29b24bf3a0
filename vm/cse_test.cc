// vm/cse_test.cc: elements of rows that are taken twice.
#include "vm/cse.h"

#include "vm/ir_test.h"

namespace plan::vm {
namespace {

class Cse : public IrTest {
 protected:
  std::string shared(std::string_view expr) {
    return optimised("law a1 a2 a3 { " + std::string(expr) + " }", Pass::kCse);
  }
  std::string expected(std::string_view expr, std::string_view lets = "") {
    return plain("law a1 a2 a3 { " + std::string(lets) + " " + std::string(expr) + " }");
  }
};

TEST_F(Cse, SharesWhatWasEvaluatedBefore) {
  EXPECT_EQ(shared("(@_If (@_Eql (@_Idx 0 a1) 3) (a2 (@_Idx 0 a1)) (@_Idx 0 a1))"),
            expected("(@_If (@_Eql v4 3) (a2 v4) v4)", "v4 = (@_Idx 0 a1)"));
  EXPECT_EQ(shared("(@_Add (@_Get a1 1) (@_Len (@_Get a1 1)))"),
            expected("(@_Add v4 (@_Len v4))", "v4 = (@_Get a1 1)"));
  EXPECT_EQ(shared("(@_Switch (@_DataTag a1) (a2 (@_DataTag a1)) (C1 (@_DataTag a1)))"),
            expected("(@_Switch v4 (a2 v4) (C1 v4))", "v4 = (@_DataTag a1)"));
}

TEST_F(Cse, SharesWhatWasBuiltBefore) {
  EXPECT_EQ(shared("(a2 (@_Idx 0 a1) (a3 (@_Idx 0 a1)))"),
            expected("(a2 v4 (a3 v4))", "v4 = (@_Idx 0 a1)"));
  EXPECT_EQ(shared("(C2 (@_Cdr a1) (C1 (@_Cdr a1)))"),
            expected("(C2 v4 (C1 v4))", "v4 = (@_Cdr a1)"));
}

TEST_F(Cse, TakesAnElementOfAnEvaluatedRowBeforeSomethingIsSuspended) {
  EXPECT_EQ(shared("(@_If (@_IsNat a1) 0 (C1 (a2 (@_Idx 1 a1))))"),
            expected("(@_If (@_IsNat a1) 0 (C1 (a2 v4)))", "v4 = (@_Idx 1 a1)"));
  EXPECT_EQ(shared("(@_Seq a1 (C1 (a2 (a3 (@_Get a1 7)))))"),
            expected("(@_Seq a1 (C1 (a2 (a3 v4))))", "v4 = (@_Get a1 7)"));
}

TEST_F(Cse, LeavesAnElementWhereItIsIfItsRowMayNotBeEvaluated) {
  for (const char* expr : {
           "(C1 (a2 (@_Idx 1 a1)))",
           "(@_Seq (@_If a2 (@_Len a1) 7) (C1 (a2 (@_Idx 1 a1))))",
           "(@_If (@_IsNat a2) 0 (C1 (a2 (@_Idx a1 a2))))",
       }) {
    EXPECT_EQ(shared(expr), expected(expr));
  }
}

TEST_F(Cse, LeavesApartWhatIsOnDifferentPaths) {
  for (const char* expr : {
           "(@_If a2 (@_Idx 0 a1) (@_Idx 0 a1))",
           "(@_Switch a2 (@_Idx 0 a1) (C2 (@_Idx 0 a1) (@_Idx 0 a1)))",
           "(@_Seq (@_If a2 (@_Idx 0 a1) 7) (@_Idx 0 a1))",
           "(@_Mul (@_Len a1) (a2 (@_Mul (@_Len a3) 2)))",
           "(a2 (a3 (@_Idx 0 a1)) (@_Idx 0 a1))",
       }) {
    EXPECT_EQ(shared(expr), expected(expr));
  }
}

TEST_F(Cse, LeavesOtherCallsAlone) {
  for (const char* expr : {
           "(a2 (@_Idx a3 a1) (@_Idx a3 a1))",
           "(a2 (@_Idx 0 (a1 2)) (@_Idx 0 (a1 2)))",
           "(a2 (@_Idx 0 a1) (@_Idx 1 a1) (@_Idx 0 a3))",
           "(a2 (@_Trace a1 0) (@_Trace a1 0))",
           "(a2 (a3 a1) (a3 a1))",
           "(a2 (@_Idx 0) (@_Idx 0))",
       }) {
    EXPECT_EQ(shared(expr), expected(expr));
  }
}

TEST_F(Cse, KnowsWhichOperandComesFirst) {
  // _Sub evaluates its second operand first, a comparison its first. Only what is evaluated first
  // is there for the other to use.
  const char* expr = "(@_Sub (@_Dec (@_Len a1)) (a2 (a3 (@_Len a1))))";
  EXPECT_EQ(shared(expr), expected(expr));
  EXPECT_EQ(shared("(@_Lth (@_Dec (@_Len a1)) (a2 (a3 (@_Len a1))))"),
            expected("(@_Lth (@_Dec v4) (a2 (a3 v4)))", "v4 = (@_Len a1)"));
}

TEST_F(Cse, TreatsJetsAsLawsWhenJetsAreOff) {
  machine().options.jets = false;
  const char* expr = "(a2 (@_Idx 0 a1) (@_Idx 0 a1))";
  EXPECT_EQ(shared(expr), expected(expr));
}

}  // namespace
}  // namespace plan::vm
