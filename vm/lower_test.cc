// vm/lower_test.cc: linear code, seen as text (vm/low_text.h).
#include "gc/hash.h"
#include "vm/dump.h"
#include "vm/ir_test.h"
#include "vm/low_text.h"

#include <array>

namespace plan::vm {
namespace {

class Lower : public IrTest {
 protected:
  /// The block of the law called `name`, decoded.
  Block& block_of(std::string_view name, std::string_view text) {
    const Value pin = define(name, text);
    gc::Info* info = function_info(machine(), pin);
    auto& block = *static_cast<Block*>(info->code);
    decode_block(machine(), block);
    return block;
  }

  std::string lowered(std::string_view text, LiveSets live = LiveSets::kHide) {
    return print_low_code(lower_block(machine(), block_of("test", text)), names_, live);
  }
};

TEST_F(Lower, PrintsBranchesLoadsAndCalls) {
  EXPECT_EQ(lowered("law x y { (@_If (@_IsNat x) (@_Idx 1 y) (x (y 7) self)) }"),
            "block of 2, 3 slots\n"
            "  s0 = force s0\n"
            "  if_nat s0 else L0\n"
            "  s1 = force s1\n"
            "  s2 = idx 1 s1\n"
            "  ret_eval s2\n"
            "L0:\n"
            "  s2 = apply_thunk s1 7\n"
            "  tail_call s0 s2 @test\n");
}

TEST_F(Lower, PrintsTheSlotsThatASuspensionKeeps) {
  const std::string text = lowered("law x y z { (@_Add (@_Mul x y) z) }", LiveSets::kShow);
  EXPECT_NE(text.find("\n  s2 = force s2  ; live s0 s1\n"), std::string::npos) << text;
}

TEST_F(Lower, PrintsWhatIsBuilt) {
  define("f", "law a b { (b a) }");
  const std::string text = lowered("law x { (C3 (@f x) (@f x (x 1 2 3)) (@_Add x 1)) }");
  for (const char* part : {" = closure @f s0\n", " = thunk {(@f a1 (a1 1 2 3))} s0\n",
                           " = lazy_add s0 1\n", " = row s4 s3 s2\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST_F(Lower, TakesAnElementAtOnceWhereverItIs) {
  const std::string text = lowered("law x y { (C3 (@_Idx x y) (@_Get x y) (@_Idx 2 y)) }");
  for (const char* part :
       {" = lazy_element s0 s1\n", " = lazy_element row first s0 s1\n", " = lazy_idx 2 s1\n"}) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

/// (C2 (@_Idx i row) (@_Get row i)) as it is built, before anything in it is evaluated.
class LazyElement : public Lower {
 protected:
  Value built(Value i, Value row) {
    const Value pin = define("test", "law i x { (C2 (@_Idx i x) (@_Get x i)) }");
    const Outcome out = evaluator_.apply(pin, std::array{i, row});
    EXPECT_TRUE(out.ok());
    return out.ok() ? out.value : Value{};
  }
};

TEST_F(LazyElement, IsTakenFromARowThatHasIt) {
  const Value row = gc::make_row(heap_, std::array{small_nat(5), small_nat(6)});
  const Value pair = built(small_nat(1), row);
  EXPECT_EQ(pair.object()->field(0), small_nat(6));
  EXPECT_EQ(pair.object()->field(1), small_nat(6));
}

TEST_F(LazyElement, IsSuspendedWhereItTakesMore) {
  const Value row = gc::make_row(heap_, std::array{small_nat(5)});
  const Value beyond = built(small_nat(1), row);
  EXPECT_TRUE(beyond.object()->field(0).is_thunk());
  EXPECT_TRUE(beyond.object()->field(1).is_thunk());
}

TEST_F(Lower, ComputesAConditionalOfCheapOperationsAtOnce) {
  machine().options.optimise_always = true;
  EXPECT_EQ(lowered("law x y { (C1 (@_If (@_Lth x y) (@_Add y x) 5)) }"),
            "block of 2, 7 slots\n"
            "  s5 = if_cheap s0 else L0\n"
            "  s6 = if_cheap s1 else L0\n"
            "  s4 = lazy_compare < s5 s6\n"
            "  if s4 else L2\n"
            "  s3 = lazy_add s6 s5\n"
            "  s3 = if_cheap s3 else L0\n"
            "  jump L3\n"
            "L2:\n"
            "  s3 = move 5\n"
            "L3:\n"
            "  jump L1\n"
            "L0:\n"
            "  s3 = thunk {(@_If (@_Lth a1 a2) (@_Add a2 a1) 5)} s0 s1\n"
            "L1:\n"
            "  s4 = row s3\n"
            "  s2 = move s4\n"
            "  ret s2\n");
}

/// Instructions `op` in the text.
size_t count_of(const std::string& text, const std::string& op) {
  size_t count = 0;
  for (size_t at = text.find(op); at != std::string::npos; at = text.find(op, at + 1)) ++count;
  return count;
}

TEST_F(Lower, ComputesTheArgumentsOfATurnTogetherOrSuspendsThem) {
  machine().options.optimise_always = true;
  const char* law =
      "law n x y { s = (@_Add x y)\n"
      " (@_Ifz n (C2 x y) (self (@_Dec n) (@_If (@_Lth s 9) s x) (@_Sub s 1))) }";
  const std::string text = lowered(law);
  EXPECT_EQ(count_of(text, "self_tail"), 2u) << text;
  // x, y and their sum are looked at once each.
  EXPECT_EQ(count_of(text, "if_cheap"), 3u) << text;
}

TEST_F(Lower, ATurnWhoseArgumentsGrowTooLargeIsNotComputedTwice) {
  machine().options.optimise_always = true;
  // Each let has the one before it on both arms, so that computing them would double each time.
  std::string law = "law n x { v0 = (@_Add x 1)\n";
  for (int k = 1; k < 12; ++k) {
    const std::string before = "v" + std::to_string(k - 1);
    law += " v" + std::to_string(k) + " = (@_If x (@_Add " + before + " 1) (@_Sub " + before +
           " 1))\n";
  }
  law += " (@_Ifz n x (self (@_Dec n) v11)) }";
  const std::string text = lowered(law.c_str());
  EXPECT_EQ(count_of(text, "self_tail"), 1u) << text;
}

TEST_F(Lower, SuspendsAConditionalWithACallInIt) {
  machine().options.optimise_always = true;
  const std::string text = lowered("law x y { (C1 (@_If x (y x) 5)) }");
  EXPECT_EQ(text.find("if_cheap"), std::string::npos) << text;
  machine().options.passes.remove(Pass::kSpeculate);
  Block& other = block_of("other", "law x y { (C1 (@_If x y 5)) }");
  const std::string without =
      print_low_code(lower_block(machine(), other), names_, LiveSets::kHide);
  EXPECT_EQ(without.find("if_cheap"), std::string::npos) << without;
}

TEST_F(Lower, AConditionalThatIsNotCheapStaysUntouchedUntilItIsNeeded) {
  machine().options.optimise_always = true;
  const Value pin = define("test",
                           "law big bad { (C4 (@_If 0 bad (@_Rsh 12 2))"
                           " (@_If big (@_Add big big) 0) (@_If (bad 0) 1 2)"
                           " (@_If 1 (@_Lsh 1 70) 0)) }");
  const Value crash = define("crash", "law x { (5 x) }");
  const Outcome out = evaluator_.apply(pin, std::array{small_nat(kSmallNatMax), crash});
  ASSERT_EQ(out.kind, OutcomeKind::kValue);
  ASSERT_TRUE(is_row(out.value));
  gc::Root row(heap_, out.value);
  EXPECT_EQ(row_at(row.get(), 3), small_nat(3));
  for (const uint64_t k : {0u, 1u, 2u}) EXPECT_TRUE(row_at(row.get(), k).is_thunk()) << k;
  EXPECT_TRUE(evaluator_.whnf(row_at(row.get(), 0)).value.is_big());
  EXPECT_EQ(evaluator_.whnf(row_at(row.get(), 1)).kind, OutcomeKind::kCrash);
  EXPECT_TRUE(evaluator_.whnf(row_at(row.get(), 2)).value.is_big());
}

TEST_F(Lower, PrintsSwitches) {
  const std::string text = lowered("law x { (@tabSwitch x 0 (%[7 'abc'] (C2 x 1))) }");
  EXPECT_NE(text.find("tab_switch s0 7: L"), std::string::npos) << text;
  EXPECT_NE(text.find(" 'abc': L"), std::string::npos) << text;
  EXPECT_NE(text.find(" else L"), std::string::npos) << text;
}

// The law of tabSwitch compares its key with the keys of the tab: with none, it never looks at it.
TEST_F(Lower, DoesNotEvaluateTheKeyOfASwitchWithoutArms) {
  const Value pin = define("test", "law x { (@tabSwitch (5 x) 7 (%[] [])) }");
  const Outcome out = evaluator_.apply(pin, std::array{small_nat(1)});
  EXPECT_EQ(out.kind, OutcomeKind::kValue);
  EXPECT_EQ(out.value, small_nat(7));
}

TEST_F(Lower, DumpsLawsByNameOrHash) {
  const Value pin = define("wanted", "law x { x }");
  const Value other = define("other", "law x { x }");
  EXPECT_FALSE(wants_dump(machine(), pin));
  machine().options.dump_ir = "wanted";
  EXPECT_TRUE(wants_dump(machine(), pin));
  EXPECT_TRUE(wants_dump(machine(), *names_.find("~wanted")));
  EXPECT_FALSE(wants_dump(machine(), other));
  EXPECT_FALSE(wants_dump(machine(), small_nat(7)));
  std::string hash;
  for (const uint8_t byte : **gc::pin_hash(pin)) {
    hash += "0123456789abcdef"[byte / 16];
    hash += "0123456789abcdef"[byte % 16];
  }
  for (const size_t digits : {8u, 9u, 64u}) {
    machine().options.dump_ir = hash.substr(0, digits);
    EXPECT_TRUE(wants_dump(machine(), pin)) << digits;
    EXPECT_FALSE(wants_dump(machine(), other));
  }
  machine().options.dump_ir = hash.substr(0, 7);
  EXPECT_FALSE(wants_dump(machine(), pin));
}

}  // namespace
}  // namespace plan::vm
