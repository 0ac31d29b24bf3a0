// bench/micro/vm_bench.cc: what calls, thunks and closures cost, in programs of bare PLAN.
//
// Each benchmark counts down from kSteps by opcode 2, (2 z p x), so one item is one step: a test of
// a nat, a call of p, and what the benchmark is named for. No jets, no library.

#include "gc/make.h"
#include "vm/eval.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <initializer_list>

namespace plan::vm {
namespace {

constexpr uint64_t kSteps = 100000;
constexpr uint64_t kOpApply = 0;
constexpr uint64_t kOpConstant = 2;
constexpr uint64_t kNatCase = 2;
constexpr uint64_t kIncrement = 3;

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

/// Applies `fn` to kSteps again and again; stops with an error if it does not give a value.
void run_steps(benchmark::State& state, Program& program, Value fn, bool to_normal_form) {
  const gc::Root function(program.heap, fn);
  for (auto _ : state) {
    const Value args[] = {small_nat(kSteps)};
    const Outcome outcome = to_normal_form ? program.evaluator.apply_normal(function.get(), args)
                                           : program.evaluator.apply(function.get(), args);
    if (!outcome.ok()) {
      state.SkipWithError("the evaluation failed");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSteps));
}

// loop n = (2 0 loop n)
void tail_call_itself(benchmark::State& state) {
  Program p;
  const Value loop = p.pinned(1, p.count_down(p.variable(0), p.variable(1)));
  run_steps(state, p, loop, false);
}
BENCHMARK(tail_call_itself);

// count n = (2 0 (step count) n);  step count m = (3 (count m))
// A thunk per step, forced at once, and a stack kSteps deep.
void force_a_thunk(benchmark::State& state) {
  Program p;
  const Value step =
      p.law(2, p.call(p.primitive(kIncrement), {p.call(p.variable(1), {p.variable(2)})}));
  const Value again = p.call(p.constant(step), {p.variable(0)});
  run_steps(state, p, p.pinned(1, p.count_down(again, p.variable(1))), false);
}
BENCHMARK(force_a_thunk);

// loop f n = (2 0 (step loop f) n);  step loop f m = loop f (f m);  f x = x
void call_an_unknown_function(benchmark::State& state) {
  Program p;
  const Value called = p.call(p.variable(2), {p.variable(3)});
  const Value step = p.law(3, p.call(p.variable(1), {p.variable(2), called}));
  const Value again = p.call(p.constant(step), {p.variable(0), p.variable(1)});
  const Value loop = p.pinned(2, p.count_down(again, p.variable(2)));
  const Value identity = p.law(1, p.variable(1));
  run_steps(state, p, gc::make_partial(p.heap, loop, {{identity}}), false);
}
BENCHMARK(call_an_unknown_function);

// list n = (2 0 (step list) n);  step list m = [m (list m)], as a lazy list brought to normal form
void normalise_a_lazy_list(benchmark::State& state) {
  Program p;
  const Value cell = p.constant(gc::make_cow(p.heap, small_nat(2)));
  const Value rest = p.call(p.variable(1), {p.variable(2)});
  const Value step = p.law(2, p.call(cell, {rest, p.variable(2)}));
  const Value again = p.call(p.constant(step), {p.variable(0)});
  run_steps(state, p, p.pinned(1, p.count_down(again, p.variable(1))), true);
}
BENCHMARK(normalise_a_lazy_list);

}  // namespace
}  // namespace plan::vm

BENCHMARK_MAIN();
