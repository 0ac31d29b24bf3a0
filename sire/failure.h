// sire/failure.h: why the front end stopped.
//
// What goes wrong in a block of Sire is a crash of PLAN, with operator and value, whoever finds
// it: the evaluator, or the front end, whose crashes carry Rex for people to read (spec/sire.md
// section 5.8). An abort (interrupt, limit) is not a crash and is reported as what it is.
//
// Functions that can fail return false, or null, after recording the failure here.
#pragma once

#include "gc/heap.h"
#include "vm/eval.h"

#include <string>
#include <string_view>

namespace plan::sire {

class Failure {
 public:
  explicit Failure(gc::Heap& heap) : heap_(heap), op_(heap), value_(heap) {}

  /// All of these record, and return false.
  bool crash(Value op, Value value);
  bool outcome(const vm::Outcome& outcome);
  /// The state, or a binding in it, is not what it has to be: a crash with a sentence. (Upstream
  /// ends the process.)
  bool malformed(std::string_view sentence);
  bool interrupted();

  void clear() { kind_ = vm::OutcomeKind::kValue; }
  bool is_set() const { return kind_ != vm::OutcomeKind::kValue; }
  bool is_crash() const { return kind_ == vm::OutcomeKind::kCrash; }
  vm::OutcomeKind kind() const { return kind_; }
  Value op() const { return op_.get(); }
  Value value() const { return value_.get(); }

 private:
  gc::Heap& heap_;
  vm::OutcomeKind kind_ = vm::OutcomeKind::kValue;
  gc::Root op_;
  gc::Root value_;
};

/// A sentence for an abort: "evaluation was interrupted".
std::string_view abort_text(vm::OutcomeKind kind);

}  // namespace plan::sire
