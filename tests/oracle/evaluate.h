// tests/oracle/evaluate.h: call-by-need evaluation, straight from plan.md section 3.
//
// Seeded bugs: evaluate.cc is compiled once per number with PLAN_SEEDED_BUG=k, to test that the
// fuzzer sees each of them. 0 is the oracle.
#pragma once

#include "tests/oracle/stack.h"
#include "tests/oracle/term.h"

#include <cstdint>
#include <string>
#include <vector>

namespace plan::oracle {

enum class End : uint8_t {
  kValue,  ///< text is the normal form
  kCrash,  ///< op, and text of the value
  kLoop,   ///< a term demanded itself
  kFuel,   ///< Limits::steps spent
  kDepth,  ///< Limits::depth reached, or the end of the stack
};

struct Outcome {
  End end = End::kValue;
  std::string op;    ///< the crash's operation, decimal
  std::string text;  ///< canonical text of the value or of the crash's value
  std::vector<std::string> traces;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct Limits {
  uint64_t steps = 1'000'000;
  uint32_t depth = 200'000;     ///< nested evaluations
  uint64_t stack_bytes = uint64_t{4} << 30;  ///< what is not touched of it costs nothing
  size_t text_bytes = 1 << 20;  ///< of a printed value; the rest is cut off
  /// _Add, _Sub, _Mul, _Div and _Bex are computed: as laws they count, which large numbers do not
  /// allow.
  bool native_nats = false;
};

enum SeededBug : int {
  kNoBug = 0,
  kLetNumbering = 1,    ///< lets are numbered from the innermost
  kArgumentOrder = 2,   ///< a law of three or more sees its last two arguments swapped
  kQuoteForgotten = 3,  ///< (2 x) in a body is not a constant
  kSelfThroughPin = 4,  ///< self is the law, not the pin around it
  kEagerArgument = 5,   ///< a law's last argument is evaluated at the call
  kRowOrder = 6,        ///< opcode 1 takes a row apart from the wrong end
  kUpdateLost = 7,      ///< a delayed term is evaluated again at each demand, until normalised
  kCrashOrder = 8,      ///< opcode 0 looks at its second operand first
  kSeededBugCount = 9,
};

/// Evaluates `program` to normal form. Recurses: call it on a large stack (run.h).
template <int kBug>
Outcome evaluate(Arena& arena, Term* program, const Limits& limits, const Stack& stack);

}  // namespace plan::oracle
