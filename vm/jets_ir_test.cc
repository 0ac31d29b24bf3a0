// vm/jets_ir_test.cc: jets written in IR: what they compute, when they evaluate what, and that they
// are taken apart for the functions they are given. tests/jets compares them with their laws.
#include "vm/jets_ir.h"

#include "value/order.h"
#include "vm/ir_test.h"

namespace plan::vm {
namespace {

/// Lists of crashes say in which order things are evaluated: the first one wins.
class JetsIr : public IrTest {
 protected:
  JetsIr() {
    define("second", "law a b { b }");
    define("tenfold", "law a b { (@_Add (@_Mul a 10) b) }");
    define("five", "law a b { 5 }");
    define("id", "law x { x }");
    define("eight", "law x { 8 }");
    define("add", "law a b { (@_Add a b) }");
    define("add3", "law a b c { (@_Add a (@_Add b c)) }");
    define("none", "law x { 0 }");
    define("some", "law x { (0 x) }");
    define("six", "law x { [6] }");
    define("strange", "law x { {7 8 9} }");
  }

  Value jet(std::string_view name) { return *names_.find(name); }

  /// A law without arguments that is used up: (@crash n) crashes with n.
  Value crash(uint64_t n) {
    const Value law = encode("crash", read("law n { (6 n) }"));
    const Value args[] = {small_nat(n)};
    return suspend_apply(heap_, law, args);
  }
  Value row(std::vector<Value> elements) { return gc::make_row(heap_, elements); }

  /// The names of laws, or values.
  Value argument(std::string_view text) {
    if (const Value* found = names_.find(text)) return *found;
    return value(text);
  }

  struct Case {
    const char* jet;
    std::vector<const char*> args;
    const char* expected;
  };
  void expect_cases(const std::vector<Case>& cases) {
    for (const Case& test : cases) {
      std::string what = test.jet;
      std::vector<Value> args;
      for (const char* arg : test.args) {
        args.push_back(argument(arg));
        what += std::string(" ") + arg;
      }
      const Outcome out = evaluator_.apply_normal(jet(test.jet), args);
      ASSERT_TRUE(out.ok()) << what;
      EXPECT_TRUE(equal_normal(out.value, value(test.expected))) << what;
    }
  }

  /// The crash of applying the jet; 0 if it ends with a value.
  uint64_t crash_of(std::string_view name, const std::vector<Value>& args) {
    const Outcome out = evaluator_.apply(jet(name), args);
    if (out.ok()) return 0;
    EXPECT_EQ(out.kind, OutcomeKind::kCrash) << name;
    return out.value.is_small() ? out.value.small() : ~uint64_t{0};
  }

