// sire/tab.cc: operations on tabs.
#include "sire/tab.h"

#include "gc/make.h"
#include "value/nat.h"
#include "value/order.h"

#include <algorithm>
#include <vector>

namespace plan::sire {

namespace {

/// The first position from `low` on whose key is not less than `key`, or `high`.
uint64_t lower_bound(Value keys, Value key, uint64_t low, uint64_t high) {
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
uint64_t lower_bound(Value keys, Value key) {
  return lower_bound(keys, key, 0, row_size(keys));
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

/// The entries of a tab, one after the other.
struct Entries {
  explicit Entries(Value tab)
      : keys(tab_keys(tab)), values(deref(tab_values(tab))), size(row_size(keys)) {}

  bool is_at_end() const { return next == size; }
  /// The position from `next` on of the first key that is not less than `key`. Steps that double
  /// come near it, so that what lies between costs little.
  uint64_t find(Value key) const {
    uint64_t low = next;
    uint64_t step = 1;
    while (size - low >= step && compare_keys(row_at(keys, low + step - 1), key) < 0) {
      low += step;
      step *= 2;
    }
    return lower_bound(keys, key, low, std::min(low + step - 1, size));
  }

  Value keys;
  Value values;
  uint64_t size;
  uint64_t next = 0;
};

/// Entries of a tab under construction, `size_max` at most.
struct Collected {
  explicit Collected(uint64_t size_max) : keys(size_max), values(size_max) {}

  void take(Entries& from, uint64_t end) {
    for (; from.next < end; ++from.next, ++size) {
      keys[size] = row_at(from.keys, from.next);
      values[size] = row_at(from.values, from.next);
    }
  }
  Value tab(gc::Heap& heap) const {
    const Value set = gc::make_set(heap, gc::make_row(heap, std::span(keys).first(size)));
    return gc::make_tab(heap, set, gc::make_row(heap, std::span(values).first(size)));
  }

  std::vector<Value> keys;
  std::vector<Value> values;
  uint64_t size = 0;
};

}  // namespace

int compare_long_keys(Value a, Value b) {
  if (!a.is_nat() || !b.is_nat()) return compare_normal(a, b);
  uint64_t scratch_a = 0;
  uint64_t scratch_b = 0;
  return nat::compare(nat_limbs(a, scratch_a), nat_limbs(b, scratch_b));
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
  Entries a(first);
  Entries b(second);
  Collected all(a.size + b.size);
  while (!a.is_at_end() && !b.is_at_end()) {
    const Value key = row_at(a.keys, a.next);
    all.take(b, b.find(key));
    if (b.is_at_end()) break;
    const Value other = row_at(b.keys, b.next);
    if (compare_keys(key, other) == 0) {
      all.take(a, a.next + 1);
      b.next++;
    } else {
      all.take(a, a.find(other));
    }
  }
  all.take(a, a.size);
  all.take(b, b.size);
  return all.tab(heap);
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
