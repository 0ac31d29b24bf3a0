// base/interrupt.h: Ctrl-C.
#pragma once

#include <atomic>

namespace plan {

/// From now on calls `handler(context)` when the user presses Ctrl-C, in a signal handler; waiting
/// for input ends early. One handler at a time; null gives Ctrl-C its usual effect back.
void on_interrupt(void (*handler)(void* context), void* context);

/// For a thread that works beside the one that waits for input: Ctrl-C is for that one.
void leave_interrupts_to_others();

inline constexpr int kInputEnds = -1;
inline constexpr int kInputInterrupted = -2;
/// One byte, kInputEnds, or kInputInterrupted when `stop` is or becomes true: whoever sets it does
/// so in the handler of Ctrl-C.
int read_byte(int descriptor, const std::atomic<bool>& stop);

}  // namespace plan
