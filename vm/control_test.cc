// vm/control_test.cc: which switches are branches, and between what.
#include "vm/control.h"

#include "vm/ir_test.h"

namespace plan::vm {
namespace {

class SwitchArmsTest : public IrTest {
 protected:
  /// "key: arm" for each arm of the switch that is the body of `law k x { .. }`; "none" for a call
  /// that is no branch.
  std::string arms(JetId jet, const std::string& call) {
    const Law law = read("law k x { " + call + " }");
    const std::optional<SwitchArms> arms = SwitchArms::of(jet, law.body);
    if (!arms) return "none";
    std::string text;
    for (size_t i = 0; i < arms->size(); ++i) {
      const Expr* e = arms->expression(i);
      const Value arm = e == nullptr ? arms->constant(i) : e->value;
      const bool is_variable = e != nullptr && e->kind == Expr::Kind::kVariable;
      text += (i == 0 ? "" : " ") + std::to_string(arms->key(i).small()) + ":" +
              (is_variable ? "a" + std::to_string(e->variable) : std::to_string(arm.small()));
    }
    return text;
  }
  std::string arms_of_switch(const std::string& row) {
    return arms(JetId::kSwitch, "(@_Switch k 0 " + row + ")");
  }
  std::string arms_of_tab(const std::string& tab) {
    return arms(JetId::kTabSwitch, "(@tabSwitch k 0 " + tab + ")");
  }
};

TEST_F(SwitchArmsTest, AreTheElementsOfALiteralRow) {
  EXPECT_EQ(arms_of_switch("(C2 x 7)"), "0:7 1:a2");  // arguments are in reverse
  EXPECT_EQ(arms_of_switch("[4 5 6]"), "0:4 1:5 2:6");
  EXPECT_EQ(arms_of_switch("[]"), "");
  EXPECT_EQ(arms_of_switch("x"), "none");
  EXPECT_EQ(arms_of_switch("(C3 x 7)"), "none");
  EXPECT_EQ(arms_of_switch("(x 1 2)"), "none");
}

TEST_F(SwitchArmsTest, OfATabGoWithItsKeysIfTheseAreNats) {
  EXPECT_EQ(arms_of_tab("(%[3 9] (C2 x 7))"), "3:7 9:a2");
  EXPECT_EQ(arms_of_tab("(%[3 9] [4 5])"), "3:4 9:5");
  EXPECT_EQ(arms_of_tab("(%[3 9] x)"), "none");
  EXPECT_EQ(arms_of_tab("(%[3 9] (C1 x))"), "none");
  EXPECT_EQ(arms_of_tab("(%[3 9] [4])"), "none");
  EXPECT_EQ(arms_of_tab("(%[3 []] (C2 x 7))"), "none");
  EXPECT_EQ(arms_of_tab("(%[] [])"), "none");
  EXPECT_EQ(arms_of_tab("x"), "none");
}

TEST_F(SwitchArmsTest, AreOfSwitchesOnly) {
  EXPECT_EQ(arms(JetId::kIf, "(@_If k x (C2 x 7))"), "none");
}

}  // namespace
}  // namespace plan::vm
