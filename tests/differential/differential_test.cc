// tests/differential/differential_test.cc: oracle = vm, for a fixed number of programs.
//
// PLAN_SEED=n repeats one program and shows how far it shrinks. More: plan_differential.
#include "tests/differential/vm_compare.h"

#include "jit/cache_folder.h"
#include "jit/code_arena.h"
#include "jit/native_tier.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

namespace plan::differential {

namespace {

constexpr uint32_t kShrinkAttempts = 5'000;
/// Programs that show how much room for templates such programs take; more than they do, surely.
constexpr uint64_t kProbes = 40;
constexpr uint64_t kMuchRoom = uint64_t{1} << 20;
#if __has_feature(address_sanitizer)
constexpr uint64_t kSlowness = 4;  ///< fewer programs where each takes longer
#else
constexpr uint64_t kSlowness = 1;
#endif

/// The one program that is to be repeated.
const char* fixed_seed() { return std::getenv("PLAN_SEED"); }

/// Compares programs until one differs.
void compare(VmDiffers& differs, uint64_t first_seed, uint64_t count) {
  if (const char* one = fixed_seed(); one != nullptr) {
    first_seed = std::strtoull(one, nullptr, 10);
    count = kSlowness;
  }
  for (uint64_t seed = first_seed; seed < first_seed + count / kSlowness; seed++) {
    if (!differs.holds(generate(seed))) continue;
    const Expr smallest = shrink(generate(seed), differs, kShrinkAttempts);
    FAIL() << "PLAN_SEED=" << seed << "\n" << differs.report(smallest);
  }
}

void expect_agreement(const VmOptions& options, uint64_t first_seed, uint64_t count) {
  if (options.native && !jit::kNativeBuilt) GTEST_SKIP() << "this build has no native code";
  VmDiffers differs(options);
  compare(differs, first_seed, count);
  const char* one = fixed_seed();
  if (options.templates && one == nullptr) {
    const vm::TierStatistics& s = differs.vm()->tier_statistics();
    EXPECT_GT(s.translated, 0u);
    EXPECT_EQ(s.untranslated, 0u);
  }
  if (options.hot_entries != 0 && one == nullptr) {
    const vm::TierStatistics& s = differs.vm()->tier_statistics();
    EXPECT_GT(s.translated, s.optimised);
    EXPECT_GT(s.optimised, 0u);
  }
  if (options.native && one == nullptr) {
    // No test of native code means anything if the interpreter did the work.
    EXPECT_GT(differs.vm()->tier_statistics().laws, 0u);
    if (options.code_bytes_max == VmOptions().code_bytes_max) {
      EXPECT_EQ(differs.vm()->tier_statistics().failures, 0u);
    } else {
      EXPECT_GT(differs.vm()->tier_statistics().evicted, 0u);
    }
  }
}

/// Compares programs; whether some of their blocks found room for templates, and some did not.
bool some_find_room(VmOptions options, uint64_t room, uint64_t first_seed, uint64_t count) {
  options.template_bytes_max = room;
  VmDiffers differs(options);
  compare(differs, first_seed, count);
  const vm::TierStatistics& s = differs.vm()->tier_statistics();
  return s.translated > 0 && s.untranslated > 0;
}

/// Agreement where some code finds no room for its templates, and some does, however much such
/// programs make: with the largest and the smallest room in which that is so for the first of them.
void expect_agreement_in_little_room(const VmOptions& options, uint64_t first_seed,
                                     uint64_t count) {
  std::vector<uint64_t> rooms;
  for (uint64_t room = kMuchRoom; room >= jit::kCodeAlignment; room /= 2) {
    if (some_find_room(options, room, first_seed, kProbes * kSlowness)) rooms.push_back(room);
  }
  if (fixed_seed() != nullptr) return;
  ASSERT_FALSE(rooms.empty());
  ASSERT_LT(rooms.front(), kMuchRoom);
  for (const uint64_t room : {rooms.front(), rooms.back()}) {
    EXPECT_TRUE(some_find_room(options, room, first_seed, count)) << room;
    first_seed += count;
  }
}

}  // namespace

TEST(Differential, InterpreterAgreesWithOracle) {
  expect_agreement({}, 1, 6'000);
}

TEST(Differential, InterpreterAgreesWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true}, 100'001, 2'000);
}

TEST(Differential, InterpreterAgreesWithOracleInASmallNursery) {
  expect_agreement({.nursery_bytes = 8192}, 200'001, 3'000);
}

TEST(Differential, OptimisedLawsAgreeWithOracle) {
  expect_agreement({.optimise = true}, 400'001, 4'000);
}

TEST(Differential, OptimisedLawsAgreeWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true, .optimise = true}, 500'001, 1'000);
}

TEST(Differential, TemplatesAgreeWithOracle) {
  expect_agreement({.templates = true}, 1'000'001, 4'000);
}

TEST(Differential, TemplatesAgreeWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true, .templates = true}, 1'100'001, 1'000);
}

TEST(Differential, TemplatesOfOptimisedLawsAgreeWithOracle) {
  expect_agreement({.optimise = true, .templates = true}, 1'200'001, 4'000);
}

TEST(Differential, TemplatesOfOptimisedLawsAgreeWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true, .optimise = true, .templates = true}, 1'300'001, 1'000);
}

