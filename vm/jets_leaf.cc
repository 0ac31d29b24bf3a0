// vm/jets_leaf.cc: what the code of the jets shares.
#include "vm/jets_leaf.h"

#include "gc/region.h"

#include <vector>

namespace plan::vm {

PinMatch match_pin_hashes(Value a, Value b) {
  const gc::Region* x = gc::pin_region(a);
  const gc::Region* y = gc::pin_region(b);
  if (!x->has_hash || !y->has_hash) return PinMatch::kUnknown;
  return x->hash == y->hash ? PinMatch::kSame : PinMatch::kDifferent;
}

Value car_of(gc::Heap& heap, Value v) {
  if (is_pin(v)) return small_nat(4);
  if (v.is_nat()) return small_nat(0);
  if (is_tab(v)) return tab_set(v);
  if (is_app(v)) {
    const Value head = is_row(v) ? gc::make_cow(heap, small_nat(row_size(v))) : closure_head(v);
    std::vector<Value> args;
    for (uint64_t i = app_size(v); i-- > 1;) args.push_back(app_argument(v, i));
    return gc::make_partial(heap, head, args);
  }
  Value parts[2];  // name, args
  if (is_law(v)) {
    parts[0] = law_name(v);
    parts[1] = law_args(v);
  } else if (is_cow(v) || is_row(v)) {
    parts[0] = small_nat(0);
    parts[1] = is_cow(v) ? nat_inc(heap, cow_size(v)) : small_nat(1);
  } else {
    parts[0] = small_nat(1);
    parts[1] = small_nat(is_bar(v) ? 1 : 2);
  }
  return gc::make_partial(heap, small_nat(0), parts);
}

Value cdr_of(gc::Heap& heap, Value v) {
  if (is_pin(v)) return pin_item(v);
  if (is_app(v)) return app_argument(v, 0);
  return body_of(heap, v);
}

Value make_row_unfilled(gc::Heap& heap, uint64_t size) {
  if (size == 0) return heap.empty_row();
  return tagged(heap.allocate(make_header(Kind::kRow, size), size), kTagData);
}

Value row_slice(gc::Heap& heap, Value row, uint64_t from, uint64_t to) {
  if (from == 0 && to == row_size(row)) return row;
  const Value slice = make_row_unfilled(heap, to - from);
  copy_elements(slice, 0, row, from, to - from);
  return slice;
}

Value row_with(gc::Heap& heap, Value row, uint64_t index, Value v, RowEdit edit) {
  const uint64_t size = row_size(row);
  const uint64_t left_out = edit == RowEdit::kInsert ? 0 : 1;
  const uint64_t put_in = edit == RowEdit::kRemove ? 0 : 1;
  const Value result = make_row_unfilled(heap, size - left_out + put_in);
  copy_elements(result, 0, row, 0, index);
  if (put_in != 0) gc::set_row_element(result, index, v);
  copy_elements(result, index + put_in, row, index + left_out, size - index - left_out);
  return result;
}

KeyPlace find_key(Value key, Value key_row) {
  uint64_t low = 0;
  uint64_t high = row_size(key_row);
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    const int order = compare_normal(key, row_at(key_row, middle), match_pin_hashes);
    if (order == 0) return {true, middle};
    (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
  }
  return {false, low};
}

JetResult find_lazy_key(JetCall& call, Value key, Value key_row, KeyPlace& place) {
  const uint64_t size = row_size(key_row);
  place = {};
  if (size == 0) return done(small_nat(0));
  PLAN_NEED(key);
  if (gc::check_normal(key)) {
    place = find_key(key, key_row);
    return done(small_nat(0));
  }
  for (uint64_t& i = call.state; i < size; ++i) {
    const LazyComparison c = compare_lazy(key, row_at(key_row, i), kCompareSteps, match_pin_hashes);
    if (c.status == LazyComparison::kBlocked) return need(c.thunk);
    if (c.status == LazyComparison::kGaveUp) return run_law();
    if (c.order != 0) continue;
    place = {true, i};
    break;
  }
  return done(small_nat(0));
}

JetResult compare_for_insertion(JetCall& call, Value key, Value key_row, InsertionStop stop) {
  const uint64_t size = row_size(key_row);
  if (size == 0) return done(small_nat(0));
  PLAN_NEED(key);
  if (gc::check_normal(key)) return done(small_nat(0));
  for (uint64_t& i = call.state; i < size; ++i) {
    const LazyComparison c = compare_lazy(key, row_at(key_row, i), kCompareSteps, match_pin_hashes);
    if (c.status == LazyComparison::kBlocked) return need(c.thunk);
    if (c.status == LazyComparison::kGaveUp) return run_law();
    if (c.order < 0 || (c.order == 0 && stop == InsertionStop::kLessOrEqual)) break;
  }
  return done(small_nat(0));
}

}  // namespace plan::vm
