// sire/rex_reader_test.cc: which tree, or which error, a text of Rex gives.
#include "sire/rex_reader.h"

#include "sire/rex_print.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plan::rex {
namespace {

void notate(const Rex* rex, std::string& out) {
  if (rex->is_leaf()) {
    const std::string text(rex->text());
    out += rex->shape() == Shape::kWord
               ? text
               : (rex->shape() == Shape::kText ? "\"" : "L\"") + text + "\"";
  } else {
    constexpr const char* kStyles[] = {"OPEN", "NEST", "INFX", "PREF", "SHUT"};
    out.append(kStyles[static_cast<int>(rex->style())]).append(" ").append(rex->rune()).append("[");
    for (size_t i = 0; i < rex->sons().size(); i++) {
      if (i > 0) out += " ";
      notate(rex->sons()[i], out);
    }
    out += "]";
  }
  if (rex->heir() != nullptr) {
    out += "^";
    notate(rex->heir(), out);
  }
}

/// The blocks of a text, one a line: `STYLE rune[sons]^heir`, or `error` and its place and reason.
/// Recursive, for small trees.
std::string outline(std::string_view text, ReaderLimits limits = {}) {
  std::string out;
  for (const Block& block : read_text(text, limits)) {
    if (!out.empty()) out += "\n";
    EXPECT_EQ(block.tree == nullptr, !block.errors.empty());
    if (block.tree != nullptr) {
      notate(block.tree, out);
    } else {
      const ReadError& error = block.errors.front();
      out += "error " + std::to_string(error.line) + ":" + std::to_string(error.column) + " " +
             reason(error);
    }
  }
  return out;
}

std::string repeat(std::string_view piece, size_t count) {
  std::string out;
  out.reserve(piece.size() * count);
  for (size_t i = 0; i < count; i++) out += piece;
  return out;
}

TEST(RexReader, ReadsWhatIsGluedTogether) {
  EXPECT_EQ(outline("x=3"), "SHUT =[x 3]");
  EXPECT_EQ(outline("%a+b"), "PREF %[SHUT +[a b]]");
  EXPECT_EQ(outline("(%a)+b"), "SHUT +[PREF %[a] b]");
  EXPECT_EQ(outline("x&(y z)"), "SHUT &[x NEST |[y z]]");
  EXPECT_EQ(outline("'(a b)"), "PREF '[NEST |[a b]]");
  EXPECT_EQ(outline("(x,-y)"), "SHUT ,-[x y]");
}

TEST(RexReader, GroupsTightInfixRunesToTheLeftWithoutPrecedence) {
  EXPECT_EQ(outline("a-b-c"), "SHUT -[a b c]");
  EXPECT_EQ(outline("a+b-c"), "SHUT -[SHUT +[a b] c]");
  EXPECT_EQ(outline("a+b*c"), "SHUT *[SHUT +[a b] c]");
  EXPECT_EQ(outline("a=b+c=d"), "SHUT =[SHUT +[SHUT =[a b] c] d]");
}

TEST(RexReader, MakesWhatFollowsWithoutSpaceTheHeir) {
  EXPECT_EQ(outline("f(x)"), "f^x");
  EXPECT_EQ(outline("f(x y)"), "f^NEST |[x y]");
  EXPECT_EQ(outline("[3 4](x)"), "NEST ,[3 4]^x");
  EXPECT_EQ(outline("(x @ 3)(y)"), "INFX @[x 3]^y");
  EXPECT_EQ(outline("b{hi}"), "b^\"hi\"");
  EXPECT_EQ(outline("b#{hi}"), "SHUT #[b \"hi\"]");
  EXPECT_EQ(outline("(-a)(b)[c]"), "PREF -[a]^b^NEST ,[c]");
}

TEST(RexReader, AttachesAnHeirAtTheEndOfTheChain) {
  EXPECT_EQ(outline("f(x)(y)(z)"), "f^x^y^z");
  EXPECT_EQ(outline("(f(x))(y)"), outline("f(x)(y)"));
  EXPECT_EQ(outline("f(x(y))(z)"), "f^x^y^z");
}

TEST(RexReader, ReadsBrackets) {
  EXPECT_EQ(outline("(f x)"), "NEST |[f x]");
  EXPECT_EQ(outline("()"), "NEST |[]");
  EXPECT_EQ(outline("(~)"), "NEST ~[]");
  EXPECT_EQ(outline("[]"), "NEST ,[]");
  EXPECT_EQ(outline("(+ 3 4)"), "NEST +[3 4]");
  EXPECT_EQ(outline("(+ x y + z)"), "NEST +[x y NEST +[z]]");
  EXPECT_EQ(outline("(| x)"), "NEST |[x]");
}

TEST(RexReader, DropsParenthesesAroundOneThing) {
  EXPECT_EQ(outline("(x)"), "x");
  EXPECT_EQ(outline("(((x=3)))"), "SHUT =[x 3]");
  EXPECT_EQ(outline("((-x))"), "PREF -[x]");
}

TEST(RexReader, ReadsSpacedInfixRunes) {
  EXPECT_EQ(outline("(a + b + c)"), "INFX +[a b c]");
  EXPECT_EQ(outline("(a + b * c)"), "INFX *[INFX +[a b] c]");
  EXPECT_EQ(outline("(f x + g y)"), "INFX +[NEST |[f x] NEST |[g y]]");
  EXPECT_EQ(outline("(nat*nat > nat)"), "INFX >[SHUT *[nat nat] nat]");
  EXPECT_EQ(outline("(a +)"), "INFX +[a NEST |[]]");
  EXPECT_EQ(outline("(a + - b * c)"), "INFX +[a NEST -[b NEST *[c]]]");
  EXPECT_EQ(outline("(x+ y)"), "INFX +[x y]");
}

TEST(RexReader, ReadsStrings) {
  EXPECT_EQ(outline("{a {b} c}"), "\"a {b} c\"");
  EXPECT_EQ(outline("\"a{b\""), "\"a{b\"");
  EXPECT_EQ(outline("}\"a{b\""), "\"a{b\"");
  EXPECT_EQ(outline("}_x y_"), "\"x y\"");
  EXPECT_EQ(outline("})foo)"), "\"foo\"");
  EXPECT_EQ(outline("} to the end ; of line"), "L\"to the end ; of line\"");
  EXPECT_EQ(outline("}"), "L\"\"");
  EXPECT_EQ(outline("%} tail"), "PREF %[L\"tail\"]");
  EXPECT_EQ(outline("{ä▣}"), "\"ä▣\"");
}

TEST(RexReader, TakesTwoQuotesAsOneStringAndNoMore) {
  EXPECT_EQ(outline("\"\"\"a\""), "\"\"^\"a\"");
}

TEST(RexReader, AcceptsStringsThatTheLineCutsToNothing) {
  EXPECT_EQ(outline("x\""), "x^\"\"");
  EXPECT_EQ(outline("}x"), "\"\"");
}

TEST(RexReader, JoinsLineStringsInOneColumn) {
  EXPECT_EQ(outline("} hi\n} yo"), "L\"hi\"^L\"yo\"");
  EXPECT_EQ(outline("  } hi\n  }\n  } yo"), "L\"hi\"^L\"\"^L\"yo\"");
  EXPECT_EQ(outline("} hi\n } yo"), "L\"hi\"\nL\"yo\"");
  EXPECT_EQ(outline("# b\n    } hi\n    } yo"), "OPEN #[b L\"hi\"^L\"yo\"]");
  EXPECT_EQ(outline("# b\n    } hi\n    ; no\n    } yo"), "OPEN #[b L\"hi\" L\"yo\"]");
  EXPECT_EQ(outline("# x} hi\n   } yo"), "OPEN #[x^L\"hi\"^L\"yo\"]");
}

TEST(RexReader, ReadsTopLevelWordsAsOneApplication) {
  EXPECT_EQ(outline("f x y"), "OPEN |[f x y]");
  EXPECT_EQ(outline("x = 3"), "OPEN |[x OPEN =[3]]");
  EXPECT_EQ(outline("-x y"), "OPEN |[PREF -[x] y]");
}

TEST(RexReader, TakesTheColumnOfTheRuneForHeirsAndDeeperOnesForSons) {
  EXPECT_EQ(outline("= x 3\n= y 4"), "OPEN =[x 3]^OPEN =[y 4]");
  EXPECT_EQ(outline("= (f x)\n| g x"), "OPEN =[NEST |[f x]]^OPEN |[g x]");
  EXPECT_EQ(outline("| a\n| b\n| c"), "OPEN |[a]^OPEN |[b]^OPEN |[c]");
  EXPECT_EQ(outline("| a\nb"), "OPEN |[a]^b");
  EXPECT_EQ(outline("& (a b)\n  a"), "OPEN &[NEST |[a b] a]");
  EXPECT_EQ(outline("& (a b)\na"), "OPEN &[NEST |[a b]]^a");
}

TEST(RexReader, AlignsRunesByTheirLastCharacter) {
  EXPECT_EQ(outline("=?= 1\n  | f x"), "OPEN =?=[1]^OPEN |[f x]");
  EXPECT_EQ(outline("=?= 1\n| f x"), "OPEN =?=[1]\nOPEN |[f x]");
  EXPECT_EQ(outline(" @ x 3\n@@ y 4\n | f"), "OPEN @[x 3]^OPEN @@[y 4]^OPEN |[f]");
}

TEST(RexReader, OpensAChildWhereARuneStandsInTheLine) {
  EXPECT_EQ(outline("=?= 1 | f x"), "OPEN =?=[1 OPEN |[f x]]");
  EXPECT_EQ(outline("| f a | g b"), "OPEN |[f a OPEN |[g b]]");
  EXPECT_EQ(outline("| f a | g b\n      | c"), "OPEN |[f a OPEN |[g b]^OPEN |[c]]");
  EXPECT_EQ(outline("| f a | g b\n        c"), "OPEN |[f a OPEN |[g b c]]");
}

TEST(RexReader, DemotesAnHeirThatIsFollowedByMore) {
  EXPECT_EQ(outline("| a\nb\n  c"), "OPEN |[a b]^c");
  EXPECT_EQ(outline("| a\nb\nc\n"), "OPEN |[a b]^c");
}

TEST(RexReader, EndsBlocksAtBlankLinesAndAtOutdents) {
  EXPECT_EQ(outline("| a\n\n| b"), "OPEN |[a]\nOPEN |[b]");
  EXPECT_EQ(outline("  | a\n| b"), "OPEN |[a]\nOPEN |[b]");
  EXPECT_EQ(outline("| a\n   \n| b"), "OPEN |[a]\nOPEN |[b]");
  EXPECT_EQ(outline("a\n  b"), "a\nb");
  EXPECT_EQ(outline("} a\n| b"), "L\"a\"\nOPEN |[b]");
}

TEST(RexReader, IgnoresComments) {
  EXPECT_EQ(outline("; a\n  ; b\n\nx ; y"), "x");
  EXPECT_EQ(outline("| a\n; at the left\n  b"), "OPEN |[a b]");
  EXPECT_EQ(outline("| ; then\n  b"), "OPEN |[b]");
  EXPECT_EQ(outline("} a\n; ends it\n} b"), "L\"a\"\nL\"b\"");
}

TEST(RexReader, EndsALineAtAZeroByte) {
  EXPECT_EQ(outline(std::string_view("x\0 y", 4)), "x");
  EXPECT_EQ(outline(std::string_view("{a\0b}", 5)), std::string("\"a\0b\"", 5));
}

TEST(RexReader, HandsOutASingleLineAtOnceAndALayoutWithTheLineAfterIt) {
  Reader reader;
  std::vector<Block> blocks;
  reader.feed("; nothing", blocks);
  reader.feed("f x", blocks);
  ASSERT_EQ(blocks.size(), 1U);
  reader.feed("| f", blocks);
  reader.feed("  x", blocks);
  EXPECT_TRUE(reader.is_inside_block());
  EXPECT_EQ(blocks.size(), 1U);
  reader.feed("", blocks);
  EXPECT_FALSE(reader.is_inside_block());
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[1].first_line, 3U);
  ASSERT_EQ(blocks[1].lines.size(), 2U);
  EXPECT_EQ(blocks[1].lines[1], "  x");
}

