// vm/low_facts.h: what is known of the slots of linear code before each instruction.
//
// One pass forward, for the only backward jump (kSelfTail) goes where nothing but the parameters is
// known. Facts hold on every path; those of a result hold whether the instruction computed it at
// once or suspended and was given it later.
#pragma once

#include <cstdint>
#include <vector>

#include "vm/low_code.h"

namespace plan::vm {

/// What is known of the value in a slot; each includes the ones before it.
enum Fact : uint8_t {
  kNothing = 0,
  kEvaluated = 1,        ///< WHNF and no indirection
  kNat = 2 | kEvaluated,
  kSmall = 4 | kNat,     ///< an immediate
};

/// Per slot.
using Facts = std::vector<uint8_t>;

uint8_t fact_of(const Operand& o, const Facts& facts);
inline bool is_known(const Operand& o, Fact fact, const Facts& facts) {
  return (fact_of(o, facts) & fact) == fact;
}

/// For each instruction the facts before it; empty where control never comes. Bit p of
/// `small_parameters`: parameter p is an immediate nat. O(instructions * slots).
std::vector<Facts> facts_before(const LowCode& low, uint32_t small_parameters);

/// Parameters of a loop for small numbers, as bits.
struct LoopParameters {
  uint32_t small = 0;      ///< immediate nats
  uint32_t evaluated = 0;  ///< of the others, those that are evaluated at the start of each turn
};
/// The same for a loop that is left where wants_small() is disappointed.
std::vector<Facts> facts_in_small_loop(const LowCode& low, LoopParameters parameters);
/// Those with these small ones: evaluated is what a turn forces and its end passes on evaluated.
LoopParameters loop_parameters(const LowCode& low, uint32_t small);

/// Whether a loop for small numbers (see jit/codegen.h) goes on after `i` only if its operands and
/// its result are immediates.
bool wants_small(const Instruction& i, const Facts& before);

/// The instructions that lead from the start of a law to its next turn, with these parameters.
/// None if there is no such way, or one on which something may be suspended, allocated or observed:
/// so a turn can be given up in the middle, and begun anew.
std::vector<bool> small_loop_code(const LowCode& low, LoopParameters parameters);

/// Of the value that `i` leaves in its dst.
uint8_t result_fact(const Instruction& i, const Facts& before);

/// Whether an instruction for which suspends() holds can do so, given what is known. (kSelfTail
/// can: it polls.)
bool may_suspend(const Instruction& i, const Facts& before);

inline bool is_compare_branch(Op op) {
  return op == Op::kIfEqual || op == Op::kIfLess || op == Op::kIfLessEqual;
}

}  // namespace plan::vm
