// gc/make.h: constructors of PLAN values. Direct code: they allocate, and never collect.
//
// Every value is built through these, so that canonicity (plan.md section 4) holds everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gc/heap.h"

namespace plan::gc {

/// Any 64-bit number.
Value make_nat(Heap& heap, uint64_t n);
/// From limbs, least significant first; top zero limbs are dropped.
Value make_nat(Heap& heap, std::span<const uint64_t> limbs);
/// From little-endian bytes (a cord); trailing zero bytes are dropped.
Value make_nat_bytes(Heap& heap, std::span<const uint8_t> bytes);
inline Value make_cord(Heap& heap, std::string_view text) {
  return make_nat_bytes(heap, {reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}
Value make_bar(Heap& heap, std::span<const uint8_t> bytes);
/// A bar of `size` bytes, zero filled, to be written through bar_data() before the next safepoint.
Value make_bar_uninitialised(Heap& heap, uint64_t size);
inline uint8_t* bar_data(Value bar) { return bar.object()->bytes(); }
/// A row in index order; elements may be thunks.
Value make_row(Heap& heap, std::span<const Value> elements);
/// A row of `size` elements, all the nat 0; write with set_row_element before the next safepoint.
Value make_row_zero(Heap& heap, uint64_t size);
inline void set_row_element(Value row, uint64_t i, Value v) { row.object()->init(i, v); }
/// A set from a row of normal-form keys, strictly ascending.
Value make_set(Heap& heap, Value key_row);
/// A tab; both rows have equal length, the keys as for make_set.
Value make_tab(Heap& heap, Value set, Value value_row);
/// Row constructor of size n >= 1; n = 0 gives the empty row. `n` is an evaluated nat.
Value make_cow(Heap& heap, Value n);

/// `head` applied to `args`, which must not saturate it: a closure, flat. The head is WHNF; a
/// closure head is merged. Completes rows (a cow with its last argument), and tabs when the one
/// argument of a set is an evaluated row of fitting size (else a closure: evaluate it first).
Value make_partial(Heap& heap, Value head, std::span<const Value> args);

/// {name args body}, or the data jet it stands for (plan.md section 4). `name`, `args` are nats,
/// args >= 1, `body` is a normal form. A plain law becomes a region of pin space.
Value make_law(Heap& heap, Value name, Value args, Value body);
/// The same as code, also where that stands for data: for laws that no program sees.
Value make_law_object(Heap& heap, Value name, Value args, Value body);
/// <item>; `item` is a normal form. Always a new pin object.
Value make_pin(Heap& heap, Value item);
/// <{name args body}>: make_pin(make_law(..)) with one copy less.
Value make_pinned_law(Heap& heap, Value name, Value args, Value body);

/// Evaluation arity of WHNF `v` (plan.md section 2), saturating at kArityHuge.
uint64_t eval_arity(Value v);
/// Formal arity, saturating at kArityHuge (used by Sire's constant folding and pins).
uint64_t true_arity(Value v);

/// The nat that is the body of law {1 1 n} a bar stands for (bytes, then a 1 byte).
Value bar_nat(Heap& heap, Value bar);

/// Whether `v` is known or found to be a normal form: no thunk below but through indirections.
/// Walks what is not flagged, iteratively, and flags it. Never evaluates.
bool check_normal(Value v);

}  // namespace plan::gc
