// vm/jets_nat.cc: arithmetic jets. Operands that are not nats count as 0.
//
// Order: most laws evaluate their second operand first, and some not the first at all; see the
// column eval_law of spec/jets.tsv.
#include "vm/jets_leaf.h"

namespace plan::vm {

/// Evaluates argument 2, then argument 1.
#define PLAN_NEED_BOTH(c) \
  PLAN_NEED((c).args[1]); \
  PLAN_NEED((c).args[0])

JetResult jet_to_nat(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(nat_of(c.args[0]));
}

JetResult jet_dec(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(nat_dec(c.heap, c.args[0]));
}

JetResult jet_add(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return done(nat_add(c.heap, c.args[0], c.args[1]));
}

JetResult jet_sub(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return done(nat_sub(c.heap, c.args[0], c.args[1]));
}

JetResult jet_mul(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_true(c.args[1])) return done(small_nat(0));  // D-01
  PLAN_NEED(c.args[0]);
  return nat_mul(c.heap, c.args[0], c.args[1], c.interrupt);
}

JetResult jet_pow(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_true(c.args[1])) return done(small_nat(1));
  PLAN_NEED(c.args[0]);
  return nat_pow(c.heap, c.args[0], c.args[1], c.interrupt);
}

JetResult jet_bex(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return nat_bex(c.heap, c.args[0]);
}

JetResult jet_div(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return nat_div(c.heap, c.args[0], c.args[1], c.interrupt);
}

JetResult jet_mod(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return nat_mod(c.heap, c.args[0], c.args[1], c.interrupt);
}

JetResult jet_lsh(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_true(c.args[0])) return done(small_nat(0));
  PLAN_NEED(c.args[1]);
  return nat_lsh(c.heap, c.args[0], c.args[1]);
}

JetResult jet_rsh(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return done(nat_rsh(c.heap, c.args[0], c.args[1]));
}

JetResult jet_dis(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return done(nat_dis(c.heap, c.args[0], c.args[1]));
}

JetResult jet_con(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return done(nat_con(c.heap, c.args[0], c.args[1]));
}

JetResult jet_mix(JetCall& c) {
  PLAN_NEED_BOTH(c);
  return done(nat_mix(c.heap, c.args[0], c.args[1]));
}

JetResult jet_pop_count(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(nat_pop_count(c.args[0]));
}

JetResult jet_met(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(nat_met(c.args[0]));
}

JetResult jet_test_bit(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  return done_bit(nat_test_bit(c.args[1], c.args[0]));
}

JetResult jet_bix(JetCall& c) {
  return jet_test_bit(c);
}

JetResult jet_trunc(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  return done(nat_trunc(c.heap, nat_of(c.args[1]), nat_of(c.args[0])));
}

JetResult jet_bit_slice(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[2]);
  const Value shifted = nat_rsh(c.heap, c.args[2], nat_of(c.args[0]));
  return done(nat_trunc(c.heap, shifted, nat_of(c.args[1])));
}

JetResult jet_set_bit(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  const JetResult bit = nat_bex(c.heap, c.args[0]);
  if (bit.status != JetStatus::kDone) return bit;
  return done(nat_dis(c.heap, c.args[1], bit.value));
}

JetResult jet_clear_bit(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!nat_test_bit(c.args[1], c.args[0])) return done(c.args[1]);  // as it is, nat or not
  const JetResult bit = nat_bex(c.heap, c.args[0]);
  if (bit.status != JetStatus::kDone) return bit;
  return done(nat_mix(c.heap, c.args[1], bit.value));
}

// Both parts are lazy, and only the law knows the pins to delay; but small operands, if they happen
// to be evaluated, are divided at once.
JetResult jet_div_mod(JetCall& c) {
  if (!c.args[0].is_small() || !c.args[1].is_small()) return run_law();
  const Value parts[] = {nat_div(c.heap, c.args[0], c.args[1], nullptr).value,
                         nat_mod(c.heap, c.args[0], c.args[1], nullptr).value};
  return done(gc::make_partial(c.heap, small_nat(0), parts));
}

}  // namespace plan::vm
