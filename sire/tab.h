// sire/tab.h: the few operations on tabs that the state of Sire needs.
//
// Keys are in normal form, values may be unevaluated. Allocates only.
#pragma once

#include "gc/heap.h"
#include "value/object.h"

#include <optional>
#include <span>

namespace plan::sire {

int compare_long_keys(Value a, Value b);
/// compare_normal, with a short way for nats.
inline int compare_keys(Value a, Value b) {
  if (a == b) return 0;
  if (a.is_small() && b.is_small()) return a.word < b.word ? -1 : 1;
  return compare_long_keys(a, b);
}

/// The position of `key` in the keys of `tab`, or nothing.
std::optional<uint64_t> tab_find(Value tab, Value key);

/// Keys and values by position; values without indirections.
inline Value tab_key(Value tab, uint64_t i) {
  return row_at(tab_keys(tab), i);
}
inline Value tab_value(Value tab, uint64_t i) {
  return row_at(deref(tab_values(tab)), i);
}
inline uint64_t tab_size(Value tab) {
  return row_size(tab_keys(tab));
}

/// `tab` with `key` bound to `value`.
Value tab_insert(gc::Heap& heap, Value tab, Value key, Value value);
/// Both; what is in `first` wins.
Value tab_union(gc::Heap& heap, Value first, Value second);
/// Only the entries at `positions`, which ascend.
Value tab_select(gc::Heap& heap, Value tab, std::span<const uint64_t> positions);

}  // namespace plan::sire
