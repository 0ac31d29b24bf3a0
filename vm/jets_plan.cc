// vm/jets_plan.cc: jets that look at the structure of values, truth values, order, and control.
#include "gc/make.h"
#include "vm/jets_leaf.h"

namespace plan::vm {

// --- Structure.

JetResult jet_force(JetCall& c) {
  if (c.state == 1) return done(c.needed);
  c.state = 1;
  return need_normal(c.args[0]);
}

JetResult jet_seq(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return tail(c.args[1]);
}

JetResult jet_is_pin(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_pin(c.args[0]));
}

namespace {

enum class PlanTag : uint8_t { kPin = 0, kLaw = 1, kApp = 2, kNat = 3 };

PlanTag plan_tag(Value v) {
  if (v.is_nat()) return PlanTag::kNat;
  if (is_pin(v)) return PlanTag::kPin;
  return is_app(v) ? PlanTag::kApp : PlanTag::kLaw;
}

}  // namespace

JetResult jet_is_law(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(plan_tag(c.args[0]) == PlanTag::kLaw);
}

JetResult jet_is_app(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_app(c.args[0]));
}

JetResult jet_is_nat(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(c.args[0].is_nat());
}

JetResult jet_plan_tag(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(small_nat(static_cast<uint64_t>(plan_tag(c.args[0]))));
}

JetResult jet_pin_item(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(is_pin(c.args[0]) ? pin_item(c.args[0]) : small_nat(0));
}

JetResult jet_law_name(JetCall& c) {
  const Value x = c.args[0];
  PLAN_NEED(x);
  if (is_law(x)) return done(law_name(x));
  return done_bit(is_bar(x) || is_set(x));
}

JetResult jet_law_args(JetCall& c) {
  const Value x = c.args[0];
  PLAN_NEED(x);
  if (is_law(x)) return done(law_args(x));
  if (is_set(x)) return done(small_nat(2));
  if (is_cow(x)) return done(nat_inc(c.heap, cow_size(x)));
  return done_bit(plan_tag(x) == PlanTag::kLaw);  // bar, empty row
}

JetResult jet_law_body(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(body_of(c.heap, c.args[0]));
}

JetResult jet_car(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(car_of(c.heap, c.args[0]));
}

JetResult jet_cdr(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return tail(cdr_of(c.heap, c.args[0]));
}

JetResult jet_eqz(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(c.args[0] == small_nat(0));
}

JetResult jet_data_tag(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return c.args[0].is_nat() ? done(c.args[0]) : tail(app_index(c.args[0], 0));
}

JetResult jet_type_tag(JetCall& c) {
  const Value x = c.args[0];
  PLAN_NEED(x);
  uint64_t tag = static_cast<uint64_t>(plan_tag(x));
  if (is_bar(x)) tag = 4;
  if (is_row(x)) tag = 5;
  if (is_tab(x)) tag = 6;
  if (is_cow(x)) tag = 7;
  if (is_set(x)) tag = 8;
  return done(small_nat(tag));
}

JetResult jet_null(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(!is_app(c.args[0]));
}

JetResult jet_head(JetCall& c) {
  const Value x = c.args[0];
  PLAN_NEED(x);
  if (!is_app(x)) return done(x);
  if (is_row(x)) return done(gc::make_cow(c.heap, small_nat(row_size(x))));
  return done(is_tab(x) ? tab_set(x) : closure_head(x));
}

JetResult jet_arity(JetCall& c) {
  Value v = c.args[0];
  PLAN_NEED(v);
  uint64_t used = 0;
  for (;;) {
    if (is_pin(v)) {
      v = pin_item(v);
    } else if (is_closure(v)) {
      used += closure_size(v);
      v = closure_head(v);
    } else {
      break;
    }
  }
  if (is_law(v)) return done(nat_sub(c.heap, law_args(v), small_nat(used)));
  if (is_cow(v)) {
    return done(nat_sub(c.heap, nat_inc(c.heap, cow_size(v)), small_nat(used)));
  }
  uint64_t arity = 1;  // row, tab, bar, other nats
  if (v == small_nat(0) || v == small_nat(2)) arity = 3;
  if (v == small_nat(1)) arity = 5;
  if (is_set(v)) arity = 2;
  return done(nat_sub(c.heap, small_nat(arity), small_nat(used)));
}