TEST(RexReader, HandsOutTwoBlocksWhenASingleLineEndsALayout) {
  Reader reader;
  std::vector<Block> blocks;
  reader.feed("  | f", blocks);
  reader.feed("g", blocks);
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].first_line, 1U);
  EXPECT_EQ(blocks[1].first_line, 2U);
  reader.finish(blocks);
  EXPECT_EQ(blocks.size(), 2U);
}

TEST(RexReader, GivesTheSameTreesWhenTheLastNewlineIsMissing) {
  EXPECT_EQ(outline("| a\n  b"), outline("| a\n  b\n"));
  EXPECT_EQ(outline(""), "");
  EXPECT_EQ(outline("\n\n"), "");
}

TEST(RexReader, KeepsTreesAliveWithoutTheTextTheyCameFrom) {
  std::vector<Block> blocks;
  {
    std::string text = "| foo {bar} } baz";
    blocks = read_text(text);
    text.assign(text.size(), '?');
  }
  ASSERT_EQ(blocks.size(), 1U);
  std::vector<Block> moved = std::move(blocks);
  EXPECT_EQ(print_tall(moved[0].tree), "| foo {bar}\n    } baz\n");
}

TEST(RexReader, ReportsTheInnermostErrorFirst) {
  EXPECT_EQ(outline("(foo {bar)"), "error 1:6 unterminated");
  EXPECT_EQ(outline("| a\n  (b (c)"), "error 2:3 unterminated nesting");
  EXPECT_EQ(outline("[a + b \t]"), "error 1:8 Unexpected: '\\t'");
}

