// vm/opcodes.cc: the nats as functions (plan.md section 3), and sets, as leaf functions: they ask
// for what they need in the order of plan.md section 7.
#include "base/check.h"
#include "vm/machine.h"
#include "vm/nat_ops.h"
#include "vm/unwind.h"

namespace plan::vm {

namespace {

Value cast_nat(Value v) { return v.is_nat() ? v : small_nat(0); }

JetResult tail_apply(JetCall& call, Value fn, std::initializer_list<Value> args) {
  call.apply_count = 0;
  for (const Value v : args) call.apply_args[call.apply_count++] = v;
  return {fn, JetStatus::kTailApply};
}

}  // namespace

// (0 name args body)
JetResult op_make_law(JetCall& call) {
  if (call.args[0].is_thunk()) return need(call.args[0]);
  if (call.args[1].is_thunk()) return need(call.args[1]);
  const Value args = cast_nat(call.args[1]);
  if (args == small_nat(0)) {
    call.crash_value = small_nat(0);
    return {small_nat(0), JetStatus::kCrash};
  }
  if (call.state == 0) {
    call.state = 1;
    return need_normal(call.args[2]);
  }
  return done(gc::make_law(call.heap, cast_nat(call.args[0]), args, call.needed));
}

// (1 p l a n x)
JetResult op_reflect(JetCall& call) {
  const Value x = call.args[4];
  if (x.is_thunk()) return need(x);
  const Value l = call.args[1];
  const Value a = call.args[2];
  if (x.is_nat()) return tail_apply(call, call.args[3], {x});
  Object* o = x.object();
  switch (o->kind()) {
    case Kind::kPin: return tail_apply(call, call.args[0], {pin_item(x)});
    case Kind::kLaw: return tail_apply(call, l, {law_name(x), law_args(x), law_body(x)});
    case Kind::kBar:
      return tail_apply(call, l, {small_nat(1), small_nat(1), gc::bar_nat(call.heap, x)});
    case Kind::kSet: return tail_apply(call, l, {small_nat(1), small_nat(2), set_keys(x)});
    case Kind::kCow: {
      const Value args = nat_inc(call.heap, cow_size(x));
      return tail_apply(call, l, {small_nat(0), args, small_nat(0)});
    }
    case Kind::kTab: return tail_apply(call, a, {tab_set(x), tab_values(x)});
    case Kind::kRow: {
      const uint64_t n = row_size(x);
      if (n == 0) return tail_apply(call, l, {small_nat(0), small_nat(1), small_nat(0)});
      const Value cow = gc::make_cow(call.heap, small_nat(n));
      if (n == 1) return tail_apply(call, a, {cow, row_at(x, 0)});
      // The closure of the cow with elements n-1 .. 1.
      Object* rest = call.heap.allocate(closure_header(n - 1, 1), n);
      rest->init(0, cow);
      for (uint64_t i = 1; i < n; ++i) rest->init(n - i, row_at(x, i));
      return tail_apply(call, a, {tagged(rest, kTagFunction), row_at(x, 0)});
    }
    case Kind::kClosure: {
      const uint64_t n = closure_size(x);
      const Value last = closure_arg(x, n - 1);
      const Value rest = gc::make_partial(
          call.heap, closure_head(x),
          {reinterpret_cast<const Value*>(o->payload + 1), static_cast<size_t>(n - 1)});
      return tail_apply(call, a, {rest, last});
    }
    default: PLAN_UNREACHABLE();
  }
}

// (2 z p x)
JetResult op_nat_case(JetCall& call) {
  const Value x = call.args[2];
  if (x.is_thunk()) return need(x);
  const Value n = cast_nat(x);
  if (n == small_nat(0)) return tail(call.args[0]);
  return tail_apply(call, call.args[1], {nat_dec(call.heap, n)});
}

// (3 x)
JetResult op_increment(JetCall& call) {
  if (call.args[0].is_thunk()) return need(call.args[0]);
  return done(nat_inc(call.heap, cast_nat(call.args[0])));
}

// (4 x)
JetResult op_pin(JetCall& call) {
  if (call.state == 0) {
    call.state = 1;
    return need_normal(call.args[0]);
  }
  return done(make_matched_pin(*call.machine, call.needed));
}

// (n x), n >= 5
JetResult op_crash(JetCall& call) {
  if (call.state == 0) {
    call.state = 1;
    return need_normal(call.args[0]);
  }
  call.crash_value = call.needed;
  return {call.function, JetStatus::kCrash};
}

// (set x): x is evaluated at once (plan.md section 4), a tab if it is a row that fits.
JetResult op_set(JetCall& call) {
  if (call.args[0].is_thunk()) return need(call.args[0]);
  return done(gc::make_partial(call.heap, call.function, {call.args, 1}));
}

namespace {
JetResult trace(JetCall& call, bool deep) {
  if (call.state == 0) {
    call.state = 1;
    return need_normal(call.args[0]);
  }
  Machine& vm = *call.machine;
  if (vm.trace_sink != nullptr) vm.trace_sink(vm.trace_context, call.needed, deep);
  return tail(call.args[1]);
}
}  // namespace

JetResult jet_trace_normal(JetCall& call) { return trace(call, false); }
JetResult jet_trace_deep(JetCall& call) { return trace(call, true); }

// _Try: every element to normal form outside the handler, index order, then the call inside.
JetResult jet_try(JetCall& call) {
  const Value row = call.args[0];
  if (row.is_thunk()) return need(row);
  if (!is_row(row)) return decline();
  const uint64_t n = row_size(row);
  if (n == 0) return done(small_nat(0));
  while (call.state < n) {
    const Value element = row_at(row, call.state++);
    if (!gc::check_normal(element)) return need_normal(element);
  }
  return {row, JetStatus::kTryApply};
}

}  // namespace plan::vm
