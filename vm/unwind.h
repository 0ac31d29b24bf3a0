// vm/unwind.h: direct code behind crashes, aborts and safepoints.
#pragma once

#include "vm/machine.h"

namespace plan::vm {

/// Nanoseconds on the steady clock.
uint64_t now_ns();

/// Crash (op, value): updates every thunk under evaluation down to the nearest handler to a crash
/// object that raises the same again (design section 4), leaves vm.stack.sp at the frame that takes
/// the result, and returns that result: for _Try the row [0 [op value]], at a stop frame anything.
Word unwind_crash(Machine& vm, Word* sp, Value op, Value value);
/// Abort: drops everything down to the stop frame and leaves vm.stack.sp there. Nothing that was
/// under evaluation may be looked at again; its thunks stay blackholes.
void unwind_to_stop(Machine& vm, Word* sp, OutcomeKind kind);
/// The slow path of every safepoint: interrupts, time, stack growth, collection. `live` is the one
/// value besides the stack; kValue means go on.
OutcomeKind poll(Machine& vm, Word* sp, Value& live);
/// A major collection in the hope of room; `live` is the one value besides the stack. Returns it.
Value collect_for_room(Machine& vm, Word* sp, Value live);
/// Argument `i` in index order (0 = applied last) of WHNF `x`, or the nat 0 (jets.md: ix).
Value select_argument(Machine& vm, Value x, uint64_t i);

PLAN_EVALUATES safepoint_slow(PLAN_STATE);
PLAN_EVALUATES safepoint_thunk(PLAN_STATE);
PLAN_EVALUATES safepoint_apply(PLAN_STATE);
void register_apply_infos(Machine& vm);
void register_runtime_infos(Machine& vm);
void register_interpreter_infos(Machine& vm);

}  // namespace plan::vm
