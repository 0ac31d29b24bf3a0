// tests/differential/differential_test.cc: oracle = vm, for a fixed number of programs.
//
// PLAN_SEED=n repeats one program and shows how far it shrinks. More: plan_differential.
#include "tests/differential/vm_compare.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace plan::differential {

namespace {

constexpr uint32_t kShrinkAttempts = 5'000;

void expect_agreement(const VmOptions& options, uint64_t first_seed, uint64_t count) {
  const char* one = std::getenv("PLAN_SEED");
  if (one != nullptr) {
    first_seed = std::strtoull(one, nullptr, 10);
    count = 1;
  }
  VmDiffers differs(options);
  for (uint64_t seed = first_seed; seed < first_seed + count; seed++) {
    if (!differs.holds(generate(seed))) continue;
    const Expr smallest = shrink(generate(seed), differs, kShrinkAttempts);
    FAIL() << "PLAN_SEED=" << seed << "\n" << differs.report(smallest);
  }
}

}  // namespace

TEST(Differential, InterpreterAgreesWithOracle) {
  expect_agreement({}, 1, 10'000);
}

TEST(Differential, InterpreterAgreesWithOracleUnderGcStress) {
  expect_agreement({.gc_stress = true}, 100'001, 2'000);
}

}  // namespace plan::differential
