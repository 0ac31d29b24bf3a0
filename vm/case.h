// vm/case.h: the pass `case`: constants are folded, and what is known is not asked again.
//
//   (_Add 2 3)                      5
//   (_Idx 0 (C2 b a))               a            also if a let holds the row
//   (_If (_IsNat (C1 x)) a b)       b            rows and closures built here are no nats
//   (_Switch 1 z (C2 b a))          b
//   (v x)         where v = (f a)   (f a x)      v is a closure
//   (2 z p 7)                       (p 6)
//   (_If (_IsNat x) (.. (_IsNat x) ..) ..)       on the way to the inner one it was true: 1
//   (_If (_Eql x 7) (.. x ..) ..)                there x is 7
//
// Invariant : an expression is replaced by one that has the same value and does the same evaluation
//             when it is forced. Only an expression that would not be evaluated is dropped; nothing
//             that may be evaluated twice is copied: an element that leaves a row in a let gets a
//             let of its own first.
// Note [Facts]
//             A branch runs after its condition, so what that found holds in the branch, in all
//             that is delayed there too. It is used for conditions that are a variable or a jet on
//             variables and constants: they were evaluated, so asking again would give the same
//             without a crash, a trace or a loop.
#pragma once

#include "value/value.h"

namespace plan::vm {

struct Law;
struct Machine;

/// Runs the pass. `law` has no undecoded parts. Direct code, allocates nothing in the heap.
void fold_known_cases(Machine& vm, Law& law, Value function);

}  // namespace plan::vm
