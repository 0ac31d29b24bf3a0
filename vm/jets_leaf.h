// vm/jets_leaf.h: what the code of the jets shares. Private to the vm/jets*.cc files.
//
// What each jet computes is said in spec/jets.tsv and, family by family, in the vm/jets_*.cc files.
// Where a jet follows the law or the reference runtime against the other, the code names the
// divergence, D-nn, of spec/jets.md section 4.
#pragma once

#include "value/object.h"
#include "value/order.h"
#include "vm/jet_abi.h"
#include "vm/nat_ops.h"

#include <cstdint>
#include <cstring>
#include <optional>

namespace plan::vm {

#define PLAN_JET(id, name, arity, leaf, hash_hex) JetResult leaf(JetCall& call);
#define PLAN_IR_JET(id, name, arity, hash_hex)
#define PLAN_LAW_JET(id, name, arity, hash_hex)
#define PLAN_IR_LEAF(id, name, arity, leaf) JetResult leaf(JetCall& call);
#include "vm/jets.def"
#include "vm/ir_leaves.def"
#undef PLAN_JET
#undef PLAN_IR_JET
#undef PLAN_LAW_JET
#undef PLAN_IR_LEAF

/// Returns from the leaf with a request if `v` is not in WHNF.
#define PLAN_NEED(v)                                      \
  do {                                                    \
    const Value plan_needed = (v);                        \
    if (plan_needed.is_thunk()) return need(plan_needed); \
  } while (false)

/// Returns from the leaf if a long piece of work should stop.
#define PLAN_POLL(c)                                      \
  do {                                                    \
    if ((c).interrupted()) return aborted_by_interrupt(); \
  } while (false)

/// Evaluates the row args[0] and its elements, from the last to the first. Nothing if all are of
/// one kind, else what the leaf has to return. Counts in JetCall::state.
template <typename IsOfKind>
std::optional<JetResult> need_row_of(JetCall& c, IsOfKind is_of_kind) {
  const Value row = c.args[0];
  PLAN_NEED(row);
  if (!is_row(row)) return decline();
  const uint64_t size = row_size(row);
  for (uint64_t& i = c.state; i < size; ++i) {
    const Value element = row_at(row, size - 1 - i);
    PLAN_NEED(element);
    if (!is_of_kind(element)) return decline();
  }
  return std::nullopt;
}

/// Elements handled between two polls of the interrupt.
inline constexpr uint64_t kPollElements = uint64_t{1} << 14;
/// Pairs one comparison may look at before the law takes over: the values may have cycles.
inline constexpr uint64_t kCompareSteps = uint64_t{1} << 16;

/// Two pins whose hashes are known are the same or not; nothing is hashed for this.
PinMatch match_pin_hashes(Value a, Value b);

// --- Values in WHNF, seen as laws and applications whatever represents them.

inline bool is_app(Value v) {
  if (is_row(v)) return row_size(v) != 0;
  return is_tab(v) || is_closure(v);
}
/// Number of arguments an application has; 0 for anything else.
inline uint64_t app_size(Value v) {
  if (is_row(v)) return row_size(v);
  if (is_closure(v)) return closure_size(v);
  return is_tab(v) ? 1 : 0;
}
/// Argument `i` of an application, the last applied first, as _Idx counts; may be a thunk.
inline Value app_argument(Value v, uint64_t i) {
  if (is_row(v)) return row_at(v, i);
  if (is_tab(v)) return tab_values(v);
  return closure_arg(v, closure_size(v) - 1 - i);
}
/// (_Idx i v); may be a thunk.
inline Value app_index(Value v, uint64_t i) {
  return i < app_size(v) ? app_argument(v, i) : small_nat(0);
}
/// (_LawBody v).
inline Value body_of(gc::Heap& heap, Value v) {
  if (is_set(v)) return set_keys(v);
  if (is_law(v)) return law_body(v);
  return is_bar(v) ? gc::bar_nat(heap, v) : small_nat(0);
}
/// (_Car v).
Value car_of(gc::Heap& heap, Value v);
/// (_Cdr v); may be a thunk.
Value cdr_of(gc::Heap& heap, Value v);

/// The closure (0 v), which says "there is one".
inline Value make_some(gc::Heap& heap, Value v) {
  return gc::make_partial(heap, small_nat(0), {&v, 1});
}
/// A thunk of `fn` applied to one or two values.
inline Value suspend(gc::Heap& heap, Value fn, Value a) {
  return suspend_apply(heap, fn, {&a, 1});
}
inline Value suspend(gc::Heap& heap, Value fn, Value a, Value b) {
  const Value args[] = {a, b};
  return suspend_apply(heap, fn, args);
}
inline Value make_pair(gc::Heap& heap, Value a, Value b) {
  const Value elements[] = {a, b};
  return gc::make_row(heap, elements);
}

/// `n` as a count or index of things there are `size` of: anything above is as good as `size`.
/// What is not a nat counts as 0.
inline uint64_t clamp_count(Value n, uint64_t size) {
  return std::min(small_or(n, size), size);
}
/// The smaller of `n` and `size` in the generic order, in which every nat is less than what is not
/// a nat (D-08).
inline uint64_t clamp_generic(Value n, uint64_t size) {
  return n.is_nat() ? clamp_count(n, size) : size;
}

// --- Parts of rows. Elements are copied as they are, indirections included.

/// A row whose elements must all be written before the next safepoint.
Value make_row_unfilled(gc::Heap& heap, uint64_t size);
/// `to`[at + i] = `from`[begin + i] for i < count.
inline void copy_elements(Value to, uint64_t at, Value from, uint64_t begin, uint64_t count) {
  if (count == 0) return;
  std::memcpy(to.object()->payload + at, from.object()->payload + begin, count * sizeof(Word));
}
/// The elements [from, to) of a row, as a row.
Value row_slice(gc::Heap& heap, Value row, uint64_t from, uint64_t to);

enum class RowEdit : uint8_t { kInsert, kReplace, kRemove };
/// A copy of `row` with `v` put in before element `index`, or in its place, or without the element.
Value row_with(gc::Heap& heap, Value row, uint64_t index, Value v, RowEdit edit);

// --- Looking for a key among keys in ascending order.

/// Where a key was found, or belongs.
struct KeyPlace {
  bool found = false;
  uint64_t index = 0;
};
/// Binary search; `key` is a normal form.
KeyPlace find_key(Value key, Value key_row);

/// Finds `key`, whatever state it is in, evaluating what the laws evaluate, in their order: they
/// compare it with one key after the other, until it is equal. Uses call.state up to the number of
/// keys. kDone: `place` is set, and its index if found, or if the key is a normal form. Else: to be
/// returned.
JetResult find_lazy_key(JetCall& call, Value key, Value key_row, KeyPlace& place);
/// Same, comparing as a law does that inserts by order: until the key is less, or at most equal.
enum class InsertionStop : uint8_t { kLess, kLessOrEqual };
JetResult compare_for_insertion(JetCall& call, Value key, Value key_row, InsertionStop stop);

}  // namespace plan::vm
