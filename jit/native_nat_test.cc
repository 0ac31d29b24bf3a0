// jit/native_nat_test.cc: arithmetic in native code, by LLVM and from templates, does what the
// interpreter does: at the edge of immediates, on suspended operands, in loops for small numbers.
#include "gc/heap.h"
#include "jit/native_tier.h"
#include "value/order.h"
#include "vm/ir_test.h"
#include "vm/jet_abi.h"
#include "vm/low_facts.h"

#include <array>
#include <random>

namespace plan::jit {
namespace {

constexpr const char* kEdges[] = {
    "0", "1", "2", "3", "62", "63", "64", "65", "4294967295", "4294967296",
    "4611686018427387903", "4611686018427387904",    // 2^62
    "9223372036854775807", "9223372036854775808",    // 2^63: the first that is no immediate
    "18446744073709551615", "18446744073709551616",  // 2^64
};

/// A program and its arguments, interpreted and in another tier.
class NativeNatTest : public vm::IrTest, public testing::WithParamInterface<vm::TierMode> {
 protected:
  struct Seen {
    vm::OutcomeKind kind;
    Value value;
  };

  void SetUp() override { attach(true); }

  /// With LLVM's passes, or without them.
  void attach(bool quick) {
    machine().options.tier = GetParam();
    machine().options.jit_budget_percent = 0;
    NativeOptions native;
    native.compiler.quick = quick;
    attach_native_tier(evaluator_, native);
    identity_ = keep(define("identity", "law a { a }"));
  }

  Value keep(Value law) {
    kept_.values.push_back(law);
    return law;
  }

  /// With a tilde before it, suspended.
  Value argument(std::string_view text) {
    const bool suspended = text.starts_with('~');
    const Value v = value(suspended ? text.substr(1) : text);
    return suspended ? vm::suspend_apply(heap_, identity_, std::array{v}) : v;
  }

  Seen run(Value law, std::span<const std::string> args) {
    std::vector<Value> values;
    for (const std::string& arg : args) values.push_back(argument(arg));
    const vm::Outcome out = evaluator_.apply_normal(law, values);
    return {out.kind, out.value};
  }

  /// Compiles the law twice, for the interpreter and as native code.
  void compile(std::string_view text) {
    text_ = text;
    const std::string number = std::to_string(++programs_);
    machine().options.tier = vm::TierMode::kInterpreter;
    interpreted_ = keep(define("interpreted" + number, text));
    run(interpreted_, std::vector<std::string>(read(text).args, "0"));
    machine().options.tier = GetParam();
    native_ = keep(define("native" + number, text));
  }

  void expect_same(const std::vector<std::string>& args) {
    machine().options.tier = vm::TierMode::kInterpreter;
    const Seen interpreted = run(interpreted_, args);
    const gc::Root expected(heap_, interpreted.value);
    machine().options.tier = GetParam();
    const Seen seen = run(native_, args);
    std::string what = text_;
    for (const std::string& arg : args) what += " " + arg;
    ASSERT_EQ(seen.kind, interpreted.kind) << what;
    if (seen.kind != vm::OutcomeKind::kValue) return;
    ASSERT_TRUE(equal_normal(seen.value, expected.get())) << what;
  }

  void expect_same_at_edges(std::string_view text, bool bounded = false) {
    compile(text);
    for (const std::string x : kEdges) {
      for (const std::string y : kEdges) {
        if (bounded && y.size() > 2) continue;
        for (const char* how : {"", "~"}) expect_same({how + x, how + y});
        if (HasFatalFailure()) return;
      }
    }
    expect_no_interpreter();
  }

  /// No test here means anything if the interpreter did the work.
  void expect_no_interpreter() {
    const vm::TierStatistics& s = machine().tier_statistics;
    EXPECT_EQ(s.failures, 0u);
    EXPECT_GE(GetParam() == vm::TierMode::kTemplate ? s.translated : s.laws, programs_);
  }

