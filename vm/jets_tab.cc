// vm/jets_tab.cc: jets on tabs that call no function. The others are in vm/jets_tab_apply.cc.
//
// Keys as in vm/jets_set.cc. Values are lazy and never looked at.
#include "vm/jets_tab.h"

#include "vm/jets_leaf.h"

#include <vector>

namespace plan::vm {

Value make_tab_of(gc::Heap& heap, Value key_row, Value value_row) {
  return gc::make_tab(heap, gc::make_set(heap, key_row), value_row);
}

Value tab_slice(gc::Heap& heap, Value tab, uint64_t from, uint64_t to) {
  if (from == 0 && to == row_size(tab_keys(tab))) return tab;
  return make_tab_of(heap, row_slice(heap, tab_keys(tab), from, to),
                     row_slice(heap, tab_values(tab), from, to));
}

Value tab_insert(gc::Heap& heap, Value tab, uint64_t index, Value key, Value v) {
  return make_tab_of(heap, row_with(heap, tab_keys(tab), index, key, RowEdit::kInsert),
                     row_with(heap, tab_values(tab), index, v, RowEdit::kInsert));
}

Value tab_replace(gc::Heap& heap, Value tab, uint64_t index, Value v) {
  return gc::make_tab(heap, tab_set(tab),
                      row_with(heap, tab_values(tab), index, v, RowEdit::kReplace));
}

Value tab_remove(gc::Heap& heap, Value tab, uint64_t index) {
  return make_tab_of(heap, row_with(heap, tab_keys(tab), index, Value{}, RowEdit::kRemove),
                     row_with(heap, tab_values(tab), index, Value{}, RowEdit::kRemove));
}

JetResult jet_mk_tab(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  if (c.state == 1) {
    c.scratch[0] = gc::make_law(c.heap, small_nat(1), small_nat(2), c.needed);
    c.state = 2;
  }
  if (is_set(c.scratch[0])) PLAN_NEED(c.args[1]);  // D-19
  return done(gc::make_partial(c.heap, c.scratch[0], {&c.args[1], 1}));
}

JetResult jet_tab_sing(JetCall& c) {
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[0]);
  }
  return done(make_tab_of(c.heap, gc::make_row(c.heap, {&c.needed, 1}),
                          gc::make_row(c.heap, {&c.args[1], 1})));
}

JetResult jet_is_tab(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done_bit(is_tab(c.args[0]));
}

JetResult jet_tab_keys(JetCall& c) {
  return jet_car(c);
}
JetResult jet_tab_vals(JetCall& c) {
  return jet_cdr(c);
}

JetResult jet_tab_keys_row(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (is_tab(c.args[0])) return done(tab_keys(c.args[0]));
  return done(body_of(c.heap, car_of(c.heap, c.args[0])));
}

JetResult jet_tab_keys_list(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_tab(c.args[0])) return run_law();
  const Value keys = tab_keys(c.args[0]);
  if (!c.heap.fits(24 * row_size(keys))) return out_of_memory();
  Value list = small_nat(0);
  for (uint64_t i = row_size(keys); i-- > 0;) list = make_pair(c.heap, row_at(keys, i), list);
  return done(list);
}

JetResult jet_tab_len(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_tab(c.args[0])) return decline();
  return done(small_nat(row_size(tab_keys(c.args[0]))));
}

JetResult jet_tab_is_empty(JetCall& c) {
  PLAN_NEED(c.args[0]);
  const Value values = cdr_of(c.heap, c.args[0]);
  PLAN_NEED(values);
  return done_bit(!is_app(values));
}

namespace {

/// Finds args[0] in the tab args[1], or args[2] for tabSwitch.
JetResult find_in_tab(JetCall& c, Value tab, KeyPlace& place) {
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  return find_lazy_key(c, c.args[0], tab_keys(tab), place);
}

}  // namespace

JetResult jet_tab_idx(JetCall& c) {
  KeyPlace place;
  const JetResult result = find_in_tab(c, c.args[1], place);
  if (result.status != JetStatus::kDone) return result;
  return place.found ? tail(row_at(tab_values(c.args[1]), place.index)) : done(small_nat(0));
}

JetResult jet_tab_has(JetCall& c) {
  KeyPlace place;
  const JetResult result = find_in_tab(c, c.args[1], place);
  return result.status == JetStatus::kDone ? done_bit(place.found) : result;
}

JetResult jet_tab_lookup(JetCall& c) {
  KeyPlace place;
  const JetResult result = find_in_tab(c, c.args[1], place);
  if (result.status != JetStatus::kDone) return result;
  if (!place.found) return done(small_nat(0));
  return done(make_some(c.heap, row_at(tab_values(c.args[1]), place.index)));
}

JetResult jet_tab_switch(JetCall& c) {
  KeyPlace place;
  const JetResult result = find_in_tab(c, c.args[2], place);
  if (result.status != JetStatus::kDone) return result;
  return tail(place.found ? row_at(tab_values(c.args[2]), place.index) : c.args[1]);
}

