// vm/inline_test.cc: what takes the place of which calls, and what does not.
#include "vm/inline.h"

#include "vm/ir_test.h"

namespace plan::vm {
namespace {

class Inline : public IrTest {
 protected:
  void expect(std::string_view before, std::string_view after) {
    EXPECT_EQ(optimised(before, Pass::kInline), plain(after)) << before;
  }
  void expect_kept(std::string_view text) { expect(text, text); }

  /// A law of `leaves` leaves of the parameter x, all of which are used.
  std::string sum(uint32_t leaves) {
    std::string text = "x";
    for (uint32_t n = 1; n < leaves; n += 2) text = "(@_Add x " + text + ")";
    return "law x { " + text + " }";
  }
};

TEST_F(Inline, PutsVariablesAndConstantsWhereTheParametersWere) {
  define("twice", "law y { (@_Add y y) }");
  expect("law x { (@twice x) }", "law x { (@_Add x x) }");
  expect("law x { (@twice 7) }", "law x { (@_Add 7 7) }");
}

TEST_F(Inline, BindsAnArgumentThatIsUsedTwice) {
  define("twice", "law y { (@_Add y y) }");
  expect("law x { (@twice (@_Mul x 3)) }", "law x { v = (@_Mul x 3) (@_Add v v) }");
}

TEST_F(Inline, PutsAnArgumentWhereItIsUsedOnce) {
  define("tail", "law y z { (C2 (z y) y) }");
  expect("law x { (@tail x (x x)) }", "law x { v = (x x) (C2 (v x) x) }");
  define("pair", "law y z { (C2 (7 z) y) }");
  expect("law x { (@pair x (x x)) }", "law x { (C2 (7 (x x)) x) }");
}

TEST_F(Inline, DropsAnArgumentThatIsNotUsed) {
  define("first", "law y z { y }");
  expect("law x { (@first x (x x)) }", "law x { x }");
}

TEST_F(Inline, TakesTheLetsOfTheLawAlong) {
  define("squares", "law y { s = (@_Mul y y) (C2 s s) }");
  expect("law x { (@squares (x 1)) }", "law x { y = (x 1) s = (@_Mul y y) (C2 s s) }");
  define("knot", "law y { a = (C2 b y) b = (C1 a) a }");
  expect("law x { (@knot x) }", "law x { a = (C2 b x) b = (C1 a) a }");
}

TEST_F(Inline, LeavesALoopOfLocalFunctionsToTheLawThatHasIt) {
  define("down", "law f y { (@_If y (f (@_Dec y)) 0) }");
  define("loop", "law y { f = (@down f) (f y) }");
  expect("law x { (@loop x) }", "law x { (@loop x) }");
}

TEST_F(Inline, JoinsTheArgumentsOfAFunctionToItsCall) {
  define("apply", "law f y { (f y) }");
  expect("law x { (@apply (@_Add (x x)) 3) }", "law x { (@_Add (x x) 3) }");
  define("both", "law f y { (C2 (f y) (f 2)) }");
  expect("law x { (@both (@_Add (x x)) 3) }",
         "law x { v = (x x) (C2 (@_Add v 3) (@_Add v 2)) }");
  define("keeps", "law f y { (C2 (f y) f) }");
  expect("law x { (@keeps (@_Add x) 3) }", "law x { v = (@_Add x) (C2 (@_Add x 3) v) }");
}

TEST_F(Inline, SeesCallsThatBecomeKnown) {
  define("twice", "law y { (@_Add y y) }");
  define("apply", "law f y { (f y) }");
  expect("law x { (@apply @twice x) }", "law x { (@_Add x x) }");
  define("four", "law y { (@twice (@twice y)) }");
  expect("law x { (@four x) }", "law x { v = (@_Add x x) (@_Add v v) }");
}

TEST_F(Inline, LeavesJetsRecursionAndOtherArities) {
  define("count", "law n { (@_If n (self (@_Dec n)) 0) }");
  expect_kept("law x { (@count x) }");
  expect_kept("law x { (@_Add x x) }");
  define("twice", "law y { (@_Add y y) }");
  expect_kept("law x { (@twice x x) }");
  expect_kept("law x { (C1 @twice) }");
}

TEST_F(Inline, LeavesMembersOfCyclesAndFunctionsFromThem) {
  define("apply", "law f y { (f y) }");
  define("twice", "law y { (@_Add y y) }");
  expect_kept("law x { a = (C2 a (@twice x)) a }");
  expect_kept("law x { f = (x f) (@apply f x) }");
}

TEST_F(Inline, StopsAtItsSizes) {
  define("eight", sum(kAlwaysLeaves - 1));
  define("nine", sum(kAlwaysLeaves + 1));
  EXPECT_NE(optimised("law x { (@eight x) }", Pass::kInline), plain("law x { (@eight x) }"));
  expect_kept("law x { (@nine x) }");
  // In a law that calls itself, more.
  EXPECT_NE(optimised("law x { (self (@nine x)) }", Pass::kInline),
            plain("law x { (self (@nine x)) }"));
}

TEST_F(Inline, TakesALargerLawForAFunctionOrARowThatIsKnown) {
  define("map3", "law f y { (C3 (f (@_Add y 1)) (f (@_Add y 2)) (f (@_Add y 3))) }");
  expect_kept("law x { (@map3 x x) }");
  EXPECT_NE(optimised("law x { (@map3 @_Dec x) }", Pass::kInline),
            plain("law x { (@map3 @_Dec x) }"));
  define("sum3", "law r { (@_Add (@_Idx 0 r) (@_Add (@_Idx 1 r) (@_Idx 2 r))) }");
  expect_kept("law x { (@sum3 x) }");
  EXPECT_NE(optimised("law x { (@sum3 (C3 x x x)) }", Pass::kInline),
            plain("law x { (@sum3 (C3 x x x)) }"));
}

TEST_F(Inline, TakesALocalFunctionOfAnySizeThatOccursOnce) {
  define("local", sum(61));
  expect_kept("law x { (@local x) }");
  EXPECT_NE(optimised("law x { (@~local x) }", Pass::kInline), plain("law x { (@~local x) }"));
  expect_kept("law x { (C2 (@~local x) (@~local 1)) }");
}

TEST_F(Inline, GrowsALawNoFurtherThanItsLimit) {
  define("seven", "law a b { (@_Add a (@_Add b (@_Add a b))) }");
  std::string text = "x";
  for (uint32_t i = 0; i < 100; ++i) text = "(@seven x " + text + ")";
  Law law = read("law x { " + text + " }");
  const Value function = encode("grown", law);
  const uint64_t before = law.body->size;
  PassSet passes = PassSet::none();
  passes.add(Pass::kInline);
  optimise_law(machine(), law, function, passes);
  uint64_t after = law.body->size;
  for (const Expr* let : law.lets) after += let->size;
  EXPECT_GT(after, before);
  EXPECT_LE(after, std::max(kLeavesAlways, kGrowth * before) + before);
}

TEST_F(Inline, StopsAtItsDepth) {
  define("f0", "law x { (@_Dec x) }");
  for (uint32_t i = 1; i <= kInlineDepth + 1; ++i) {
    define("f" + std::to_string(i), "law x { (@f" + std::to_string(i - 1) + " x) }");
  }
  expect("law x { (@f6 x) }", "law x { (@f0 x) }");
}

}  // namespace
}  // namespace plan::vm
