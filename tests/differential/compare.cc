// tests/differential/compare.cc: the oracle as judge.
#include "tests/differential/compare.h"

#include "base/check.h"
#include "tests/differential/generate.h"

namespace plan::differential {

Judge::Judge() {
  PLAN_CHECK(define(kTraceName, "<{'_Trace' 2 (2 0)}>"));
  PLAN_CHECK(define(kTryName, "<{'_Try' 1 (2 0)}>"));
}

bool Judge::define(const std::string& name, const std::string& text) {
  std::string error;
  return oracle_.define(name, text, &error);
}

std::optional<std::string> Judge::expected(const Expr& program, const oracle::Limits& limits) {
  oracle::Outcome outcome;
  std::string error;
  if (!oracle_.run(to_text(program), limits, &outcome, &error)) return std::nullopt;
  if (outcome.end == oracle::End::kFuel || outcome.end == oracle::End::kDepth) return std::nullopt;
  return oracle::describe(outcome);
}

std::string Judge::with_bug(oracle::SeededBug bug, const Expr& program) {
  oracle::Outcome outcome;
  std::string error;
  if (!oracle_.run_with_bug(bug, to_text(program), kLimits, &outcome, &error)) return error;
  return oracle::describe(outcome);
}

bool BugShows::holds(const Expr& program) {
  const std::optional<std::string> expected = judge_.expected(program);
  return expected.has_value() && judge_.with_bug(bug_, program) != *expected;
}

}  // namespace plan::differential
