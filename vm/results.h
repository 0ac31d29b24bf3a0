// vm/results.h: several results in registers.
//
// A law that returns a pair is mostly called by one that takes the pair apart at once, and that is
// the last of it: a parser's value and the place behind it, a generator's number and its next
// state. Native code then returns the elements in registers, and the row is never made.
//
// Who calls decides, and says so in the record of its frame (gc::Info::elements): the code behind
// such a call has a second entry, for elements in r1 .. rn. A law that would make a row and return
// it looks there first. So no law is analysed for what it returns, a call may return a row once and
// a nat the next time, and unknown functions take part. Every other frame (of an update, of
// bytecode, of a helper) gets the row. Of Baker-Finch, Glynn and Peyton Jones, "Constructed product
// result analysis for Haskell" (2004), this has the convention, with a test in place of analysis.
//
// This pass prepares the callers: where the result of a call is only taken apart (idx with constant
// indices) and asked whether it is a nat, the elements are taken right behind the call. There they
// stand in slots of their own, and of the row nothing is needed. The rest is code generation
// (jit/codegen.h, Note [Elements in registers]).
//
// Invariants : idx of something evaluated is total, so taking an element early changes no value, no
//              crash and no order. Nothing is kept longer: the row held all of its elements.
// Limits     : kResultElementsMax.
#pragma once

#include <cstdint>

#include "vm/low_code.h"

namespace plan::vm {

/// Elements that are returned in registers; one register is the state of who resumes.
inline constexpr uint32_t kResultElementsMax = 6;

/// Moves the instructions kIdx that take results of calls apart up to the calls, whose `immediate`
/// becomes the number of elements they need. O(instructions * calls of that kind).
void take_results_apart(LowCode& low);

/// The elements that the call wants in registers, if it can have them; 0: the row.
inline uint32_t elements_wanted(const Instruction& i) {
  const bool calls = i.binds_label == kNoLabel && (i.op == Op::kCall || i.op == Op::kCallKnown);
  return calls ? static_cast<uint32_t>(i.immediate) : 0;
}

}  // namespace plan::vm
