// vm/jets_bar_test.cc: jets on byte strings, seeds and hashes.
#include "gc/hash.h"
#include "gc/seed.h"
#include "vm/jets_test.h"

#include <atomic>

namespace plan::vm {
namespace {

using JetsBar = JetTest;
using JetsSeed = JetTest;

TEST_F(JetsBar, ComputeBars) {
  expect_cases({
      {"isBar", {"#"}, "1"},
      {"isBar", {"#00"}, "1"},
      {"isBar", {"{1 1 5}"}, "0"},
      {"isBar", {"[]"}, "0"},
      {"_Bar", {"353"}, "#61"},
      {"_Bar", {"5"}, "{1 1 5}"},
      {"_Bar", {"[1]"}, "{1 1 [1]}"},
      {"natBar", {"0"}, "#"},
      {"natBar", {"25185"}, "#6162"},
      {"natBar", {"256"}, "#0001"},
      {"natBar", {"18446744073709551616"}, "#000000000000000001"},
      {"natBar", {"[1]"}, "#"},
      {"barNat", {"#6162"}, "25185"},
      {"barNat", {"#0100"}, "1"},
      {"barNat", {"#"}, "0"},
      {"barNat", {"#000000000000000001"}, "18446744073709551616"},
      {"barLen", {"#6162"}, "2"},
      {"barLen", {"#00"}, "1"},
      {"barIsEmpty", {"#"}, "1"},
      {"barIsEmpty", {"#00"}, "0"},
      {"barIsEmpty", {"5"}, "0"},
      {"barIsEmpty", {"{7 8 1}"}, "1"},
      {"_NatToSizedBar", {"2", "97"}, "#6100"},
      {"_NatToSizedBar", {"0", "0"}, "#"},
      {"_NatToSizedBar", {"[1]", "0"}, "#"},
      {"_NatToSizedBar", {"1", "300"}, "{1 1 556}"},
      {"_NatToSizedBar", {"1", "65280"}, "#0000"},
      {"_NatToSizedBar", {"9", "18446744073709551616"}, "#000000000000000001"},
      {"_NatToSizedBar", {"10", "18446744073709551616"}, "#00000000000000000100"},
      {"barIdx", {"1", "#6162"}, "98"},
      {"barIdx", {"2", "#6162"}, "0"},
      {"barIdx", {"[1]", "#6162"}, "97"},
      {"barIdx", {"18446744073709551616", "#6162"}, "0"},
      {"barWeld", {"#61", "#0062"}, "#610062"},
      {"barWeld", {"#", "#62"}, "#62"},
      {"barWeld", {"#61", "#"}, "#61"},
      {"barCat", {"[#61 # #6263]"}, "#616263"},
      {"barCat", {"[]"}, "#"},
      {"barTake", {"1", "#6162"}, "#61"},
      {"barTake", {"[1]", "#6162"}, "#6162"},
      {"barTake", {"18446744073709551616", "#6162"}, "#6162"},
      {"barTake", {"0", "#6162"}, "#"},
      {"barDrop", {"1", "#6162"}, "#62"},
      {"barDrop", {"[1]", "#6162"}, "#6162"},
      {"barDrop", {"3", "#6162"}, "#"},
      {"_BarSliceToNat", {"1", "2", "#61626364"}, "25442"},
      {"_BarSliceToNat", {"3", "9", "#61626364"}, "100"},
      {"_BarSliceToNat", {"9", "9", "#61626364"}, "0"},
      {"_BarSliceToNat", {"0", "[1]", "#6162"}, "25185"},
      {"barElemIndexEnd", {"97", "#616261"}, "^(0 2)"},
      {"barElemIndexEnd", {"99", "#616261"}, "0"},
      {"barElemIndexEnd", {"97", "#"}, "0"},
      {"barElemIndexEnd", {"300", "#6162"}, "0"},
      {"barElemIndexEnd", {"[1]", "#00"}, "0"},
      {"barElemIndexOff", {"97", "0", "#616261"}, "0"},
      {"barElemIndexOff", {"97", "1", "#616261"}, "2"},
      {"barElemIndexOff", {"99", "1", "#616261"}, "3"},
      {"barElemIndexOff", {"97", "9", "#616261"}, "3"},
      {"barElemIndexOff", {"98", "^(0 0)", "#616263"}, "3"},
      {"barElemIndexOff", {"300", "0", "#616263"}, "3"},
      {"barFlat", {"#61"}, "#61"},
      {"barFlat", {"5"}, "#"},
      {"barFlat", {"[#61 [#62 [#63 0]]]"}, "#616263"},
      {"barFlat", {"^(0 #61 #62)"}, "#6261"},
      {"barFlat", {"=[#78 #61]"}, "#61"},
      {"barFlat", {"[<#61> {7 8 #61} %[#61] 5 #62]"}, "#62"},
  });
}

TEST_F(JetsBar, LeaveOtherValuesToTheLaws) {
  for (const char* other : {"5", "{1 1 5}", "[#61]"}) {
    expect_declined("barNat", {other});
    expect_declined("barLen", {other});
    expect_declined("barIdx", {"1", other});
    expect_declined("barTake", {"1", other});
    expect_declined("barDrop", {"1", other});
    expect_declined("barWeld", {"#61", other});
    expect_declined("barWeld", {other, "#61"});
    expect_left_to_law("_BarSliceToNat", {"1", "2", other});
    expect_declined("barElemIndexEnd", {"1", other});
    expect_declined("barElemIndexOff", {"1", "0", other});
  }
  expect_declined("barCat", {"[#61 5]"});
  expect_declined("barCat", {"^(0 #61)"});
}

TEST_F(JetsBar, EvaluateInTheLawsOrder) {
  expect_order("barIdx", {"1", "#61"}, "ab");
  expect_order("barTake", {"1", "#61"}, "ab");
  expect_order("barDrop", {"1", "#61"}, "ab");
  expect_order("barWeld", {"#61", "#61"}, "ba");
  expect_order("_NatToSizedBar", {"1", "1"}, "ba");
  expect_order("_BarSliceToNat", {"1", "1", "#61"}, "bac");
  expect_order("barElemIndexEnd", {"1", "#61"}, "ba");
  expect_order("barElemIndexEnd", {"1", "#"}, "b");
  expect_order("barElemIndexOff", {"1", "0", "#61"}, "bca");
  expect_order("barElemIndexOff", {"1", "1", "#61"}, "bc");
  EXPECT_EQ(run("barCat", {row({lazy('a', "#61"), lazy('b', "#62")})}).log, "ba");
}

TEST_F(JetsBar, FlattenTreesPartByPart) {
  const Value tree =
      row({lazy('a', "#61"), lazy('b', row({lazy('c', "#62"), lazy('d', "5")})), lazy('e', "#63")});
  const Run flat = run("barFlat", {lazy('t', tree)});
  EXPECT_EQ(flat.log, "tabcde");
  expect_value(flat, "#616263", "barFlat");
  EXPECT_EQ(run("_Blake3", {row({lazy('a', "#61"), crashing('b'), crashing('c')})}).log, "ab");
}

TEST_F(JetsBar, FlattenDeepTrees) {
  Value right = small_nat(0);
  Value left = small_nat(0);
  const Value bar = read("#61");
  for (int i = 0; i < 200000; ++i) {
    right = make_pair(heap, bar, right);
    left = make_pair(heap, left, bar);
  }
  EXPECT_EQ(bar_bytes(run("barFlat", {right}).value).size(), 200000u);
  EXPECT_EQ(bar_bytes(run("barFlat", {left}).value).size(), 200000u);
}

TEST_F(JetsBar, HashTheConcatenation) {
  // BLAKE3 of the empty string, and of "abc" in pieces.
  expect_cases({
      {"_Blake3", {"5"}, "#af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
      {"_Blake3",
       {"[#61 [# #6263]]"},
       "#6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"},
  });
}

TEST_F(JetsBar, StopLongWorkWhenInterrupted) {
  const Value big = gc::make_bar_uninitialised(heap, 4 << 20);
  const std::atomic<bool> yes = true;
  interrupt = &yes;
  EXPECT_EQ(run("_Blake3", {big}).status, JetStatus::kInterrupted);
}

TEST_F(JetsSeed, SaveAndLoad) {
  const Value value = read("[1 #6162 <[2 3]> =[1 2] {7 8 9}]");
  const Run saved = run("_SaveSeed", {value});
  ASSERT_EQ(saved.status, JetStatus::kDone);
  ASSERT_TRUE(is_bar(saved.value));
  EXPECT_TRUE(equal_normal(run("_LoadSeed", {saved.value}).value, value));
  EXPECT_EQ(run("_SaveSeed", {row({lazy('a', "1"), lazy('b', "2")})}).log, "ab");
}

TEST_F(JetsSeed, AnswerZeroToBytesWithHolesOrOfOddLength) {
  expect_cases({{"_LoadSeed", {"#616263"}, "0"},
                {"_LoadSeed", {"#0100000000000000"}, "0"},
                {"_SaveGerm", {"[1]"}, "0"},
                {"_PinHash", {"[1]"}, "0"}});
  expect_declined("_LoadSeed", {"5"});
  expect_declined("_LoadSeed", {"#0000000000000000"});
  expect_cases({{"_LoadGerm", {"[5]", "#"}, "<0>"}, {"_LoadGerm", {"5", "#616263"}, "<0>"}});
  expect_order("_LoadGerm", {"[5]", "#"}, "ba");
  expect_order("_LoadGerm", {"[5]", "#616263"}, "b");
  expect_declined("_LoadGerm", {"5", "#"});
  expect_declined("_LoadGerm", {"[5]", "#0100000000000000"});
  expect_declined("_LoadGerm", {"[<5>]", "5"});
}

TEST_F(JetsSeed, SaveAndLoadGerms) {
  const Value pin = read("<[<1> <2> <1>]>");
  const Run saved = run("_SaveGerm", {pin});
  ASSERT_TRUE(is_row(saved.value));
  ASSERT_EQ(row_size(saved.value), 2u);
  EXPECT_TRUE(equal_normal(row_at(saved.value, 0), read("[<1> <2>]")));
  const Run loaded = run("_LoadGerm", {row_at(saved.value, 0), row_at(saved.value, 1)});
  ASSERT_EQ(loaded.status, JetStatus::kDone);
  EXPECT_TRUE(equal_normal(loaded.value, pin));
}

TEST_F(JetsSeed, HashAsRecorded) {
  expect_cases({
      {"_PlanHash", {"0"}, "#50e0128f7b0e5cb3b43642a0da19e9735ff5491876aa04c0aa33f1b8cb080014"},
      {"_PlanHash", {"[3 4]"}, "#c19ce7d1d4adf1133b691f269bf2ee1c47f020382d0a1fd065ab715350672572"},
      {"_PinHash",
       {"<[3 4]>"},
       "#c19ce7d1d4adf1133b691f269bf2ee1c47f020382d0a1fd065ab715350672572"},
      {"_PlanHash", {"[]"}, "#d3537eb6047e967d571eb2b7ddc181f6aed6faa28187ba423e528e2f786f5ac8"},
      {"_PlanHash", {"=[]"}, "#923a14b0ab339800e5be089ba1833e7f2a11191a8c65c1cba43de4f8ee7f1723"},
  });
  EXPECT_EQ(run("_PlanHash", {row({lazy('a', "1"), lazy('b', "2")})}).log, "ab");
}

TEST(JetTable, FindsJetsByNameAndHash) {
  EXPECT_EQ(find_jet_name("_Add"), JetId::kAdd);
  EXPECT_EQ(find_jet_name("par"), JetId::kPar);
  EXPECT_FALSE(find_jet_name("_add").has_value());
  EXPECT_FALSE(find_jet_name("").has_value());
  gc::Hash hash{};
  EXPECT_FALSE(find_jet("_Add", hash).has_value());
  for (size_t i = 0; i < kJetCount; ++i) {
    const JetRow& jet = jet_table()[i];
    for (size_t k = 0; k < hash.size(); ++k) {
      hash[k] = static_cast<uint8_t>(std::stoul(std::string(jet.hash_hex + 2 * k, 2), nullptr, 16));
    }
    EXPECT_EQ(find_jet(jet.name, hash), static_cast<JetId>(i)) << jet.name;
  }
}

}  // namespace
}  // namespace plan::vm
