// vm/ir_leaves.cc: leaf functions for the jets written in IR (vm/ir_leaves.def).
//
// Rows are built in place: row-new makes one of zeros, row-set writes an element, and nobody else
// has the row until it is full. So these calls stand only where each is evaluated once, the one
// after the other, and what they are given is evaluated; elements are not.
#include "vm/jets_leaf.h"

namespace plan::vm {

JetResult ir_decline(JetCall&) { return decline(); }

JetResult ir_row_new(JetCall& c) {
  PLAN_NEED(c.args[0]);
  const Value size = nat_of(c.args[0]);
  if (!size.is_small() || size.small() >> 48 != 0) return out_of_memory();  // lengths: 48 bits
  if (!c.heap.fits(8 * (1 + size.small()))) return out_of_memory();
  return done(gc::make_row_zero(c.heap, size.small()));
}

JetResult ir_row_set(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  Object* row = c.args[0].object();
  const uint64_t index = c.args[1].small();
  PLAN_ASSERT(is_row(c.args[0]));
  PLAN_ASSERT(index < row->length());
  row->init(index, c.args[2]);
  c.heap.remember_element(row, index);
  return done(c.args[0]);
}

JetResult ir_row_of_list(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  const uint64_t size = c.args[0].small();
  if (!c.heap.fits(8 * (1 + size))) return out_of_memory();
  const Value result = gc::make_row_zero(c.heap, size);
  Value list = c.args[1];
  for (uint64_t i = size; i-- > 0; list = deref(row_at(list, 1))) {
    gc::set_row_element(result, i, row_at(list, 0));
  }
  return done(result);
}

}  // namespace plan::vm
