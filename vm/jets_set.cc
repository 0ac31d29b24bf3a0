// vm/jets_set.cc: jets on sets.
//
// Keys are normal forms in ascending order. A key to be stored is evaluated to a normal form first
// (D-09); a key that is only looked for is evaluated as far as the laws do.
#include "vm/jets_leaf.h"

#include <vector>

namespace plan::vm {
namespace {

/// The set of keys [from, to) of a key row.
Value make_subset(gc::Heap& heap, Value keys, uint64_t from, uint64_t to) {
  return gc::make_set(heap, row_slice(heap, keys, from, to));
}

int compare_keys(Value a, Value b) {
  return compare_normal(a, b, match_pin_hashes);
}

}  // namespace

JetResult jet_mk_set(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  return done(gc::make_law(c.heap, small_nat(1), small_nat(2), c.needed));
}

JetResult jet_set_to_row(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(body_of(c.heap, c.args[0]));
}

JetResult jet_set_sing(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  return done(gc::make_set(c.heap, gc::make_row(c.heap, {&c.needed, 1})));
}

JetResult jet_set_is_empty(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_set(c.args[0])) return done_bit(row_size(set_keys(c.args[0])) == 0);
  return done_bit(!is_law(c.args[0]) || !is_app(law_body(c.args[0])));
}

JetResult jet_set_len(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_set(c.args[0])) return done(small_nat(row_size(set_keys(c.args[0]))));
  return done(small_nat(is_law(c.args[0]) ? app_size(law_body(c.args[0])) : 0));
}

JetResult jet_set_min(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_set(c.args[0])) return done(app_index(set_keys(c.args[0]), 0));
  return is_law(c.args[0]) ? done(app_index(law_body(c.args[0]), 0)) : done(small_nat(0));
}

JetResult jet_set_has(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  KeyPlace place;
  const JetResult result = find_lazy_key(c, c.args[0], set_keys(c.args[1]), place);
  return result.status == JetStatus::kDone ? done_bit(place.found) : result;
}

// The law sorts the key into the list of keys, comparing, and then takes the normal form.
JetResult jet_set_ins(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  const Value keys = set_keys(c.args[1]);
  constexpr uint64_t kNormal = uint64_t{1} << 60;
  if (c.state != kNormal) {
    const JetResult result = compare_for_insertion(c, c.args[0], keys, InsertionStop::kLess);
    if (result.status != JetStatus::kDone) return result;
    c.state = kNormal;
    return need_normal(c.args[0]);
  }
  const KeyPlace place = find_key(c.needed, keys);
  if (place.found) return done(c.args[1]);
  return done(
      gc::make_set(c.heap, row_with(c.heap, keys, place.index, c.needed, RowEdit::kInsert)));
}

JetResult jet_set_del(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  const Value keys = set_keys(c.args[1]);
  KeyPlace place;
  const JetResult result = find_lazy_key(c, c.args[0], keys, place);
  if (result.status != JetStatus::kDone) return result;
  if (!place.found) return done(c.args[1]);
  const Value left = row_with(c.heap, keys, place.index, Value{}, RowEdit::kRemove);
  return done(gc::make_set(c.heap, left));
}

