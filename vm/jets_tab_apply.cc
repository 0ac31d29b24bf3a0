// vm/jets_tab_apply.cc: leaf functions for the jets on tabs that take a function (vm/jets_tab.ir),
// and the union of tabs.
#include "vm/jets_leaf.h"
#include "vm/jets_tab.h"

#include <vector>

namespace plan::vm {

// --- Where a key is: twice its index, and 1 if it is there. 1 and twice the number of keys if that
// takes too long to find out.

JetResult ir_key_place(JetCall& c) {
  PLAN_NEED(c.args[1]);
  KeyPlace place;
  const JetResult result = find_lazy_key(c, c.args[0], c.args[1], place);
  if (result.status == JetStatus::kRunLaw) return done(small_nat(2 * row_size(c.args[1]) + 1));
  if (result.status != JetStatus::kDone) return result;
  return done(small_nat(2 * place.index + (place.found ? 1 : 0)));
}

// --- Tabs that differ from another one.

JetResult ir_tab_with(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  return done(gc::make_tab(c.heap, tab_set(c.args[0]), c.args[1]));
}

JetResult ir_tab_keep(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  const Value tab = c.args[0];
  std::vector<uint64_t> kept;
  for (Value list = c.args[1]; is_row(list); list = row_at(list, 1)) {
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

JetResult ir_tab_remove(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  return done(tab_remove(c.heap, c.args[0], c.args[1].small()));
}

JetResult ir_tab_replace(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  PLAN_NEED(c.args[2]);
  return done(tab_replace(c.heap, c.args[0], c.args[1].small(), cdr_of(c.heap, c.args[2])));
}

JetResult ir_tab_insert(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[2]);
  if (c.state == 0) {
    c.state = 1;
    return need_normal(c.args[1]);
  }
  const uint64_t index = find_key(c.needed, tab_keys(c.args[0])).index;
  const Value v = cdr_of(c.heap, c.args[2]);
  return done(tab_insert(c.heap, c.args[0], index, c.needed, v));
}

namespace {

/// Both merged, with the first one's value for a key of both. `clashes`, if there is one, becomes
/// the list of rows [index, value in a, value in b, rest of the list] for those keys.
JetResult merge_tabs(JetCall& c, Value a, Value b, Value* clashes) {
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
    if (order == 0 && clashes != nullptr) {
      const Value cell[] = {small_nat(keys.size()), row_at(tab_values(a), i),
                            row_at(tab_values(b), j), *clashes};
      *clashes = gc::make_row(c.heap, cell);
    }
    keys.push_back(order <= 0 ? row_at(tab_keys(a), i) : row_at(tab_keys(b), j));
    values.push_back(order <= 0 ? row_at(tab_values(a), i) : row_at(tab_values(b), j));
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  return done(make_tab_of(c.heap, gc::make_row(c.heap, keys), gc::make_row(c.heap, values)));
}

}  // namespace

// A row of the merged tab and the clashes. If there are any, the tab has values of its own.
JetResult ir_tab_merge(JetCall& c) {
  PLAN_NEED(c.args[0]);
  PLAN_NEED(c.args[1]);
  Value clashes = small_nat(0);
  const JetResult merged = merge_tabs(c, c.args[0], c.args[1], &clashes);
  if (merged.status != JetStatus::kDone) return merged;
  return done(make_pair(c.heap, merged.value, clashes));
}

JetResult jet_tab_weld(JetCall& c) {
  PLAN_NEED(c.args[0]);
  if (!is_tab(c.args[0])) return decline();
  PLAN_NEED(c.args[1]);
  if (!is_tab(c.args[1])) return decline();
  return merge_tabs(c, c.args[0], c.args[1], nullptr);
}

}  // namespace plan::vm
