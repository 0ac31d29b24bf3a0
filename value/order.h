// value/order.h: equality and total order of PLAN values (spec/plan.md section 5).
//
// The order is that of the formal values, whatever represents them:
//   nat < pin < law < application; nats by size; pins by their items; laws by name, arity, body;
//   applications by number of arguments, then head, then arguments in application order (so a row
//   from its last element to its first). Bars, sets, cows and the empty row are laws.
//
// Nothing here evaluates or recurses. Pointers to one and the same object are equal at once if it
// is known to be normal; other parts that are shared are mostly compared once, see MetPairs in
// value/order.cc.
#pragma once

#include "value/value.h"

#include <cstdint>

namespace plan {

/// What can be said of two pins without comparing their items.
enum class PinMatch : uint8_t { kSame, kDifferent, kUnknown };
/// Two different pin objects; in practice compares hashes that happen to be known already.
using PinMatcher = PinMatch (*)(Value a, Value b);

/// -1, 0, 1. Both are normal forms (indirections inside are fine).
int compare_normal(Value a, Value b, PinMatcher pins = nullptr);
/// compare_normal(a, b) == 0, but pins known to differ are not looked into.
bool equal_normal(Value a, Value b, PinMatcher pins = nullptr);

struct LazyComparison {
  enum Status : uint8_t {
    kDecided,  ///< `order` is the answer
    kBlocked,  ///< depends on `thunk`, the next one that the law would evaluate
    kGaveUp,   ///< `steps` used up
  };
  Status status = kDecided;
  int order = 0;
  Value thunk;
};

/// Compares values of any kind as far as that needs no evaluation, in the order of the _Cmp law.
/// `steps` bounds the pairs looked at: values with cycles have no normal form.
LazyComparison compare_lazy(Value a, Value b, uint64_t steps, PinMatcher pins = nullptr);

}  // namespace plan
