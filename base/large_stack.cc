// base/large_stack.cc: a thread with a large stack.
#include "base/large_stack.h"

#include <pthread.h>
#include <signal.h>

namespace plan {

namespace {

struct Call {
  void (*function)(void* context);
  void* context;
};

void* run(void* call) {
  static_cast<Call*>(call)->function(static_cast<Call*>(call)->context);
  return nullptr;
}

}  // namespace

void run_on_large_stack(void (*function)(void* context), void* context) {
  Call call{function, context};
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  const bool started = pthread_attr_setstacksize(&attributes, kLargeStackBytes) == 0 &&
                       pthread_create(&thread, &attributes, run, &call) == 0;
  pthread_attr_destroy(&attributes);
  if (started) {
    // Signals are for the thread that works: its reads have to notice them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_join(thread, nullptr);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  } else {
    function(context);
  }
}

}  // namespace plan
