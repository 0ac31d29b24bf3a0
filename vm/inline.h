// vm/inline.h: the pass `inline`: small known laws take the place of their calls.
//
//   (@twice x)                 where twice y = add y y      (@_Add x x)
//   (@twice (@_Mul x 3))                                    v = (@_Mul x 3)  (@_Add v v)
//   (@apply (@_Add 1) x)       where apply f y = f y        (@_Add 1 x)
//
// Invariant : what the call would have evaluated, the law's text in its place evaluates, in the
//             same order and at most once. An argument that the law uses once stands where it is
//             used; one used more often becomes a let, and so does what the law lets. Nothing moves
//             out of a suspended expression.
// Inlined   : laws that do not mention themselves, jets only if they are written in IR: up to
//             kAlwaysLeaves; up to kLoopLeaves in laws that call themselves, and if a function
//             that is known is passed on (to a loop, probably), for jets kJetLeaves; up to
//             kKnownLeaves if a parameter that is applied or taken apart gets a function or a row
//             that is known; up to kLocalLeaves if it is a law without a pin that occurs once (a
//             lifted local function).
// Not       : where a function of a cycle of lets would meet its call (that could go on for ever),
//             and in the members of a cycle.
// Limits    : kInlineDepth calls inside each other; a law grows to kGrowth times its size, or to
//             kLeavesAlways leaves; expressions kInlineNesting deep.
// See       : design, optimiser-study.md section 7.
#pragma once

#include "value/value.h"

#include <cstdint>

namespace plan::vm {

struct Law;
struct Machine;

inline constexpr uint32_t kAlwaysLeaves = 8;
inline constexpr uint32_t kLoopLeaves = 16;
inline constexpr uint32_t kKnownLeaves = 24;
inline constexpr uint32_t kJetLeaves = 60;
inline constexpr uint32_t kLocalLeaves = 80;
inline constexpr uint32_t kInlineDepth = 6;
inline constexpr uint64_t kGrowth = 3;
inline constexpr uint64_t kLeavesAlways = 300;
inline constexpr uint32_t kInlineNesting = 200;

/// Runs the pass. `law` has no undecoded parts. Direct code, allocates nothing in the heap.
void inline_calls(Machine& vm, Law& law, Value function);

}  // namespace plan::vm
