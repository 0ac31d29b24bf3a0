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
