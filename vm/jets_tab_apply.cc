// vm/jets_tab_apply.cc: jets on tabs that take a function.
//
// Functions whose results become values of a tab are only suspended. The others are applied by
// request: `state` says what the answer in `needed` is.
#include "vm/jets_leaf.h"
#include "vm/jets_tab.h"

#include <vector>

namespace plan::vm {
namespace {

JetResult request_apply(JetCall& c, Value fn, std::initializer_list<Value> args) {
  c.apply_count = 0;
  for (const Value v : args) c.apply_args[c.apply_count++] = v;
  return {fn, JetStatus::kNeedApply};
}

/// The same keys, every value a suspended application of `fn` to it, and to its key before.
JetResult map_tab(JetCall& c, bool with_key) {
  const Value tab = c.args[1];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  const uint64_t size = row_size(tab_keys(tab));
  if (!c.heap.fits(56 * size)) return out_of_memory();
  const Value values = gc::make_row_zero(c.heap, size);
  for (uint64_t i = 0; i < size; ++i) {
    if (i % kPollElements == 0) PLAN_POLL(c);
    const Value key = row_at(tab_keys(tab), i);
    const Value v = row_at(tab_values(tab), i);
    gc::set_row_element(
        values, i, with_key ? suspend(c.heap, c.args[0], key, v) : suspend(c.heap, c.args[0], v));
  }
  return done(gc::make_tab(c.heap, tab_set(tab), values));
}

}  // namespace

JetResult jet_tab_map(JetCall& c) {
  return map_tab(c, false);
}
JetResult jet_tab_map_with_key(JetCall& c) {
  return map_tab(c, true);
}

namespace {

/// Merges two tabs; a value for a key of both is a suspended application of `fn` to both values, or
/// the first one's if `fn` is null.
JetResult merge_tabs(JetCall& c, const Value* fn, Value a, Value b) {
  PLAN_NEED(a);
  if (!is_tab(a)) return decline();
  PLAN_NEED(b);
  if (!is_tab(b)) return decline();
  const uint64_t size_a = row_size(tab_keys(a));
  const uint64_t size_b = row_size(tab_keys(b));
  if (size_a == 0) return done(b);
  if (size_b == 0) return done(a);
  if (!c.heap.fits(48 * (size_a + size_b))) return out_of_memory();
  std::vector<Value> keys;
  std::vector<Value> values;
  uint64_t i = 0;
  uint64_t j = 0;
  while (i < size_a || j < size_b) {
    if ((i + j) % kPollElements == 0) PLAN_POLL(c);
    int order = i == size_a ? 1 : -1;
    if (i < size_a && j < size_b) {
      order = compare_normal(row_at(tab_keys(a), i), row_at(tab_keys(b), j), match_pin_hashes);
    }
    keys.push_back(order <= 0 ? row_at(tab_keys(a), i) : row_at(tab_keys(b), j));
    if (order == 0 && fn != nullptr) {
      values.push_back(suspend(c.heap, *fn, row_at(tab_values(a), i), row_at(tab_values(b), j)));
    } else {
      values.push_back(order <= 0 ? row_at(tab_values(a), i) : row_at(tab_values(b), j));
    }
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  return done(make_tab_of(c.heap, gc::make_row(c.heap, keys), gc::make_row(c.heap, values)));
}

}  // namespace

JetResult jet_tab_union_with(JetCall& c) {
  return merge_tabs(c, &c.args[0], c.args[1], c.args[2]);
}
JetResult jet_tab_weld(JetCall& c) {
  return merge_tabs(c, nullptr, c.args[0], c.args[1]);
}

// scratch[0]: the index at which the key is or belongs. scratch[1]: whether it is there.
// scratch[2]: the function's answer.
JetResult jet_tab_alter(JetCall& c) {
  constexpr uint64_t kAnswered = uint64_t{1} << 60;  // c.needed: what the function answered
  constexpr uint64_t kNormal = uint64_t{2} << 60;    // c.needed: the key's normal form
  const Value tab = c.args[2];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  if (c.state < kAnswered) {
    KeyPlace place;
    const JetResult result = find_lazy_key(c, c.args[1], tab_keys(tab), place);
    if (result.status != JetStatus::kDone) return result;
    c.scratch[0] = small_nat(place.index);
    c.scratch[1] = small_nat(place.found ? 1 : 0);
    c.state = kAnswered;
    const Value old =
        place.found ? make_some(c.heap, row_at(tab_values(tab), place.index)) : small_nat(0);
    return request_apply(c, c.args[0], {old});
  }
  const bool found = c.scratch[1] == small_nat(1);
  if (c.state == kAnswered) {
    const Value answer = c.needed;
    if (answer.is_nat()) {
      return done(found ? tab_remove(c.heap, tab, c.scratch[0].small()) : tab);
    }
    const Value v = cdr_of(c.heap, answer);
    if (found) return done(tab_replace(c.heap, tab, c.scratch[0].small(), v));
    c.scratch[2] = v;
    c.state = kNormal;
    return need_normal(c.args[1]);
  }
  const uint64_t index = find_key(c.needed, tab_keys(tab)).index;
  return done(tab_insert(c.heap, tab, index, c.needed, c.scratch[2]));
}

// scratch[0]: the accumulator once state > 0. The seed is not evaluated before (D-11).
JetResult jet_tab_foldl_with_key(JetCall& c) {
  const Value tab = c.args[2];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return decline();
  const Value so_far = c.state == 0 ? c.args[1] : c.needed;
  if (c.state == row_size(tab_keys(tab))) return tail(so_far);
  const uint64_t i = c.state++;
  return request_apply(c, c.args[0],
                       {so_far, row_at(tab_keys(tab), i), row_at(tab_values(tab), i)});
}

// scratch[0]: the entries to keep, a list of pairs [index rest], last first.
JetResult jet_tab_filter_with_key(JetCall& c) {
  const Value tab = c.args[1];
  PLAN_NEED(tab);
  if (!is_tab(tab)) return run_law();
  if (c.state > 0 && is_true(c.needed)) {
    c.scratch[0] = make_pair(c.heap, small_nat(c.state - 1), c.scratch[0]);
  }
  if (c.state < row_size(tab_keys(tab))) {
    const uint64_t i = c.state++;
    return request_apply(c, c.args[0], {row_at(tab_keys(tab), i), row_at(tab_values(tab), i)});
  }
  std::vector<uint64_t> kept;
  for (Value list = c.scratch[0]; is_row(list); list = row_at(list, 1)) {
    kept.push_back(row_at(list, 0).small());
  }
  std::vector<Value> keys;
  std::vector<Value> values;
  for (size_t i = kept.size(); i-- > 0;) {
    keys.push_back(row_at(tab_keys(tab), kept[i]));
    values.push_back(row_at(tab_values(tab), kept[i]));
  }
  return done(make_tab_of(c.heap, gc::make_row(c.heap, keys), gc::make_row(c.heap, values)));
}

}  // namespace plan::vm
