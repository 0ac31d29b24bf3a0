// vm/ir_text_test.cc: the IR's reader and printer.
#include "vm/ir_text.h"

#include "gc/make.h"
#include "gc/text.h"

#include <gtest/gtest.h>

namespace plan::vm {
namespace {

class IrText : public testing::Test {
 protected:
  IrText() : heap_(gc::Config{}) {
    names_.define("_Add", value("<{'_Add' 2 (0 0 1)}>"));
    names_.define("pair", value("{'pair' 2 (0 0 1)}"));
  }

  Value value(std::string_view text) {
    Result<Value> v = gc::read_value_text(heap_, text);
    EXPECT_TRUE(v.has_value()) << text;
    return v.has_value() ? *v : Value{};
  }

  Law read(std::string_view text) {
    Result<Law> law = read_law(heap_, text, names_);
    EXPECT_TRUE(law.has_value()) << law.error().message;
    return law.has_value() ? std::move(*law) : Law{};
  }

  /// Reads and prints.
  std::string echo(std::string_view text) { return print_law(read(text), names_); }

  std::string error(std::string_view text) {
    Result<Law> law = read_law(heap_, text, names_);
    if (law.has_value()) return "read: " + print_law(*law, names_);
    EXPECT_EQ(law.error().name, "IR");
    return law.error().message;
  }