// --- Truth values. Every binary one looks at argument 1 first.

JetResult jet_if(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return tail(c.args[is_true(c.args[0]) ? 1 : 2]);
}

JetResult jet_ifz(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return tail(c.args[c.args[0] == small_nat(0) ? 1 : 2]);
}

JetResult jet_not(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(!is_true(c.args[0]));
}

JetResult jet_bit(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_true(c.args[0]));
}

JetResult jet_and(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_true(c.args[0])) return done_bit(false);
  PLAN_NEED(c.args[1]);
  return done_bit(is_true(c.args[1]));
}

JetResult jet_or(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_true(c.args[0])) return done_bit(true);
  PLAN_NEED(c.args[1]);
  return done_bit(is_true(c.args[1]));
}

JetResult jet_xor(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  return done_bit(is_true(c.args[0]) != is_true(c.args[1]));
}

JetResult jet_nand(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_true(c.args[0])) return done_bit(true);
  PLAN_NEED(c.args[1]);
  return done_bit(!is_true(c.args[1]));
}

JetResult jet_nor(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_true(c.args[0])) return done_bit(false);
  PLAN_NEED(c.args[1]);
  return done_bit(!is_true(c.args[1]));
}

JetResult jet_xnor(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  return done_bit(is_true(c.args[0]) == is_true(c.args[1]));
}

// --- Order. Answers what can be decided at once; the rest is for the evaluator's own comparison,
// which evaluates one part after the other.

namespace {

/// kDone: `order` is set. Else: to be returned.
JetResult compare_arguments(JetCall& c, int& order) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  const LazyComparison result = compare_lazy(c.args[0], c.args[1], kCompareSteps, match_pin_hashes);
  if (result.status != LazyComparison::kDecided) return run_law();
  order = result.order;
  return done(small_nat(0));
}

JetResult compare_and_test(JetCall& c, bool (*test)(int)) {
  int order = 0;
  const JetResult result = compare_arguments(c, order);
  if (result.status != JetStatus::kDone) return result;
  return done_bit(test(order));
}

}  // namespace

JetResult jet_cmp(JetCall& c) {
  int order = 0;
  const JetResult result = compare_arguments(c, order);
  if (result.status != JetStatus::kDone) return result;
  return done(small_nat(static_cast<uint64_t>(order + 1)));
}

JetResult jet_eql(JetCall& c) {
  return compare_and_test(c, [](int order) { return order == 0; });
}
JetResult jet_neq(JetCall& c) {
  return compare_and_test(c, [](int order) { return order != 0; });
}
JetResult jet_lth(JetCall& c) {
  return compare_and_test(c, [](int order) { return order < 0; });
}
JetResult jet_lte(JetCall& c) {
  return compare_and_test(c, [](int order) { return order <= 0; });
}
JetResult jet_gth(JetCall& c) {
  return compare_and_test(c, [](int order) { return order > 0; });
}
JetResult jet_gte(JetCall& c) {
  return compare_and_test(c, [](int order) { return order >= 0; });
}

JetResult jet_min(JetCall& c) {
  int order = 0;
  const JetResult result = compare_arguments(c, order);
  if (result.status != JetStatus::kDone) return result;
  return done(c.args[order <= 0 ? 0 : 1]);
}

JetResult jet_max(JetCall& c) {
  int order = 0;
  const JetResult result = compare_arguments(c, order);
  if (result.status != JetStatus::kDone) return result;
  return done(c.args[order >= 0 ? 0 : 1]);
}

JetResult jet_ord_weld(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return c.args[0] == small_nat(1) ? tail(c.args[1]) : done(c.args[0]);
}

// --- Control.

JetResult jet_par(JetCall& c) {
  return tail(c.args[1]);
}
JetResult jet_pseq(JetCall& c) {
  return jet_seq(c);
}

}  // namespace plan::vm
