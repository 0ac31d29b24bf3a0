// vm/absence.h: arguments that nobody looks at, and the pass `absence`.
//
// A parameter is absent if no saturated call of the function does anything with it: its law at most
// hands it on to absent parameters of others. What a caller gives for it need not be built:
//
//   f x y = add x 1                                  {y}
//   g x y z = f z (h y)                              {x y}
//   loop i n acc = if i (loop (dec i) n acc) acc     {n}
//
//   (g (a b) c d)     (g 0 0 d)
//
// The absent parameters of a law that calls itself are the greatest fixpoint: at first all, then
// without those that are used under that assumption.
//
// Invariant : only arguments of saturated calls of known functions are replaced, by 0, and of these
//             only what is nothing to the callee in any of its forms, for passes add no use of a
//             parameter. Whether and how anything ends does not depend on them. C++ jets look at
//             their arguments; so does whoever gets a partial application.
//             (A loop without end that only hands on what it makes used to run out of memory, and
//             now goes on until it is interrupted.)
// Brings    : nothing to the programs of bench/ and of the reference, nor to loading its library:
//             no call in what gets hot there has an absent argument that is not a constant. Those
//             who wrote them left out what is not needed.
// Kept      : per function, in its summary (vm/summary.h).
// Limits    : kAbsenceParametersMax, and those in vm/absence.cc; beyond, nothing is absent.
#pragma once

#include "value/value.h"

#include <cstdint>

namespace plan::vm {

struct Law;
struct Machine;

/// Parameters after these are taken to be used.
inline constexpr uint32_t kAbsenceParametersMax = 64;

/// The absent parameters of a function, any value in WHNF, as bits from 0. Direct code, allocates
/// nothing in the heap.
uint64_t absent_parameters(Machine& vm, Value function);

/// Runs the pass. `law` has no undecoded parts. Direct code, allocates nothing in the heap.
void drop_absent_arguments(Machine& vm, Law& law, Value function);

}  // namespace plan::vm
