// sire/rex_print_test.cc: how Rex trees are written, and that reading them back gives the same.
#include "sire/rex_print.h"

#include "sire/rex_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace plan::rex {
namespace {

/// Makes trees tersely; all live as long as it does.
class RexPrint : public testing::Test {
 protected:
  using Sons = std::vector<const Rex*>;

  const Rex* word(std::string_view text, const Rex* heir = nullptr) {
    return arena_.leaf(Shape::kWord, text, heir);
  }
  const Rex* text(std::string_view text, const Rex* heir = nullptr) {
    return arena_.leaf(Shape::kText, text, heir);
  }
  const Rex* line(std::string_view text, const Rex* heir = nullptr) {
    return arena_.leaf(Shape::kLine, text, heir);
  }
  const Rex* node(Style style, std::string_view rune, const Sons& sons, const Rex* heir = nullptr) {
    return arena_.node(style, rune, sons, heir);
  }
  const Rex* open(std::string_view rune, const Sons& sons, const Rex* heir = nullptr) {
    return node(Style::kOpen, rune, sons, heir);
  }
  const Rex* nest(std::string_view rune, const Sons& sons, const Rex* heir = nullptr) {
    return node(Style::kNest, rune, sons, heir);
  }
  const Rex* pref(std::string_view rune, const Rex* son, const Rex* heir = nullptr) {
    return node(Style::kPref, rune, {son}, heir);
  }
  const Rex* shut(std::string_view rune, const Sons& sons, const Rex* heir = nullptr) {
    return node(Style::kShut, rune, sons, heir);
  }
  const Rex* infx(std::string_view rune, const Sons& sons, const Rex* heir = nullptr) {
    return node(Style::kInfx, rune, sons, heir);
  }

