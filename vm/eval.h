// vm/eval.h: the evaluator as direct code sees it.
//
// Everything here may collect: keep values in gc::Root across these calls. Nothing here recurses
// on the C++ stack. See vm/dispatch.h for the convention that evaluating code uses inside.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "gc/heap.h"
#include "value/value.h"
#include "vm/optimise.h"

namespace plan::vm {

/// How an evaluation ended. kCrash is part of PLAN; the kinds after it are aborts, which no PLAN
/// handler sees (plan.md section 7, design section 4).
enum class OutcomeKind : uint8_t {
  kValue,
  kCrash,        ///< op and value are set
  kLoop,         ///< a thunk demanded itself
  kInterrupted,  ///< request_interrupt()
  kTime,         ///< time limit
  kMemory,       ///< heap limit
  kStack,        ///< stack limit
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::kValue;
  Value value;  ///< the result, or the crash's value (normal form)
  Value op;     ///< the crash's operator nat
  bool ok() const { return kind == OutcomeKind::kValue; }
};

/// Receives what _Trace prints: `message` is a normal form; `deep` for _DeepTrace. Direct code.
using TraceSink = void (*)(void* context, Value message, bool deep);

/// Told about each pinned law whose name is a jet's or looks like one (jets.md section 1.4).
using JetMatchSink = void (*)(void* context, Value pin, bool matched);

enum class Fallback : uint8_t { kIgnore, kWarn, kCrash };

/// When laws are compiled to native code, if there is a native tier (vm/tier.h).
enum class TierMode : uint8_t {
  kInterpreter,  ///< never
  kTemplate,     ///< never by LLVM; templates (jit/templates.h) at the first entry
  kMixed,        ///< templates when warm, LLVM when hot, in the background
  kNative,       ///< at the first entry, waiting for it
};

struct Options {
  gc::Config heap;
  bool jets = true;                       ///< off: every law runs as written
  Fallback fallback = Fallback::kIgnore;  ///< -f, -F
  uint64_t stack_limit_bytes = 0;         ///< 0: only the heap limit
  TierMode tier = TierMode::kInterpreter;
  uint32_t jit_threshold = 100'000;         ///< entries and loop turns that make a law hot
  uint32_t jit_budget_percent = 30;       ///< of run time that may be compile time; 0: no bound
  PassSet passes = PassSet::all();        ///< of the optimiser
  bool optimise_always = false;           ///< for tests: every law at its first entry
  std::string dump_ir;                    ///< name or hash of laws to show, see vm/dump.h
  std::string dump_asm;                   ///< the same for native code
};

struct Machine;  // registers and tables of evaluating code, vm/machine.h

class Evaluator {
 public:
  explicit Evaluator(const Options& options);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  gc::Heap& heap();

  /// Evaluates to weak head normal form.
  Outcome whnf(Value v);
  /// Evaluates to normal form (plan.md section 6).
  Outcome normalise(Value v);
  /// Applies `fn` to `args` and evaluates the result to WHNF (or normal form).
  Outcome apply(Value fn, std::span<const Value> args);
  Outcome apply_normal(Value fn, std::span<const Value> args);
  /// A thunk for `fn` applied to `args`; allocates only.
  Value suspend(Value fn, std::span<const Value> args);

  /// Asynchronous: makes the evaluation under way end with kInterrupted within 100 ms. Safe in a
  /// signal handler and from another thread.
  void request_interrupt();
  void clear_interrupt();
  /// Nanoseconds of wall time an evaluation may take from its start; 0: no limit.
  void set_time_limit_ns(uint64_t ns);

  void set_trace_sink(TraceSink sink, void* context);
  /// Receives the frame row [pin arg1 .. argN] of each jet that declines (Options::fallback kWarn).
  void set_fallback_sink(TraceSink sink, void* context);

  void set_match_sink(JetMatchSink sink, void* context);

  /// Pins a normal form and matches it against the jet table. Allocates only. Use this, not
  /// gc::make_pin, for every pin that PLAN code may call.
  Value pin(Value item);
  /// Matches every pin in a normal form that direct code made (a loaded seed), before anything of
  /// it is evaluated. Allocates nothing.
  void match(Value loaded);
  /// Matches one pin.
  void match_one(Value pin);

  Machine& machine() { return *machine_; }

  /// The process ends with this evaluator: the destructor leaves its memory to the system, which
  /// takes it back at once and not piece by piece.
  void leave_memory() { leaves_memory_ = true; }

 private:
  std::unique_ptr<Machine> machine_;
  bool leaves_memory_ = false;
};

}  // namespace plan::vm
