// vm/dispatch.h: the one calling convention of everything that evaluates.
//
//   preserve_none void f(sp, hp, vm, r1 .. r7), left only by musttail, until a stop frame returns.
//
//   sp   top of the evaluation stack (grows down), hp  next free word of eden,
//   r1   the value returned / the function or thunk entered,
//   r2   the info record entered (thunks, functions), or the interpreter's pc,
//   r3   number of arguments (apply), otherwise free.
//
// Return     : r1 = WHNF; jump to the entry of the record at sp[0], which finds its frame at sp.
//              What would be a new row may be its elements in r1 and on: see vm/results.h.
// Function   : arguments 1..n stand at sp[0..n-1], the continuation's frame starts at sp[n]; the
//              callee pops both its frame and its arguments. Arguments travel on the stack because
//              the interpreter's frame needs them there: they are written once, and applying a
//              closure is a push. Native workers take registers instead (vm/tier.h, to come).
// Thunk      : r1 = the thunk, r2 = its record.
// Safepoints : entries and resumptions test sp against vm->stack_limit and hp against
//              vm->hp_limit. Interrupts, time limits and samples lower these.
// Two kinds  : functions declared PLAN_EVALUATES hold no object with a destructor and no
//              address-taken local across their tail call. Everything else is direct code.
#pragma once

#include "gc/info.h"
#include "value/value.h"

namespace plan::vm {

struct Machine;

#define PLAN_EVALUATES __attribute__((preserve_none)) void
#define PLAN_TAIL [[clang::musttail]] return
#define PLAN_STATE                                                                          \
  ::plan::Word *sp, ::plan::Word *hp, ::plan::vm::Machine *vm, ::plan::Word r1,             \
      ::plan::Word r2, ::plan::Word r3, ::plan::Word r4, ::plan::Word r5, ::plan::Word r6, \
      ::plan::Word r7
#define PLAN_REGISTERS sp, hp, vm, r1, r2, r3, r4, r5, r6, r7

using EvalFn = __attribute__((preserve_none)) void (*)(PLAN_STATE);

inline constexpr uint32_t kRegisterArguments = 6;

inline gc::Info* info_of(Word w) { return reinterpret_cast<gc::Info*>(w); }
inline Word word_of(const void* p) { return reinterpret_cast<Word>(p); }
inline EvalFn entry_of(const gc::Info* info) { return reinterpret_cast<EvalFn>(info->entry); }

/// Returns r1 to the frame at sp.
#define PLAN_RETURN() PLAN_TAIL ::plan::vm::entry_of(::plan::vm::info_of(sp[0]))(PLAN_REGISTERS)

// Evaluating code that others jump to (vm/apply.cc, vm/runtime.cc, vm/interpreter.cc).
PLAN_EVALUATES eval_value(PLAN_STATE);        // r1: any value; evaluates it to WHNF, returns it
PLAN_EVALUATES apply_values(PLAN_STATE);      // r1: function, any value; r3: count; args on stack
/// Applies r7, any value, to the n arguments in r1 .. rn; indexed by n, 1 to kRegisterArguments.
extern const EvalFn kApplyRegisters[kRegisterArguments + 1];
/// Worker of a function of n arguments that takes them on the stack; indexed by n.
extern const EvalFn kPushArguments[kRegisterArguments + 1];
PLAN_EVALUATES apply_return(PLAN_STATE);      // continuation: r1 is the function of the frame
PLAN_EVALUATES safepoint_slow(PLAN_STATE);    // polls, maybe collects (r1 live), then returns r1
PLAN_EVALUATES safepoint_return(PLAN_STATE);  // polls, maybe collects (r1 live), then returns r1
PLAN_EVALUATES raise_crash(PLAN_STATE);       // r1: op, r2: value (normal form)
PLAN_EVALUATES abort_loop(PLAN_STATE);        // a thunk demanded itself
PLAN_EVALUATES normalise_value(PLAN_STATE);   // r1: any value; returns its normal form
PLAN_EVALUATES compare_values(PLAN_STATE);    // r1, r2: any values; r3: CompareMode
PLAN_EVALUATES run_leaf_jet(PLAN_STATE);      // r1: function value, r2: info; args on stack
PLAN_EVALUATES continue_leaf_jet(PLAN_STATE);
PLAN_EVALUATES enter_interpreter(PLAN_STATE);        // compiled law
PLAN_EVALUATES enter_uncompiled(PLAN_STATE);         // compiles, then enters
PLAN_EVALUATES enter_hot(PLAN_STATE);                // compiled law whose counter has run out
PLAN_EVALUATES enter_thunk_interpreter(PLAN_STATE);  // compiled block of a law
PLAN_EVALUATES enter_once_interpreter(PLAN_STATE);   // the same of a single-entry thunk
PLAN_EVALUATES enter_thunk_uncompiled(PLAN_STATE);

enum class CompareMode : Word {
  kOrder,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
};

}  // namespace plan::vm
