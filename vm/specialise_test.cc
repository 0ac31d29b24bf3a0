// vm/specialise_test.cc: which loops are copied, what the copies are, and that they do the same.
#include "vm/specialise.h"

#include "vm/ir_test.h"
#include "vm/law_copy.h"

#include <array>

namespace plan::vm {
namespace {

class Specialise : public IrTest {
 protected:
  Specialise() {
    define("foldl", "law f z xs { (@_If xs (self f (f z xs) (@_Dec xs)) z) }");
    define("map", "law f xs { (@_If xs (C2 (self f (@_Dec xs)) (f xs)) 0) }");
  }

  /// The law after the pass.
  Law after(std::string_view text) { return law_after(Pass::kSpecialise, text); }

  /// The body's call is `call`, with @copy at its head; the copy is `copy`.
  void expect(std::string_view text, std::string_view call, std::string_view copy) {
    const Law law = after(text);
    const std::string name = "copy" + std::to_string(++copies_);
    names_.define(name, expect_copy(law, copy));
    std::string expected(call);
    expected.replace(expected.find("@copy"), 5, "@" + name);
    EXPECT_EQ(print(law), plain(expected)) << text;
  }
  void expect_kept(std::string_view text) { EXPECT_EQ(print(after(text)), plain(text)); }

 private:
  uint32_t copies_ = 0;
};

TEST_F(Specialise, PutsAConstantFunctionIntoTheLoop) {
  expect("law x { (@foldl @_Add 0 x) }", "law x { (@copy 0 x) }",
         "law z xs { (@_If xs (self (@_Add z xs) (@_Dec xs)) z) }");
}

TEST_F(Specialise, PassesOnWhatTheFunctionHolds) {
  define("f", "law k a b { (@_Add a (@_Mul k b)) }");
  expect("law x y { (@foldl (@f (@_Dec y)) 0 x) }", "law x y { (@copy (@_Dec y) 0 x) }",
         "law k z xs { (@_If xs (self k (@f k z xs) (@_Dec xs)) z) }");
}

TEST_F(Specialise, KeepsConstantsThatTheFunctionHoldsInTheCopy) {
  expect("law x { (@map (@_Add 7) x) }", "law x { (@copy x) }",
         "law xs { (@_If xs (C2 (self (@_Dec xs)) (@_Add 7 xs)) 0) }");
}

TEST_F(Specialise, LeavesAFunctionInALetWhereItIs) {
  expect("law x y { f = (@_Add (y 1)) (@map f (f x)) }",
         "law x y { f = (@_Add v) v = (y 1) (@copy v (f x)) }",
         "law k xs { (@_If xs (C2 (self k (@_Dec xs)) (@_Add k xs)) 0) }");
}

TEST_F(Specialise, CopiesTheLetsOfTheLoop) {
  define("count", "law f n { m = (f n) (@_If m (self f (@_Add m m)) m) }");
  expect("law x { (@count @_Dec x) }", "law x { (@copy x) }",
         "law n { m = (@_Dec n) (@_If m (self (@_Add m m)) m) }");
}

TEST_F(Specialise, UsesOneCopyForOneFunction) {
  const Law law = after("law x { (C3 (@map @_Dec x) (@map @_Len x) (@map @_Dec 7)) }");
  const auto head = [&](size_t i) { return law.body->args[i]->head->value; };
  EXPECT_EQ(head(0), head(2));
  EXPECT_NE(head(0), head(1));
  EXPECT_TRUE(is_law(head(1)));
}

TEST_F(Specialise, LeavesLoopsThatChangeOrHandOutTheFunction) {
  define("grows", "law f n { (@_If n (self (@_Add (f 1)) (@_Dec n)) (f n)) }");
  expect_kept("law x { (@grows @_Dec x) }");
  define("names", "law f n { (@_If n (self f (@_Dec n)) (f self)) }");
  expect_kept("law x { (@names @_Dec x) }");
  // It would have to be built again in every turn.
  define("keeps", "law f n { (@_If n (C1 (self f (@_Dec n))) (C2 f (f n))) }");
  expect_kept("law x { (@keeps (@_Add x) 7) }");
}

TEST_F(Specialise, LeavesCallsOfWhatIsNotKnownOrNoLoop) {
  expect_kept("law x y { (@map y x) }");
  expect_kept("law x y { (@map @_Dec) }");
  define("apply", "law f x { (f x) }");
  expect_kept("law x y { (@apply @_Dec x) }");
  expect_kept("law x y { f = (@_Add g) g = (C1 f) (@map f x) }");
}

TEST_F(Specialise, LeavesALoopThatWouldHaveNoParameter) {
  define("for_ever", "law f { (@_If (f 1) (self f) 3) }");
  expect_kept("law x { (@for_ever @_Dec) }");
}

TEST_F(Specialise, MakesNoMoreVersionsThanItsLimit) {
  std::string text = "law x { (C12";
  for (uint32_t i = 0; i < 12; ++i) text += " (@map (@_Add " + std::to_string(100 + i) + ") x)";
  const Law law = after(text + ") }");
  uint32_t copies = 0;
  for (const Expr* call : law.body->args) copies += is_law(call->head->value) ? 1 : 0;
  EXPECT_EQ(copies, kSpecialiseVersions);
}

// The loop calls itself through another with a function that holds more in every turn.
TEST_F(Specialise, MakesCopiesForCopiesNoFurtherThanItsLimit) {
  define("fold", "law f n { (@_If n (self f (f (@_Dec n))) 0) }");
  Law law = after("law x { (@fold (@fold @_Dec) x) }");
  for (uint32_t i = 0; i < 10; ++i) {
    if (!is_law(law.body->head->value)) break;
    const Value copy = law.body->head->value;
    law = Law{};
    decode_law(copy, law);
    PassSet passes = PassSet::none();
    passes.add(Pass::kSpecialise);
    optimise_law(machine(), law, copy, passes);
    EXPECT_LE(static_cast<Code*>(gc::law_region(copy)->codes)->generation, kCopyGenerations);
  }
}

TEST_F(Specialise, CopiesSurviveCollectionsAndGiveTheSameValue) {
  gc::Root direct(heap_, define("direct", "law x { (@foldl @_Add 5 x) }"));
  machine().options.optimise_always = true;
  machine().options.passes = PassSet::none();
  machine().options.passes.add(Pass::kSpecialise);
  for (uint32_t i = 0; i < 3; ++i) {
    const Outcome out = evaluator_.apply(direct.get(), std::array{small_nat(10)});
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.value, small_nat(60));
    Value none;
    machine().collector.collect_major(none);
  }
}

TEST_F(Specialise, LeavesTheHeapAsItWas) {
  const Word* before = heap_.hp;
  static_cast<void>(after("law x { x }"));
  const auto encoding = heap_.hp - before;
  before = heap_.hp;
  static_cast<void>(after("law x { (@map @_Dec x) }"));
  EXPECT_LE(heap_.hp - before, encoding + 20);  // the test's own encoding of the law
}

}  // namespace
}  // namespace plan::vm