  /// The jet leaves these arguments to its law.
  void expect_declined(const char* name, std::vector<const char*> args) {
    std::vector<Value> values;
    for (const char* arg : args) values.push_back(argument(arg));
    const uint64_t declined = machine().jets_declined;
    evaluator_.apply(jet(name), values);
    EXPECT_EQ(machine().jets_declined, declined + 1) << name;
  }
};

TEST_F(JetsIr, EveryTextIsThatOfAJetOrOfALawThatOneUses) {
  std::vector<std::string_view> defined = names_in_ir_texts();
  for (uint32_t i = 0; i < kJetCount; ++i) {
    const JetRow& row = jet_table()[i];
    if (!row.in_ir) continue;
    const Value law = running_law(machine(), jet(row.name));
    ASSERT_TRUE(is_law(law)) << row.name;
    EXPECT_EQ(law_args(law), small_nat(row.arity)) << row.name;
    EXPECT_EQ(std::erase(defined, std::string_view(row.name)), 1u) << row.name;
  }
  for (const std::string_view name : defined) {
    EXPECT_FALSE(find_jet_name(name).has_value()) << name;
  }
}

TEST_F(JetsIr, FoldNats) {
  expect_cases({
      {"_NatFold", {"tenfold", "0", "6"}, "11"},  // bits 0, 1, 1
      {"_NatFold", {"tenfold", "7", "0"}, "7"},
      {"_NatFold", {"tenfold", "7", "[]"}, "7"},
      {"_NatFold", {"five", "[7]", "0"}, "[7]"},
      {"_Bitwise", {"second", "1", "6"}, "6"},
      {"_Bitwise", {"five", "1", "2"}, "15"},  // 5 + 2 * 5
      {"_Bitwise", {"five", "0", "[]"}, "0"},
      {"_Bitwise", {"second", "0", "340282366920938463463374607431768211456"},
       "340282366920938463463374607431768211456"},
      {"_Times", {"id", "9", "0"}, "9"},
      {"_Times", {"id", "9", "[]"}, "9"},
      {"_Times", {"id", "[9]", "3"}, "[9]"},
      {"_Times", {"eight", "9", "3"}, "8"},
  });
  const Value id = jet("id");
  EXPECT_EQ(crash_of("_NatFold", {crash(1), crash(2), crash(3)}), 3u);
  EXPECT_EQ(crash_of("_NatFold", {crash(1), crash(2), small_nat(0)}), 2u);
  EXPECT_EQ(crash_of("_NatFold", {crash(1), crash(2), small_nat(1)}), 1u);
  EXPECT_EQ(crash_of("_NatFold", {jet("five"), crash(2), small_nat(1)}), 0u);
  EXPECT_EQ(crash_of("_Bitwise", {crash(1), crash(2), crash(3)}), 3u);
  EXPECT_EQ(crash_of("_Bitwise", {crash(1), crash(2), small_nat(0)}), 2u);
  EXPECT_EQ(crash_of("_Bitwise", {crash(1), small_nat(0), small_nat(0)}), 0u);
  EXPECT_EQ(crash_of("_Times", {crash(1), crash(2), crash(3)}), 3u);
  EXPECT_EQ(crash_of("_Times", {crash(1), crash(2), small_nat(0)}), 2u);
  EXPECT_EQ(crash_of("_Times", {crash(1), crash(2), small_nat(2)}), 1u);
  EXPECT_EQ(crash_of("_Times", {id, crash(2), small_nat(2)}), 2u);
  EXPECT_EQ(crash_of("_Times", {jet("eight"), crash(2), small_nat(2)}), 0u);
}

TEST_F(JetsIr, BuildRows) {
  expect_cases({
      {"_Gen", {"3", "id"}, "[0 1 2]"},
      {"_Gen", {"[1]", "id"}, "[]"},
      {"_Gen", {"0", "id"}, "[]"},
      {"_Map", {"id", "[5 6]"}, "[5 6]"},
      {"_Map", {"eight", "[5 6]"}, "[8 8]"},
      {"_Map", {"eight", "[]"}, "[]"},
      {"sumOf", {"id", "[1 2 3]"}, "6"},
      {"sumOf", {"eight", "[1 2 3]"}, "24"},
      {"sumOf", {"eight", "[]"}, "0"},
      {"unfoldr", {"id", "0"}, "[]"},
      {"unfoldr", {"id", "^(0 [5 0])"}, "[5]"},
      {"unfoldr", {"id", "^(0 [5 ^(0 [6 9])])"}, "[5 6]"},
      {"unfoldr", {"id", "^(0 ^(2 8))"}, "[8]"},
      {"unfoldr", {"id", "{7 1 [5 0]}"}, "[5]"},
  });
}

TEST_F(JetsIr, ApplyFunctionsToTabs) {
  expect_cases({
      {"tabMap", {"id", "=[1 2 3 4]"}, "=[1 2 3 4]"},
      {"tabMap", {"eight", "=[1 2 3 4]"}, "=[1 8 3 8]"},
      {"tabMap", {"eight", "=[]"}, "=[]"},
      {"tabMapWithKey", {"add", "=[1 2 3 4]"}, "=[1 3 3 7]"},
      {"tabUnionWith", {"add", "=[1 2 5 6]", "=[1 7 3 4]"}, "=[1 9 3 4 5 6]"},
      {"tabUnionWith", {"add", "=[1 2 3 4 5 6]", "=[1 7 3 8 4 9]"}, "=[1 9 3 12 4 9 5 6]"},
      {"tabUnionWith", {"add", "=[]", "=[1 7]"}, "=[1 7]"},
      {"tabUnionWith", {"add", "=[1 7]", "=[]"}, "=[1 7]"},
      {"tabFoldlWithKey", {"add3", "100", "=[1 2 3 4]"}, "110"},
      {"tabFoldlWithKey", {"add3", "[5]", "=[]"}, "[5]"},
      {"_TabFilterWithKey", {"add", "=[0 0 3 4]"}, "=[3 4]"},
      {"_TabFilterWithKey", {"none", "=[0 0 3 4]"}, "=[]"},
      {"_TabFilterWithKey", {"five", "=[0 0 3 4]"}, "=[0 0 3 4]"},
      {"tabAlter", {"none", "1", "=[1 2 3 4]"}, "=[3 4]"},
      {"tabAlter", {"none", "2", "=[1 2 3 4]"}, "=[1 2 3 4]"},
      {"tabAlter", {"some", "1", "=[1 2 3 4]"}, "=[1 ^(0 2) 3 4]"},
      {"tabAlter", {"some", "2", "=[1 2 3 4]"}, "=[1 2 2 0 3 4]"},
      {"tabAlter", {"eight", "1", "=[3 4]"}, "=[3 4]"},
      {"tabAlter", {"eight", "1", "=[1 4]"}, "=[]"},
      {"tabAlter", {"six", "1", "=[1 4]"}, "=[1 6]"},
      {"tabAlter", {"strange", "1", "=[]"}, "=[1 9]"},
      {"tabAlter", {"strange", "1", "=[1 2]"}, "=[1 9]"},
  });
}

TEST_F(JetsIr, EvaluateTabsInTheLawsOrder) {
  const Value tab = value("=[1 2]");
  const Value none = value("=[]");
  EXPECT_EQ(crash_of("tabUnionWith", {crash(1), crash(2), crash(3)}), 2u);
  EXPECT_EQ(crash_of("tabUnionWith", {crash(1), tab, crash(3)}), 3u);
  EXPECT_EQ(crash_of("tabUnionWith", {crash(1), tab, tab}), 0u);
  EXPECT_EQ(crash_of("tabMap", {crash(1), crash(2)}), 2u);
  EXPECT_EQ(crash_of("tabMapWithKey", {crash(1), tab}), 0u);
  EXPECT_EQ(crash_of("_TabFilterWithKey", {crash(1), crash(2)}), 2u);
  EXPECT_EQ(crash_of("_TabFilterWithKey", {crash(1), tab}), 1u);
  EXPECT_EQ(crash_of("_TabFilterWithKey", {crash(1), none}), 0u);
  EXPECT_EQ(crash_of("tabFoldlWithKey", {crash(1), crash(2), crash(3)}), 3u);
  EXPECT_EQ(crash_of("tabFoldlWithKey", {crash(1), crash(2), tab}), 1u);
  EXPECT_EQ(crash_of("tabFoldlWithKey", {crash(1), crash(2), none}), 2u);
  // The accumulator is evaluated only after the first step.
  define("last", "law a b c { 9 }");
  EXPECT_EQ(crash_of("tabFoldlWithKey", {jet("last"), crash(2), tab}), 0u);
}

TEST_F(JetsIr, AlterLooksForTheKeyFirst) {
  const Value tab = value("=[1 2]");
  const Value none = value("=[]");
  EXPECT_EQ(crash_of("tabAlter", {crash(1), crash(2), crash(3)}), 3u);
  EXPECT_EQ(crash_of("tabAlter", {crash(1), crash(2), tab}), 2u);
  EXPECT_EQ(crash_of("tabAlter", {crash(1), crash(2), none}), 1u);
  EXPECT_EQ(crash_of("tabAlter", {crash(1), small_nat(1), tab}), 1u);
  // In a tab without keys the key is evaluated only to be stored.
  EXPECT_EQ(crash_of("tabAlter", {jet("six"), crash(2), none}), 2u);
  EXPECT_EQ(crash_of("tabAlter", {jet("none"), crash(2), none}), 0u);
  EXPECT_EQ(crash_of("tabAlter", {jet("some"), row({crash(2), crash(3)}), none}), 2u);
}

TEST_F(JetsIr, LeaveElementsAlone) {
  const Value lazies = row({crash(8), crash(9)});
  EXPECT_EQ(crash_of("_Map", {crash(1), lazies}), 0u);
  EXPECT_EQ(crash_of("_Gen", {small_nat(3), crash(1)}), 0u);
  const Value pair = row({crash(8), small_nat(0)});
  const Value some = gc::make_partial(heap_, small_nat(0), {&pair, 1});
  EXPECT_EQ(crash_of("unfoldr", {jet("id"), some}), 0u);
  EXPECT_EQ(crash_of("sumOf", {jet("eight"), lazies}), 0u);
  const Value tab = gc::make_tab(heap_, value("%[1 3]"), lazies);
  EXPECT_EQ(crash_of("tabMap", {crash(1), tab}), 0u);
  EXPECT_EQ(crash_of("tabMapWithKey", {crash(1), tab}), 0u);
  EXPECT_EQ(crash_of("tabUnionWith", {crash(1), tab, tab}), 0u);
  EXPECT_EQ(crash_of("_TabFilterWithKey", {jet("five"), tab}), 0u);
  EXPECT_EQ(crash_of("tabAlter", {jet("some"), small_nat(1), tab}), 0u);
}

TEST_F(JetsIr, EvaluateRowsInTheLawsOrder) {
  EXPECT_EQ(crash_of("_Gen", {crash(1), crash(2)}), 1u);
  EXPECT_EQ(crash_of("_Map", {crash(1), crash(2)}), 2u);
  EXPECT_EQ(crash_of("sumOf", {jet("id"), row({crash(1), crash(2)})}), 1u);
  EXPECT_EQ(crash_of("sumOf", {crash(1), row({crash(2)})}), 1u);
  EXPECT_EQ(crash_of("sumOf", {crash(1), crash(2)}), 2u);
  EXPECT_EQ(crash_of("sumOf", {crash(1), row({})}), 0u);
  EXPECT_EQ(crash_of("unfoldr", {crash(1), crash(2)}), 1u);
}

TEST_F(JetsIr, LeaveOtherArgumentsToTheLaws) {
  expect_declined("_Map", {"id", "=[1 2]"});
  expect_declined("sumOf", {"id", "5"});
  for (const char* other : {"5", "[1]", "^(%[1] [1 2])"}) {
    expect_declined("tabMap", {"id", other});
    expect_declined("tabMapWithKey", {"add", other});
    expect_declined("tabAlter", {"some", "1", other});
    expect_declined("tabFoldlWithKey", {"add3", "1", other});
    expect_declined("tabUnionWith", {"add", other, "=[1 2]"});
    expect_declined("tabUnionWith", {"add", "=[1 2]", other});
  }
}

TEST_F(JetsIr, RefuseAbsurdSizes) {
  for (const char* size : {"1152921504606846976", "18446744073709551616"}) {
    const Value args[] = {value(size), small_nat(1)};
    EXPECT_EQ(evaluator_.apply(jet("_Gen"), args).kind, OutcomeKind::kMemory);
  }
}

// --- Rows that are filled while collections come and go: elements are new, the rows old and large.

Options collecting(bool stress, bool optimise) {
  Options options;
  options.heap.nursery_bytes = uint64_t{64} << 10;
  options.heap.verify = true;
  options.heap.stress = stress;
  options.optimise_always = optimise;
  return options;
}

/// Every function is unknown to the jets, or with `optimise` known.
class Filled : public IrTest {
 protected:
  Filled(bool stress, bool optimise) : IrTest(collecting(stress, optimise)) {
    define("pair", "law k x { (C2 x k) }");
    define("add", "law p { (@_Add (@_Idx 0 p) (@_Idx 1 p)) }");
    define("count", "law n k { (@sumOf @add (@_Map (@pair 1) (@_Gen n (@_Add k)))) }");
  }
  void expect_sum(uint64_t n) {
    const Value args[] = {small_nat(n), small_nat(3)};
    const uint64_t collections = heap_.statistics().minor_collections;
    const Outcome out = evaluator_.apply(*names_.find("count"), args);
    ASSERT_TRUE(out.ok());
    EXPECT_EQ(out.value, small_nat(n * (n - 1) / 2 + 4 * n));
    EXPECT_GT(heap_.statistics().minor_collections, collections + 5);
  }
};

class FilledPlain : public Filled {
 protected:
  FilledPlain() : Filled(false, false) {}
};
class FilledOptimised : public Filled {
 protected:
  FilledOptimised() : Filled(false, true) {}
};
class FilledStress : public Filled {
 protected:
  FilledStress() : Filled(true, false) {}
};

TEST_F(FilledPlain, LargeRowsKeepTheirElements) { expect_sum(4 * gc::kLargeObjectWords); }
TEST_F(FilledOptimised, LargeRowsKeepTheirElements) { expect_sum(4 * gc::kLargeObjectWords); }
TEST_F(FilledStress, SmallRowsKeepTheirElements) { expect_sum(100); }

// --- Specialisation.

/// Calls with a head that is a parameter or a let.
uint32_t unknown_calls(const Law& law) {
  uint32_t count = 0;
  std::vector<const Expr*> pending(law.lets.begin(), law.lets.end());
  pending.push_back(law.body);
  while (!pending.empty()) {
    const Expr* e = pending.back();
    pending.pop_back();
    if (e->kind != Expr::Kind::kApply) continue;
    if (e->head->kind == Expr::Kind::kVariable && e->head->variable != 0) ++count;
    pending.push_back(e->head);
    pending.insert(pending.end(), e->args.begin(), e->args.end());
  }
  return count;
}

class JetsIrSpecialised : public JetsIr {
 protected:
  /// The laws named `name` that are called in the law.
  static std::vector<Value> called(const Law& law, std::string_view name) {
    std::vector<Value> found;
    std::vector<const Expr*> pending(law.lets.begin(), law.lets.end());
    pending.push_back(law.body);
    while (!pending.empty()) {
      const Expr* e = pending.back();
      pending.pop_back();
      if (e->kind != Expr::Kind::kApply) continue;
      const Expr* head = e->head;
      if (head->kind == Expr::Kind::kConstant && is_law(head->value) &&
          printable_name(head->value) == name) {
        found.push_back(head->value);
      }
      pending.insert(pending.end(), e->args.begin(), e->args.end());
    }
    return found;
  }

