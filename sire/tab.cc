// sire/tab.cc: operations on tabs.
#include "sire/tab.h"

#include "gc/make.h"
#include "value/order.h"

#include <vector>

namespace plan::sire {

namespace {

/// The first position whose key is not less than `key`.
uint64_t lower_bound(Value keys, Value key) {
  uint64_t low = 0;
  uint64_t high = row_size(keys);
  while (low < high) {
    const uint64_t middle = low + (high - low) / 2;
    if (compare_keys(row_at(keys, middle), key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// A copy of `row` in which `count` elements at `position` are replaced by `v`.
Value splice(gc::Heap& heap, Value row, uint64_t position, uint64_t count, Value v) {
  const uint64_t size = row_size(row);
  const uint64_t new_size = size + 1 - count;
  Object* const result = heap.allocate(make_header(Kind::kRow, new_size), new_size);
  const Word* const from = row.object()->payload;
  std::copy(from, from + position, result->payload);
  result->payload[position] = v.word;
  std::copy(from + position + count, from + size, result->payload + position + 1);
  return tagged(result, kTagData);
}

}  // namespace

int compare_keys(Value a, Value b) {
  if (a == b) return 0;
  if (a.is_small() && b.is_small()) return a.word < b.word ? -1 : 1;
  if (a.is_nat() && b.is_nat()) {
    if (a.is_small()) return -1;
    if (b.is_small()) return 1;
  }
  return compare_normal(a, b);
}

std::optional<uint64_t> tab_find(Value tab, Value key) {
  const Value keys = tab_keys(tab);
  const uint64_t position = lower_bound(keys, key);
  if (position == row_size(keys) || compare_keys(row_at(keys, position), key) != 0) {
    return std::nullopt;
  }
  return position;
}

Value tab_insert(gc::Heap& heap, Value tab, Value key, Value value) {
  const Value keys = tab_keys(tab);
  const Value values = deref(tab_values(tab));
  const uint64_t position = lower_bound(keys, key);
  if (position < row_size(keys) && compare_keys(row_at(keys, position), key) == 0) {
    return gc::make_tab(heap, tab_set(tab), splice(heap, values, position, 1, value));
  }
  const Value set = gc::make_set(heap, splice(heap, keys, position, 0, key));
  return gc::make_tab(heap, set, splice(heap, values, position, 0, value));
}

Value tab_union(gc::Heap& heap, Value first, Value second) {
  if (tab_size(second) == 0) return first;
  if (tab_size(first) == 0) return second;
  std::vector<Value> keys;
  std::vector<Value> values;
  keys.reserve(tab_size(first) + tab_size(second));
  values.reserve(tab_size(first) + tab_size(second));
  const auto take = [&](Value tab, uint64_t i) {
    keys.push_back(tab_key(tab, i));
    values.push_back(tab_value(tab, i));
  };
  uint64_t i = 0;
  uint64_t j = 0;
  while (i < tab_size(first) && j < tab_size(second)) {
    const int order = compare_keys(tab_key(first, i), tab_key(second, j));
    if (order <= 0) {
      take(first, i++);
      if (order == 0) ++j;
    } else {
      take(second, j++);
    }
  }
  while (i < tab_size(first)) take(first, i++);
  while (j < tab_size(second)) take(second, j++);
  const Value set = gc::make_set(heap, gc::make_row(heap, keys));
  return gc::make_tab(heap, set, gc::make_row(heap, values));
}

Value tab_select(gc::Heap& heap, Value tab, std::span<const uint64_t> positions) {
  std::vector<Value> keys;
  std::vector<Value> values;
  for (const uint64_t i : positions) {
    keys.push_back(tab_key(tab, i));
    values.push_back(tab_value(tab, i));
  }
  const Value set = gc::make_set(heap, gc::make_row(heap, keys));
  return gc::make_tab(heap, set, gc::make_row(heap, values));
}

}  // namespace plan::sire
