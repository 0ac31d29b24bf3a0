// tests/oracle/run.cc: the oracle on its own large stack.
#include "tests/oracle/run.h"

#include "base/check.h"
#include "base/memory_map.h"

#include <pthread.h>

namespace plan::oracle {

namespace {

struct Call {
  void (*function)(void*);
  void* context;
};

void* enter(void* argument) {
  const Call* call = static_cast<const Call*>(argument);
  call->function(call->context);
  return nullptr;
}

struct Job {
  const Definitions* definitions;
  SeededBug bug;
  std::string_view program;
  const Limits* limits;
  Outcome* outcome;
  std::string* error;
  bool ok = false;
};

Outcome evaluate_with(SeededBug bug, Arena& arena, Term* program, const Limits& limits,
                      const Stack& stack) {
  switch (bug) {
    case kNoBug:
      return evaluate<kNoBug>(arena, program, limits, stack);
    case kLetNumbering:
      return evaluate<kLetNumbering>(arena, program, limits, stack);
    case kArgumentOrder:
      return evaluate<kArgumentOrder>(arena, program, limits, stack);
    case kQuoteForgotten:
      return evaluate<kQuoteForgotten>(arena, program, limits, stack);
    case kSelfThroughPin:
      return evaluate<kSelfThroughPin>(arena, program, limits, stack);
    case kEagerArgument:
      return evaluate<kEagerArgument>(arena, program, limits, stack);
    case kRowOrder:
      return evaluate<kRowOrder>(arena, program, limits, stack);
    case kUpdateLost:
      return evaluate<kUpdateLost>(arena, program, limits, stack);
    case kCrashOrder:
      return evaluate<kCrashOrder>(arena, program, limits, stack);
    case kSeededBugCount:
      break;
  }
  PLAN_UNREACHABLE();
}

void run_job(void* context) {
  Job* job = static_cast<Job*>(context);
  Arena arena;
  const Stack stack = Stack::of_this_thread();
  Term* program = read(arena, *job->definitions, job->program, stack, job->error);
  if (program == nullptr) return;
  *job->outcome = evaluate_with(job->bug, arena, program, *job->limits, stack);
  job->ok = true;
}

struct Definition {
  Arena* arena;
  Definitions* definitions;
  std::string_view name;
  std::string_view text;
  std::string* error;
  bool ok = false;
};

void define_job(void* context) {
  Definition* job = static_cast<Definition*>(context);
  const Stack stack = Stack::of_this_thread();
  Term* value = read_value(*job->arena, *job->definitions, job->text, stack, job->error);
  if (value == nullptr) return;
  (*job->definitions)[std::string(job->name)] = value;
  job->ok = true;
}

}  // namespace

Stack Stack::of_this_thread() {
  pthread_attr_t attributes;
  PLAN_CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0);
  void* lowest = nullptr;
  size_t bytes = 0;
  PLAN_CHECK(pthread_attr_getstack(&attributes, &lowest, &bytes) == 0);
  pthread_attr_destroy(&attributes);
  return Stack(reinterpret_cast<uint64_t>(lowest) + kStackReserveBytes);
}

void on_large_stack(uint64_t stack_bytes, void (*function)(void* context), void* context) {
  void* stack = reserve_memory(0, stack_bytes);
  PLAN_CHECK(stack != nullptr);
  pthread_attr_t attributes;
  PLAN_CHECK(pthread_attr_init(&attributes) == 0);
  PLAN_CHECK(pthread_attr_setstack(&attributes, stack, stack_bytes) == 0);
  Call call{function, context};
  pthread_t thread;
  PLAN_CHECK(pthread_create(&thread, &attributes, enter, &call) == 0);
  PLAN_CHECK(pthread_join(thread, nullptr) == 0);
  pthread_attr_destroy(&attributes);
  unreserve_memory(stack, stack_bytes);
}

bool Oracle::define(std::string_view name, std::string_view text, std::string* error) {
  Definition job{&arena_, &definitions_, name, text, error};
  on_large_stack(Limits().stack_bytes, define_job, &job);
  return job.ok;
}

bool Oracle::run(std::string_view program, const Limits& limits, Outcome* outcome,
                 std::string* error) {
  return run_with_bug(kNoBug, program, limits, outcome, error);
}

bool Oracle::run_with_bug(SeededBug bug, std::string_view program, const Limits& limits,
                          Outcome* outcome, std::string* error) {
  Job job{&definitions_, bug, program, &limits, outcome, error};
  on_large_stack(limits.stack_bytes, run_job, &job);
  return job.ok;
}

std::string describe(const Outcome& outcome) {
  std::string lines;
  for (const std::string& trace : outcome.traces) lines += "trace " + trace + "\n";
  switch (outcome.end) {
    case End::kValue:
      return lines + "value " + outcome.text + "\n";
    case End::kCrash:
      return lines + "crash " + outcome.op + " " + outcome.text + "\n";
    case End::kLoop:
      return lines + "loop\n";
    case End::kFuel:
      return lines + "fuel\n";
    case End::kDepth:
      return lines + "depth\n";
  }
  PLAN_UNREACHABLE();
}

}  // namespace plan::oracle
