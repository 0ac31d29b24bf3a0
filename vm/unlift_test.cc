// vm/unlift_test.cc: which cycles of closures become loops, what the loops are, and that they do
// the same.
#include "vm/unlift.h"

#include "vm/ir_test.h"
#include "vm/law_copy.h"

#include <array>

namespace plan::vm {
namespace {

class Unlift : public IrTest {
 protected:
  Unlift() {
    define("even", "law odd x { (@_Ifz x 1 (odd (@_Dec x))) }");
    define("odd", "law even x { (@_Ifz x 0 (even (@_Dec x))) }");
  }

  /// The law after the pass.
  Law after(std::string_view text) { return law_after(Pass::kUnlift, text); }

  /// The body's call is `expected`, with @copy at its head; the copy is `copy`.
  void expect(std::string_view text, std::string_view expected, std::string_view copy) {
    const Law law = after(text);
    names_.define("copy", expect_copy(law, copy));
    EXPECT_EQ(print(law), plain(expected)) << text;
  }
  void expect_kept(std::string_view text) { EXPECT_EQ(print(after(text)), plain(text)); }

 private:
};

TEST_F(Unlift, MakesALoopOfTwoFunctionsThatCallEachOther) {
  expect("law n { e = (@even o) o = (@odd e) (e n) }", "law n { (@copy n) }",
         "law x { (@_Ifz x 1 (@odd self (@_Dec x))) }");
}

TEST_F(Unlift, FindsTheOtherFunctionInPlace) {
  expect("law n { e = (@even (@odd e)) (e n) }", "law n { (@copy n) }",
         "law x { (@_Ifz x 1 (@odd self (@_Dec x))) }");
}

TEST_F(Unlift, MakesALoopOfAFunctionThatCallsItself) {
  define("down", "law f k x { (@_If x (f (@_Sub x k)) k) }");
  expect("law n { f = (@down f 3) (f n) }", "law n { (@copy n) }",
         "law x { (@_If x (self (@_Sub x 3)) 3) }");
}

TEST_F(Unlift, PassesOnWhatTheFunctionsHold) {
  define("up", "law d f x { (@_If x (f (@_Sub x d)) d) }");
  expect("law k n { f = (@up k f) (f n) }", "law k n { (@copy k n) }",
         "law k x { (@_If x (self k (@_Sub x k)) k) }");
}

TEST_F(Unlift, ComputesWhatTheFunctionsHoldInTheLawThatHadThem) {
  define("up", "law d f x { (@_If x (f (@_Sub x d)) d) }");
  expect("law k n { f = (@up (k 1) f) (f n) }", "law k n { d = (k 1) (@copy d n) }",
         "law k x { (@_If x (self k (@_Sub x k)) k) }");
}

TEST_F(Unlift, CopiesTheLetsOfTheFunction) {
  define("lets", "law f x { y = (@_Dec x) (@_If y (f (@_Add y y)) y) }");
  expect("law n { f = (@lets f) (f n) }", "law n { (@copy n) }",
         "law x { y = (@_Dec x) (@_If y (self (@_Add y y)) y) }");
}

TEST_F(Unlift, FollowsAFunctionIntoALawThatOnlyCallsIt) {
  define("each", "law f xs { (@_If xs (C2 (self f (@_Idx 1 xs)) (f (@_Idx 0 xs))) 0) }");
  define("tree", "law f x { (@_If x (@each f x) 0) }");
  expect("law n { f = (@tree f) (f n) }", "law n { (@copy n) }",
         "law x { (@_If x (@each self x) 0) }");
}

TEST_F(Unlift, KeepsFunctionsThatSomebodyMaySee) {
  expect_kept("law n { e = (@even o) o = (@odd e) e }");
  expect_kept("law n { e = (@even o) o = (@odd e) (n e) }");
  expect_kept("law n { e = (@even o) o = (@odd e) (C1 e) }");
  expect_kept("law n { e = (@even o) o = (@odd e) (@_Eql e (e n)) }");
  define("shows", "law f x { (@_If x (C1 f) (f 1)) }");
  expect_kept("law n { e = (@even o) o = (@shows e) (e n) }");
  define("hands", "law g f x { (@_If x (f 1) (@shows f x)) }");
  expect_kept("law n { e = (@even o) o = (@hands n e) (e n) }");
}

TEST_F(Unlift, KeepsFunctionsThatGetTooFewArguments) {
  define("two", "law f x y { (@_If x (f y) 1) }");
  expect_kept("law n { f = (@two f) (f n n) }");
}

TEST_F(Unlift, KeepsCyclesOfOtherThings) {
  expect_kept("law n { xs = (C2 xs n) (@_Idx 1 xs) }");
  expect_kept("law n { x = (@_Add x n) x }");
  expect_kept("law n { e = (@even (n e)) (e n) }");
}

TEST_F(Unlift, KeepsACycleThatNoMemberBreaks) {
  define("both", "law f g x { (@_If x (f (g x)) 1) }");
  expect_kept("law n { a = (@both a b) b = (@both a b) (a n) }");
}

TEST_F(Unlift, UsesOneCopyHoweverOftenTheLawIsDecoded) {
  gc::Root law(heap_, define("caller", "law n { e = (@even o) o = (@odd e) (e n) }"));
  const auto head = [&] {
    Law ir;
    decode_law(pin_item(law.get()), ir);
    prepare_law(machine(), ir, law.get(), PassSet::all());
    return ir.body->head->value;
  };
  ASSERT_TRUE(is_law(head()));
  EXPECT_EQ(head(), head());
}

TEST_F(Unlift, TheLoopHasNoUnknownCallWhenItIsOptimised) {
  const Law law = after("law n { e = (@even o) o = (@odd e) (e n) }");
  const Value copy = law.body->head->value;
  EXPECT_TRUE(static_cast<Code*>(gc::law_region(copy)->codes)->optimise);
  Law inside;
  decode_law(copy, inside);
  optimise_law(machine(), inside, copy, PassSet::all());
  EXPECT_EQ(print(inside),
            plain("law x { y = (@_Dec x) (@_Ifz x 1 (@_Ifz y 0 (self (@_Dec y)))) }"));
}

TEST_F(Unlift, GivesTheSameValueInCodeThatRunsOnce) {
  gc::Root law(heap_, define("caller", "law n { e = (@even o) o = (@odd e) (C2 (e n) (o n)) }"));
  for (const bool is_on : {false, true}) {
    machine().options.passes = is_on ? PassSet::all() : PassSet::none();
    const Outcome out = evaluator_.apply(law.get(), std::array{small_nat(1001)});
    ASSERT_TRUE(out.ok());
    const Outcome normal = evaluator_.normalise(out.value);
    ASSERT_TRUE(normal.ok());
    EXPECT_EQ(row_at(normal.value, 0), small_nat(1));
    EXPECT_EQ(row_at(normal.value, 1), small_nat(0));
  }
}

}  // namespace
}  // namespace plan::vm