namespace {

enum class Merge : uint8_t { kUnion, kIntersection, kDifference };

/// Merges two ascending key rows.
JetResult merge_sets(JetCall& c, Value a, Value b, Merge kind) {
  const uint64_t size_a = row_size(a);
  const uint64_t size_b = row_size(b);
  if (!c.heap.fits(8 * (size_a + size_b))) return out_of_memory();
  std::vector<Value> keys;
  uint64_t i = 0;
  uint64_t j = 0;
  while (i < size_a && j < size_b) {
    if ((i + j) % kPollElements == 0) PLAN_POLL(c);
    const Value x = row_at(a, i);
    const Value y = row_at(b, j);
    const int order = compare_keys(x, y);
    if (order < 0 && kind != Merge::kIntersection) keys.push_back(x);
    if (order == 0 && kind != Merge::kDifference) keys.push_back(x);
    if (order > 0 && kind == Merge::kUnion) keys.push_back(y);
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  for (; i < size_a && kind != Merge::kIntersection; ++i) keys.push_back(row_at(a, i));
  for (; j < size_b && kind == Merge::kUnion; ++j) keys.push_back(row_at(b, j));
  return done(gc::make_set(c.heap, gc::make_row(c.heap, keys)));
}

}  // namespace

JetResult jet_set_weld(JetCall& c) {
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[0]);
  if (!is_set(c.args[0]) || !is_set(c.args[1])) return decline();
  return merge_sets(c, set_keys(c.args[0]), set_keys(c.args[1]), Merge::kUnion);
}

JetResult jet_set_intersect(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  if (row_size(set_keys(c.args[1])) == 0) return done(c.args[1]);
  PLAN_NEED(c.args[0]);
  if (!is_set(c.args[0])) return decline();
  return merge_sets(c, set_keys(c.args[0]), set_keys(c.args[1]), Merge::kIntersection);
}

JetResult jet_set_sub(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  if (row_size(set_keys(c.args[1])) == 0) return tail(c.args[0]);
  PLAN_NEED(c.args[0]);
  if (!is_set(c.args[0])) return decline();
  return merge_sets(c, set_keys(c.args[0]), set_keys(c.args[1]), Merge::kDifference);
}

JetResult jet_set_cat_row_asc(JetCall& c) {
  if (const auto unfinished = need_row_of(c, is_set)) return *unfinished;
  const Value row = c.args[0];
  const uint64_t size = row_size(row);
  std::vector<Value> keys;
  for (uint64_t i = 0; i < size; ++i) {
    const Value part = set_keys(row_at(row, i));
    if (row_size(part) == 0) continue;
    if (!keys.empty() && compare_keys(keys.back(), row_at(part, 0)) >= 0) return decline();
    for (uint64_t k = 0; k < row_size(part); ++k) keys.push_back(row_at(part, k));
    PLAN_POLL(c);
  }
  if (!c.heap.fits(8 * keys.size())) return out_of_memory();
  return done(gc::make_set(c.heap, gc::make_row(c.heap, keys)));
}

JetResult jet_is_set(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_set(c.args[0]));
}

JetResult jet_set_drop(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  const Value keys = set_keys(c.args[1]);
  const uint64_t size = row_size(keys);
  return done(make_subset(c.heap, keys, clamp_count(c.args[0], size), size));  // D-10
}

JetResult jet_set_take(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  const Value keys = set_keys(c.args[1]);
  const uint64_t count = clamp_generic(c.args[0], row_size(keys));  // D-08, D-10
  return done(make_subset(c.heap, keys, 0, count));
}

// The halves are lazy. The set is evaluated here for the class test (D-28); if what to split at is
// not evaluated yet, the law makes the halves.
JetResult jet_set_split_at(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  if (c.args[0].is_thunk()) return run_law();
  const Value keys = set_keys(c.args[1]);
  const uint64_t size = row_size(keys);
  const Value head = make_subset(c.heap, keys, 0, clamp_generic(c.args[0], size));
  const Value rest = make_subset(c.heap, keys, clamp_count(c.args[0], size), size);
  return done(make_pair(c.heap, head, rest));
}

JetResult jet_set_split_lt(JetCall& c) {
  PLAN_NEED(c.args[1]);
  if (!is_set(c.args[1])) return decline();
  if (!gc::check_normal(c.args[0])) return run_law();
  const Value keys = set_keys(c.args[1]);
  const uint64_t index = find_key(c.args[0], keys).index;
  const Value head = make_subset(c.heap, keys, 0, index);
  return done(make_pair(c.heap, head, make_subset(c.heap, keys, index, row_size(keys))));
}

}  // namespace plan::vm