TEST(RexReader, ReportsEachKindOfError) {
  EXPECT_EQ(outline("{a {b}"), "error 1:1 unterminated");
  EXPECT_EQ(outline("x \"a"), "error 1:3 unterminated");
  EXPECT_EQ(outline("}xab"), "error 1:1 unterminated string");
  EXPECT_EQ(outline("(a"), "error 1:1 unterminated nesting");
  EXPECT_EQ(outline("(a ; b"), "error 1:1 unterminated nesting");
  EXPECT_EQ(outline("(a } b)"), "error 1:1 unterminated nesting");
  EXPECT_EQ(outline("[a + b]"), "error 1:4 Brackets may not contain runes");
  EXPECT_EQ(outline("[a] b]"), "error 1:6 Unexpected: ']'");
  EXPECT_EQ(outline("(a]"), "error 1:3 Unexpected: ']'");
  EXPECT_EQ(outline("x\r"), "error 1:2 Unexpected: '\\r'");
  EXPECT_EQ(outline("x\x01\x7f"), "error 1:2 Unexpected: '\\SOH'");
  EXPECT_EQ(outline("x\x7f"), "error 1:2 Unexpected: '\\DEL'");
  EXPECT_EQ(outline("ä"), "error 1:1 Unexpected: '\\195'");
  EXPECT_EQ(outline(std::string_view("}\0", 2)), "error 1:1 }-string must start with a space");
  EXPECT_EQ(outline("{a\xff}"), "error 1:3 not valid UTF-8");
  EXPECT_EQ(outline("{a\xed\xa0\x80}"), "error 1:3 not valid UTF-8");
}