  gc::Heap heap_;
  ConstantNames names_;
};

TEST_F(IrText, PrintsWhatItReads) {
  const std::string text =
      "law a1 a2 {\n"
      "  v3 = (@_Add a1 a2)\n"
      "  v4 = (@~pair v3 self)\n"
      "  (v4 7 'text' C2 [1 2] @_Add)\n"
      "}\n";
  names_.define("~pair", value("{'pair' 2 (0 0 2)}"));
  EXPECT_EQ(echo(text), text);
}

TEST_F(IrText, GivesSlotsInTheOrderOfNames) {
  const Law law = read("law n acc { t = (self u n) u = (acc t 7) (t u) } ; comment");
  EXPECT_EQ(law.args, 2u);
  EXPECT_EQ(law.slots, 5u);
  EXPECT_EQ(print_law(law, names_),
            "law a1 a2 {\n"
            "  v3 = (self v4 a1)\n"
            "  v4 = (a2 v3 7)\n"
            "  (v3 v4)\n"
            "}\n");
}

TEST_F(IrText, FindsCyclesAndAnOrderOfLets) {
  const Law law = read("law n { a = (n c) b = (n a) c = (n a) d = (n d) (a b c d) }");
  EXPECT_EQ(law.group, (std::vector<uint32_t>{1, 0, 1, 2}));
  EXPECT_EQ(law.groups, (std::vector<std::vector<uint32_t>>{{}, {2, 4}, {5}}));
  ASSERT_EQ(law.order.size(), 4u);
  EXPECT_LT(std::find(law.order.begin(), law.order.end(), 2),
            std::find(law.order.begin(), law.order.end(), 3));
}

TEST_F(IrText, CountsLeaves) {
  EXPECT_EQ(read("law n { (n (n 1) 2) }").body->size, 4u);
}

TEST_F(IrText, ReadsConstantsOfEveryKind) {
  EXPECT_EQ(echo("law n { (n 18446744073709551616 '' 'ab' 'abc' #00ff # %[1 2] C12 []) }"),
            "law a1 {\n"
            "  (a1 18446744073709551616 0 25185 'abc' #00ff # %[1 2] C12 [])\n"
            "}\n");
  EXPECT_EQ(echo("law n { t = =[1 2\n3 'a)b'] (n t {'foo bar' 1 0} <{1 2 3}> <7> ^(0 1)) }"),
            "law a1 {\n"
            "  v2 = @tab\n"
            "  (a1 v2 @~foo_bar @law @pin @closure)\n"
            "}\n");
}

TEST_F(IrText, JoinsAConstantClosureAtTheHeadWithTheCall) {
  EXPECT_EQ(echo("law n { (^({'f' 3 1} 8) n) }"), "law a1 {\n  (@~f 8 a1)\n}\n");
}

TEST_F(IrText, KeepsUndecodedExpressions) {
  names_.define("later", value("^(0 1 2)"));
  const Law law = read("law n { (n ?@later) }");
  EXPECT_EQ(law.body->args[0]->kind, Expr::Kind::kDeferred);
  EXPECT_EQ(print_law(law, names_), "law a1 {\n  (a1 ?@later)\n}\n");
}

TEST_F(IrText, BreaksLongExpressions) {
  std::string call = "(a1";
  for (int i = 0; i < 11; ++i) call += " 'words'";
  call += ")";
  const std::string text = "law a1 {\n  (a1\n    " + call + "\n    7)\n}\n";
  EXPECT_EQ(echo(text), text);
}

TEST_F(IrText, GivesUnnamedConstantsNames) {
  const Value a = value("{'go' 1 0}");
  const Value b = value("{'go' 1 0}");
  ConstantNames names;
  EXPECT_EQ(print_constant(a, names), "@~go");
  EXPECT_EQ(print_constant(b, names), "@~go.2");
  EXPECT_EQ(print_constant(a, names), "@~go");
  EXPECT_EQ(print_constant(value("<{'go' 1 0}>"), names), "@go");
  EXPECT_EQ(*names.find("~go.2"), b);
  EXPECT_EQ(names.find("~go.3"), nullptr);
}

TEST_F(IrText, TellsWhereAndWhatIsWrong) {
  EXPECT_EQ(error(""), "line 1, column 1: `law' expected");
  EXPECT_EQ(error("law { 1 }"), "line 1, column 5: a law has a parameter");
  EXPECT_EQ(error("law a 1 { a }"), "line 1, column 7: a parameter or `{' expected");
  EXPECT_EQ(error("law a a { a }"), "line 1, column 7: `a' is there already");
  EXPECT_EQ(error("law a C2 { a }"), "line 1, column 7: a row constructor is no variable");
  EXPECT_EQ(error("law a { self = 1 a }"), "line 1, column 9: `self' is there already");
  EXPECT_EQ(error("law a {\n  (a b)\n}"), "line 2, column 6: no variable `b'");
  EXPECT_EQ(error("law a { (a @b) }"), "line 1, column 12: nothing is called @b");
  EXPECT_EQ(error("law a { ((a 1) 2) }"),
            "line 1, column 10: an application at the head of another");
  EXPECT_EQ(error("law a { (a) }"), "line 1, column 11: an argument expected");
  EXPECT_EQ(error("law a { (a 1"), "line 1, column 13: `)' expected");
  EXPECT_EQ(error("law a { a"), "line 1, column 10: `}' expected after the body");
  EXPECT_EQ(error("law a { }"), "line 1, column 9: an expression expected");
  EXPECT_EQ(error("law a { a } a"), "line 1, column 13: something follows the law");
  EXPECT_EQ(error("law a { 'a }"), "line 1, column 9: unfinished text");
  EXPECT_EQ(error("law a { [1 2 }"),
            "line 1, column 9: value text, at character 5: a value expected");
  EXPECT_EQ(error("law a { [1 2"), "line 1, column 9: unfinished value");
  EXPECT_EQ(error("law a { #0g }"), "line 1, column 9: value text, at character 1: half a byte");
  EXPECT_EQ(error("law a { C0 }"), "line 1, column 9: there is no C0; the empty row is []");
  EXPECT_EQ(error("law a { $ }"), "line 1, column 9: `$' begins nothing");
}

TEST_F(IrText, RefusesWhatIsNestedTooDeep) {
  const auto nested = [](uint32_t depth) {
    std::string text = "law a { ";
    for (uint32_t i = 0; i < depth; ++i) text += "(a ";
    text += "a" + std::string(depth, ')');
    return text + " }";
  };
  EXPECT_TRUE(read_law(heap_, nested(kIrTextDepthMax), names_).has_value());
  EXPECT_FALSE(read_law(heap_, nested(kIrTextDepthMax + 1), names_).has_value());
}

}  // namespace
}  // namespace plan::vm