  Arena arena_;
};

TEST_F(RexPrint, WritesClosedNodesOnOneLine) {
  const Rex* const a = word("a");
  const Rex* const b = word("b");
  EXPECT_EQ(print_wide(nest("|", {a, b})), "(a b)");
  EXPECT_EQ(print_wide(nest("|", {})), "()");
  EXPECT_EQ(print_wide(nest("|", {a})), "(| a)");
  EXPECT_EQ(print_wide(nest(",", {a, b})), "[a b]");
  EXPECT_EQ(print_wide(nest("+", {a, b})), "(+ a b)");
  EXPECT_EQ(print_wide(nest("~", {})), "(~)");
  EXPECT_EQ(print_wide(infx("+", {a, b, a})), "(a + b + a)");
  EXPECT_EQ(print_wide(pref("-", a)), "-a");
  EXPECT_EQ(print_wide(shut("-", {a, b, a})), "a-b-a");
  EXPECT_EQ(print_wide(open("+", {a, b})), "(+ a b)");
}

TEST_F(RexPrint, WrapsWhatIsGluedTogetherInsideWhatIsGluedTogether) {
  const Rex* const a = word("a");
  const Rex* const b = word("b");
  EXPECT_EQ(print_wide(shut("+", {pref("%", a), b})), "(%a)+b");
  EXPECT_EQ(print_wide(pref("%", shut("+", {a, b}))), "%(a+b)");
  EXPECT_EQ(print_wide(shut("+", {shut("-", {a, b}), nest("|", {a, b})})), "(a-b)+(a b)");
  EXPECT_EQ(print_wide(nest("|", {pref("-", a), shut("+", {a, b})})), "(-a a+b)");
}

TEST_F(RexPrint, LeavesOutTheParenthesesOfApplicationsBetweenInfixRunes) {
  const Rex* const call = nest("|", {word("f"), word("x")});
  EXPECT_EQ(print_wide(infx("%", {call, call})), "(f x % f x)");
  EXPECT_EQ(print_wide(infx("%", {nest("|", {word("f")}), nest("|", {})})), "((| f) % ())");
  EXPECT_EQ(print_wide(infx("%", {nest("+", {word("f"), word("x")}), word("y")})), "((+ f x) % y)");
  EXPECT_EQ(print_wide(infx("%", {nest("|", {word("f")}, call), word("y")})), "(f (f x) % y)");
}

TEST_F(RexPrint, GluesHeirsOn) {
  const Rex* const x = word("x");
  const Rex* const call = nest("|", {word("y"), word("z")});
  EXPECT_EQ(print_wide(word("f", call)), "f(y z)");
  EXPECT_EQ(print_wide(word("f", pref("-", x))), "f(-x)");
  EXPECT_EQ(print_wide(pref("-", x, call)), "(-x)(y z)");
  EXPECT_EQ(print_wide(shut("-", {x, x}, call)), "(x-x)(y z)");
  EXPECT_EQ(print_wide(infx("-", {x, x}, call)), "(x - x)(y z)");
  EXPECT_EQ(print_wide(nest(",", {x}, nest(",", {x}, call))), "[x][x](y z)");
  EXPECT_EQ(print_wide(open("+", {x}, x)), "(+ x)x");
  EXPECT_EQ(print_wide(nest("|", {pref("-", x, call)})), "(| (-x)(y z))");
  EXPECT_EQ(print_wide(shut("+", {shut("-", {x, x}, call), x})), "((x-x)(y z))+x");
}

TEST_F(RexPrint, QuotesTextsByWhatTheyDoNotContain) {
  EXPECT_EQ(print_wide(text("")), "{}");
  EXPECT_EQ(print_wide(text("a {b} c")), "{a {b} c}");
  EXPECT_EQ(print_wide(text("a}b")), "}_a}b_");
  EXPECT_EQ(print_wide(text("}{")), "}_}{_");
  EXPECT_EQ(print_wide(text("a } b c")), "}|a } b c|");
  EXPECT_EQ(print_wide(text("1234567}")), "}|1234567}|");
  EXPECT_EQ(print_wide(text("a_}")), "}|a_}|");
  EXPECT_EQ(print_wide(text("{ |#")), "}${ |#$");
  EXPECT_EQ(print_wide(text("ääääää{")), "}_ääääää{_");
  EXPECT_EQ(print_wide(text("two\nlines")), "{two\nlines}");
}

TEST_F(RexPrint, QuotesWordsThatAreNone) {
  EXPECT_EQ(print_wide(word("_a9")), "_a9");
  EXPECT_EQ(print_wide(word("")), "{}");
  EXPECT_EQ(print_wide(word("a b")), "{a b}");
  EXPECT_EQ(print_wide(word("ä")), "{ä}");
  // U+0141 is `A` modulo 256.
  EXPECT_EQ(print_wide(word("Ł")), "Ł");
}

TEST_F(RexPrint, WritesLineStringsAsTextsInsideALine) {
  EXPECT_EQ(print_wide(nest("|", {line("a")})), "(| {a})");
  EXPECT_EQ(print_tall(nest("|", {line("a"), line("b")})), "({a} {b})\n");
}

TEST_F(RexPrint, PutsLineStringsOnLinesOfTheirOwn) {
  EXPECT_EQ(print_tall(line("a", line("", line("b")))), "} a\n}\n} b\n");
  EXPECT_EQ(print_tall(open("#", {word("b")}, line("x", line("y")))), "# b\n} x\n} y\n");
}

TEST_F(RexPrint, FillsLinesOfAnOpenNodeUpToFortyColumns) {
  Sons sons;
  for (int i = 0; i < 12; i++) sons.push_back(word("abcdefg"));
  EXPECT_EQ(print_tall(open("|", sons)),
            "| abcdefg abcdefg abcdefg abcdefg abcdefg\n"
            "  abcdefg abcdefg abcdefg abcdefg abcdefg\n"
            "  abcdefg abcdefg\n");
  // 19 + 1 + 20 fit, 19 + 1 + 21 do not.
  const std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
  const Rex* const left = word(letters.substr(0, 19));
  EXPECT_EQ(print_tall(open("|", {left, word(letters.substr(0, 20))})),
            "| abcdefghijklmnopqrs abcdefghijklmnopqrst\n");
  EXPECT_EQ(print_tall(open("|", {left, word(letters.substr(0, 21))})),
            "| abcdefghijklmnopqrs\n  abcdefghijklmnopqrstu\n");
}

TEST_F(RexPrint, CountsWidthInCharacters) {
  const Rex* const wide = text("äääääääääääääääääääääääääääääääääääää");
  EXPECT_EQ(wide_width(wide), 39U);
  EXPECT_EQ(print_tall(open("|", {word("x"), wide})),
            "| x\n  {äääääääääääääääääääääääääääääääääääää}\n");
  EXPECT_EQ(print_tall(open("▣▣", {open("|", {word("x")})})), "▣▣   | x\n");
}

TEST_F(RexPrint, StepsBackFromOneOpenSonToTheNext) {
  const Rex* const a = open("|", {word("a")});
  EXPECT_EQ(print_tall(open("?", {a, a, a})),
            "?           | a\n"
            "        | a\n"
            "    | a\n");
  EXPECT_EQ(print_tall(open("?", {word("x"), a, word("y"), word("z"), a, word("last")})),
            "? x         | a\n"
            "        y z\n"
            "    | a\n"
            "  last\n");
}

TEST_F(RexPrint, AlignsHeirsWithTheEndOfTheRune) {
  const Rex* const x = word("x");
  EXPECT_EQ(print_tall(open("=?=", {x}, open("|", {x}))), "=?= x\n  | x\n");
  EXPECT_EQ(print_tall(open("|", {x}, open("=?=", {x}))), "  | x\n=?= x\n");
  EXPECT_EQ(print_tall(open("|", {x}, nest("|", {x, x}))), "| x\n(x x)\n");
}

TEST_F(RexPrint, MovesABlockRightUntilItsLongestRuneFits) {
  const Rex* const x = word("x");
  EXPECT_EQ(print_tall(open("|", {open("-------", {x})})), "| ------- x\n");
  EXPECT_EQ(print_tall(open("|", {x, open("-------", {x})})), "| x\n  ------- x\n");
}

TEST_F(RexPrint, ColoursWithoutChangingTheLayout) {
  const PrintOptions coloured{.colour = true};
  EXPECT_EQ(print_wide(pref("-", word("x")), coloured), "\x1b[33;1m-\x1b[0mx");
  EXPECT_EQ(print_wide(pref("+", text("x")), coloured), "\x1b[33m+\x1b[0m\x1b[32m{x}\x1b[0m");
  EXPECT_EQ(print_wide(nest("|", {word("x")}), coloured),
            "\x1b[35;1m(\x1b[0m| x\x1b[35;1m)\x1b[0m");
  EXPECT_EQ(print_tall(open("#", {line("")}, line("x")), coloured),
            "\x1b[33m#\x1b[0m   \x1b[32m}\x1b[0m\n\x1b[32m} x\x1b[0m\n");
}

TEST_F(RexPrint, SeparatesBlocksByAnEmptyLine) {
  const Rex* const blocks[] = {word("a"), open("|", {word("b")}), word("c")};
  EXPECT_EQ(print_blocks(blocks), "a\n\n| b\n\nc\n");
}

TEST_F(RexPrint, ReplacesEmbeddedValuesAndEvilParts) {
  const EmbedRenderer renderer{
      .render =
          [](void* context, Arena& arena, const Rex* part) {
            ++*static_cast<int*>(context);
            if (part->kind() == Kind::kEvil) {
              return mark(arena, kEvilRune, arena.leaf(Shape::kLine, "why"));
            }
            return mark(arena, kEmbedRune,
                        arena.leaf(Shape::kWord, arena.copy_text(std::to_string(part->word()))));
          },
      .context = nullptr};
  int calls = 0;
  const EmbedRenderer counted{renderer.render, &calls};
  const Rex* const tree = nest(",", {word("foo", arena_.embed(7)), arena_.embed(8)}, word("h"));
  EXPECT_EQ(print_wide(render_embeds(tree, counted, arena_)), "[foo(▣7) ▣8]h");
  EXPECT_EQ(calls, 2);
  EXPECT_EQ(print_tall(render_embeds(open("|", {arena_.evil(1)}), counted, arena_)),
            "|   �   } why\n");
  EXPECT_EQ(print_wide(render_embeds(arena_.embed(9), counted, arena_)), "▣9");
}

TEST_F(RexPrint, LeavesATreeWithoutEmbeddedValuesAlone) {
  const EmbedRenderer never{[](void*, Arena&, const Rex* part) { return part; }, nullptr};
  const Rex* const tree = nest("|", {word("a", word("b"))});
  EXPECT_EQ(render_embeds(tree, never, arena_), tree);
}

TEST_F(RexPrint, ShowsBareMarksForPartsThatWereNotReplaced) {
  EXPECT_EQ(print_wide(nest("|", {arena_.embed(1), arena_.evil(2)})), "(▣ �)");
}

TEST_F(RexPrint, CutsALineThatIsTooLong) {
  PrintOptions options;
  options.bytes_max = 6;
  EXPECT_EQ(print_wide(text("äääääää"), options), "{ää…");
  EXPECT_EQ(print_wide(word("abcdef"), options), "abcdef");
}

TEST_F(RexPrint, WritesALayoutThatIsTooLargeOnOneLine) {
  // The layout costs the square of the number of open sons.
  const Sons sons(100'000, open("|", {word("x")}));
  PrintOptions options;
  options.bytes_max = size_t{4} << 20;
  const std::string printed = print_tall(open("|", sons), options);
  EXPECT_EQ(printed.substr(0, 15), "((| x) (| x) (|");
  EXPECT_EQ(printed.size(), 100'000 * 6 + 2);
}

TEST_F(RexPrint, WritesTreesOfAnyDepth) {
  const Rex* closed = word("x");
  const Rex* opened = word("x");
  const Rex* heirs = word("x");
  for (int i = 0; i < 200'000; i++) {
    closed = shut("-", {closed, word("y")});
    opened = open("|", {opened});
    heirs = line("x", heirs);
  }
  EXPECT_EQ(print_wide(closed).substr(0, 3), "(((");
  EXPECT_EQ(print_tall(opened).substr(0, 9), "|   |   |");
  EXPECT_EQ(print_tall(heirs).size(), 200'000U * 4 + 2);
}

/// Shapes of real code, and the corners of the notation. Each is the printer's own layout.
constexpr std::string_view kCorpus[] = {
    "(twice f x)=(f (f x))\n",
    "= (fold f z xs)\n"
    "| if (isEmpty xs) z\n"
    "@ (h t) (uncons xs)\n"
    "| fold f (f z h) t\n",
    "=?= (| 1)  | half 3\n",
    "=?= 5\n"
    "  | sum\n"
    "  ++ 2\n"
    "  ++ 3\n",
    "# record point\n"
    "| POINT\n"
    "* x : nat\n"
    "* y : nat\n",
    "> (list a) > a > bit\n"
    "(has xs x)\n",
    "? (go n)\n"
    "^ if (iszero n) done _\n"
    "| go (dec n)\n",
    "} first line\n"
    "}\n"
    "} third line with {braces} and \"quotes\"\n",
    "| trace {a text}\n"
    "    } a line string inside\n"
    "    } and its second line\n"
    "  [1 2 3]\n",
    "[a=1 b=[2 3] =c %d]\n",
    "(x & y ? f (g y)[z] ? `(foo $x))\n",
    "-(-(-x))\n",
    "#!(a b)[c](-d){e}\n",
    "(+ a b - c d)\n",
    "(~ (| ()) [] (, x))\n",
    "}|an } unbalanced text|\n",
    "(^-^ foo bar) (| foo)\n",
    "*   | map (x & x+1)\n"
    "    | range 0 10\n"
    "  acc\n",
};

TEST_F(RexPrint, ReadsBackAsTheSameTree) {
  for (const std::string_view source : kCorpus) {
    const std::vector<Block> blocks = read_text(source);
    ASSERT_FALSE(blocks.empty()) << source;
    for (const Block& block : blocks) {
      ASSERT_NE(block.tree, nullptr) << source;
      const std::string printed = print_tall(block.tree);
      const std::vector<Block> again = read_text(printed);
      ASSERT_EQ(again.size(), 1U) << printed;
      ASSERT_NE(again[0].tree, nullptr) << printed;
      EXPECT_TRUE(equal(block.tree, again[0].tree)) << source << printed;
      EXPECT_EQ(print_tall(again[0].tree), printed);
    }
  }
}

}  // namespace
}  // namespace plan::rex
