// vm/specialise.h: the pass `specialise`: a loop is copied for the function it is given.
//
//   (@foldl (@f k) 0 xs)     where foldl f z xs = .. (self f (f z (car xs)) (cdr xs)) ..
//   (@foldl' k 0 xs)         where foldl' k z xs = .. (self k (@f k z (car xs)) (cdr xs)) ..
//
// The copy calls the function directly, so that inlining it leaves a loop without unknown calls. In
// the place of the parameter stand the variables that the function holds, in their order.
//
// Applies to  : saturated calls of a law that mentions itself only in saturated calls, for
//               parameters that all those calls pass on unchanged, that are applied, and that get a
//               function known here: a constant, or one with some of its arguments, in place or in
//               a let.
// Invariant   : the copy is the law with the function put in place of the parameter, so it
//               evaluates the same in the same order. What the function holds is computed at most
//               once: an argument of the copy, where it was an argument of the closure.
// The copy    : vm/law_copy.h; it has the name of the original.
// Limits      : kSpecialiseLeaves, kSpecialiseVersions of one law in another,
//               kSpecialiseParameters, and those of copies.
// See         : design, optimiser-study.md sections 4.4 and 7.
#pragma once

#include "vm/versions.h"

#include <cstdint>
#include <span>
#include <vector>

namespace plan::vm {

struct Law;
struct Machine;

inline constexpr uint32_t kSpecialiseLeaves = 100;
inline constexpr uint32_t kSpecialiseVersions = 8;
inline constexpr uint32_t kSpecialiseParameters = 16;

/// Runs the pass. `law` has no undecoded parts. Direct code. Uses the heap for the time being, so
/// heap.hp must be current; leaves nothing there.
void specialise_calls(Machine& vm, Law& law, Value function);

/// The parameters of `function`, a law or the pin around one, that the pass would put a function
/// in the place of. Empty if it is no such loop. Direct code, allocates nothing in the heap.
std::vector<FunctionParameter> function_parameters(Machine& vm, Value function);
/// The copy for `seen`, of which each has a parameter of its own, or 0 if there is to be none. Its
/// parameters are those of `function`, the arguments held in the place of a function. Direct code;
/// as for the pass, heap.hp must be current.
Value specialised_copy(Machine& vm, Value function, std::span<const SeenFunction> seen);

}  // namespace plan::vm
