// sire/rex_tree_test.cc: the arena of Rex trees, and equality.
#include "sire/rex.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace plan::rex {
namespace {

TEST(RexArena, CopiesTheListOfSons) {
  Arena arena;
  std::vector<const Rex*> sons{arena.leaf(Shape::kWord, "a"), arena.leaf(Shape::kWord, "b")};
  const Rex* const node = arena.node(Style::kNest, "|", sons);
  sons.assign(2, nullptr);
  ASSERT_EQ(node->sons().size(), 2U);
  EXPECT_EQ(node->sons()[1]->text(), "b");
  EXPECT_EQ(node->heir(), nullptr);
}

TEST(RexArena, CopiesTexts) {
  Arena arena;
  std::string text = "short lived";
  const std::string_view copy = arena.copy_text(text);
  text.assign(text.size(), '?');
  EXPECT_EQ(copy, "short lived");
  EXPECT_EQ(arena.copy_text(""), "");
}

TEST(RexArena, KeepsTreesInPlaceWhenMoved) {
  Arena first;
  const Rex* const leaf = first.leaf(Shape::kText, first.copy_text("kept"));
  Arena second = std::move(first);
  Arena third;
  third = std::move(second);
  EXPECT_EQ(leaf->text(), "kept");
}

TEST(RexArena, HoldsPiecesLargerThanAChunk) {
  Arena arena;
  const Rex* const before = arena.leaf(Shape::kWord, "before");
  const std::string large(size_t{5} << 20, 'x');
  const std::string_view copy = arena.copy_text(large);
  const Rex* const after = arena.leaf(Shape::kWord, "after");
  EXPECT_EQ(copy, large);
  EXPECT_EQ(before->text(), "before");
  EXPECT_EQ(after->text(), "after");
}

TEST(RexArena, ServesAgainAfterItIsCleared) {
  Arena arena;
  arena.clear();
  for (int round = 0; round < 3; ++round) {
    const Rex* chain = nullptr;
    for (int i = 0; i < 1000; ++i) {
      chain = arena.leaf(Shape::kWord, arena.copy_text(std::to_string(i)), chain);
    }
    for (int i = 1000; i-- > 0; chain = chain->heir()) EXPECT_EQ(chain->text(), std::to_string(i));
    const size_t size_bytes = arena.size_bytes();
    arena.clear();
    EXPECT_GT(arena.size_bytes(), 0u);
    EXPECT_LE(arena.size_bytes(), size_bytes);
  }
}

TEST(RexEqual, LooksAtEveryPart) {
  Arena arena;
  const Rex* const a = arena.leaf(Shape::kWord, "a");
  const Rex* const b = arena.leaf(Shape::kWord, "b");
  const Rex* const text = arena.leaf(Shape::kText, "a");
  const Rex* const one_heir = arena.leaf(Shape::kWord, "a", b);
  const Rex* const sons[] = {a, b};
  const Rex* const swapped[] = {b, a};
  const Rex* const nodes[] = {arena.node(Style::kNest, "|", sons),
                              arena.node(Style::kInfx, "|", sons),
                              arena.node(Style::kNest, "+", sons),
                              arena.node(Style::kNest, "|", swapped),
                              arena.node(Style::kNest, "|", {sons, 1}),
                              arena.node(Style::kNest, "|", sons, a),
                              arena.embed(2),
                              arena.embed(3),
                              arena.evil(2),
                              a,
                              b,
                              text,
                              one_heir};
  for (const Rex* x : nodes) {
    for (const Rex* y : nodes) EXPECT_EQ(equal(x, y), x == y);
    EXPECT_FALSE(equal(x, nullptr));
  }
  EXPECT_TRUE(equal(nodes[0], arena.node(Style::kNest, "|", sons)));
  EXPECT_TRUE(equal(arena.embed(2), arena.embed(2)));
  EXPECT_TRUE(equal(nullptr, nullptr));
}

TEST(RexEqual, ComparesDeepTreesWithoutRecursion) {
  Arena arena;
  const Rex* deep[2] = {arena.leaf(Shape::kWord, "x"), arena.leaf(Shape::kWord, "x")};
  for (int i = 0; i < 1'000'000; i++) {
    for (const Rex*& rex : deep) rex = arena.node(Style::kPref, "-", {&rex, 1});
  }
  EXPECT_TRUE(equal(deep[0], deep[1]));
}

}  // namespace
}  // namespace plan::rex
