// vm/unlift.h: the pass `unlift`: local functions that call each other become one loop.
//
//   law n {                                 law n { (@copy n) }
//     even = (@even odd)                    where copy x = (@_Ifz x 1 (@odd self (@_Dec x)))
//     odd  = (@odd even)
//     (even n)
//   }
//
// Sire lifts local functions: each becomes a law that is given what it uses of its surroundings,
// the other functions among it, as closures in a cycle of lets. So they know each other only as
// parameters. Here one member of the cycle, the breaker, becomes a law that is its own knot: it
// calls itself, and gets of the others what they are made of. Inlining them leaves a loop.
//
// Applies to  : cycles of lets in which all are laws with some of their arguments. Also in a law
//               that is run for the first time, for the loop is in other laws than this one, and
//               this one may run only once.
// Invariant   : no program can tell the copy from the closure, because these functions are only
//               called: in the law, in each other, and in every law that they are handed to (a call
//               of a known law that does nothing with that parameter but call it, or hand it on in
//               the same way). A call gives the closure's law the same arguments as before; what
//               the closure held is computed at most once, in lets of the law that had the cycle.
// The copy    : vm/law_copy.h; it has the breaker's name, and is optimised from its first entry.
// Limits      : kUnliftLeaves of each law, kUnliftLaws looked at, kUnliftParts of what the closures
//               hold, kUnliftParameters, and those of copies.
// See         : design, optimiser-study.md section 4.6.
#pragma once

#include "value/value.h"

#include <cstdint>

namespace plan::vm {

struct Law;
struct Machine;

inline constexpr uint32_t kUnliftLeaves = 300;
inline constexpr uint32_t kUnliftLaws = 32;
inline constexpr uint32_t kUnliftParts = 64;
inline constexpr uint32_t kUnliftParameters = 16;

/// Runs the pass on a law that is as it was decoded, and has no undecoded parts. Direct code. Uses
/// the heap for the time being, so heap.hp must be current; leaves nothing there.
void unlift_functions(Machine& vm, Law& law, Value function);

}  // namespace plan::vm