TEST(RexReader, AcceptsAClosingBracketAtTheEndOfAComment) {
  EXPECT_EQ(outline("(foo ; bar)"), "foo");
}

TEST(RexReader, FormatsAnErrorWithItsLineAndCarets) {
  const std::vector<Block> blocks = read_text("\n| ok\n  x {open");
  ASSERT_EQ(blocks.size(), 1U);
  ASSERT_EQ(blocks[0].errors.size(), 1U);
  EXPECT_EQ(format_error("./sire/foo.sire", blocks[0].errors[0]),
            "./sire/foo.sire:3:5 error:\n\n    unterminated\n\n\t  x {open\n\t    ^^^^^");
}

TEST(RexReader, GoesOnAfterAnError) {
  EXPECT_EQ(outline("(a\nb"), "error 1:1 unterminated nesting\nb");
}

TEST(RexReader, KeepsNoMoreErrorsThanItsLimit) {
  ReaderLimits limits;
  limits.errors_max = 5;
  const std::vector<Block> blocks = read_text(repeat("\t", 100'000), limits);
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].errors.size(), 5U);
}

TEST(RexReader, RefusesNestingAboveItsLimit) {
  ReaderLimits limits;
  limits.depth_max = 3;
  EXPECT_EQ(outline("[[x]]", limits), "NEST ,[NEST ,[x]]");
  EXPECT_EQ(outline("[[[x]]]", limits), "error 1:4 nested too deeply");
  EXPECT_EQ(outline("a+b-c", limits), "SHUT -[SHUT +[a b] c]");
  EXPECT_EQ(outline("a+b-c+d", limits), "error 1:7 nested too deeply");
  EXPECT_EQ(outline("| | | a", limits), "error 1:7 nested too deeply");
  EXPECT_EQ(outline("[a](b)(c)(d)(e)", limits), "NEST ,[a]^b^c^d^e");
}

