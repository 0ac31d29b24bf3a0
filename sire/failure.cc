// sire/failure.cc: recording why the front end stopped.
#include "sire/failure.h"

#include "gc/make.h"

namespace plan::sire {

bool Failure::crash(Value op, Value value) {
  kind_ = vm::OutcomeKind::kCrash;
  op_.set(op);
  value_.set(value);
  return false;
}

bool Failure::outcome(const vm::Outcome& outcome) {
  PLAN_ASSERT(!outcome.ok());
  if (outcome.kind == vm::OutcomeKind::kCrash) return crash(outcome.op, outcome.value);
  kind_ = outcome.kind;
  return false;
}

bool Failure::malformed(std::string_view sentence) {
  const Value op = gc::make_cord(heap_, "Malformed Sire State");
  return crash(op, gc::make_cord(heap_, sentence));
}

bool Failure::interrupted() {
  kind_ = vm::OutcomeKind::kInterrupted;
  return false;
}

std::string_view abort_text(vm::OutcomeKind kind) {
  switch (kind) {
    case vm::OutcomeKind::kValue:
      return "nothing failed";
    case vm::OutcomeKind::kCrash:
      return "evaluation crashed";
    case vm::OutcomeKind::kLoop:
      return "a value depends on itself";
    case vm::OutcomeKind::kInterrupted:
      return "interrupted";
    case vm::OutcomeKind::kTime:
      return "the time limit was reached";
    case vm::OutcomeKind::kMemory:
      return "out of memory: the heap limit was reached (--heap)";
    case vm::OutcomeKind::kStack:
      return "out of memory: the stack limit was reached";
  }
  return "evaluation ended";
}

}  // namespace plan::sire
