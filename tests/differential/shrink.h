// tests/differential/shrink.h: the smallest program that still shows a difference.
#pragma once

#include "tests/differential/expr.h"

namespace plan::differential {

/// Whether a program still shows what is being looked for. False for programs that are malformed.
class Property {
 public:
  virtual ~Property() = default;
  virtual bool holds(const Expr& program) = 0;
};

/// Replaces and removes parts of `program` while `property` holds, greedily, at most `attempts`
/// times. `property` holds for `program` and for the result.
Expr shrink(Expr program, Property& property, uint32_t attempts);

}  // namespace plan::differential
