// vm/jets_row.cc: jets on rows that never look at an element.
//
// Elements are shared, not evaluated. Rows only; other applications, which the laws accept as the
// lists of their arguments, are left to the laws, except where the code is the same.
#include "vm/jets_leaf.h"

#include <algorithm>
#include <vector>

namespace plan::vm {
namespace {

/// Whether a row of `size` elements, with an object of so many words each, can be built.
bool row_fits(const gc::Heap& heap, uint64_t size, uint64_t words_each) {
  if (size >> 48 != 0) return false;  // lengths have 48 bits
  return heap.fits(8 * size * (1 + words_each));
}

}  // namespace

JetResult jet_len(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(small_nat(app_size(c.args[0])));
}

JetResult jet_last(JetCall& c) {
  PLAN_NEED(c.args[0]);
  const uint64_t size = app_size(c.args[0]);
  return size == 0 ? done(small_nat(0)) : tail(app_argument(c.args[0], size - 1));
}

namespace {

JetResult get(const Value& row, const Value& index) {
  PLAN_NEED(row);
  if (!is_app(row)) return done(small_nat(0));  // D-21
  PLAN_NEED(index);
  return tail(app_index(row, small_or(index, ~uint64_t{0})));
}

/// A copy of `closure` with `v` as argument `index`, counted from the last.
Value closure_with(gc::Heap& heap, Value closure, uint64_t index, Value v) {
  const Object* const from = closure.object();
  const uint64_t words = 1 + from->closure_args();
  const Word header = closure_header(from->closure_args(), from->closure_arity());
  Object* const to = heap.allocate(header, words);
  std::copy(from->payload, from->payload + words, to->payload);
  to->init(words - 1 - index, v);
  return tagged(to, kTagFunction);
}

/// `row` with argument `index` replaced by `v`.
JetResult put(JetCall& c, const Value& row, const Value& index, const Value& v) {
  PLAN_NEED(row);
  if (!is_app(row)) return done(row);  // D-21
  PLAN_NEED(index);
  const uint64_t size = app_size(row);
  const uint64_t i = small_or(index, size);
  if (i >= size) return done(row);
  if (is_row(row)) {
    if (!row_fits(c.heap, size, 0)) return out_of_memory();
    return done(row_with(c.heap, row, i, v, RowEdit::kReplace));
  }
  const Value head = is_tab(row) ? tab_set(row) : closure_head(row);
  if (is_closure(row) && !is_set(head)) return done(closure_with(c.heap, row, i, v));
  if (is_set(head)) PLAN_NEED(v);  // a set looks at what it is applied to
  std::vector<Value> args;
  for (uint64_t k = size; k-- > 0;) args.push_back(k == i ? v : app_argument(row, k));
  return done(gc::make_partial(c.heap, head, args));  // D-18
}

}  // namespace

JetResult jet_get(JetCall& c) {
  return get(c.args[0], c.args[1]);
}
JetResult jet_idx(JetCall& c) {
  return get(c.args[1], c.args[0]);
}
JetResult jet_put(JetCall& c) {
  return put(c, c.args[0], c.args[1], c.args[2]);
}
JetResult jet_mut(JetCall& c) {
  return put(c, c.args[2], c.args[0], c.args[1]);
}

JetResult jet_switch(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[2]);
  if (!is_row(c.args[2])) return decline();
  const uint64_t size = row_size(c.args[2]);
  const uint64_t index = clamp_generic(c.args[0], size);  // D-07, D-23
  return tail(index < size ? row_at(c.args[2], index) : c.args[1]);
}

JetResult jet_cow(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(gc::make_cow(c.heap, nat_of(c.args[0])));
}

JetResult jet_cow_size(JetCall& c) {
  const Value x = c.args[0];
  PLAN_NEED(x);
  if (is_cow(x)) return done(cow_size(x));
  if (is_law(x)) return done(nat_dec(c.heap, law_args(x)));
  return done_bit(is_set(x));
}

JetResult jet_is_cow(JetCall& c) {
  const Value x = c.args[0];
  PLAN_NEED(x);
  return done_bit(is_cow(x) || (is_row(x) && row_size(x) == 0));
}

JetResult jet_is_row(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_row(c.args[0]));
}

namespace {

/// The concatenation of two rows.
JetResult weld(JetCall& c, Value x, Value y) {
  const uint64_t size_x = row_size(x);
  const uint64_t size_y = row_size(y);
  if (size_x == 0) return done(y);
  if (size_y == 0) return done(x);
  if (!row_fits(c.heap, size_x + size_y, 0)) return out_of_memory();
  const Value row = make_row_unfilled(c.heap, size_x + size_y);
  copy_elements(row, 0, x, 0, size_x);
  copy_elements(row, size_x, y, 0, size_y);
  return done(row);
}

}  // namespace

JetResult jet_weld(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  if (!is_row(c.args[0]) || !is_row(c.args[1])) return decline();
  return weld(c, c.args[0], c.args[1]);
}

JetResult jet_row_cons(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_row(c.args[1])) return decline();
  return weld(c, gc::make_row(c.heap, {&c.args[0], 1}), c.args[1]);
}

JetResult jet_row_snoc(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_row(c.args[0])) return decline();
  return weld(c, c.args[0], gc::make_row(c.heap, {&c.args[1], 1}));
}

JetResult jet_rev(JetCall& c) {
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  const uint64_t size = row_size(row);
  if (!row_fits(c.heap, size, 0)) return out_of_memory();
  const Value result = make_row_unfilled(c.heap, size);
  for (uint64_t i = 0; i < size; ++i) gc::set_row_element(result, size - 1 - i, row_at(row, i));
  return done(result);
}

JetResult jet_zip(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_row(c.args[0]) || !is_row(c.args[1])) return decline();
  const uint64_t size = std::min(row_size(c.args[0]), row_size(c.args[1]));
  if (!row_fits(c.heap, size, 3)) return out_of_memory();
  const Value result = gc::make_row_zero(c.heap, size);
  for (uint64_t i = 0; i < size; ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    const Value pair = make_pair(c.heap, row_at(c.args[0], i), row_at(c.args[1], i));
    gc::set_row_element(result, i, pair);
  }
  return done(result);
}

JetResult jet_drop(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_row(c.args[1])) return decline();
  const uint64_t size = row_size(c.args[1]);
  return done(row_slice(c.heap, c.args[1], clamp_count(c.args[0], size), size));
}

JetResult jet_take(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_row(c.args[1])) return decline();
  const uint64_t count = clamp_generic(c.args[0], row_size(c.args[1]));  // D-08
  return done(row_slice(c.heap, c.args[1], 0, count));
}

}  // namespace plan::vm
