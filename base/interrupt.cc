// base/interrupt.cc: Ctrl-C.
#include "base/interrupt.h"

#include <signal.h>

#include <atomic>

namespace plan {

namespace {

std::atomic<void (*)(void*)> current_handler{nullptr};
std::atomic<void*> current_context{nullptr};

void handle(int) {
  if (auto* const handler = current_handler.load()) handler(current_context.load());
}

}  // namespace

void on_interrupt(void (*handler)(void* context), void* context) {
  current_handler.store(nullptr);
  current_context.store(context);
  current_handler.store(handler);
  struct sigaction action = {};
  action.sa_handler = handler == nullptr ? SIG_DFL : handle;
  sigaction(SIGINT, &action, nullptr);  // without SA_RESTART: reads end
}

}  // namespace plan