  /// `text` calls a jet with a function that is known: what it calls in the end is the loop of that
  /// name, made for the function.
  std::string loop_in(std::string_view text, std::string_view name) {
    Law law = read(text);
    optimise_law(machine(), law, encode("test", law), PassSet::all());
    const std::vector<Value> loops = called(law, name);
    EXPECT_EQ(loops.size(), 1u) << print(law);
    if (loops.empty()) return "";
    Law loop;
    decode_law(loops[0], loop);
    optimise_law(machine(), loop, loops[0], PassSet::all());
    EXPECT_EQ(unknown_calls(loop), 0u) << print(loop);
    return print(loop);
  }
};

TEST_F(JetsIrSpecialised, LoopsHaveTheFunctionInThem) {
  define("wide", "law x y { (@_Mul (@_Add x y) (@_Sub x y)) }");
  define("wide3", "law x y z w { (@_Mul (@_Add x y) (@_Sub z w)) }");
  define("next", "law s { (@_If (@_Lth s 9) (0 (C2 (3 s) s)) 0) }");
  const char* const texts[][2] = {
      {"law n { (@_Gen n (@wide n)) }", "gen-loop"},
      {"law r { (@_Map (@wide 7) r) }", "map-loop"},
      {"law r { (@sumOf (@wide 7) r) }", "sum-of-loop"},
      {"law n { (@unfoldr @next n) }", "unfold-loop"},
      {"law n { (@_Times (@wide 7) 0 n) }", "times-loop"},
      {"law n { (@_NatFold @wide 0 n) }", "nat-fold-loop"},
      {"law n { (@_Bitwise @wide 5 n) }", "bitwise-loop"},
      {"law t { (@tabMap (@wide 7) t) }", "map-loop"},
      {"law t { (@tabMapWithKey @wide t) }", "map-with-key-loop"},
      {"law t { (@tabFoldlWithKey (@wide3 7) 0 t) }", "tab-fold-loop"},
      {"law t { (@_TabFilterWithKey @wide t) }", "tab-filter-loop"},
      {"law t s { (@tabUnionWith @wide t s) }", "clash-loop"},
  };
  for (const auto& [text, loop] : texts) loop_in(text, loop);
}

TEST_F(JetsIrSpecialised, AlterHasTheFunctionInIt) {
  define("count", "law old { (@_If (@_IsNat old) (0 1) (0 (@_Add 1 (@_Idx 0 old)))) }");
  Law law = read("law k t { (@tabAlter @count k t) }");
  optimise_law(machine(), law, encode("test", law), PassSet::all());
  EXPECT_EQ(called(law, "alter-value").size() + called(law, "alter-nothing").size(), 0u)
      << print(law);
  EXPECT_EQ(unknown_calls(law), 0u) << print(law);
}

TEST_F(JetsIrSpecialised, AnUnknownFunctionLeavesTheLoopAsItIs) {
  Law law = read("law f r { (@_Map f r) }");
  optimise_law(machine(), law, encode("test", law), PassSet::all());
  EXPECT_EQ(print(law), plain("law f r { (@_Map f r) }"));
}

}  // namespace
}  // namespace plan::vm
