// base/interrupt.h: Ctrl-C.
#pragma once

namespace plan {

/// From now on calls `handler(context)` when the user presses Ctrl-C, in a signal handler; waiting
/// for input ends early. One handler at a time; null gives Ctrl-C its usual effect back.
void on_interrupt(void (*handler)(void* context), void* context);

}  // namespace plan
