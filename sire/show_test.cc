// sire/show_test.cc: sample outputs of spec/loot.md, and values that are large, deep or shared.
#include "sire/rex_print.h"
#include "sire/show.h"

#include "gc/make.h"
#include "gc/text.h"
#include "sire/plan_rex.h"
#include "value/object.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace plan::sire {
namespace {

class Show : public testing::Test {
 protected:
  gc::Heap heap{gc::Config{}};

  Value read(std::string_view text) {
    auto v = gc::read_value_text(heap, text);
    EXPECT_TRUE(v) << text << ": " << (v ? "" : v.error().message);
    return v ? *v : Value{};
  }
  std::string shallow(std::string_view text) {
    std::string out = print_listing(read(text));
    // One line, or several joined by " / ", as in the specification.
    while (!out.empty() && out.back() == '\n') out.pop_back();
    std::string joined;
    for (const char c : out) joined += c == '\n' ? std::string(" / ") : std::string(1, c);
    return joined;
  }
  std::string cord(std::string_view text) { return print_listing(gc::make_cord(heap, text)); }
  std::string binding(std::string_view name, std::string_view text) {
    return print_binding(gc::make_cord(heap, name), read(text));
  }
  Value bar(std::string_view text) {
    return gc::make_bar(heap, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
};

// Section 1.
TEST_F(Show, PinsAreNamedApart) {
  EXPECT_EQ(shallow("[<5> <6> <5>]"), "[.{0_1} .{0_2} .{0_1}]");
  EXPECT_EQ(shallow("[<{'foo' 1 5}> <7> <{'foo' 1 6}> <{'foo_1' 1 6}>]"), "[foo_2 .0 foo_3 foo_1]");
  EXPECT_EQ(shallow("[<{'a b' 1 5}> <{'a b' 1 6}>]"), "[.{{a b}_1} .{{a b}_2}]");
  EXPECT_EQ(shallow("[<<{'foo' 1 5}>>]"), "[foo]");
}

// Section 3.
TEST_F(Show, NatsAreTextsWhereTheyCanBe) {
  EXPECT_EQ(shallow("97"), "%a");
  EXPECT_EQ(shallow("'a1'"), "{a1}");
  EXPECT_EQ(shallow("'12'"), "{12}");
  EXPECT_EQ(shallow("'a_b'"), "{a_b}");
  EXPECT_EQ(shallow("1000"), "1000");
  EXPECT_EQ(shallow("0"), "0");
  EXPECT_EQ(shallow("49"), "49");
  EXPECT_EQ(shallow("18446744073709551616"), "18446744073709551616");
  EXPECT_EQ(shallow("2570"), " / } / } / }");
  EXPECT_EQ(cord("héllo"), "122511470216040\n");
  EXPECT_EQ(cord("it's"), "{it's}\n");
  EXPECT_EQ(cord("'\"{"), "} '\"{\n");
  EXPECT_EQ(cord("{'\"}"), "{{'\"}}\n");
  EXPECT_EQ(cord("0123456789012345678901234567890123456789"),
            "} 0123456789012345678901234567890123456789\n");
  EXPECT_EQ(cord("012345678901234567890123456789012345678"),
            "{012345678901234567890123456789012345678}\n");
  EXPECT_EQ(cord("a\tb"), "6424929\n");
  EXPECT_EQ(cord("two\nlines"), "\n} two\n} lines\n\n");
}

TEST_F(Show, TextsAreQuotedSoThatBracesBalance) {
  EXPECT_EQ(cord("}{"), "}_}{_\n");
  EXPECT_EQ(cord("ab}"), "}_ab}_\n");
  EXPECT_EQ(cord("{}"), "{{}}\n");
  EXPECT_EQ(cord("a } b c"), "}|a } b c|\n");
}

TEST_F(Show, SymbolsAndKeysDiffer) {
  EXPECT_EQ(shallow("{5 1 1}"), "(.5 a ? a)");
  EXPECT_EQ(shallow("{'12a' 1 1}"), "(.{12a} a ? a)");
  EXPECT_EQ(binding("12a", "5"), "{12a}=5\n\n");
  EXPECT_EQ(print_key(gc::make_cord(heap, "foo bar")), "{foo bar}");
  EXPECT_EQ(print_key(small_nat(0)), "0");
  EXPECT_EQ(print_key(small_nat(7)), "7");
}

TEST_F(Show, BarsAreTextsOrHexadecimal) {
  EXPECT_EQ(shallow("#31"), "b#1");
  EXPECT_EQ(shallow("#612062"), "b#{a b}");
  EXPECT_EQ(shallow("#00"), "x#00");
  EXPECT_EQ(shallow("#ff"), "x#ff");
  EXPECT_EQ(shallow("#"), "b#{}");
  EXPECT_EQ(shallow("#6109"), "x#6109");
  EXPECT_EQ(print_listing(bar("€")), "b#{€}\n");
  EXPECT_EQ(print_listing(bar("é")), "b#{é}\n");
  EXPECT_EQ(print_listing(bar("a\nb")), "\n# b\n} a\n} b\n\n");
  EXPECT_EQ(shallow("(0 0 4 0)"), "C3");
  EXPECT_EQ(shallow("[]"), "[]");
  EXPECT_EQ(shallow("%[]"), "%[]");
  EXPECT_EQ(shallow("=[]"), "#[]");
}

// Section 5.
TEST_F(Show, ClosedFormsFollowTheRules) {
  EXPECT_EQ(shallow("{'foo' 2 (0 (0 1 (2 'hello')) (0 2 (2 #616263)))}"),
            "(foo a b ? a !(%hello) (b !(b#abc)))");
  EXPECT_EQ(shallow("=['foo' 'bar' 'baz' 3]"), "[foo=(%bar) baz=3]");
}

TEST_F(Show, LongSignaturesFillLines) {
  EXPECT_EQ(print_listing(read("{'foo' 29 (0 27 1)}")),
            "\n"
            "?   | foo a b c d e f g h i j k l m n o p q r\n"
            "      s t u v w x y z aa ab ac\n"
            "aa-a\n"
            "\n");
}

TEST_F(Show, LongTablesSpread) {
  EXPECT_EQ(print_listing(read("=['width' 5 'exceed' 'the' 'hello world this is' 'another long "
                               "string which will']")),
            "\n"
            "## =width 5\n"
            "## =exceed %the\n"
            "## ={hello world this is}\n"
            "   {another long string which will}\n"
            "\n");
}

// Section 8.
TEST_F(Show, DebugRenderingIsOneLine) {
  EXPECT_EQ(print_debug(read("#01027f80ff0e48")), "(BAR \"\\SOH\\STX\\DEL\\128\\255\\SO\\&H\")");
  EXPECT_EQ(print_debug(read("#ff31")), "(BAR \"\\255\\&1\")");
  EXPECT_EQ(print_debug(read("#225c0a")), "(BAR \"\\\"\\\\\\n\")");
  EXPECT_EQ(print_debug(read("0")), "0");
  EXPECT_EQ(print_debug(read("'foo_1'")), "\"foo_1\"");
  EXPECT_EQ(print_debug(read("'foo bar'")), "32195221423877990");
  EXPECT_EQ(print_debug(gc::make_cord(heap, "é1")), "\"\\233\\&1\"");
  EXPECT_EQ(print_debug(read("(0 1 (1 2))")), "[0,1,[1,2]]");
  EXPECT_EQ(print_debug(read("{'foo' 2 (0 1 2)}")), "(LAW \"foo\" 2 [0,1,2])");
  EXPECT_EQ(print_debug(read("(0 0 4 0)")), "R3");
  EXPECT_EQ(print_debug(read("[<5> 6]")), "(ROW fromListN 2 [_,6])");
  EXPECT_EQ(print_debug(read("[]")), "(ROW fromListN 0 [])");
  EXPECT_EQ(print_debug(read("=[1 2 3 4]")), "(TAB [(1,2),(3,4)])");
  EXPECT_EQ(print_debug(read("=[]")), "(TAB [])");
  EXPECT_EQ(print_debug(read("%[1 2]")), "(SET [1,2])");
  EXPECT_EQ(print_debug(read("[<{0 1 5}> <<{'f' 1 5}>> <{'a b' 1 5}>]")),
            "(ROW fromListN 3 [anon,f,6430817])");
}

// Section 9.
TEST_F(Show, FullListingsDefineEveryPin) {
  EXPECT_EQ(print_full(read("[<5> 6]")), "* (| 0)=5\n* _=[.0 6]\n\n");
  EXPECT_EQ(print_full(read("<5>")), "(| 0)=5\n\n");
  EXPECT_EQ(print_full(read("<(<{'f' 2 (0 (2 <{'g' 1 1}>) 1)}> 7)>")),
            "* (g a)=a\n* (f a b)=(!g a)\n* (| 0)=(f 7)\n\n");
}

TEST_F(Show, BindingsNameTheirValue) {
  EXPECT_EQ(binding("x", "5"), "x=5\n\n");
  EXPECT_EQ(binding("x", "(0 1)"), "x=(0 1)\n\n");
  EXPECT_EQ(binding("x", "[1 2]"), "x=[1 2]\n\n");
  EXPECT_EQ(binding("foo", "<{'foo' 1 1}>"), "(foo a)=a\n\n");
  EXPECT_EQ(binding("bar", "<{'foo' 1 1}>"), "* (foo a)=a\n* bar=foo\n\n");
  EXPECT_EQ(binding("x", "<5>"), "* (| 0)=5\n* x=(.0)\n\n");
  EXPECT_EQ(binding("x", "2570"), "= x\n}\n}\n}\n\n");
}

TEST_F(Show, TracesEndInAnEmptyLine) {
  EXPECT_EQ(print_value_shallow(read("5")), "5\n\n");
  EXPECT_EQ(print_value_shallow(read("2570")), "\n}\n}\n}\n\n\n");
  EXPECT_EQ(print_crash(small_nat(5), read("(0 1)")),
            "Evaluation crashed by calling the number 5 with this argument:\n\n(0 1)\n");
}

// Section 11.
TEST_F(Show, SampleOutputs) {
  EXPECT_EQ(shallow("['foo' [2 3] #6162]"), "[%foo [2 3] b#ab]");
  EXPECT_EQ(shallow("((0 0 3 0) 5)"), "(C2 5)");
  EXPECT_EQ(shallow("%[5 'foo' 'bar' #61]"), "%[5 foo bar b#a]");
  EXPECT_EQ(shallow("%[(0 1) [2]]"), "%[0-1 [2]]");
  EXPECT_EQ(shallow("=[7 =[1 2] 'foo' []]"), "[7=[1=2] foo=[]]");
  EXPECT_EQ(shallow("(0 1)"), "(0 1)");
  EXPECT_EQ(shallow("(1 (0 2) 3)"), "(1 0-2 3)");
  EXPECT_EQ(shallow("(2 'foo')"), "(2 %foo)");
  EXPECT_EQ(shallow("(0 <5>)"), "(0 .0)");
  EXPECT_EQ(shallow("<5>"), "(| 0)=5");
  EXPECT_EQ(shallow("<<5>>"), "(| {0_1})=5 / (| {0_2})=(.{0_1})");
  EXPECT_EQ(shallow("<['foo' <7>]>"), "(| {0_2})=[%foo .{0_1}]");
  EXPECT_EQ(shallow("{'foo' 2 0}"), "(foo a b ? foo)");
  EXPECT_EQ(shallow("{0 2 1}"), "(a b & a)");
  EXPECT_EQ(shallow("{0 1 1}"), "a&a");
  EXPECT_EQ(shallow("{0 1 5}"), "a&5");
  EXPECT_EQ(shallow("{0 1 (2 1)}"), "a&1");
  EXPECT_EQ(shallow("{0 2 (0 0 1)}"), "(.0 a b ? .0 a)");
  EXPECT_EQ(shallow("{'foo bar' 2 1}"), "(.{foo bar} a b ? a)");
  EXPECT_EQ(shallow("{'foo' 3 (0 (0 1 2) (2 (0 1)))}"), "(foo a b c ? a b 0!1)");
  EXPECT_EQ(shallow("{'foo' 1 (2 9)}"), "(foo a ? !9)");
  EXPECT_EQ(shallow("{'foo' 1 (2 (2 9))}"), "(foo a ? 2!9)");
  EXPECT_EQ(shallow("{'foo' 1 9}"), "(foo a ? 9)");
  EXPECT_EQ(shallow("{'foo' 1 ((0 0 3 0) 1)}"), "(foo a ? C2:1)");
  EXPECT_EQ(shallow("{'foo' 1 (2 5 6)}"), "(foo a ? 2:5:6)");
  EXPECT_EQ(shallow("{'foo' 1 (0 1 (1 1 2))}"), "(foo a ? a (b @ a)b)");
  EXPECT_EQ(shallow("{'a' 1 (0 1 {'b' 1 1})}"), "(a b ? b (b c ? c))");
  EXPECT_EQ(shallow("{97 1 1}"), "(a b ? b)");
  EXPECT_EQ(shallow("<{'foo' 1 <{'foo' 1 0}>}>"), "(foo_2@foo a)=foo_1");
  EXPECT_EQ(shallow("<{'bar' 1 (0 (2 <{'foo' 1 0}>) 1)}>"), "(bar a)=(!foo a)");
  EXPECT_EQ(shallow("<{0 2 (0 1 2)}>"), "(0 a b)=(a b)");
  EXPECT_EQ(shallow("({'foo' 3 0} 1 'bar')"), "((foo a b c ? foo) 1 %bar)");
}

TEST_F(Show, PinsThatAreEqualAreOneWhereverTheyLie) {
  const auto parts = [&](std::string_view text) {
    return std::array{read(text), read(text), read("<{'foo' 1 7}>")};
  };
  EXPECT_EQ(print_listing(gc::make_row(heap, parts("<{'foo' 1 5}>"))), "[foo_1 foo_1 foo_2]\n");
  EXPECT_EQ(print_listing(gc::make_row(heap, parts("<{'bar' 1 5}>"))), "[bar bar foo]\n");
  EXPECT_EQ(print_listing(gc::make_row(heap, parts("<['a' 'b' <5>]>"))), "[.0 .0 foo]\n");
}

TEST_F(Show, WhatWasPrintedBeforeDoesNotMatter) {
  ValuePrinter printer{ShowOptions{}};
  const Value name = gc::make_cord(heap, "it");
  const std::string_view texts[] = {"<{'foo' 2 (0 (0 <{'a' 1 0}> 1) 2)}>",
                                    "[<5> <6> <{'foo' 1 5}> <{'foo' 1 6}>]",
                                    "[1 [2 'three'] {'four' 1 (1 1 2)}]",
                                    "[<5> <{'foo' 1 6}>]"};
  Value long_row = gc::make_row_zero(heap, 100'000);
  for (const int round : {1, 2}) {
    for (const std::string_view text : texts) {
      const Value v = read(text);
      EXPECT_EQ(printer.print_shallow(v), print_value_shallow(v));
      EXPECT_EQ(printer.print_binding(name, v), print_binding(name, v));
    }
    EXPECT_EQ(printer.print_shallow(long_row), print_value_shallow(long_row)) << round;
  }
}

TEST_F(Show, VariablesAvoidNamesOfPinsAndLawsAround) {
  EXPECT_EQ(shallow("{'f' 1 (0 (2 <{'a' 1 5}>) 1)}"), "(f b ? !a b)");
  EXPECT_EQ(shallow("{'f' 1 (2 (0 {'g' 1 (2 {'h' 1 (2 {'f' 1 1})})}))}"),
            "(f a ? 0!(g b ? !(h b ? !(f b ? b))))");
}

// Section 6.
TEST_F(Show, RexValuesAreShownInsideValuesAndAsThemselves) {
  RexValueMaker maker(heap);
  const Value foo = maker.word("foo");
  const Value sons[] = {foo, small_nat(7)};
  const Value comma = gc::make_cord(heap, ",");
  const Value row[] = {maker.node(RexForm::kNest, comma, sons)};
  EXPECT_EQ(print_listing(gc::make_row(heap, {&foo, 1})), "[`foo]\n");
  EXPECT_EQ(print_listing(gc::make_row(heap, row)), "[`[foo �7]]\n");
  EXPECT_EQ(print_value_shallow(row[0]), "[foo �7]\n\n");
  const Value embeds[] = {foo, maker.embed(read("[1 2]")), maker.embed(small_nat(7))};
  const Value node = maker.node(RexForm::kNest, gc::make_cord(heap, "|"), embeds);
  EXPECT_EQ(print_listing(node), "`(foo (▣ [1 2]) ▣7)\n");
  EXPECT_EQ(print_value_shallow(node), "(foo ▣[1 2] ▣7)\n\n");
}

TEST_F(Show, RexWithTextThatIsNotUtf8IsNoRex) {
  RexValueMaker maker(heap);
  const Value bad = maker.leaf(RexForm::kWord, small_nat(0xff));
  EXPECT_EQ(print_value_shallow(bad), "(.{##WORD} 255 0)\n\n");
}

TEST_F(Show, ColoursMarkRunesTextsAndBrackets) {
  EXPECT_EQ(print_value_shallow(read("['foo' 'a b' <5>]"), {.colour = true}),
            "\x1b[35;1m[\x1b[0m\x1b[33m%\x1b[0mfoo \x1b[32m{a b}\x1b[0m "
            "\x1b[33;1m.\x1b[0m0\x1b[35;1m]\x1b[0m\n\n");
}

TEST(PlanRex, TreesAndValuesConvertBothWays) {
  gc::Heap heap{gc::Config{}};
  RexValueMaker maker(heap);
  rex::Arena arena;
  const rex::Rex* const sons[] = {
      arena.leaf(rex::Shape::kWord, "f"), arena.embed(small_nat(7).word),
      arena.leaf(rex::Shape::kText, "x y", arena.leaf(rex::Shape::kLine, ""))};
  for (const rex::Style style : {rex::Style::kOpen, rex::Style::kNest, rex::Style::kInfx,
                                 rex::Style::kPref, rex::Style::kShut}) {
    const rex::Rex* const tree = arena.node(style, "++", sons, sons[0]);
    EXPECT_TRUE(rex::equal(rex_of_value(value_of_rex(maker, tree), arena), tree));
  }
  EXPECT_EQ(rex_of_value(small_nat(5), arena)->kind(), rex::Kind::kEvil);
}

TEST(PlanRex, ALongChainOfHeirsConverts) {
  gc::Heap heap{gc::Config{}};
  RexValueMaker maker(heap);
  rex::Arena arena;
  const rex::Rex* tree = nullptr;
  for (int i = 0; i < 300'000; i++) tree = arena.leaf(rex::Shape::kWord, "x", tree);
  const Value v = value_of_rex(maker, tree);
  EXPECT_TRUE(rex::equal(rex_of_value(v, arena), tree));
}

// What would overflow the stack, or take forever, if it were done naively.
class ShowLarge : public Show {
 protected:
  Value list(uint64_t length) {
    Value v = small_nat(0);
    for (uint64_t i = 0; i < length; i++) {
      const Value cell[] = {small_nat(1), v};
      v = gc::make_row(heap, cell);
    }
    return v;
  }
};

TEST_F(ShowLarge, ALongRowHasALineForEachElement) {
  const std::string text = print_value_shallow(gc::make_row_zero(heap, 100'000));
  EXPECT_EQ(text.size(), 1 + 100'000 * std::string_view("++ 0\n").size() + 2);
}

TEST_F(ShowLarge, AListOfAMillionCellsPrints) {
  EXPECT_FALSE(print_value_shallow(list(1'000'000)).empty());
  EXPECT_FALSE(print_debug(list(1'000'000)).empty());
}

TEST_F(ShowLarge, ADeepBodyPrints) {
  Value body = small_nat(1);
  for (int i = 0; i < 200'000; i++) {
    const Value both[] = {small_nat(1), body};
    body = gc::make_partial(heap, small_nat(i % 2 == 0 ? 0 : 1), both);
  }
  const Value law = gc::make_law(heap, gc::make_cord(heap, "f"), small_nat(1), body);
  EXPECT_FALSE(print_value_shallow(law).empty());
}

TEST_F(ShowLarge, AHugeArityIsCut) {
  const std::string text = print_value_shallow(read("{'f' 9223372036854775808 1}"));
  EXPECT_NE(text.find("(…)"), std::string::npos);
}

TEST_F(ShowLarge, SharedPartsAreCutWhereTheyBecomeTooMany) {
  Value v = small_nat(1);
  for (int i = 0; i < 100; i++) {
    const Value both[] = {v, v};
    v = gc::make_row(heap, both);
  }
  EXPECT_NE(print_value_shallow(v).find("(…)"), std::string::npos);
  EXPECT_FALSE(print_debug(v).empty());
}

TEST_F(ShowLarge, NoMorePartsAreShownThanAskedFor) {
  const std::string text = print_value_shallow(gc::make_row_zero(heap, 1000), {.parts_max = 1000});
  EXPECT_EQ(text, "(…)\n\n");
  EXPECT_GT(print_value_shallow(gc::make_row_zero(heap, 1000), {.parts_max = 1001}).size(), 1000u);
}

TEST_F(ShowLarge, AnInterruptEndsTheTextSoon) {
  constexpr size_t kSoon = 100;
  const std::atomic<bool> interrupt{true};
  const Value row = gc::make_row_zero(heap, 100'000);
  EXPECT_LT(print_value_shallow(row, {.interrupt = &interrupt}).size(), kSoon);
  EXPECT_LT(print_full(row, {.interrupt = &interrupt}).size(), kSoon);
  EXPECT_LT(print_binding(small_nat('x'), row, {.interrupt = &interrupt}).size(), kSoon);
  // A tree that is there already is cut where the printer is.
  rex::Arena arena;
  EXPECT_LT(rex::print_tall(value_rex(arena, row), {.interrupt = &interrupt}).size(), kSoon);
}

TEST_F(ShowLarge, ManyPinsOfOneNameAreNumbered) {
  std::vector<Value> pins;
  for (uint64_t i = 0; i < 3000; i++) pins.push_back(gc::make_pin(heap, small_nat(i)));
  EXPECT_NE(print_full(gc::make_row(heap, pins)).find("* (| {0_3000})=2999"), std::string::npos);
}

}  // namespace
}  // namespace plan::sire
