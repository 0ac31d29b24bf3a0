// tests/oracle/oracle_test.cc: the oracle against the tables of plan.md.
#include "tests/oracle/run.h"

#include <gtest/gtest.h>

#include <array>
#include <span>
#include <string>
#include <utility>

namespace plan::oracle {

namespace {

constexpr char kTrace[] = "<{'_Trace' 2 (2 0)}>";  // stands for the jet; matched by name
constexpr char kTry[] = "<{'_Try' 1 (2 0)}>";

std::string run(const std::string& program) {
  Oracle oracle;
  std::string error;
  EXPECT_TRUE(oracle.define("t", kTrace, &error)) << error;
  EXPECT_TRUE(oracle.define("try", kTry, &error)) << error;
  Outcome outcome;
  if (!oracle.run(program, {.steps = 100'000, .depth = 20'000}, &outcome, &error)) return error;
  std::string text = describe(outcome);
  text.pop_back();
  return text;
}

std::string value(const std::string& program) {
  const std::string text = run(program);
  return text.starts_with("value ") ? text.substr(6) : text;
}

/// Both texts denote values; says how plan.md section 5 orders them.
int order(std::string_view x, std::string_view y) {
  Arena arena;
  std::string error;
  const Stack stack = Stack::of_this_thread();
  Term* xt = read_value(arena, {}, x, stack, &error);
  Term* yt = read_value(arena, {}, y, stack, &error);
  EXPECT_TRUE(xt != nullptr && yt != nullptr) << x << " " << y << " " << error;
  const int c = compare(xt, yt);
  EXPECT_EQ(c<0, compare(yt, xt)> 0);
  return c < 0 ? -1 : c > 0;
}

struct Example {
  const char* program;
  const char* result;
};

void expect_all(std::span<const Example> examples) {
  for (const Example& e : examples) EXPECT_EQ(value(e.program), e.result) << e.program;
}

}  // namespace

TEST(Oracle, IncrementsAndBranchesOnNats) {
  expect_all(std::to_array<Example>({
      {"(3 4)", "5"},
      {"(3 18446744073709551615)", "18446744073709551616"},
      {"(3 [1])", "1"},
      {"(2 7 3 0)", "7"},
      {"(2 7 3 5)", "5"},
      {"(2 7 3 [5])", "7"},
      {"(2 (5 0) 3 5)", "5"},
      {"(2 7 (5 0) 0)", "7"},
  }));
}

TEST(Oracle, ChecksTheOperandsOfALawInOrder) {
  expect_all(std::to_array<Example>({
      {"(0 1 0 5)", "crash 0 0"},
      {"(0 [1] 1 5)", "{0 1 5}"},
      {"(0 7 [3] 5)", "crash 0 0"},
      {"(5 (6 1))", "crash 6 1"},
      {"(0 (5 1) 0 (6 1))", "crash 5 1"},
      {"(0 7 (6 1) (8 1))", "crash 6 1"},
      {"(0 7 0 (6 1))", "crash 0 0"},
      {"(0 7 1 [0 (6 1)])", "crash 6 1"},
  }));
}

TEST(Oracle, DecodesTheBodyOfALaw) {
  expect_all(std::to_array<Example>({
      {"({7 2 0} 1 2)", "{7 2 0}"},
      {"({7 2 1} 8 9)", "8"},
      {"({7 2 3} 8 9)", "3"},
      {"({7 2 (2 1)} 8 9)", "1"},
      {"({7 2 (1 1 3)} 8 9)", "8"},
      {"({7 1 (0 3 (1 1 2))} 8)", "1"},
      {"({7 1 (1 (1 5 2) 2)} 8)", "(1 5 2)"},
      {"({7 1 5} 8)", "5"},
      {"({7 1 (0 1)} 8)", "(0 1)"},
      {"({7 1 (2 1 0)} 8)", "(2 1 0)"},
      {"({7 1 (1 1)} 8)", "(1 1)"},
      {"({7 1 (<0> 1 1)} 8)", "(<0> 1 1)"},
      {"({7 1 [1 0]} 8)", "[1 0]"},
      {"({7 1 <1>} 8)", "<1>"},
      {"({7 2 (0 (0 2 1) (2 0))} 8 9)", "crash 9 8"},
      {"({7 2 (0 (0 (2 {9 3 2}) 1) 2)} 8 9)", "({9 3 2} 8 9)"},
  }));
}

TEST(Oracle, LetsSeeEachOther) {
  expect_all(std::to_array<Example>({
      {"({7 1 (1 3 (1 1 2))} 8)", "8"},
      {"({7 1 (1 (2 5) (1 (0 (2 3) 2) 3))} 8)", "6"},
      {"({7 1 (1 (0 (2 3) 3) (1 (2 5) 2))} 8)", "6"},
      {"({7 1 (1 (0 5 1) (0 3 1))} 8)", "9"},  // a let that is not used is not evaluated
      {"({7 1 (1 2 2)} 8)", "loop"},
      {"({7 1 (1 3 (1 2 2))} 8)", "loop"},
      {"({7 1 (1 (0 3 2) 2)} 8)", "loop"},
      {"({7 1 (1 (0 (0 {0 3 0} 2) 1) (0 (0 (0 (0 (0 (2 1) 0) 0) {9 2 2}) 0) 2))} 8)", "8"},
  }));
}

TEST(Oracle, SelfIsTheFunctionAsCalled) {
  expect_all(std::to_array<Example>({
      {"(<{7 1 0}> 8)", "<{7 1 0}>"},
      {"(<<{7 1 0}>> 8)", "<{7 1 0}>"},
      {"(<({7 2 0} 1)> 8)", "{7 2 0}"},
      {"(<{7 2 0}> 8 9)", "<{7 2 0}>"},
      {"(<{1 1 0}> 8)", "<{1 1 0}>"},
      {"(<{0 3 0}> 7 8 9)", "{0 3 0}"},
      {"(<[]> 7)", "[]"},
  }));
}

TEST(Oracle, RecognisesDataJets) {
  expect_all(std::to_array<Example>({
      {"(0 1 1 1)", "#"},
      {"(0 1 1 256)", "#00"},
      {"(0 1 1 257)", "#01"},
      {"(0 1 1 512)", "{1 1 512}"},
      {"(0 1 1 0)", "{1 1 0}"},
      {"(0 2 1 256)", "{2 1 256}"},
      {"(0 0 1 0)", "[]"},
      {"(0 0 3 0)", "{0 3 0}"},
      {"(0 1 2 [2 1])", "{1 2 [2 1]}"},
      {"(0 1 2 [1 1])", "{1 2 [1 1]}"},
      {"(0 1 2 {0 2 0})", "{1 2 {0 2 0}}"},
      {"(0 1 2 [1 2])", "%[1 2]"},
      {"(0 1 2 [])", "%[]"},
      {"(0 1 2 <[]>)", "{1 2 <[]>}"},
  }));
}

TEST(Oracle, AppliesDataJets) {
  expect_all(std::to_array<Example>({
      {"({0 3 0} 7 8)", "[8 7]"},
      {"({0 3 0} 7 8 9)", "{0 3 0}"},
      {"([] 5)", "[]"},
      {"([1 2] 5)", "{0 3 0}"},
      {"([1 2] 5 6)", "({0 3 0} 6)"},
      {"([5 6] 0)", "{0 3 0}"},
      {"(#6162 0)", "90721"},
      {"(# 7)", "7"},
      {"(#00 7)", "256"},
      {"(%[1 2] [5 6])", "=[1 5 2 6]"},
      {"(%[1 2] [5])", "(%[1 2] [5])"},
      {"(%[1 2] 7 8)", "[1 2]"},
      {"(%[] [])", "=[]"},
      {"(%[] 0)", "(%[] 0)"},
      {"(=[] 8)", "[]"},
      {"(=[1 2 3 4] 8)", "[1 3]"},
      {"(<%[1 2]> [5 6])", "(<%[1 2]> [5 6])"},
      {"(<%[1 2]> [5 6] 0)", "[1 2]"},
      {"(<{0 3 0}> 7 8)", "(<{0 3 0}> 7 8)"},
      {"(<0> 1 1 5)", "{1 1 5}"},
      {"(<<3>> 4)", "5"},
      {"(<(2 7 3)> 4)", "4"},
      {"({5 340282366920938463463374607431768211456 0} 1 2)",
       "({5 340282366920938463463374607431768211456 0} 1 2)"},
  }));
}

TEST(Oracle, ReflectsOnEveryForm) {
  expect_all(std::to_array<Example>({
      {"(1 8 0 {0 3 0} 13 [5 6 7])", "[5 ({0 4 0} 7 6)]"},
      {"(1 8 {0 4 0} 12 13 {0 3 0})", "[0 3 0]"},
      {"(1 8 {0 4 0} 12 13 %[1 2])", "[[1 2] 2 1]"},
      {"(1 8 {0 4 0} 12 13 #61)", "[353 1 1]"},
      {"(1 8 {0 4 0} 12 13 [])", "[0 1 0]"},
      {"(1 8 {0 4 0} 12 13 {7 2 9})", "[9 2 7]"},
      {"(1 8 0 {0 3 0} 13 [5])", "[5 {0 2 0}]"},
      {"(1 8 0 {0 3 0} 13 =[1 5])", "[[5] %[1]]"},
      {"(1 8 0 {0 3 0} 13 (2 6 7))", "[7 (2 6)]"},
      {"(1 8 0 {0 3 0} 13 (2 6))", "[6 2]"},
      {"(1 3 0 0 0 <7>)", "8"},
      {"(1 0 0 0 3 7)", "8"},
      {"(1 3 0 0 0 <[7]>)", "1"},
  }));
}

TEST(Oracle, IsLazyWherePlanIs) {
  expect_all(std::to_array<Example>({
      {"({7 2 1} 8 (5 0))", "8"},
      {"(1 (5 0) (5 1) (5 2) 3 7)", "8"},
      {"([(5 0) 1] 2)", "{0 3 0}"},
      {"(=[1 (5 0)] 2)", "[1]"},
      {"(<%[1]> (5 0) 0)", "[1]"},
      {"(%[1] (5 0) 0)", "crash 5 0"},
      {"({7 1 (2 3)} (%[1] (5 0)))", "3"},
      {"((5 0) (6 0))", "crash 5 0"},
  }));
}

TEST(Oracle, NormalisesFromTheLeft) {
  expect_all(std::to_array<Example>({
      {"[(5 0) (6 0)]", "crash 5 0"},
      {"({0 4 0} (5 0) (6 0))", "crash 5 0"},
      {"({0 3 0} (5 0) (6 0))", "crash 6 0"},
      {"=[1 (5 0) 2 (6 0)]", "crash 5 0"},
      {"(5 [(6 0) (7 0)])", "crash 6 0"},
      {"((0 (5 0)) (6 0))", "crash 5 0"},
  }));
}

TEST(Oracle, TracesInOrderOfEvaluation) {
  EXPECT_EQ(run("($t [1 (3 1)] ($t 2 3))"), "trace [1 2]\ntrace 2\nvalue 3");
  EXPECT_EQ(run("($t (5 0) 3)"), "crash 5 0");
  EXPECT_EQ(run("($t 4 (5 0))"), "trace 4\ncrash 5 0");
  EXPECT_EQ(run("({7 1 (0 (0 {0 3 0} 1) 1)} ($t 4 5))"), "trace 4\nvalue [5 5]");
}

TEST(Oracle, TriesACall) {
  expect_all(std::to_array<Example>({
      {"($try [3 4])", "[1 5]"},
      {"($try [5 4])", "[0 [5 4]]"},
      {"($try [0 1 0 2])", "[0 [0 0]]"},
      {"($try [0 (5 1) 0 2])", "crash 5 1"},
      {"($try [5 [6 (3 1)]])", "[0 [5 [6 2]]]"},
      {"($try [{7 1 (0 5 (0 6 1))} 4])", "[0 [6 4]]"},
      {"($try (1 2 1 0))", "0"},  // what the stand-in's law says
      {"($try [])", "0"},
      {"($try 7)", "0"},
      {"($try [7])", "[1 7]"},
      {"($try [{7 1 (1 2 2)} 4])", "loop"},
  }));
}

TEST(Oracle, ComputesWithNatsIfAsked) {
  Oracle oracle;
  const std::pair<const char*, const char*> examples[] = {
      {"(<{'_Add' 2 0}> 18446744073709551615 2)", "value 18446744073709551617\n"},
      {"(<{'_Sub' 2 0}> 3 5)", "value 0\n"},
      {"(<{'_Sub' 2 0}> 5 [1])", "value 5\n"},
      {"(<{'_Mul' 2 0}> (5 0) 0)", "value 0\n"},
      {"(<{'_Add' 2 0}> (5 0) (6 0))", "crash 6 0\n"},
      {"(<{'_Div' 2 0}> 17 5)", "value 3\n"},
      {"(<{'_Div' 2 0}> 17 0)", "value 0\n"},
      {"(<{'_Bex' 1 0}> 64)", "value 18446744073709551616\n"},
      {"(<{'_Bex' 1 0}> 18446744073709551616)", "fuel\n"},
  };
  for (const auto& [program, expected] : examples) {
    Outcome outcome;
    std::string error;
    ASSERT_TRUE(oracle.run(program, {.native_nats = true}, &outcome, &error)) << error;
    EXPECT_EQ(describe(outcome), expected) << program;
  }
}

TEST(Oracle, StopsAtItsLimits) {
  EXPECT_EQ(run("({7 1 (0 0 1)} 0)"), "fuel");
  EXPECT_EQ(run("({7 1 (0 3 (0 0 1))} 0)"), "depth");
  EXPECT_EQ(run("({7 1 (1 (0 (0 {0 3 0} 2) 2) 2)} 0)"), "depth");
}

/// Levels that a megabyte of stack is not enough for.
constexpr uint64_t kMany = 40'000;

/// How a program ends, or what is wrong with it, on a megabyte.
std::string run_on_small_stack(const std::string& program) {
  Oracle oracle;
  Outcome outcome;
  std::string error;
  constexpr Limits kSmallStack = {
      .steps = 10'000'000, .depth = 1'000'000'000, .stack_bytes = 1 << 20, .native_nats = true};
  return oracle.run(program, kSmallStack, &outcome, &error) ? describe(outcome) : error;
}

/// f a n = a in n pins, made one after the other, without nested evaluations.
std::string pinned(const std::string& innermost, uint64_t pins) {
  const std::string go_on = "{9 4 (0 (0 1 2) 3)}";  // of f, the pin, n and what is in the pin
  const std::string step = "{8 3 (1 (0 (2 4) 2) (0 (0 (0 (0 (0 (2 1) (0 (0 (0 " + go_on +
                           " 1) 4) 3)) (2 0)) (2 0)) (2 0)) 4))}";
  const std::string f = "{7 2 (0 (0 (0 (2 2) 1) (0 (0 " + step + " 0) 1)) 2)}";
  return "(" + f + " " + innermost + " " + std::to_string(pins) + ")";
}

TEST(Oracle, StopsBeforeTheEndOfItsStack) {
  // f n = 3 (f (n-1)): nested evaluations.
  const std::string deep = "({7 1 (0 (0 (0 (2 2) (2 0)) (0 {7 2 (0 (2 3) (0 1 2))} 0)) 1)} ";
  EXPECT_EQ(run_on_small_stack(deep + "100)"), "value 100\n");
  EXPECT_EQ(run_on_small_stack(deep + std::to_string(kMany) + ")"), "depth\n");
  // A value that is deep only when it is printed, as the value, a crash's or a trace.
  EXPECT_EQ(run_on_small_stack(pinned("7", 3)), "value <<<7>>>\n");
  EXPECT_EQ(run_on_small_stack(pinned("7", kMany)), "depth\n");
  EXPECT_EQ(run_on_small_stack("(5 " + pinned("7", kMany) + ")"), "depth\n");
  EXPECT_EQ(run_on_small_stack("(" + std::string(kTrace) + " " + pinned("7", kMany) + " 1)"),
            "depth\n");
  const std::string brackets(100'000, '<');
  EXPECT_NE(run_on_small_stack(brackets).find("nested too deeply"), std::string::npos);
}

// A pin around a pin is called without an evaluation in between, so no depth counted the calls:
// chains that a program had made took more stack than was there for each of its steps.
TEST(Oracle, StopsBeforeTheEndOfItsStackInCallsThroughPins) {
  EXPECT_EQ(run_on_small_stack("(" + pinned("3", 100) + " 5)"), "value 6\n");
  EXPECT_EQ(run_on_small_stack("(" + pinned("3", kMany) + " 5)"), "depth\n");
}

// Keys of a set are compared when the law is made.
TEST(Oracle, ComparesDeepValuesWithoutTheStack) {
  const std::string keys = "[" + pinned("8", kMany) + " " + pinned("7", kMany) + "]";
  EXPECT_EQ(run_on_small_stack("(2 5 0 (0 1 2 " + keys + "))"), "value 5\n");
}

TEST(Oracle, OrdersNormalForms) {
  const std::pair<const char*, const char*> ascending[] = {
      {"5", "<0>"},       {"<0>", "#"},           {"<6>", "<[1]>"},       {"#0a", "#0aaa"},
      {"#6261", "#6162"}, {"{1 1 5}", "#0a"},     {"[]", "%[]"},          {"[]", "{0 1 5}"},
      {"(0 1)", "[5]"},   {"(0 1)", "=[]"},       {"[5]", "=[]"},         {"[2 1]", "[1 2]"},
      {"[9 1]", "[1 2]"}, {"{0 2 0}", "{0 3 0}"}, {"{0 3 0}", "{0 3 1}"}, {"{1 2 [2 1]}", "%[1 2]"},
  };
  for (const auto& [less, more] : ascending) EXPECT_EQ(order(less, more), -1) << less << more;
  EXPECT_EQ(order("(2 1 2)", "((2 1) 2)"), 0);
  EXPECT_EQ(order("<[1 #02]>", "<[1 #02]>"), 0);
}

TEST(Oracle, PrintsWhatItReads) {
  for (const char* text :
       {"0", "340282366920938463463374607431768211456", "#", "#00ff", "[]", "[1 [2] #]", "<<5>>",
        "{7 2 (0 1 2)}", "%[1 2 [3]]", "=[1 2 [3] 4]", "({0 3 0} 1)", "(%[1] 2)", "(0 1 2)"}) {
    EXPECT_EQ(value(text), text);
  }
  EXPECT_EQ(value("'ab'"), "25185");
  EXPECT_EQ(value("^(0 1 2)"), "(0 1 2)");
  EXPECT_EQ(value("{7 2 (0 0 3 0)}"), "{7 2 {0 3 0}}");
}

TEST(Oracle, ReadsOnlyValuesInsideALaw) {
  for (const char* text : {"{7 1 (3 4)}", "<(3 4)>", "%[(3 4)]", "=[(3 4) 5]", "{7 0 1}", "{7 1}",
                           "%[2 1]", "(", ")", "[1", "$nothing", "1 2", "'a", "#0", "()"}) {
    EXPECT_TRUE(value(text).starts_with("character ")) << text;
  }
}

}  // namespace plan::oracle
