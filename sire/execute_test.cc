// sire/execute_test.cc: commands, macros and failures, in the language without any library.
#include "sire/sire_test.h"
#include "sire/tab.h"

namespace plan::sire {

namespace {

class Execute : public SireTest {
 protected:
  Value state_field(uint64_t i) { return row_at(context().state.row(), i); }
  uint64_t next_key() {
    Value key;
    bool is_nat = false;
    EXPECT_TRUE(context().state.get_next_key(key, is_nat));
    return is_nat ? key.small() : 0;
  }
  Value binding(std::string_view name) {
    const Value scope = state_field(2);
    const auto at = tab_find(scope, gc::make_cord(context().heap, name));
    return at ? pin_item(tab_value(scope, *at)) : Value{};
  }
  void expect_failure(std::string_view blocks, std::string_view why) {
    EXPECT_FALSE(run(blocks));
    EXPECT_EQ(reason(), why);
    EXPECT_EQ(nat_text(context().failure.op()), "Failed to Parse Sire");
  }
};

// --- Definitions.

TEST_F(Execute, NumbersDefinitionsFromOne) {
  ASSERT_TRUE(run("= a 3\n= b 4\n"));
  EXPECT_EQ(binding("a").is_data(), true);
  EXPECT_EQ(row_at(binding("a"), 0), small_nat(1));
  EXPECT_EQ(row_at(binding("b"), 0), small_nat(2));
  EXPECT_EQ(next_key(), 3u);
}

TEST_F(Execute, TakesAnExplicitKeyWithoutCounting) {
  ASSERT_TRUE(run("= 77 a 3\n\n= 0 b 4\n"));
  EXPECT_EQ(row_at(binding("a"), 0), small_nat(77));
  EXPECT_EQ(row_at(binding("b"), 0), small_nat(1));
}

TEST_F(Execute, KeepsEvaluatedProperties) {
  ASSERT_TRUE(run("= 5 (3 8) a 1\n"));
  EXPECT_EQ(row_at(binding("a"), 5), small_nat(9));
  ASSERT_TRUE(run("= b 1\n"));
  EXPECT_EQ(row_at(binding("b"), 5), small_nat(0));
}

TEST_F(Execute, KeepsTheCodeAsItWasRead) {
  ASSERT_TRUE(run("= (f x y)\n| y (**f x)\n"));
  EXPECT_TRUE(
      equal_normal(row_at(binding("f"), 2), value("['F' 1 0 1 'f' 2 ['A' 0 ['A' ['M' 2] 1]]]")));
}

TEST_F(Execute, WritesLetsAndLetrecsInnermostFirst) {
  ASSERT_TRUE(run(" = v\n & z\n@@ = a b\n   = b 7\n @ c a\n | a b c\n"));
  EXPECT_TRUE(equal_normal(row_at(binding("v"), 2),
                           value("['F' 0 0 0 0 1 ['R' [1 ['K' 7]] ['L' 0 ['A' ['A' 1 2] 0]]]]")));
}

TEST_F(Execute, LetsTheLaterOfTwoParametersOfOneNameWin) {
  expect_value("= (f x x)\n| x\n", "f", "<{'f' 2 2}>");
}

TEST_F(Execute, DoesNotLetAPlainNameSeeItself) {
  ASSERT_TRUE(run("= x 3\n\n= x (3 x)\n"));
  EXPECT_EQ(session_.find("x"), small_nat(4));
}

TEST_F(Execute, PutsEachNameOnceInTheScopeWithItsLatestBinding) {
  ASSERT_TRUE(run("* = b 1\n* = a 2\n* = b (3 b)\n"));
  EXPECT_EQ(session_.find("b"), small_nat(2));
  EXPECT_EQ(tab_size(state_field(2)), 2u);
  EXPECT_EQ(row_at(binding("b"), 1), small_nat(2));
  EXPECT_EQ(row_at(binding("a"), 1), small_nat(2));
  ASSERT_TRUE(run("* = a 5\n* = c a\n"));
  EXPECT_EQ(tab_size(state_field(2)), 3u);
  EXPECT_EQ(row_at(binding("a"), 1), small_nat(5));
  EXPECT_EQ(row_at(binding("c"), 1), small_nat(5));
}

TEST_F(Execute, ForgetsWhatWasBoundInAScopeThatIsReplaced) {
  ASSERT_TRUE(run("= a 1\n= b 2\n"));
  EXPECT_FALSE(run("* = a 3\n* = c 4\n* ^-^ b\n* = d c\n"));
  EXPECT_EQ(reason(), "Unresolved symbol: c");
}

TEST_F(Execute, ReadsOneTextFromAColumnOfLines) {
  ASSERT_TRUE(run("= t\n} one\n} two\n"));
  EXPECT_EQ(nat_text(*session_.find("t")), "one\ntwo");
}

TEST_F(Execute, TakesWordsOfDigitsAsNumbersOfAnySize) {
  expect_value("= a 0018446744073709551617\n", "a", "18446744073709551617");
}

TEST_F(Execute, RunsEachPartOfAStar) {
  ASSERT_TRUE(run("* = a 1\n* = b 2\n* (= c 3)\n"));
  EXPECT_EQ(session_.find("c"), small_nat(3));
  EXPECT_TRUE(run("#*\n"));
}

// --- What is wrong with a block.

TEST_F(Execute, SaysWhatIsWrongWithAnExpression) {
  expect_failure("turn\n", "Unresolved symbol: turn");
  expect_failure("(. a b)\n", "Unresolved symbol: a.b");
  expect_failure("(3 (%% a))\n", "Undefined rune: %%");
  expect_failure("%% a\n", "Unbound rune: %%");
  expect_failure("()\n", "empty application");
  expect_failure("(** 1 2)\n", "This needs to have only one parameter");
  expect_failure("(@ 1 2)\n", "Three paramaters are required");
  expect_failure("(^ 1)\n", "Needs at least two paramaters");
  expect_failure("(& 1)\n", "Expected two or three parameters");
  expect_failure("(& (%% a) 1)\n", "Expected something like: (x y z)");
  expect_failure("(? (f [x]) 1)\n", "Bad key: expected something like: 234, foo, 'foo'");
  expect_failure("(? (|) 1)\n", "Expected at least one parameter");
  expect_failure("(? ((** a b) x) 1)\n", "Expected something like **x");
  expect_failure("(? [x] 1)\n", "Expecting something like: (f x y)");
  expect_failure("(@@ 1 2)\n", "Invalid (=) bind-seq");
  expect_failure("f(1 2)\n", "leaf-juxtaposition, but no # macro");
  expect_failure("0xff\n", "don't know how to parse this leaf");
}

TEST_F(Execute, SaysWhatIsWrongWithACommand) {
  expect_failure("= 1\n", "Define cmd needs two or three parameters");
  expect_failure("= (=) 1\n", "Bad binder: expected foo (foo bar), (**foo bar), etc");
  expect_failure("=?= 1\n", "=?= expects two parameters");
  expect_failure(":| a\n", "Module not loaded: a");
  expect_failure(":| a b\n", "Bad import syntax");
  expect_failure("^-^ a b\n", "filter for non-existing keys: a, b");
  expect_failure("#### a b\n", "Expected something like (#### foo) or (#### foo <- bar)");
  expect_failure("#### a <- b\n", "That's not where we were");
}

TEST_F(Execute, ReportsTheBlockThePlaceAndTheReason) {
  EXPECT_FALSE(run("= a 1\n\n| a b\n"));
  EXPECT_EQ(value_text(context().failure.value()).substr(0, 107),
            "`   # block\n"
            "        | a b\n"
            "    # where {test.sire}:3\n"
            "    # problem\n"
            "        | a b\n"
            "    # reason\n"
            "      {++ {Fai");
}

TEST_F(Execute, ReportsACrashOfTheProgramAsAFailureOfTheBlock) {
  EXPECT_FALSE(run("= a (oops 1)\n"));
  EXPECT_EQ(reason(), "Unresolved symbol: oops");
  EXPECT_FALSE(run("= a ({oops} 1)\n"));
  EXPECT_EQ(reason(), "crash: %oops\n");
}

// --- Assertions.

TEST_F(Execute, AssertsEqualityOfValues) {
  EXPECT_TRUE(run("=?= 4 (3 3)\n=?= 5 (3 4)\n"));
  EXPECT_EQ(next_key(), 1u);
}

TEST_F(Execute, ShowsBothSidesOfAFailedAssertion) {
  EXPECT_FALSE(run("=?= 5 (3 3)\n"));
  EXPECT_EQ(reason(), "ASSERTION FAILURE");
  EXPECT_EQ(context().blamed_words, (std::vector<std::string>{"=?=", "*", "5", "*", "4"}));
}

// --- Modules.

TEST_F(Execute, KeepsTheScopeOfEachModule) {
  ASSERT_TRUE(run("#### one\n\n= a 1\n= b 2\n\n^-^ a\n\n#### two <- one\n"));
  EXPECT_FALSE(session_.find("a").has_value());
  ASSERT_TRUE(run(":| one\n"));
  EXPECT_EQ(session_.find("a"), small_nat(1));
  EXPECT_FALSE(session_.find("b").has_value());
}

TEST_F(Execute, ImportsOnlyWhatIsAskedFor) {
  ASSERT_TRUE(run("#### one\n\n= a 1\n= b 2\n\n#### two <- one\n\n:| one [b]\n"));
  EXPECT_FALSE(session_.find("a").has_value());
  EXPECT_EQ(session_.find("b"), small_nat(2));
  ASSERT_TRUE(run(":| one []\n\n=?= 1 (. one a)\n"));
  expect_failure(":| one [x y]\n", "imported symbols do not exist: [\"x\",\"y\"]");
}

TEST_F(Execute, LetsImportsReplaceWhatIsThere) {
  ASSERT_TRUE(run("#### one\n\n= a 1\n\n#### two <- one\n\n= a 2\n\n:| one\n"));
  EXPECT_EQ(session_.find("a"), small_nat(1));
}

TEST_F(Execute, BeginsAChainOnlyInTheInitialState) {
  expect_failure("= a 1\n\n#### one\n", "#### without predecessor, but not in initial state");
}

// --- Macros.

class Macro : public Execute {
 protected:
  // The macro `^^` is what follows it: the last argument of the Rex that it is given.
  void SetUp() override {
    ASSERT_TRUE(
        run("= (last x)\n| 1 0 0 (& (f y) y) 0 x\n\n"
            "= ({^^} state rex err ok)\n| ok state (last rex)\n"));
  }
};

TEST_F(Macro, ReplacesANodeInAnExpression) {
  ASSERT_TRUE(run("= a (3 (^^ 1 2)(5))\n"));
  EXPECT_EQ(session_.find("a"), small_nat(6));
}

TEST_F(Macro, ReplacesACommand) {
  ASSERT_TRUE(run("^^ 1\n = a 4\n"));
  EXPECT_EQ(session_.find("a"), small_nat(4));
}

TEST_F(Macro, IsLookedUpBeforeTheMeaningOfARune) {
  ASSERT_TRUE(run("= {@} {^^}\n\n= {@} .{^^}\n\n= a (@ 1)(8)\n"));
  EXPECT_EQ(session_.find("a"), small_nat(8));
}

TEST_F(Macro, ReportsItsRefusal) {
  ASSERT_TRUE(run("= ({%%} state rex err ok)\n| err rex {not today}\n"));
  EXPECT_FALSE(run("%% 1\n"));
  EXPECT_EQ(reason(), "{not today}");
}

TEST_F(Macro, MustReturnARowOfThreeWithAKnownTag) {
  const auto result = [&](const std::string& expression) {
    EXPECT_TRUE(run("= ({%%} state rex err ok)\n| " + expression + "\n")) << reason();
    EXPECT_FALSE(run("%% 1\n"));
    return reason();
  };
  EXPECT_EQ(result("0 1"), "Invalid macro expansion result(not row)\n0-1\n");
  EXPECT_EQ(result("0 0 3 0 1 2"), "Invalid macro expansion result(not arity = 3)\n[2 1]\n");
  EXPECT_EQ(result("0 0 4 0 7 2 3"), "Invalid macro expansion result(bad rex)\n[3 2 7]\n");
  EXPECT_EQ(result("0 0 4 0 0 2 (0 1)"), "Invalid macro expansion result(bad rex)\n[0-1 2 0]\n");
  EXPECT_EQ(result("0 0 4 0 (0 1) 2 3"), "Invalid macro expansion result(bad tag)\n[3 2 0-1]\n");
  EXPECT_EQ(result("ok state 5"), "malformed rex");
}

TEST_F(Macro, MayLeaveAnyStateWhichIsWrongWhenItIsUsed) {
  ASSERT_TRUE(run("= ({%%} state rex err ok)\n| ok 7 (last rex)\n"));
  EXPECT_TRUE(run("%% 1\n 5\n"));
  EXPECT_FALSE(run("5 6\n"));
  EXPECT_EQ(reason(), "crash: {Malformed Sire State}\n");
}

TEST_F(Macro, SeesAndChangesTheStateItIsGiven) {
  ASSERT_TRUE(
      run("= empty (0 1 2 (0 0 1 0) (0 0 1 0))\n\n"
          "= ({%%} state rex err ok)\n"
          "| ok (0 0 5 0 empty empty 0 41) (last rex)\n"));
  ASSERT_TRUE(run("%% 1\n 7\n"));
  EXPECT_EQ(next_key(), 41u);
  EXPECT_FALSE(session_.find("last").has_value());
}

TEST_F(Macro, NamedHashIsGivenALeafWithWhatIsAttachedToIt) {
  ASSERT_TRUE(run("= ({#} state rex err ok)\n| err rex {attached}\n"));
  EXPECT_FALSE(run("= a b(6)\n"));
  EXPECT_EQ(reason(), "attached");
  EXPECT_EQ(context().blamed_words, (std::vector<std::string>{"b", "6"}));
}

TEST_F(Macro, NamedHashIsGivenAWordThatIsNoNumberAndNoName) {
  ASSERT_TRUE(run("= ({#} state rex err ok)\n| err rex {odd}\n"));
  EXPECT_FALSE(run("= a 0xff\n"));
  EXPECT_EQ(context().blamed_words, (std::vector<std::string>{"#", "0xff"}));
}

}  // namespace

}  // namespace plan::sire
