// base/interrupt.cc: Ctrl-C.
#include "base/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

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

void leave_interrupts_to_others() {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);
}

int read_byte(int descriptor, const std::atomic<bool>& stop) {
  for (;;) {
    // Ctrl-C may come between the look at `stop` and the wait: only the wait lets it through.
    sigset_t interrupt;
    sigset_t before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_BLOCK, &interrupt, &before);
    pollfd wait = {descriptor, POLLIN, 0};
    const int ready = stop.load() ? -1 : ppoll(&wait, 1, nullptr, &before);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (stop.load()) return kInputInterrupted;
    if (ready < 0) continue;  // another signal
    unsigned char byte = 0;
    const ssize_t n = read(descriptor, &byte, 1);
    if (n == 1) return byte;
    if (n == 0 || errno != EINTR) return kInputEnds;
  }
}

}  // namespace plan
