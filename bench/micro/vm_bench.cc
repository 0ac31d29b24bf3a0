// bench/micro/vm_bench.cc: what calls, thunks and closures cost, in programs of bare PLAN.
//
// One item is one step of a countdown: a test of a nat, a call of p in (2 z p x), and what the
// benchmark is named for. No jets, no library.

#include "bench/micro/program.h"

namespace plan::vm {
namespace {

constexpr uint64_t kSteps = 100000;

// loop n = (2 0 loop n)
void tail_call_itself(benchmark::State& state) {
  Program p;
  const Value loop = p.pinned(1, p.count_down(p.variable(0), p.variable(1)));
  run_steps(state, p, loop, kSteps, false);
}
BENCHMARK(tail_call_itself);

// count n = (2 0 (step count) n);  step count m = (3 (count m))
// A thunk per step, forced at once, and a stack kSteps deep.
void force_a_thunk(benchmark::State& state) {
  Program p;
  const Value step =
      p.law(2, p.call(p.primitive(kIncrement), {p.call(p.variable(1), {p.variable(2)})}));
  const Value again = p.call(p.constant(step), {p.variable(0)});
  run_steps(state, p, p.pinned(1, p.count_down(again, p.variable(1))), kSteps, false);
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
  run_steps(state, p, gc::make_partial(p.heap, loop, {{identity}}), kSteps, false);
}
BENCHMARK(call_an_unknown_function);

// list n = (2 0 (step list) n);  step list m = [m (list m)], as a lazy list brought to normal form
void normalise_a_lazy_list(benchmark::State& state) {
  Program p;
  const Value cell = p.constant(gc::make_cow(p.heap, small_nat(2)));
  const Value rest = p.call(p.variable(1), {p.variable(2)});
  const Value step = p.law(2, p.call(cell, {rest, p.variable(2)}));
  const Value again = p.call(p.constant(step), {p.variable(0)});
  run_steps(state, p, p.pinned(1, p.count_down(again, p.variable(1))), kSteps, true);
}
BENCHMARK(normalise_a_lazy_list);

}  // namespace
}  // namespace plan::vm

BENCHMARK_MAIN();
