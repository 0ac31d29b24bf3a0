// vm/cse.h: the pass `cse`: an element that was taken from a row is not taken again.
//
//   (@_If (@_Eql (@_Idx 0 x) 3) (f (@_Idx 0 x)) ..)     v = (@_Idx 0 x)   (@_If (@_Eql v 3) (f v)
//   ..)
//
// Patterns repeat themselves: Sire shares nothing that was not named.
//
// An element that something suspended will take from a row which is evaluated by then is taken when
// it is suspended: what is kept is the element, and not the row.
//
//   (@_If (@_IsNat xs) 0 (C2 (f (@_Idx 1 xs)) 7))     v = (@_Idx 1 xs)   .. (C2 (f v) 7)
//
// Invariant : only calls of _Idx, _Get, _Len, _DataTag, _Cdr and _PinItem on one variable get a
// let.
//             They trace nothing and end the same way every time, once the variable is evaluated;
//             so one let may stand for all of them, wherever they are.
// Cost      : a let that would be built on its own account costs more than it saves. So calls that
//             say the same share one only where an earlier one is built or evaluated on every path
//             to the later one; those in the arms of a branch stay apart.
#pragma once

#include "value/value.h"

namespace plan::vm {

struct Law;
struct Machine;

/// Runs the pass. `law` has no undecoded parts. Direct code, allocates nothing in the heap.
void share_elements(Machine& vm, Law& law, Value function);

}  // namespace plan::vm
