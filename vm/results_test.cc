// vm/results_test.cc: which results of calls are taken apart behind the call.
#include "vm/results.h"

#include "vm/ir_test.h"
#include "vm/low_text.h"

namespace plan::vm {
namespace {

class Results : public IrTest {
 protected:
  Results() {
    machine().options.optimise_always = true;
    machine().options.passes = PassSet::none();
    machine().options.passes.add(Pass::kResults);
  }

  std::string lowered(std::string_view text) {
    const Value pin = define("test" + std::to_string(++defined_), text);
    auto& block = *static_cast<Block*>(function_info(machine(), pin)->code);
    decode_block(machine(), block);
    return print_low_code(lower_block(machine(), block), names_, LiveSets::kHide);
  }
  bool takes_apart(std::string_view text) {
    return lowered(text).find(" elements ") != std::string::npos;
  }

 private:
  uint32_t defined_ = 0;
};

TEST_F(Results, AreTakenApartBehindTheCall) {
  EXPECT_EQ(lowered("law f x { r = (f x) (@_Add (@_Idx 0 r) (@_Idx 1 r)) }"),
            "block of 2, 8 slots\n"
            "  s4 = call elements 2 s0 s1\n"
            "  s6 = idx 1 s4\n"
            "  s7 = idx 0 s4\n"
            "  s3 = move s6\n"
            "  s3 = force s3\n"
            "  s5 = move s7\n"
            "  s5 = force s5\n"
            "  s2 = add s5 s3\n"
            "  ret s2\n");
}

TEST_F(Results, OfKnownFunctionsAreTakenApartToo) {
  define("pair", "law a { (C2 a a) }");
  const std::string text = lowered("law x { r = (@pair x) (@_Add (@_Idx 2 r) (@_Idx 0 r)) }");
  EXPECT_NE(text.find(" = call_known @pair elements 3 s0\n"), std::string::npos) << text;
}

TEST_F(Results, AreAskedForTheirKind) {
  const std::string text = lowered("law f x { r = (f x) (@_If (@_IsNat r) 7 (@_Idx 1 r)) }");
  EXPECT_NE(text.find("call elements 2 s0 s1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("if_nat"), std::string::npos) << text;
}

TEST_F(Results, ThatAreUsedWholeStayWhole) {
  EXPECT_FALSE(takes_apart("law f x { r = (f x) (@_Add (@_Idx 0 r) (f r)) }"));
  EXPECT_FALSE(takes_apart("law f x { r = (f x) (@_Seq r (C2 r (@_Idx 0 r))) }"));
  EXPECT_FALSE(takes_apart("law f x { r = (f x) (@_Add (@_Idx 0 r) (@_Len r)) }"));
  EXPECT_FALSE(takes_apart("law f x { r = (f x) (@_If r 1 2) }"));
}

TEST_F(Results, OfWhichOneOfTwoCallsGivesItAreRows) {
  EXPECT_FALSE(takes_apart("law f x { r = (@_If x (f 1) (f 2)) (@_Add (@_Idx 0 r) (@_Idx 1 r)) }"));
}

TEST_F(Results, HaveNoMoreElementsThanRegisters) {
  EXPECT_TRUE(takes_apart("law f x { r = (f x) (@_Add (@_Idx 0 r) (@_Idx 5 r)) }"));
  EXPECT_FALSE(takes_apart("law f x { r = (f x) (@_Add (@_Idx 0 r) (@_Idx 6 r)) }"));
}

TEST_F(Results, AreRowsWithoutThePass) {
  machine().options.passes.remove(Pass::kResults);
  EXPECT_FALSE(takes_apart("law f x { r = (f x) (@_Add (@_Idx 0 r) (@_Idx 1 r)) }"));
}

}  // namespace
}  // namespace plan::vm