// The law looks for an equal key, then for the first key that is not less, comparing; then it makes
// a set of the keys, which takes the normal form of the new one.
JetResult jet_tab_ins(JetCall& c) {
  const Value key = c.args[0];
  const Value tab = c.args[2];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  constexpr uint64_t kOrder = uint64_t{1} << 60;   // comparing by order; below: by equality
  constexpr uint64_t kNormal = uint64_t{2} << 60;  // c.needed is the key's normal form
  if (c.state < kOrder) {
    KeyPlace place;
    const JetResult result = find_lazy_key(c, key, tab_keys(tab), place);
    if (result.status != JetStatus::kDone) return result;
    if (place.found) return done(tab_replace(c.heap, tab, place.index, c.args[1]));
    c.state = kOrder;
  }
  if (c.state < kNormal) {
    c.state -= kOrder;
    const JetResult result =
        compare_for_insertion(c, key, tab_keys(tab), InsertionStop::kLessOrEqual);
    c.state += kOrder;
    if (result.status != JetStatus::kDone) return result;
    c.state = kNormal;
    return need_normal(key);
  }
  const uint64_t index = find_key(c.needed, tab_keys(tab)).index;
  return done(tab_insert(c.heap, tab, index, c.needed, c.args[1]));
}

namespace {

Value pair_at(gc::Heap& heap, Value tab, uint64_t i) {
  return make_pair(heap, row_at(tab_keys(tab), i), row_at(tab_values(tab), i));
}

}  // namespace

JetResult jet_tab_to_pairs(JetCall& c) {
  const Value tab = c.args[0];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  const uint64_t size = row_size(tab_keys(tab));
  if (!c.heap.fits(32 * size)) return out_of_memory();
  const Value row = gc::make_row_zero(c.heap, size);
  for (uint64_t i = 0; i < size; ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    gc::set_row_element(row, i, pair_at(c.heap, tab, i));
  }
  return done(row);
}

JetResult jet_tab_to_pair_list(JetCall& c) {
  const Value tab = c.args[0];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  const uint64_t size = row_size(tab_keys(tab));
  if (!c.heap.fits(48 * size)) return out_of_memory();
  Value list = small_nat(0);
  for (uint64_t i = size; i-- > 0;) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    list = make_pair(c.heap, pair_at(c.heap, tab, i), list);
  }
  return done(list);
}

JetResult jet_tab_elem_idx(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  if (!is_tab(c.args[1])) return decline();
  const uint64_t size = row_size(tab_keys(c.args[1]));
  const uint64_t index = clamp_generic(c.args[0], size);  // D-08, D-10
  return done(index == size ? small_nat(0) : pair_at(c.heap, c.args[1], index));
}

// See jet_set_split_at.
JetResult jet_tab_split_at(JetCall& c) {
  const Value tab = c.args[1];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  if (c.args[0].is_thunk()) return run_law();
  const uint64_t size = row_size(tab_keys(tab));
  const Value head = tab_slice(c.heap, tab, 0, clamp_generic(c.args[0], size));
  const Value rest = tab_slice(c.heap, tab, clamp_count(c.args[0], size), size);
  return done(make_pair(c.heap, head, rest));
}

JetResult jet_tab_split_lt(JetCall& c) {
  const Value tab = c.args[1];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  if (!gc::check_normal(c.args[0])) return run_law();
  const uint64_t index = find_key(c.args[0], tab_keys(tab)).index;
  const Value head = tab_slice(c.heap, tab, 0, index);
  return done(make_pair(c.heap, head, tab_slice(c.heap, tab, index, row_size(tab_keys(tab)))));
}

JetResult jet_tab_min_key(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_tab(c.args[0])) return decline();
  return done(app_index(tab_keys(c.args[0]), 0));
}

namespace {

struct KeyValue {
  Value key;
  Value value;
};

/// Sorts by key, equal keys in the order they came. False if interrupted.
bool sort_by_key(const JetCall& c, std::vector<KeyValue>& items) {
  std::vector<KeyValue> merged(items.size());
  uint64_t compared = 0;
  for (size_t width = 1; width < items.size(); width *= 2) {
    for (size_t begin = 0; begin < items.size(); begin += 2 * width) {
      size_t i = begin;
      const size_t i_end = std::min(begin + width, items.size());
      size_t j = i_end;
      const size_t j_end = std::min(begin + 2 * width, items.size());
      for (size_t k = begin; k < j_end; ++k) {
        if (++compared % kPollElements == 0 && c.interrupted()) return false;
        const bool take_first =
            j == j_end ||
            (i < i_end && compare_normal(items[i].key, items[j].key, match_pin_hashes) <= 0);
        merged[k] = take_first ? items[i++] : items[j++];
      }
    }
    items.swap(merged);
  }
  return true;
}

}  // namespace

// The law inserts pair after pair. A key that is not a normal form after WHNF would be compared
// with the keys before it first; this rare case is left to the law.
JetResult jet_tab_from_pairs(JetCall& c) {
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  const uint64_t size = row_size(row);
  for (uint64_t& i = c.state; i < size; ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    const Value pair = row_at(row, i);
    PLAN_NEED(pair);
    const Value key = app_index(pair, 0);
    PLAN_NEED(key);
    if (gc::check_normal(key)) continue;
    if (i > 0) return run_law();
    return need_normal(key);
  }
  if (!c.heap.fits(48 * size)) return out_of_memory();
  std::vector<KeyValue> items;
  for (uint64_t i = 0; i < size; ++i) {
    const Value pair = row_at(row, i);
    items.push_back({app_index(pair, 0), app_index(pair, 1)});
  }
  if (!sort_by_key(c, items)) return aborted_by_interrupt();
  std::vector<Value> keys;
  std::vector<Value> values;
  for (const KeyValue& item : items) {
    if (!keys.empty() && compare_normal(keys.back(), item.key, match_pin_hashes) == 0) {
      values.back() = item.value;  // the last of equal keys wins
      continue;
    }
    keys.push_back(item.key);
    values.push_back(item.value);
  }
  return done(make_tab_of(c.heap, gc::make_row(c.heap, keys), gc::make_row(c.heap, values)));
}

}  // namespace plan::vm