  std::string text_;
  uint64_t programs_ = 0;
  Value identity_, interpreted_, native_;
  gc::RootList kept_{heap_};
};

constexpr const char* kJets[] = {"_Add", "_Sub", "_Mul", "_Div", "_Mod", "_Rsh",
                                 "_Con", "_Dis", "_Mix", "_Min", "_Max", "_Eql",
                                 "_Neq", "_Lth", "_Lte", "_Gth", "_Gte", "_Cmp"};

TEST_P(NativeNatTest, JetsOfTwoNatsAreThoseOfTheInterpreter) {
  for (const std::string jet : kJets) {
    expect_same_at_edges("law a b { (@" + jet + " a b) }");
    if (HasFatalFailure()) return;
  }
  expect_same_at_edges("law a b { (@_Lsh a b) }", true);
}

TEST_P(NativeNatTest, JetsOfTwoNatsThatAreComputedEarlyAreThoseOfTheInterpreter) {
  for (const std::string jet : kJets) {
    expect_same_at_edges("law a b { (C2 (@" + jet + " a b) (@" + jet + " b 2)) }");
    if (HasFatalFailure()) return;
  }
  expect_same_at_edges("law a b { (C2 (@_Lsh a b) (@_Lsh a 62)) }", true);
}

TEST_P(NativeNatTest, JetsOfOneNatAreThoseOfTheInterpreter) {
  for (const char* jet : {"3", "@_Dec", "@_Eqz", "@_Not", "@_Bit", "@_IsNat", "@_ToNat"}) {
    const std::string call = "(" + std::string(jet) + " ";
    expect_same_at_edges("law a b { (@_Add " + call + "a) (@_If " + call + "b) 1 2)) }");
    expect_same_at_edges("law a b { (C2 " + call + "a) " + call + "b)) }");
    if (HasFatalFailure()) return;
  }
}

TEST_P(NativeNatTest, ElementsAreThoseOfTheInterpreter) {
  for (const std::string call : {"(@_Idx a b)", "(@_Get b a)", "(@barIdx a b)", "(@_Idx 1 b)",
                                  "(@_Add a (@barLen b))"}) {
    for (const std::string& text : {"law a b { " + call + " }", "law a b { (C1 " + call + ") }"}) {
      compile(text);
      for (const std::string index : kEdges) {
        for (const char* from : {"[5 6]", "[5 ['x' 7]]", "0", "#", "#00ff7f"}) {
          for (const char* how : {"", "~"}) expect_same({how + index, how + std::string(from)});
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

/// p1 p2 .. with the one at `first` first.
std::string rotated(uint32_t count, uint32_t first) {
  std::string text;
  for (uint32_t i = 0; i < count; ++i) text += " p" + std::to_string((first + i) % count);
  return text;
}

// Each is read before the first is written, however many there are.
TEST_P(NativeNatTest, ArgumentsOfALoopAreExchangedAtOnce) {
  for (uint32_t n = 2; n <= 14; ++n) {
    const std::string in_order = rotated(n, 0);
    std::vector<std::string> args{"5"};
    for (uint32_t i = 0; i < n; ++i) args.push_back(std::to_string(100 + i));
    const std::string result = "(C" + std::to_string(n) + in_order + ")";
    compile("law n" + in_order + " { (@_Ifz n " + result + " (self (@_Dec n)" + rotated(n, 1) +
            ")) }");
    expect_same(args);
    // The same through another law: the frame is replaced by that of a call.
    compile("law n" + in_order + " { (@_Ifz n " + result + " (p0" + rotated(n, 1) + ")) }");
    expect_same(args);
  }
  expect_no_interpreter();
}

/// Loops of eight arguments: a counter, six numbers and a row.
class RandomLoopsTest : public NativeNatTest {
 protected:
  uint64_t below(uint64_t n) { return random_() % n; }

  std::string leaf() {
    static constexpr const char* kConstants[] = {"0", "1", "2", "3", "62", "4294967295",
                                                 "9223372036854775807", "9223372036854775808"};
    static constexpr const char* kParameters[] = {"s", "a", "b", "c", "d", "e", "f"};
    const uint64_t k = below(12 + lets_);
    if (k >= 12) return "v" + std::to_string(k - 12);
    return k < 3 ? kConstants[below(std::size(kConstants))] : kParameters[below(7)];
  }

  std::string expression(uint32_t depth) {
    if (depth-- == 0) return leaf();
    static constexpr const char* kBinary[] = {"_Add", "_Add", "_Sub", "_Sub", "_Div", "_Mod",
                                              "_Con", "_Dis", "_Mix", "_Min", "_Max", "_Eql",
                                              "_Lth", "_Lte", "_Gth", "_Neq", "_Gte"};
    const auto nested = [&] { return " " + expression(depth); };
    switch (below(16)) {
      case 0: return leaf();
      case 1: return "(3" + nested() + ")";
      case 2: return "(@_Dec" + nested() + ")";
      case 3: return "(@_Rsh" + nested() + " " + std::to_string(below(70)) + ")";
      case 4: return "(@_Lsh" + nested() + " " + std::to_string(below(63)) + ")";
      // Numbers must not grow without bound.
      case 5: return "(@_Mul (@_Rsh" + nested() + " 20) (@_Mod" + nested() + " 99999999))";
      case 6: {
        const std::string of_row[] = {"(@_Idx 1 r)", "(@_Idx" + nested() + " r)", "(@barLen r)",
                                      "(@barIdx" + nested() + " r)"};
        return of_row[below(4)];
      }
      case 7:
      case 8:
      case 9:
      case 10:
        return std::string(below(3) == 0 ? "(@_Ifz" : "(@_If") + nested() + nested() + nested() +
               ")";
      default: return std::string("(@") + kBinary[below(std::size(kBinary))] + nested() + nested() +
                      ")";
    }
  }

  std::string loop() {
    std::string text = "law s a b c d e f r { ";
    for (lets_ = 0; lets_ < 3; ++lets_) {
      text += "v" + std::to_string(lets_) + " = " + expression(2) + " ";
    }
    const auto number = [&] { return " (@_Mod " + expression(2) + " 36893488147419103232)"; };
    std::string next = "(self (@_Dec s)";
    for (int k = 0; k < 6; ++k) next += below(4) == 0 ? " " + leaf() : number();
    next += below(4) == 0 ? " (C3 1 2 3))" : " r)";
    std::string sum = "(@_Add a (@_Mul b (@_Add (@_Mul c 3) d)))";
    text += "(@_Ifz s " + sum;
    if (below(2) == 0) return text + " (@_If " + expression(1) + " " + leaf() + " " + next + ")) }";
    return text + " " + next + ") }";
  }

  void run_loop(uint64_t seed) {
    random_.seed(seed);
    lets_ = 0;
    compile(loop());
    for (int k = 0; k < 8; ++k) {
      std::vector<std::string> args{std::to_string(below(6))};
      while (args.size() < 7) {
        const uint64_t chosen = below(std::size(kEdges) + 8);
        args.push_back((below(10) == 0 ? "~" : "") +
                       (chosen < std::size(kEdges) ? kEdges[chosen] : std::to_string(chosen)));
      }
      static constexpr const char* kSequences[] = {"[1 9223372036854775808 7]", "#ff0280", "0",
                                                   "~[1 2 3]", "~#0107"};
      args.push_back(kSequences[below(std::size(kSequences))]);
      expect_same(args);
      ASSERT_FALSE(HasFatalFailure()) << "PLAN_SEED=" << seed;
    }
  }

  void run_loops(uint64_t count) {
    const char* text = std::getenv("PLAN_SEED");
    const uint64_t first = text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
    for (uint64_t k = 0; k < count && !HasFatalFailure(); ++k) run_loop(first + k);
    expect_no_interpreter();
  }

  std::mt19937_64 random_;
  uint64_t lets_ = 0;
};

TEST_P(RandomLoopsTest, EndAsInTheInterpreter) { run_loops(150); }

class OptimisedRandomLoopsTest : public RandomLoopsTest {
 protected:
  void SetUp() override { attach(false); }
};

TEST_P(OptimisedRandomLoopsTest, EndAsInTheInterpreter) { run_loops(25); }

std::string mode_name(const testing::TestParamInfo<vm::TierMode>& mode) {
  return mode.param == vm::TierMode::kTemplate ? "Templates" : "Llvm";
}
const auto kBoth = testing::Values(vm::TierMode::kNative, vm::TierMode::kTemplate);
INSTANTIATE_TEST_SUITE_P(By, NativeNatTest, kBoth, mode_name);
INSTANTIATE_TEST_SUITE_P(By, RandomLoopsTest, kBoth, mode_name);
INSTANTIATE_TEST_SUITE_P(By, OptimisedRandomLoopsTest, testing::Values(vm::TierMode::kNative),
                         mode_name);

}  // namespace
}  // namespace plan::jit