TEST(Differential, TemplatesWithLittleRoomAgreeWithOracle) {
  expect_agreement_in_little_room({.templates = true}, 1'400'001, 1'000);
}

TEST(Differential, TemplatesWithLittleRoomAgreeWithOracleUnderGcStress) {
  // The collector gives memory back with the laws of a program.
  expect_agreement_in_little_room({.gc_stress = true, .optimise = true, .templates = true},
                                  1'500'001, 1'000);
}

TEST(Differential, NativeCodeAgreesWithOracle) {
  expect_agreement({.native = true}, 600'001, 200);
}

TEST(Differential, QuickNativeCodeAgreesWithOracle) {
  expect_agreement({.native = true, .quick_code = true}, 700'001, 1'000);
}

TEST(Differential, QuickNativeCodeAgreesWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true, .native = true, .quick_code = true}, 800'001, 500);
}

// Laws go from one tier to the next while programs run: templates, optimised bytecode with
// templates of its own, and what LLVM made of it, when the other thread has it.
TEST(Differential, AllTiersAtOnceAgreeWithOracle) {
  expect_agreement({.native = true, .hot_entries = 20, .quick_code = true}, 1'600'001, 2'000);
}

TEST(Differential, AllTiersAtOnceAgreeWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true, .native = true, .hot_entries = 20, .quick_code = true},
                   1'700'001, 1'000);
}

TEST(Differential, NativeCodeWithLittleRoomAgreesWithOracle) {
  expect_agreement({.native = true, .code_bytes_max = 32 << 10, .quick_code = true}, 900'001, 600);
}

TEST(Differential, NativeCodeWithLittleRoomAgreesWithOracleUnderGcStress) {
  expect_agreement(
      {.gc_stress = true, .native = true, .code_bytes_max = 4 << 10, .quick_code = true}, 950'001,
      400);
}

TEST(Differential, StoredCodeAgreesWithOracle) {
  if (!jit::kNativeBuilt) GTEST_SKIP() << "this build has no native code";
  const jit::CacheFolder place;
  const VmOptions options{.native = true, .quick_code = true, .code_cache = place.code()};
  expect_agreement(options, 970'001, 300);
  for (const bool is_stressed : {false, true}) {
    VmOptions again = options;
    again.gc_stress = is_stressed;
    VmDiffers differs(again);
    for (uint64_t seed = 970'001; seed < 970'001 + 300 / kSlowness; seed++) {
      EXPECT_FALSE(differs.holds(generate(seed))) << "PLAN_SEED=" << seed;
    }
    EXPECT_GT(differs.vm()->tier_statistics().cached, 0u);
    EXPECT_EQ(differs.vm()->tier_statistics().cached, differs.vm()->tier_statistics().laws);
  }
}

// What an abort leaves behind must not be seen by the programs after it.
TEST(Differential, EvaluatorSurvivesEndlessPrograms) {
  expect_agreement({.nursery_bytes = 8192, .endless_ns = 2'000'000}, 300'001, 2'000);
}

/// Programs whose depth is memory on our side; each ends with its depth as the argument.
TEST(Differential, AgreesOnDeepPrograms) {
  constexpr oracle::Limits kDeep = {.steps = 20'000'000, .depth = 2'000'000, .text_bytes = 1 << 24};
  Judge judge;
  for (const char* text : {
           // f n = 3 (f (n-1)), from 0 and from a crash.
           "({7 1 (0 (0 (0 (2 2) (2 0)) (0 {7 2 (0 (2 3) (0 1 2))} 0)) 1)} 100000)",
           "({7 1 (0 (0 (0 (2 2) (0 5 1)) (0 {7 2 (0 (2 3) (0 1 2))} 0)) 1)} 100000)",
           "($try [{7 1 (0 (0 (0 (2 2) (0 5 1)) (0 {7 2 (0 (2 3) (0 1 2))} 0)) 1)} 100000])",
           // f n = [n (f (n-1))]: a deep normal form; and deep to the left.
           "({7 1 (0 (0 (0 (2 2) (2 0)) (0 {7 2 (0 (0 {0 3 0} (0 1 2)) 2)} 0)) 1)} 50000)",
           "({7 1 (0 (0 (0 (2 2) (2 0)) (0 {7 2 (0 (0 {0 3 0} 2) (0 1 2))} 0)) 1)} 50000)",
           // f a n = f (3 a) (n-1): a chain of thunks, then forced.
           "({7 2 (0 (0 (0 (2 2) 1) (0 0 (0 (2 3) 1))) 2)} 7 100000)",
           // f n = f (n-1)
           "({7 1 (0 (0 (0 (2 2) (2 9)) 0) 1)} 500000)",
           // f n = try [f (n-1)]
           "({7 1 (0 (0 (0 (2 2) (0 5 1)) (0 {7 2 (0 $try (0 (0 {0 3 0} 2) 1))} 0)) 1)} 3000)",
           // f a n = f (4 [a]) (n-1): a chain of pins.
           "({7 2 (0 (0 (0 (2 2) 1) (0 0 (0 (2 4) (0 {0 2 0} 1)))) 2)} 7 2000)",
           // f a n = f ($t n [a]) (n-1)
           "({7 2 (0 (0 (0 (2 2) 1) (0 0 (0 (0 $t 2) (0 {0 2 0} 1)))) 2)} 7 2000)",
       }) {
    const Expr program = *parse(text);
    const std::optional<std::string> expected = judge.expected(program, kDeep);
    ASSERT_TRUE(expected.has_value()) << text;
    EXPECT_TRUE(VmSide({}).run(program, kDeep.text_bytes) == *expected)
        << text << "\n"
        << expected->substr(0, 200) << VmSide({}).run(program, 200);
  }
}

}  // namespace plan::differential
