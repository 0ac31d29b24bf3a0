// tests/differential/generate.h: random programs.
#pragma once

#include "tests/differential/expr.h"

#include <cstdint>

namespace plan::differential {

/// The names that generated programs use besides numbers: $t is the trace, $try the handler.
inline constexpr char kTraceName[] = "t";
inline constexpr char kTryName[] = "try";

/// The program of this seed, the same on every machine. Well formed: what must be a value is one.
Expr generate(uint64_t seed);

}  // namespace plan::differential
