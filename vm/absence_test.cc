// vm/absence_test.cc: arguments that nobody looks at.
#include "vm/absence.h"

#include "vm/ir_test.h"

namespace plan::vm {
namespace {

class Absence : public IrTest {
 protected:
  Absence() {
    define("first", "law x y { x }");
    define("second", "law x y { y }");
  }
  /// The absent parameters of such a law, from 1.
  std::string absent(std::string_view text) {
    const uint64_t bits = absent_parameters(machine(), evaluator_.pin(encode("asked", read(text))));
    std::string list;
    for (size_t p = 0; p < kAbsenceParametersMax; ++p) {
      if ((bits >> p & 1) != 0) list += (list.empty() ? "" : " ") + std::to_string(p + 1);
    }
    return list;
  }
  std::string dropped(std::string_view expr) {
    return optimised("law a1 a2 a3 { " + std::string(expr) + " }", Pass::kAbsence);
  }
  std::string expected(std::string_view expr) {
    return plain("law a1 a2 a3 { " + std::string(expr) + " }");
  }
};

// --- Which parameters.

TEST_F(Absence, IsOfWhatALawDoesNotMention) {
  EXPECT_EQ(absent("law x y z { (@_Add x 1) }"), "2 3");
  EXPECT_EQ(absent("law x { 7 }"), "1");
  EXPECT_EQ(absent("law x y { (x y) }"), "");
  EXPECT_EQ(absent("law x y { (C1 x) }"), "2");
}

TEST_F(Absence, IsOfWhatOnlyAnUnusedLetMentions) {
  EXPECT_EQ(absent("law x y { a = (x y) b = (a x) (x 1) }"), "2");
  EXPECT_EQ(absent("law x y { a = (y 1) b = (C1 a) (x b) }"), "");
}

TEST_F(Absence, IsOfWhatIsHandedOnToAbsentParameters) {
  EXPECT_EQ(absent("law x y { (@first x (y y)) }"), "2");
  EXPECT_EQ(absent("law x y { (@second x y) }"), "1");
  define("through", "law x y { (@first y (@second x y)) }");
  EXPECT_EQ(absent("law x y { (@through (x 1) y) }"), "1");
  EXPECT_EQ(absent("law x y { (@first x y y) }"), "");  // what is left over is applied to it
}

TEST_F(Absence, IsFoundOnTheWayRoundALoop) {
  EXPECT_EQ(absent("law i n acc { (@_If i (self (@_Dec i) (n acc) acc) acc) }"), "2");
  EXPECT_EQ(absent("law i n acc { (@_If i (self (@_Dec i) acc n) acc) }"), "");
  EXPECT_EQ(absent("law a b c d { (@_If a (self d b c (@first b c)) 1) }"), "3");
}

TEST_F(Absence, IsNotOfWhatSomebodyMayLookAt) {
  EXPECT_EQ(absent("law x y { (@first x) }"), "2");
  EXPECT_EQ(absent("law x y { (@second x) }"), "2");  // kept in the partial application
  EXPECT_EQ(absent("law x y { (@_Trace x y) }"), "");
  EXPECT_EQ(absent("law x y { (@_Seq x 1) }"), "2");
  EXPECT_EQ(absent("law f x { (f x) }"), "");
  EXPECT_EQ(absent("law x y { (C2 x self) }"), "2");
}

TEST_F(Absence, IsNoneOfWhatIsNoFunction) {
  EXPECT_EQ(absent_parameters(machine(), small_nat(3)), 0u);
  EXPECT_EQ(absent_parameters(machine(), value("[1 2]")), 0u);
  EXPECT_EQ(absent_parameters(machine(), *names_.find("_Add")), 0u);
}

TEST_F(Absence, IsNotLookedForInLargeLaws) {
  std::string text = "law x y { (C3000";
  for (int i = 0; i < 3000; ++i) text += " x";
  EXPECT_EQ(absent(text + ") }"), "");
}

TEST_F(Absence, IsFoundOncePerLaw) {
  const Value pin = define("asked", "law x y { (@first x y) }");
  EXPECT_EQ(absent_parameters(machine(), pin), 2u);
  const uint64_t walked = machine().summaries.laws_walked;
  EXPECT_EQ(absent_parameters(machine(), pin), 2u);
  EXPECT_EQ(machine().summaries.laws_walked, walked);
  EXPECT_EQ(machine().summaries.of(pin).stored_absent(), 2u);
}

TEST_F(Absence, IsNotStoredIfALimitWasMet) {
  define("n0", "law x y { x }");
  for (int i = 1; i <= 20; ++i) {
    define("n" + std::to_string(i), "law x y { (@n" + std::to_string(i - 1) + " x y) }");
  }
  const Value deep = *names_.find("n20");
  EXPECT_EQ(absent_parameters(machine(), deep), 0u);
  EXPECT_FALSE(machine().summaries.of(deep).stored_absent().has_value());
  const Value near = *names_.find("n5");
  EXPECT_EQ(absent_parameters(machine(), near), 2u);
}

// --- What the pass makes of it.

TEST_F(Absence, ArgumentsThatNobodyLooksAtAreNotBuilt) {
  EXPECT_EQ(dropped("(@first (a1 1) (a2 a3))"), expected("(@first (a1 1) 0)"));
  EXPECT_EQ(dropped("(a1 (@second (a2 1) (@first a2 a3)))"),
            expected("(a1 (@second 0 (@first a2 0)))"));
  EXPECT_EQ(dropped("v = (a1 a2) w = (v 1) (@first a3 (a1 w))"), expected("(@first a3 0)"));
  EXPECT_EQ(dropped("v = (@second a1 a2) (@_Add v v)"),
            expected("v = (@second 0 a2) (@_Add v v)"));
  EXPECT_EQ(dropped("(@first a1 a2 (a3 1))"), expected("(@first a1 0 (a3 1))"));
}

TEST_F(Absence, ALoopIsNotHandedWhatOnlyItHandsOn) {
  const std::string_view before = "law i n acc { (@_If i (self (@_Dec i) (n i) acc) acc) }";
  EXPECT_EQ(optimised(before, Pass::kAbsence),
            plain("law i n acc { (@_If i (self (@_Dec i) 0 acc) acc) }"));
}

TEST_F(Absence, OtherArgumentsStay) {
  for (const char* expr : {
           "(@first (a1 a2))",
           "(a3 (a1 a2) (a2 a1))",
           "(@_Seq a1 (a2 a3))",
           "(C2 (@first a1) (a2 a3))",
           "(@first (a2 a3) 7)",
       }) {
    EXPECT_EQ(dropped(expr), expected(expr));
  }
}

}  // namespace
}  // namespace plan::vm
