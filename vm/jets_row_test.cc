// vm/jets_row_test.cc: jets on structure, truth values, order, rows and lists.
#include "vm/jets_test.h"

#include <atomic>

namespace plan::vm {
namespace {

using JetsRow = JetTest;

TEST_F(JetsRow, TellKindsApart) {
  struct Kinds {
    const char* value;
    const char* tag;
    const char* type;
  };
  const Kinds kinds[] = {
      {"<5>", "0", "0"},         {"{7 1 0}", "1", "1"}, {"^(0 1)", "2", "2"},
      {"5", "3", "3"},           {"0", "3", "3"},       {"#6162", "1", "4"},
      {"#", "1", "4"},           {"[]", "1", "5"},      {"[1]", "2", "5"},
      {"=[]", "2", "6"},         {"=[1 2]", "2", "6"},  {"{0 3 0}", "1", "7"},
      {"%[]", "1", "8"},         {"%[1]", "1", "8"},    {"{1 2 [2 1]}", "1", "1"},
      {"^({0 4 0} 1)", "2", "2"}};
  for (const Kinds& kind : kinds) {
    const std::string_view tag = kind.tag;
    const auto bit = [&](const char* of) { return tag == of ? "1" : "0"; };
    expect_cases({{"_PlanTag", {kind.value}, kind.tag},
                  {"_TypeTag", {kind.value}, kind.type},
                  {"_IsPin", {kind.value}, bit("0")},
                  {"_IsLaw", {kind.value}, bit("1")},
                  {"_IsApp", {kind.value}, bit("2")},
                  {"_IsNat", {kind.value}, bit("3")},
                  {"_Null", {kind.value}, tag == "2" ? "0" : "1"}});
  }
}

TEST_F(JetsRow, TakeValuesApart) {
  expect_cases({
      {"_PinItem", {"<[1 2]>"}, "[1 2]"},
      {"_PinItem", {"[1 2]"}, "0"},
      {"_LawName", {"{7 8 9}"}, "7"},
      {"_LawArgs", {"{7 8 9}"}, "8"},
      {"_LawBody", {"{7 8 9}"}, "9"},
      {"_LawName", {"#61"}, "1"},
      {"_LawArgs", {"#61"}, "1"},
      {"_LawBody", {"#61"}, "353"},
      {"_LawBody", {"#"}, "1"},
      {"_LawName", {"%[1]"}, "1"},
      {"_LawArgs", {"%[1]"}, "2"},
      {"_LawBody", {"%[1]"}, "[1]"},
      {"_LawName", {"{0 4 0}"}, "0"},
      {"_LawArgs", {"{0 4 0}"}, "4"},
      {"_LawArgs", {"{0 9223372036854775808 0}"}, "9223372036854775808"},
      {"_LawArgs", {"[]"}, "1"},
      {"_LawBody", {"[]"}, "0"},
      {"_LawName", {"5"}, "0"},
      {"_LawArgs", {"[1]"}, "0"},
      {"_LawBody", {"<{7 8 9}>"}, "0"},
      {"_Car", {"[1 2 3]"}, "^({0 4 0} 3 2)"},
      {"_Cdr", {"[1 2 3]"}, "1"},
      {"_Car", {"[1]"}, "{0 2 0}"},
      {"_Car", {"^(0 1 2)"}, "^(0 1)"},
      {"_Cdr", {"^(0 1 2)"}, "2"},
      {"_Car", {"^(0 1)"}, "0"},
      {"_Car", {"=[1 2]"}, "%[1]"},
      {"_Cdr", {"=[1 2]"}, "[2]"},
      {"_Car", {"{7 8 9}"}, "^(0 7 8)"},
      {"_Cdr", {"{7 8 9}"}, "9"},
      {"_Car", {"#61"}, "^(0 1 1)"},
      {"_Cdr", {"#61"}, "353"},
      {"_Car", {"%[1]"}, "^(0 1 2)"},
      {"_Cdr", {"%[1]"}, "[1]"},
      {"_Car", {"{0 4 0}"}, "^(0 0 4)"},
      {"_Car", {"[]"}, "^(0 0 1)"},
      {"_Cdr", {"[]"}, "0"},
      {"_Car", {"<9>"}, "4"},
      {"_Cdr", {"<9>"}, "9"},
      {"_Car", {"9"}, "0"},
      {"_Cdr", {"9"}, "0"},
      {"_Head", {"[1 2]"}, "{0 3 0}"},
      {"_Head", {"=[1 2]"}, "%[1]"},
      {"_Head", {"^(0 1 2)"}, "0"},
      {"_Head", {"^(<0> 1)"}, "<0>"},
      {"_Head", {"[]"}, "[]"},
      {"_DataTag", {"7"}, "7"},
      {"_DataTag", {"0"}, "0"},
      {"_DataTag", {"^(0 7)"}, "7"},
      {"_DataTag", {"[8 9]"}, "8"},
      {"_DataTag", {"=[1 2]"}, "[2]"},
      {"_DataTag", {"=[]"}, "[]"},
      {"_DataTag", {"#61"}, "0"},
      {"_DataTag", {"<5>"}, "0"},
      {"_Eqz", {"0"}, "1"},
      {"_Eqz", {"[]"}, "0"},
  });
}

TEST_F(JetsRow, KnowArities) {
  expect_cases({
      {"_Arity", {"0"}, "3"},
      {"_Arity", {"1"}, "5"},
      {"_Arity", {"2"}, "3"},
      {"_Arity", {"3"}, "1"},
      {"_Arity", {"18446744073709551616"}, "1"},
      {"_Arity", {"[]"}, "1"},
      {"_Arity", {"[1 2]"}, "1"},
      {"_Arity", {"=[1 2]"}, "1"},
      {"_Arity", {"#61"}, "1"},
      {"_Arity", {"%[1]"}, "2"},
      {"_Arity", {"{0 4 0}"}, "4"},
      {"_Arity", {"^({0 4 0} 1)"}, "3"},
      {"_Arity", {"<{0 4 0}>"}, "4"},
      {"_Arity", {"^(<{0 4 0}> 1 2)"}, "2"},
      {"_Arity", {"<^(0 1)>"}, "2"},
      {"_Arity", {"{7 5 0}"}, "5"},
      {"_Arity", {"{7 18446744073709551616 0}"}, "18446744073709551616"},
      {"_Arity", {"^({7 18446744073709551616 0} 1)"}, "18446744073709551615"},
      {"_CowSize", {"{0 4 0}"}, "3"},
      {"_CowSize", {"[]"}, "0"},
      {"_CowSize", {"{7 5 0}"}, "4"},
      {"_CowSize", {"%[1]"}, "1"},
      {"_CowSize", {"#61"}, "0"},
      {"_CowSize", {"[1]"}, "0"},
      {"_IsCow", {"{0 4 0}"}, "1"},
      {"_IsCow", {"[]"}, "1"},
      {"_IsCow", {"[1]"}, "0"},
      {"_IsCow", {"{0 1 1}"}, "0"},
      {"_IsRow", {"[]"}, "1"},
      {"_IsRow", {"[1]"}, "1"},
      {"_IsRow", {"{0 2 0}"}, "0"},
      {"_IsRow", {"=[1 2]"}, "0"},
      {"_Cow", {"0"}, "[]"},
      {"_Cow", {"3"}, "{0 4 0}"},
      {"_Cow", {"[1]"}, "[]"},
  });
}

TEST_F(JetsRow, DecideTruth) {
  const char* const truths[] = {"0", "1", "18446744073709551616", "[1]"};
  const bool is_true[] = {false, true, true, false};
  const auto bit = [](bool b) { return b ? "1" : "0"; };
  for (int i = 0; i < 4; ++i) {
    const bool x = is_true[i];
    expect_cases({{"_Not", {truths[i]}, bit(!x)},
                  {"_Bit", {truths[i]}, bit(x)},
                  {"_If", {truths[i], "5", "6"}, x ? "5" : "6"},
                  {"_Ifz", {truths[i], "5", "6"}, i == 0 ? "5" : "6"}});
    for (int k = 0; k < 4; ++k) {
      const bool y = is_true[k];
      expect_cases({{"_And", {truths[i], truths[k]}, bit(x && y)},
                    {"_Or", {truths[i], truths[k]}, bit(x || y)},
                    {"_Xor", {truths[i], truths[k]}, bit(x != y)},
                    {"_Nand", {truths[i], truths[k]}, bit(!(x && y))},
                    {"_Nor", {truths[i], truths[k]}, bit(!(x || y))},
                    {"_Xnor", {truths[i], truths[k]}, bit(x == y)}});
    }
  }
}

TEST_F(JetsRow, LeaveBranchesAlone) {
  expect_order("_If", {"1", "5", "6"}, "ab");
  expect_order("_If", {"0", "5", "6"}, "ac");
  expect_order("_Ifz", {"0", "5", "6"}, "ab");
  expect_order("_And", {"0", "1"}, "a");
  expect_order("_And", {"1", "1"}, "ab");
  expect_order("_Or", {"1", "1"}, "a");
  expect_order("_Nand", {"0", "1"}, "a");
  expect_order("_Nor", {"1", "1"}, "a");
  expect_order("_Xor", {"1", "1"}, "ab");
  expect_order("_Seq", {"1", "1"}, "ab");
  expect_order("pseq", {"1", "1"}, "ab");
  expect_order("par", {"1", "1"}, "b");
  expect_order("_OrdWeld", {"1", "5"}, "ab");
  expect_order("_OrdWeld", {"2", "5"}, "a");
  expect_order("_Switch", {"1", "9", "[5 6]"}, "ac");
  expect_order("_Switch", {"2", "9", "[5 6]"}, "acb");
}

TEST_F(JetsRow, ForceDeeply) {
  const Run forced = run("_Force", {row({lazy('a', "1"), row({lazy('b', "2")})})});
  EXPECT_EQ(forced.log, "ab");
  EXPECT_EQ(run("_Force", {row({lazy('a', "1"), crashing('b'), crashing('c')})}).log, "ab");
}

TEST_F(JetsRow, CompareAtOnceWhatNeedsNoEvaluation) {
  expect_cases({
      {"_Cmp", {"1", "2"}, "0"},
      {"_Cmp", {"2", "2"}, "1"},
      {"_Cmp", {"[1]", "2"}, "2"},
      {"_Eql", {"[1 2]", "[1 2]"}, "1"},
      {"_Neq", {"[1 2]", "[1 3]"}, "1"},
      {"_Lth", {"1", "2"}, "1"},
      {"_Lte", {"2", "2"}, "1"},
      {"_Gth", {"1", "2"}, "0"},
      {"_Gte", {"1", "2"}, "0"},
      {"_Min", {"^(0 0)", "5"}, "5"},
      {"_Max", {"^(0 0)", "5"}, "^(0 0)"},
      {"_OrdWeld", {"7", "3"}, "7"},
      {"_OrdWeld", {"1", "3"}, "3"},
  });
  expect_order("_Cmp", {"1", "2"}, "ab");
  const Value x = row({crashing('a'), small_nat(1)});
  const Value y = row({crashing('b'), small_nat(2)});
  EXPECT_EQ(run("_Lth", {x, y}).value, small_nat(1));
  const Value z = row({crashing('c'), small_nat(2)});
  EXPECT_EQ(run("_Lth", {z, y}).status, JetStatus::kRunLaw);
}

TEST_F(JetsRow, GetAndPut) {
  expect_cases({
      {"_Len", {"[1 2 3]"}, "3"},
      {"_Len", {"[]"}, "0"},
      {"_Len", {"=[1 2 3 4]"}, "1"},
      {"_Len", {"=[]"}, "1"},
      {"_Len", {"^(0 1 2)"}, "2"},
      {"_Len", {"#6162"}, "0"},
      {"_Get", {"[5 6 7]", "1"}, "6"},
      {"_Get", {"[5 6 7]", "3"}, "0"},
      {"_Get", {"[5 6 7]", "18446744073709551616"}, "0"},
      {"_Get", {"[5 6 7]", "[]"}, "5"},
      {"_Get", {"^(0 1 2)", "0"}, "2"},
      {"_Get", {"^(0 1 2)", "1"}, "1"},
      {"_Get", {"^(0 1 2)", "2"}, "0"},
      {"_Get", {"=[1 2]", "0"}, "[2]"},
      {"_Get", {"=[1 2]", "1"}, "0"},
      {"_Idx", {"0", "=[]"}, "[]"},
      {"_Idx", {"2", "[5 6 7]"}, "7"},
      {"_Idx", {"0", "#61"}, "0"},
      {"_Last", {"[5 6 7]"}, "7"},
      {"_Last", {"^(0 1 2)"}, "1"},
      {"_Last", {"[]"}, "0"},
      {"_Last", {"=[1 2]"}, "[2]"},
      {"_Put", {"[1 2]", "1", "9"}, "[1 9]"},
      {"_Put", {"[1 2]", "^(0 0)", "9"}, "[9 2]"},
      {"_Put", {"[1 2]", "2", "9"}, "[1 2]"},
      {"_Put", {"[1 2]", "18446744073709551616", "9"}, "[1 2]"},
      {"_Put", {"5", "0", "9"}, "5"},
      {"_Put", {"^(0 1 2)", "0", "9"}, "^(0 1 9)"},
      {"_Put", {"^(0 1 2)", "1", "9"}, "^(0 9 2)"},
      {"_Put", {"=[1 2]", "0", "[7]"}, "=[1 7]"},
      {"_Put", {"=[1 2]", "0", "[7 8]"}, "^(%[1] [7 8])"},
      {"_Put", {"^(%[1] 5)", "0", "[7]"}, "=[1 7]"},
      {"_Put", {"=[1 2]", "1", "[7]"}, "=[1 2]"},
      {"_Mut", {"1", "9", "[1 2]"}, "[1 9]"},
      {"_Switch", {"^(0 0)", "99", "[1 2]"}, "99"},
      {"_Switch", {"1", "99", "[1 2]"}, "2"},
      {"_Switch", {"18446744073709551616", "99", "[1 2]"}, "99"},
  });
  expect_declined("_Switch", {"0", "1", "^(0 5)"});
}

TEST_F(JetsRow, EvaluateIndicesOnlyOfApplications) {
  expect_order("_Get", {"[5]", "0"}, "ab");
  expect_order("_Get", {"5", "0"}, "a");
  expect_order("_Idx", {"0", "[5]"}, "ba");
  expect_order("_Idx", {"0", "#61"}, "b");
  expect_order("_Put", {"[5]", "0", "9"}, "ab");
  expect_order("_Put", {"5", "0", "9"}, "a");
  expect_order("_Put", {"=[1 2]", "0", "[9]"}, "abc");
  expect_order("_Mut", {"0", "9", "[5]"}, "ca");
  EXPECT_EQ(run("_Get", {row({lazy('x', "5"), crashing('y')}), small_nat(0)}).log, "x");
}

TEST_F(JetsRow, BuildRowsWithoutLookingAtElements) {
  expect_cases({
      {"_Weld", {"[1]", "[2 3]"}, "[1 2 3]"},
      {"_Weld", {"[]", "[2 3]"}, "[2 3]"},
      {"_Weld", {"[2 3]", "[]"}, "[2 3]"},
      {"_Rev", {"[1 2 3]"}, "[3 2 1]"},
      {"rowCons", {"9", "[1]"}, "[9 1]"},
      {"rowSnoc", {"[1]", "9"}, "[1 9]"},
      {"rowCons", {"9", "[]"}, "[9]"},
      {"cat", {"[[1 2] [] [3]]"}, "[1 2 3]"},
      {"cat", {"[]"}, "[]"},
      {"zip", {"[1 2 3]", "[4 5]"}, "[[1 4] [2 5]]"},
      {"zip", {"[]", "[4 5]"}, "[]"},
      {"take", {"2", "[1 2 3]"}, "[1 2]"},
      {"take", {"^(0 0)", "[1 2 3]"}, "[1 2 3]"},
      {"take", {"18446744073709551616", "[1 2 3]"}, "[1 2 3]"},
      {"take", {"0", "[1 2 3]"}, "[]"},
      {"drop", {"2", "[1 2 3]"}, "[3]"},
      {"drop", {"^(0 0)", "[1 2 3]"}, "[1 2 3]"},
      {"drop", {"18446744073709551616", "[1 2 3]"}, "[]"},
  });
  const Value lazies = row({crashing('x'), crashing('y')});
  for (const Run& built :
       {run("_Weld", {lazies, lazies}), run("_Rev", {lazies}),
        run("rowCons", {crashing('z'), lazies}), run("rowSnoc", {lazies, crashing('z')}),
        run("zip", {lazies, lazies}), run("take", {small_nat(1), lazies}),
        run("drop", {small_nat(1), lazies}), run("cat", {row({lazies, lazies})})}) {
    EXPECT_EQ(built.status, JetStatus::kDone);
    EXPECT_EQ(built.log, "");
  }
}

TEST_F(JetsRow, EvaluateRowsInTheLawsOrder) {
  expect_order("_Weld", {"[1]", "[2]"}, "ba");
  expect_order("zip", {"[1]", "[2]"}, "ab");
  expect_order("take", {"1", "[2]"}, "ab");
  expect_order("drop", {"1", "[2]"}, "ab");
  expect_order("rowCons", {"2", "[1]"}, "b");
  expect_order("rowSnoc", {"[2]", "1"}, "a");
  EXPECT_EQ(run("cat", {row({lazy('a', "[1]"), lazy('b', "[2]")})}).log, "ba");
  EXPECT_EQ(run("sum", {row({lazy('a', "1"), lazy('b', "2"), lazy('c', "[]")})}).log, "cba");
}

TEST_F(JetsRow, LeaveOtherApplicationsToTheLaws) {
  expect_declined("_Weld", {"^(0 1 2)", "[3]"});
  expect_declined("_Weld", {"[3]", "5"});
  expect_declined("_Rev", {"#61"});
  expect_declined("rowCons", {"1", "^(0 1)"});
  expect_declined("rowSnoc", {"5", "1"});
  expect_declined("cat", {"[[1] ^(0 1)]"});
  expect_declined("cat", {"5"});
  expect_declined("zip", {"[1]", "5"});
  expect_declined("take", {"1", "^(0 1)"});
  expect_declined("sum", {"^(0 1)"});
  expect_declined("drop", {"1", "^(0 1)"});
  expect_declined("bsearch", {"1", "^(0 1)"});
  expect_declined("implode", {"^(0 97)"});
}

TEST_F(JetsRow, RefuseAbsurdSizes) {
  EXPECT_EQ(run("_SizedListToRow", {small_nat(uint64_t{1} << 50), small_nat(0)}).status,
            JetStatus::kOutOfMemory);
}

TEST_F(JetsRow, AddUpElements) {
  expect_cases({{"sum", {"[]"}, "0"},
                {"sum", {"[1 2 3 [] <5>]"}, "6"},
                {"sum", {"[18446744073709551615 1]"}, "18446744073709551616"}});
}

TEST_F(JetsRow, MakeRowsOfLists) {
  expect_cases({
      {"_SizedListToRow", {"2", "[1 [2 0]]"}, "[1 2]"},
      {"_SizedListToRow", {"3", "[1 [2 0]]"}, "[1 2 0]"},
      {"_SizedListToRow", {"1", "[1 [2 0]]"}, "[1]"},
      {"_SizedListToRow", {"0", "[1 [2 0]]"}, "[]"},
      {"_SizedListToRow", {"[]", "[1 [2 0]]"}, "[]"},
      {"_SizedListToRow", {"2", "7"}, "[0 0]"},
      {"_SizedListToRow", {"3", "[1 [2 9]]"}, "[1 2 0]"},
      {"_SizedListToRow", {"3", "[1 2 3]"}, "[1 0 0]"},
      {"_SizedListToRow", {"2", "^(0 5 6)"}, "[6 0]"},
      {"_SizedListToRow", {"2", "<[1 2]>"}, "[0 0]"},
      {"_SizedListToRowRev", {"3", "[1 [2 0]]"}, "[0 2 1]"},
      {"_SizedListToRowRev", {"2", "[1 [2 0]]"}, "[2 1]"},
  });
  // The list is evaluated up to the last item wanted; items never.
  const Value list =
      make_pair(heap, crashing('x'), lazy('b', make_pair(heap, crashing('y'), crashing('c'))));
  EXPECT_EQ(run("_SizedListToRow", {lazy('n', "2"), lazy('a', list)}).log, "nab");
  EXPECT_EQ(run("_SizedListToRow", {lazy('n', "0"), crashing('a')}).log, "n");
}

TEST_F(JetsRow, MakeRowsOfLongLists) {
  Value list = small_nat(0);
  for (uint64_t i = 100000; i-- > 0;) list = make_pair(heap, small_nat(i), list);
  const Run run_row = run("_SizedListToRow", {small_nat(100000), list});
  ASSERT_EQ(row_size(run_row.value), 100000u);
  EXPECT_EQ(row_at(run_row.value, 99999), small_nat(99999));
}

TEST_F(JetsRow, SearchWithTheLawsProbes) {
  expect_cases({
      {"bsearch", {"3", "[1 3 5]"}, "3"},
      {"bsearch", {"4", "[1 3 5]"}, "4"},
      {"bsearch", {"0", "[1 3 5]"}, "0"},
      {"bsearch", {"9", "[1 3 5]"}, "6"},
      {"bsearch", {"9", "[]"}, "0"},
      {"bsearch", {"[1]", "[1 3 5]"}, "6"},
      {"bsearch", {"1", "[5 3 1]"}, "0"},
  });
  const Value elements = row({lazy('a', "1"), lazy('b', "3"), lazy('c', "5"), lazy('d', "7")});
  EXPECT_EQ(run("bsearch", {lazy('k', "5"), elements}).log, "kc");
  EXPECT_EQ(run("bsearch", {lazy('k', "1"), elements}).log, "kba");
  EXPECT_EQ(run("bsearch", {crashing('k'), row({})}).log, "");
  const Value key = make_pair(heap, lazy('x', "1"), lazy('y', "2"));
  EXPECT_EQ(run("bsearch", {key, row({read("[5 2]")})}).log, "yx");
}

TEST_F(JetsRow, ReadText) {
  expect_cases({
      {"isDigit", {"48"}, "1"},
      {"isDigit", {"57"}, "1"},
      {"isDigit", {"58"}, "0"},
      {"isDigit", {"47"}, "0"},
      {"isDigit", {"[]"}, "0"},
      {"isDigit", {"18446744073709551664"}, "0"},
      {"implode", {"[97 98]"}, "25185"},
      {"implode", {"[97 0 98]"}, "25185"},
      {"implode", {"[]"}, "0"},
      {"implode", {"[97 [] 98]"}, "25185"},
      {"implode", {"[97 98 99 100 101 102 103 104 105]"}, "'abcdefghi'"},
  });
  expect_declined("implode", {"[97 300]"});
  EXPECT_EQ(run("implode", {row({lazy('a', "97"), lazy('b', "98")})}).log, "ab");
}

TEST_F(JetsRow, StopLongWorkWhenInterrupted) {
  const std::atomic<bool> yes = true;
  interrupt = &yes;
  std::vector<Value> rows(100000, heap.empty_row());
  EXPECT_EQ(run("cat", {row(rows)}).status, JetStatus::kInterrupted);
}

}  // namespace
}  // namespace plan::vm
