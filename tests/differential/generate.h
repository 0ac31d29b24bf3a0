// tests/differential/generate.h: random programs.
#pragma once

#include "tests/differential/expr.h"

#include <cstdint>
#include <span>
#include <string>

namespace plan::differential {

/// The names that generated programs use besides numbers: $t is the trace, $try the handler.
inline constexpr char kTraceName[] = "t";
inline constexpr char kTryName[] = "try";

/// A function known by name to both sides, and how many arguments it takes.
struct NamedFunction {
  std::string name;
  uint64_t arity;
};

/// The program of this seed, the same on every machine. Well formed: what must be a value is one.
/// Half of the calls in it are of `functions`, if there are any.
Expr generate(uint64_t seed, std::span<const NamedFunction> functions = {});

/// A program of this seed that calls one of `functions`. Its arguments are mostly of the kind that
/// the name suggests; any part may be delayed, traced, crashing, or of another kind.
Expr generate_call(uint64_t seed, std::span<const NamedFunction> functions);

}  // namespace plan::differential
