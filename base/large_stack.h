// base/large_stack.h: runs a function on a stack of its own.
//
// For passes that recurse over trees of bounded height: the bound, not the system's default stack,
// decides how deep is too deep. The memory is only reserved; what is not touched costs nothing.
#pragma once

#include <cstdint>

namespace plan {

inline constexpr uint64_t kLargeStackBytes = uint64_t{1} << 30;

/// Calls `function(context)` on a stack of kLargeStackBytes and waits for it. The thread is another
/// one. Falls back to the caller's stack if the system refuses.
void run_on_large_stack(void (*function)(void* context), void* context);

}  // namespace plan
