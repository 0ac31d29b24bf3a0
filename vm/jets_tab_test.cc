// vm/jets_tab_test.cc: jets on sets and tabs: values, order of evaluation, state of keys.
#include "vm/jets_test.h"

#include <atomic>

namespace plan::vm {
namespace {

using JetsSet = JetTest;
using JetsTab = JetTest;

TEST_F(JetsSet, ComputeSets) {
  expect_cases({
      {"_MkSet", {"[1 2]"}, "%[1 2]"},
      {"_MkSet", {"[2 1]"}, "{1 2 [2 1]}"},
      {"_MkSet", {"[1 1]"}, "{1 2 [1 1]}"},
      {"_MkSet", {"5"}, "{1 2 5}"},
      {"_MkSet", {"[]"}, "%[]"},
      {"_SetToRow", {"%[1 2]"}, "[1 2]"},
      {"_SetToRow", {"{7 8 9}"}, "9"},
      {"_SetToRow", {"#61"}, "353"},
      {"_SetToRow", {"5"}, "0"},
      {"setSing", {"5"}, "%[5]"},
      {"setSing", {"[1 2]"}, "%[[1 2]]"},
      {"setIsEmpty", {"%[]"}, "1"},
      {"setIsEmpty", {"%[1]"}, "0"},
      {"setIsEmpty", {"0"}, "1"},
      {"setIsEmpty", {"[1]"}, "1"},
      {"setIsEmpty", {"{7 8 [1]}"}, "0"},
      {"setIsEmpty", {"#61"}, "1"},
      {"setLen", {"%[1 2]"}, "2"},
      {"setLen", {"{7 8 ^(0 1 2)}"}, "2"},
      {"setLen", {"5"}, "0"},
      {"setMin", {"%[1 2]"}, "1"},
      {"setMin", {"%[]"}, "0"},
      {"setMin", {"{7 8 ^(0 1 2)}"}, "2"},
      {"setHas", {"2", "%[1 2 3]"}, "1"},
      {"setHas", {"4", "%[1 2 3]"}, "0"},
      {"setHas", {"[1]", "%[1 #61 [1]]"}, "1"},
      {"setHas", {"1", "%[]"}, "0"},
      {"setIns", {"2", "%[1 3]"}, "%[1 2 3]"},
      {"setIns", {"0", "%[1 3]"}, "%[0 1 3]"},
      {"setIns", {"4", "%[1 3]"}, "%[1 3 4]"},
      {"setIns", {"3", "%[1 3]"}, "%[1 3]"},
      {"setIns", {"3", "%[]"}, "%[3]"},
      {"setDel", {"2", "%[1 2 3]"}, "%[1 3]"},
      {"setDel", {"4", "%[1 2 3]"}, "%[1 2 3]"},
      {"setDel", {"1", "%[1]"}, "%[]"},
      {"setWeld", {"%[1 3]", "%[2 3 4]"}, "%[1 2 3 4]"},
      {"setWeld", {"%[]", "%[2]"}, "%[2]"},
      {"setIntersect", {"%[1 2 3]", "%[2 3 4]"}, "%[2 3]"},
      {"setIntersect", {"%[1]", "%[2]"}, "%[]"},
      {"setSub", {"%[1 2 3]", "%[2 4]"}, "%[1 3]"},
      {"setSub", {"5", "%[]"}, "5"},
      {"setCatRowAsc", {"[%[1] %[] %[2 3]]"}, "%[1 2 3]"},
      {"setCatRowAsc", {"[]"}, "%[]"},
      {"isSet", {"%[1]"}, "1"},
      {"isSet", {"^(0 1 2)"}, "0"},
      {"isSet", {"{1 2 [2 1]}"}, "0"},
      {"setDrop", {"1", "%[1 2 3]"}, "%[2 3]"},
      {"setDrop", {"18446744073709551616", "%[1 2 3]"}, "%[]"},
      {"setDrop", {"^(0 0)", "%[1 2 3]"}, "%[1 2 3]"},
      {"setTake", {"1", "%[1 2 3]"}, "%[1]"},
      {"setTake", {"18446744073709551616", "%[1 2 3]"}, "%[1 2 3]"},
      {"setTake", {"^(0 0)", "%[1 2 3]"}, "%[1 2 3]"},
      {"setTake", {"0", "%[1 2 3]"}, "%[]"},
      {"setSplitAt", {"1", "%[1 2 3]"}, "[%[1] %[2 3]]"},
      {"setSplitAt", {"^(0 0)", "%[1 2]"}, "[%[1 2] %[1 2]]"},
      {"setSplitAt", {"18446744073709551616", "%[1 2]"}, "[%[1 2] %[]]"},
      {"setSplitLT", {"2", "%[1 2 3]"}, "[%[1] %[2 3]]"},
      {"setSplitLT", {"[]", "%[1 2 3]"}, "[%[1 2 3] %[]]"},
  });
}

TEST_F(JetsSet, LeaveOtherValuesToTheLaws) {
  for (const char* other : {"5", "[1]", "{1 2 [2 1]}", "=[1 2]"}) {
    expect_declined("setHas", {"1", other});
    expect_declined("setIns", {"1", other});
    expect_declined("setDel", {"1", other});
    expect_declined("setWeld", {other, "%[1]"});
    expect_declined("setWeld", {"%[1]", other});
    expect_declined("setSub", {other, "%[1]"});
    expect_declined("setIntersect", {other, "%[1]"});
    expect_declined("setTake", {"1", other});
    expect_declined("setDrop", {"1", other});
    expect_declined("setSplitAt", {"1", other});
    expect_declined("setSplitLT", {"1", other});
  }
  expect_declined("setCatRowAsc", {"[%[7 9] %[8]]"});
  expect_declined("setCatRowAsc", {"[%[7] %[7]]"});
  expect_declined("setCatRowAsc", {"[%[7] 5]"});
}

TEST_F(JetsSet, EvaluateInTheLawsOrder) {
  expect_order("setHas", {"1", "%[1]"}, "ba");
  expect_order("setHas", {"1", "%[]"}, "b");
  expect_order("setIns", {"1", "%[1]"}, "ba");
  expect_order("setIns", {"1", "%[]"}, "ba");
  expect_order("setDel", {"1", "%[1]"}, "ba");
  expect_order("setDel", {"1", "%[]"}, "b");
  expect_order("setWeld", {"%[1]", "%[2]"}, "ba");
  expect_order("setIntersect", {"%[1]", "%[2]"}, "ba");
  expect_order("setIntersect", {"%[1]", "%[]"}, "b");
  expect_order("setSub", {"%[1]", "%[2]"}, "ba");
  expect_order("setTake", {"1", "%[2]"}, "ab");
  expect_order("setDrop", {"1", "%[2]"}, "ab");
  EXPECT_EQ(run("setCatRowAsc", {row({lazy('a', "%[1]"), lazy('b', "%[2]")})}).log, "ba");
}

TEST_F(JetsSet, EvaluateKeysTheyStore) {
  const Value key = row({lazy('a', "1"), row({lazy('b', "2")})});
  const Run made = run("setSing", {key});
  EXPECT_EQ(made.log, "ab");
  EXPECT_TRUE(gc::check_normal(made.value));
  const Value crash = row({lazy('a', "1"), crashing('b')});
  EXPECT_TRUE(run("setSing", {crash}).crashed);
  EXPECT_TRUE(run("setIns", {crash, read("%[]")}).crashed);
  EXPECT_TRUE(run("setIns", {crash, read("%[[5] [5 6]]")}).crashed);
  EXPECT_TRUE(run("_MkSet", {row({crash})}).crashed);
}

TEST_F(JetsSet, LookForKeysAsLazilyAsTheLaws) {
  const auto key = [&] { return row({crashing('a'), lazy('b', "2")}); };
  // Decided by the number of elements, or by the last element.
  EXPECT_EQ(run("setHas", {key(), read("%[1 [1] [1 2 3]]")}).value, small_nat(0));
  EXPECT_EQ(run("setHas", {key(), read("%[[7 1] [7 3]]")}).log, "b");
  EXPECT_TRUE(run("setHas", {key(), read("%[[7 2]]")}).crashed);
  EXPECT_EQ(run("setDel", {key(), read("%[[7 1] [7 3]]")}).status, JetStatus::kDone);
  const Value equal = row({lazy('a', "7"), lazy('b', "2")});
  EXPECT_EQ(run("setHas", {equal, read("%[1 [7 1] [7 2]]")}).log, "ba");
  EXPECT_EQ(run("setHas", {equal, read("%[1 [7 1] [7 2]]")}).value, small_nat(1));
  // A key to be stored is compared first.
  const Value stored = row({lazy('a', "7"), lazy('b', "2")});
  EXPECT_EQ(run("setIns", {stored, read("%[[7 1] [7 3]]")}).log, "ba");
  const Value alone = row({lazy('a', "7"), lazy('b', "2")});
  EXPECT_EQ(run("setIns", {alone, read("%[]")}).log, "ab");
}

TEST_F(JetsSet, SplitLazily) {
  EXPECT_EQ(run("setSplitAt", {crashing('a'), read("%[1]")}).status, JetStatus::kRunLaw);
  EXPECT_EQ(run("setSplitLT", {crashing('a'), read("%[1]")}).status, JetStatus::kRunLaw);
  EXPECT_EQ(run("setSplitLT", {row({crashing('a')}), read("%[1]")}).status, JetStatus::kRunLaw);
}

TEST_F(JetsTab, ComputeTabs) {
  expect_cases({
      {"_MkTab", {"[1 2]", "[3 4]"}, "=[1 3 2 4]"},
      {"_MkTab", {"[1 2]", "[3]"}, "^(%[1 2] [3])"},
      {"_MkTab", {"[2 1]", "[3 4]"}, "^({1 2 [2 1]} [3 4])"},
      {"_MkTab", {"[]", "[]"}, "=[]"},
      {"tabSing", {"1", "2"}, "=[1 2]"},
      {"isTab", {"=[1 2]"}, "1"},
      {"isTab", {"^(%[1] [1 2])"}, "0"},
      {"isTab", {"[]"}, "0"},
      {"_TabKeys", {"=[1 2]"}, "%[1]"},
      {"_TabKeys", {"#61"}, "^(0 1 1)"},
      {"_TabVals", {"=[1 2]"}, "[2]"},
      {"_TabVals", {"[5 6]"}, "5"},
      {"_TabKeysRow", {"=[1 2 3 4]"}, "[1 3]"},
      {"_TabKeysRow", {"5"}, "0"},
      {"_TabKeysList", {"=[1 2 3 4]"}, "[1 [3 0]]"},
      {"_TabKeysList", {"=[]"}, "0"},
      {"_TabLen", {"=[1 2 3 4]"}, "2"},
      {"_TabIsEmpty", {"=[]"}, "1"},
      {"_TabIsEmpty", {"=[1 2]"}, "0"},
      {"_TabIsEmpty", {"5"}, "1"},
      {"_TabIsEmpty", {"[[1] 5]"}, "0"},
      {"_TabIsEmpty", {"{7 8 [1]}"}, "0"},
      {"tabIdx", {"1", "=[1 2 3 4]"}, "2"},
      {"tabIdx", {"2", "=[1 2 3 4]"}, "0"},
      {"_TabHas", {"3", "=[1 2 3 4]"}, "1"},
      {"_TabHas", {"4", "=[1 2 3 4]"}, "0"},
      {"_TabLookup", {"3", "=[1 2 3 4]"}, "^(0 4)"},
      {"_TabLookup", {"4", "=[1 2 3 4]"}, "0"},
      {"tabIns", {"1", "9", "=[1 2 3 4]"}, "=[1 9 3 4]"},
      {"tabIns", {"2", "9", "=[1 2 3 4]"}, "=[1 2 2 9 3 4]"},
      {"tabIns", {"0", "9", "=[1 2 3 4]"}, "=[0 9 1 2 3 4]"},
      {"tabIns", {"5", "9", "=[1 2 3 4]"}, "=[1 2 3 4 5 9]"},
      {"tabIns", {"5", "9", "=[]"}, "=[5 9]"},
      {"tabSwitch", {"3", "7", "=[1 2 3 4]"}, "4"},
      {"tabSwitch", {"4", "7", "=[1 2 3 4]"}, "7"},
      {"tabToPairs", {"=[1 2 3 4]"}, "[[1 2] [3 4]]"},
      {"tabToPairList", {"=[1 2 3 4]"}, "[[1 2] [[3 4] 0]]"},
      {"tabFromPairs", {"[[3 4] [1 2]]"}, "=[1 2 3 4]"},
      {"tabFromPairs", {"[[1 2] [3 4] [1 5] [1 6]]"}, "=[1 6 3 4]"},
      {"tabFromPairs", {"[]"}, "=[]"},
      {"tabFromPairs", {"[5 [7] ^(0 8 9)]"}, "=[0 0 7 0 9 8]"},
      {"tabElemIdx", {"1", "=[1 2 3 4]"}, "[3 4]"},
      {"tabElemIdx", {"2", "=[1 2 3 4]"}, "0"},
      {"tabElemIdx", {"^(0 0)", "=[1 2 3 4]"}, "0"},
      {"tabElemIdx", {"18446744073709551616", "=[1 2 3 4]"}, "0"},
      {"tabSplitAt", {"1", "=[1 2 3 4]"}, "[=[1 2] =[3 4]]"},
      {"tabSplitAt", {"^(0 0)", "=[1 2]"}, "[=[1 2] =[1 2]]"},
      {"tabSplitLT", {"3", "=[1 2 3 4]"}, "[=[1 2] =[3 4]]"},
      {"tabSplitLT", {"[]", "=[1 2]"}, "[=[1 2] =[]]"},
      {"tabMinKey", {"=[1 2 3 4]"}, "1"},
      {"tabMinKey", {"=[]"}, "0"},
      {"tabWeld", {"=[1 2]", "=[1 5 3 4]"}, "=[1 2 3 4]"},
      {"tabWeld", {"=[]", "=[3 4]"}, "=[3 4]"},
      {"tabWeld", {"=[3 4]", "=[]"}, "=[3 4]"},
  });
}

TEST_F(JetsTab, LeaveOtherValuesToTheLaws) {
  for (const char* other : {"5", "[1]", "^(%[1] [1 2])"}) {
    expect_left_to_law("_TabKeysList", {other});
    for (const char* jet : {"_TabLen", "tabToPairs", "tabToPairList", "tabMinKey"}) {
      expect_declined(jet, {other});
    }
    for (const char* jet : {"tabIdx", "_TabHas", "_TabLookup", "tabElemIdx", "tabSplitAt",
                            "tabSplitLT"}) {
      expect_declined(jet, {"1", other});
    }
    for (const char* jet : {"tabIns", "tabSwitch"}) {
      expect_declined(jet, {"1", "2", other});
    }
    expect_declined("tabWeld", {other, "=[1 2]"});
    expect_declined("tabWeld", {"=[1 2]", other});
  }
}

TEST_F(JetsTab, EvaluateInTheLawsOrder) {
  expect_order("_MkTab", {"[1]", "[2]"}, "ab");
  expect_order("tabSing", {"1", "2"}, "a");
  for (const char* jet : {"tabIdx", "_TabHas", "_TabLookup"}) {
    expect_order(jet, {"1", "=[1 2]"}, "ba");
    expect_order(jet, {"1", "=[]"}, "b");
  }
  expect_order("tabIns", {"1", "5", "=[1 2]"}, "ca");
  expect_order("tabIns", {"1", "5", "=[]"}, "ca");
  expect_order("tabSwitch", {"1", "5", "=[1 2]"}, "ca");
  expect_order("tabSwitch", {"2", "5", "=[1 2]"}, "cab");
  expect_order("tabElemIdx", {"0", "=[1 2]"}, "ab");
  expect_order("tabWeld", {"=[1 2]", "=[3 4]"}, "ab");
}

TEST_F(JetsTab, LeaveValuesAlone) {
  const auto tab = [&] {
    return gc::make_tab(heap, read("%[1 3]"), row({crashing('x'), crashing('y')}));
  };
  for (const Run& made :
       {run("tabIns", {small_nat(2), crashing('z'), tab()}),
        run("_TabLookup", {small_nat(1), tab()}), run("tabToPairs", {tab()}),
        run("tabToPairList", {tab()}), run("tabWeld", {tab(), tab()}),
        run("tabSplitAt", {small_nat(1), tab()}), run("tabSplitLT", {small_nat(2), tab()}),
        run("tabElemIdx", {small_nat(1), tab()}),
        run("tabFromPairs", {row({make_pair(heap, small_nat(1), crashing('v'))})})}) {
    EXPECT_EQ(made.status, JetStatus::kDone);
    EXPECT_EQ(made.log, "");
  }
}

TEST_F(JetsTab, EvaluateKeysTheyStore) {
  const auto key = [&] { return row({lazy('a', "1"), lazy('b', "2")}); };
  EXPECT_EQ(run("tabSing", {key(), crashing('v')}).log, "ab");
  EXPECT_EQ(run("tabIns", {key(), crashing('v'), read("=[]")}).log, "ab");
  EXPECT_EQ(run("tabIns", {key(), crashing('v'), read("=[[5 1] 0]")}).log, "ba");
  EXPECT_EQ(run("tabFromPairs", {row({make_pair(heap, key(), crashing('v'))})}).log, "ab");
  const Run second = run("tabFromPairs", {row({read("[5 6]"), make_pair(heap, key(), Value{})})});
  EXPECT_EQ(second.status, JetStatus::kRunLaw);
}

TEST_F(JetsTab, SortManyPairs) {
  std::vector<Value> pairs;
  for (uint64_t i = 0; i < 5000; ++i) {
    pairs.push_back(make_pair(heap, small_nat(i * 7919 % 1009), small_nat(i)));
  }
  const Run made = run("tabFromPairs", {row(pairs)});
  ASSERT_EQ(row_size(tab_keys(made.value)), 1009u);
  for (uint64_t key = 0; key < 1009; ++key) {
    ASSERT_EQ(row_at(tab_keys(made.value), key), small_nat(key));
    const uint64_t last = row_at(tab_values(made.value), key).small();
    ASSERT_EQ(last * 7919 % 1009, key);
    ASSERT_GE(last, 5000u - 1009u);
  }
}

TEST_F(JetsTab, StopLongWorkWhenInterrupted) {
  std::vector<Value> pairs;
  for (uint64_t i = 0; i < 20000; ++i) pairs.push_back(make_pair(heap, small_nat(i), Value{}));
  const Value list = row(pairs);
  const Value tab = run("tabFromPairs", {list}).value;
  const std::atomic<bool> yes = true;
  interrupt = &yes;
  EXPECT_EQ(run("tabFromPairs", {list}).status, JetStatus::kInterrupted);
  EXPECT_EQ(run("tabToPairs", {tab}).status, JetStatus::kInterrupted);
  EXPECT_EQ(run("tabWeld", {tab, tab}).status, JetStatus::kInterrupted);
  EXPECT_EQ(run("setWeld", {tab_set(tab), tab_set(tab)}).status, JetStatus::kInterrupted);
}

}  // namespace
}  // namespace plan::vm
