// base/large_stack.cc: a thread with a large stack.
#include "base/large_stack.h"

#include <pthread.h>

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
    pthread_join(thread, nullptr);
  } else {
    function(context);
  }
}

}  // namespace plan
