// tests/differential/compare.h: what a difference is, for one pair of evaluators each.
#pragma once

#include "tests/differential/shrink.h"
#include "tests/oracle/run.h"

#include <string>

namespace plan::differential {

/// The limits under which the oracle judges a program; beyond them it has no opinion.
inline constexpr oracle::Limits kLimits = {
    .steps = 20'000, .depth = 4'000, .stack_bytes = 128 << 20, .text_bytes = 1 << 16};

/// The oracle, with $t and $try defined.
class Judge {
 public:
  Judge();

  bool define(const std::string& name, const std::string& text);

  /// What the oracle says, or nothing if the program is malformed or goes beyond `limits`.
  std::optional<std::string> expected(const Expr& program, const oracle::Limits& limits = kLimits);

  /// What the oracle with a seeded bug says. `program` is well formed.
  std::string with_bug(oracle::SeededBug bug, const Expr& program);

 private:
  oracle::Oracle oracle_;
};

/// The oracle and its copy with a bug disagree.
class BugShows : public Property {
 public:
  BugShows(Judge& judge, oracle::SeededBug bug) : judge_(judge), bug_(bug) {}
  bool holds(const Expr& program) override;

 private:
  Judge& judge_;
  oracle::SeededBug bug_;
};

}  // namespace plan::differential
