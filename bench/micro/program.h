// bench/micro/program.h: builds small programs of bare PLAN, and times them.
#pragma once

#include "gc/make.h"
#include "vm/eval.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <initializer_list>

namespace plan::vm {

inline constexpr uint64_t kOpApply = 0;
inline constexpr uint64_t kOpConstant = 2;
inline constexpr uint64_t kNatCase = 2;
inline constexpr uint64_t kIncrement = 3;

/// Builds law bodies: plan.md section 3. Only allocates, so plain values are safe.
struct Program {
  Evaluator evaluator{Options{}};
  gc::Heap& heap = evaluator.heap();

  Value variable(uint64_t index) { return small_nat(index); }

  Value constant(Value v) { return gc::make_partial(heap, small_nat(kOpConstant), {{v}}); }

  Value primitive(uint64_t op) { return constant(small_nat(op)); }

  Value call(Value f, std::initializer_list<Value> args) {
    for (const Value arg : args) {
      const Value pair[] = {f, arg};
      f = gc::make_partial(heap, small_nat(kOpApply), pair);
    }
    return f;
  }

  /// (2 0 p x): 0 if x is 0, else (p (x - 1)).
  Value count_down(Value p, Value x) {
    return call(primitive(kNatCase), {constant(small_nat(0)), p, x});
  }

  Value law(uint64_t args, Value body) {
    return gc::make_law(heap, gc::make_cord(heap, "bench"), small_nat(args), body);
  }

  /// The pin of a law: only pins are worth compiling well.
  Value pinned(uint64_t args, Value body) { return evaluator.pin(law(args, body)); }
};

/// Applies `fn`, which counts down from its argument, to `steps` again and again; one item is one
/// step. Stops with an error if it does not give a value.
inline void run_steps(benchmark::State& state, Program& program, Value fn, uint64_t steps,
                      bool to_normal_form) {
  const gc::Root function(program.heap, fn);
  for (auto _ : state) {
    const Value args[] = {small_nat(steps)};
    const Outcome outcome = to_normal_form ? program.evaluator.apply_normal(function.get(), args)
                                           : program.evaluator.apply(function.get(), args);
    if (!outcome.ok()) {
      state.SkipWithError("the evaluation failed");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(steps));
}

}  // namespace plan::vm
