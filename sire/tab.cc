// sire/tab.cc: operations on tabs.
#include "sire/tab.h"

#include "gc/make.h"
#include "value/nat.h"
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

/// The entries of a tab, one after the other.
struct Entries {
  explicit Entries(Value tab)
      : keys(tab_keys(tab)), values(deref(tab_values(tab))), size(row_size(keys)) {}

  bool is_at_end() const { return next == size; }
  Value key() const { return row_at(keys, next); }
  Value value() const { return row_at(values, next); }

  Value keys;
  Value values;
  uint64_t size;
  uint64_t next = 0;
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
  std::vector<Value> keys;
  std::vector<Value> values;
  keys.reserve(a.size + b.size);
  values.reserve(a.size + b.size);
  while (!a.is_at_end() || !b.is_at_end()) {
    const int order = a.is_at_end()   ? 1
                      : b.is_at_end() ? -1
                                      : compare_keys(a.key(), b.key());
    Entries& from = order <= 0 ? a : b;
    keys.push_back(from.key());
    values.push_back(from.value());
    from.next++;
    if (order == 0) b.next++;
  }
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
