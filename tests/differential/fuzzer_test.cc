// tests/differential/fuzzer_test.cc: the fuzzer itself, against the oracle's seeded bugs.
#include "tests/differential/compare.h"
#include "tests/differential/generate.h"

#include <gtest/gtest.h>

namespace plan::differential {

namespace {

constexpr uint64_t kProgramsMax = 5'000;
constexpr uint32_t kShrinkAttempts = 3'000;
constexpr size_t kSmall = 40;

class SeededBug : public testing::TestWithParam<int> {};

}  // namespace

TEST_P(SeededBug, IsFoundAndShrunk) {
  Judge judge;
  BugShows shows(judge, static_cast<oracle::SeededBug>(GetParam()));
  uint64_t seed = 1;
  while (seed <= kProgramsMax && !shows.holds(generate(seed))) seed++;
  ASSERT_LE(seed, kProgramsMax);
  const Expr smallest = shrink(generate(seed), shows, kShrinkAttempts);
  RecordProperty("seed", static_cast<int>(seed));
  RecordProperty("program", to_text(smallest));
  EXPECT_TRUE(shows.holds(smallest));
  EXPECT_LE(size_of(smallest), kSmall) << to_text(smallest);
}

INSTANTIATE_TEST_SUITE_P(Oracle, SeededBug, testing::Range(1, int{oracle::kSeededBugCount}));

TEST(Generator, MakesTheSameProgramFromTheSameSeed) {
  EXPECT_EQ(to_text(generate(7)), to_text(generate(7)));
  EXPECT_NE(to_text(generate(7)), to_text(generate(8)));
}

TEST(Generator, MakesMostlyProgramsThatEnd) {
  Judge judge;
  uint32_t ended = 0;
  for (uint64_t seed = 1; seed <= 500; seed++) ended += judge.expected(generate(seed)).has_value();
  EXPECT_GT(ended, 450u);
}

TEST(Expr, PrintsWhatItParses) {
  for (const char* text : {"0", "#00ff", "(0 1 [2 %[3] =[4 5] $t] <{7 1 (2 1)}>)", "[]", "#"}) {
    const std::optional<Expr> e = parse(text);
    ASSERT_TRUE(e.has_value()) << text;
    EXPECT_EQ(to_text(*e), text);
  }
  for (const char* text : {"", "(", "1 2", "]", "'123456789'"}) EXPECT_FALSE(parse(text)) << text;
}

}  // namespace plan::differential
