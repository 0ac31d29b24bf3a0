// gc/build.h: applications that are already values.
//
// Readers of seeds and of text meet `(f x ..)` and must build what it stands for without
// evaluating: laws, pins, rows, tabs and closures can be built, everything else is refused.
#pragma once

#include "base/result.h"
#include "gc/heap.h"

#include <span>

namespace plan::gc {

/// The normal form of `head` applied to `args`, all normal forms, as spec/seed.md section 8.1 has
/// it: opcodes 0 and 4 are executed, constructors completed, and what would need another step is an
/// error. May return `head` if there are no arguments. Fails with "NOT_NORMAL", "BAD_LAW",
/// "OVERSATURATED", or "TOO_LARGE" if the heap has no room.
Result<Value> build_application(Heap& heap, Value head, std::span<const Value> args);

}  // namespace plan::gc