TEST(RexReader, RefusesABlockAboveItsLimitAndGoesOnBehindIt) {
  ReaderLimits limits;
  limits.block_bytes_max = 8;
  EXPECT_EQ(outline("| a\n  b\n", limits), "OPEN |[a b]");
  EXPECT_EQ(outline("| a\n  b\n  c\n  d\n\n| e", limits), "error 3:1 block too large\nOPEN |[e]");
  EXPECT_EQ(outline("abcdefgh\nabcdefghi\nx", limits), "abcdefgh\nerror 2:1 block too large\nx");
}

// The following would exhaust the C stack, or take minutes, if a step recursed or were quadratic.

constexpr size_t kMany = 1'000'000;

TEST(RexReader, ReadsAMillionOpenParentheses) {
  EXPECT_EQ(outline(repeat("(", kMany)), "error 1:1000000 unterminated nesting");
}

TEST(RexReader, ReadsAMillionParenthesesAroundOneWord) {
  EXPECT_EQ(outline(repeat("(", kMany) + "x" + repeat(")", kMany)), "x");
}

TEST(RexReader, RefusesAMillionNestedNodes) {
  const std::string too_deep = " nested too deeply";
  const auto ends_so = [&](const std::string& text) {
    const std::string result = outline(text);
    return result.starts_with("error 1:") && result.ends_with(too_deep);
  };
  EXPECT_TRUE(ends_so(repeat("[", kMany) + repeat("]", kMany)));
  EXPECT_TRUE(ends_so(repeat("-(", kMany) + "x" + repeat(")", kMany)));
  EXPECT_TRUE(ends_so(repeat("a+b-", kMany) + "x"));
  EXPECT_TRUE(ends_so("(" + repeat("a + b - ", kMany) + "x)"));
  EXPECT_TRUE(ends_so("(" + repeat("+ ", kMany) + "x)"));
  EXPECT_TRUE(ends_so(repeat("| ", kMany)));
}

TEST(RexReader, ReadsChainsOfAMillionHeirs) {
  const std::string glued = "f" + repeat("(x)", kMany);
  std::vector<Block> blocks = read_text(glued);
  ASSERT_EQ(blocks.size(), 1U);
  size_t length = 0;
  for (const Rex* rex = blocks[0].tree; rex != nullptr; rex = rex->heir()) length++;
  EXPECT_EQ(length, kMany + 1);

  blocks = read_text(repeat("| x\n", kMany));
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(print_tall(blocks[0].tree), repeat("| x\n", kMany));
}

TEST(RexReader, AttachesHeirsInTimeIndependentOfTheChain) {
  const size_t count = 100'000;
  const std::string text = repeat("(", count) + "f" + repeat("(x))", count);
  const std::vector<Block> blocks = read_text(text);
  ASSERT_EQ(blocks.size(), 1U);
  size_t length = 0;
  for (const Rex* rex = blocks[0].tree; rex != nullptr; rex = rex->heir()) length++;
  EXPECT_EQ(length, count + 1);
}

TEST(RexReader, ReadsAMillionSons) {
  const std::vector<Block> blocks = read_text("[" + repeat("x ", kMany) + "]");
  ASSERT_EQ(blocks.size(), 1U);
  ASSERT_NE(blocks[0].tree, nullptr);
  EXPECT_EQ(blocks[0].tree->sons().size(), kMany);
}

}  // namespace
}  // namespace plan::rex
