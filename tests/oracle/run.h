// tests/oracle/run.h: text in, outcome out; the entry to the oracle.
#pragma once

#include "tests/oracle/evaluate.h"
#include "tests/oracle/text.h"

#include <string>
#include <string_view>

namespace plan::oracle {

/// Calls `function(context)` on a stack of that size, of which only what is touched costs memory.
void on_large_stack(uint64_t stack_bytes, void (*function)(void* context), void* context);

/// Definitions, and programs that use them. Not for two threads at once.
class Oracle {
 public:
  /// Makes $name stand for the value in `text`. False and *error if malformed.
  bool define(std::string_view name, std::string_view text, std::string* error);

  /// Evaluates a program to normal form. False and *error if it is malformed.
  bool run(std::string_view program, const Limits& limits, Outcome* outcome, std::string* error);

  /// The same with one of the bugs that the fuzzer must find.
  bool run_with_bug(SeededBug bug, std::string_view program, const Limits& limits, Outcome* outcome,
                    std::string* error);

 private:
  Arena arena_;
  Definitions definitions_;
};

/// Traces, then the end: what plan_oracle prints, one line each.
std::string describe(const Outcome& outcome);

}  // namespace plan::oracle
