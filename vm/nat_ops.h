// vm/nat_ops.h: arithmetic on values in WHNF; what is not a nat counts as 0.
//
// Direct code. Where both operands are immediate nothing is called. Operations whose result or time
// can be out of proportion to their operands answer a JetResult: kDone, kOutOfMemory (the result
// would not fit in the heap), or kInterrupted.
#pragma once

#include "gc/make.h"
#include "value/object.h"
#include "vm/jet_abi.h"

#include <algorithm>
#include <atomic>
#include <bit>

namespace plan::vm {

using Interrupt = const std::atomic<bool>*;

/// The nat `v`, or 0.
constexpr Value nat_of(Value v) {
  return v.is_nat() ? v : small_nat(0);
}
/// Whether `v` counts as true: a nat other than 0.
constexpr bool is_true(Value v) {
  return v.is_small() ? v.word != 0 : v.is_big();
}
/// The low 64 bits.
inline uint64_t low_word(Value v) {
  if (v.is_small()) return v.small();
  return v.is_big() ? v.object()->payload[0] : 0;
}
/// The number if it is below 2^63, else `otherwise`; what is not a nat counts as 0.
constexpr uint64_t small_or(Value v, uint64_t otherwise) {
  if (v.is_small()) return v.small();
  return v.is_big() ? otherwise : 0;
}

// --- Out of line: any operands.
Value nat_add_slow(gc::Heap& heap, Value a, Value b);
Value nat_sub_slow(gc::Heap& heap, Value a, Value b);
Value nat_con_slow(gc::Heap& heap, Value a, Value b);
Value nat_dis_slow(gc::Heap& heap, Value a, Value b);
Value nat_mix_slow(gc::Heap& heap, Value a, Value b);
Value nat_rsh_slow(gc::Heap& heap, Value v, Value count);
Value nat_trunc_slow(gc::Heap& heap, Value v, Value width);
JetResult nat_mul_slow(gc::Heap& heap, Value a, Value b, Interrupt interrupt);
JetResult nat_div_slow(gc::Heap& heap, Value a, Value b, Interrupt interrupt);
JetResult nat_mod_slow(gc::Heap& heap, Value a, Value b, Interrupt interrupt);

inline Value nat_add(gc::Heap& heap, Value a, Value b) {
  if (a.is_small() && b.is_small()) return gc::make_nat(heap, a.small() + b.small());
  return nat_add_slow(heap, a, b);
}
/// 0 if it would be negative.
inline Value nat_sub(gc::Heap& heap, Value a, Value b) {
  if (a.is_small() && b.is_small()) {
    return small_nat(a.small() > b.small() ? a.small() - b.small() : 0);
  }
  return nat_sub_slow(heap, a, b);
}
inline Value nat_inc(gc::Heap& heap, Value a) {
  return nat_add(heap, a, small_nat(1));
}
inline Value nat_dec(gc::Heap& heap, Value a) {
  return nat_sub(heap, a, small_nat(1));
}

inline Value nat_con(gc::Heap& heap, Value a, Value b) {
  if (a.is_small() && b.is_small()) return Value{a.word & b.word};
  return nat_con_slow(heap, a, b);
}
inline Value nat_dis(gc::Heap& heap, Value a, Value b) {
  if (a.is_small() && b.is_small()) return Value{a.word | b.word};
  return nat_dis_slow(heap, a, b);
}
inline Value nat_mix(gc::Heap& heap, Value a, Value b) {
  if (a.is_small() && b.is_small()) return Value{a.word ^ b.word};
  return nat_mix_slow(heap, a, b);
}
inline Value nat_rsh(gc::Heap& heap, Value v, Value count) {
  if (v.is_small() && count.is_small()) {
    return small_nat(count.small() < 64 ? v.small() >> count.small() : 0);
  }
  return nat_rsh_slow(heap, v, count);
}
/// v mod 2^width.
inline Value nat_trunc(gc::Heap& heap, Value v, Value width) {
  if (v.is_small() && width.is_small()) {
    return width.small() >= 63 ? v : small_nat(v.small() & ((uint64_t{1} << width.small()) - 1));
  }
  return nat_trunc_slow(heap, v, width);
}
bool nat_test_bit(Value v, Value index);
/// Bit length.
Value nat_met(Value v);
Value nat_pop_count(Value v);

inline JetResult nat_mul(gc::Heap& heap, Value a, Value b, Interrupt interrupt) {
  if (a.is_small() && b.is_small()) {
    uint64_t product = 0;
    if (!__builtin_mul_overflow(a.small(), b.small(), &product)) {
      return done(gc::make_nat(heap, product));
    }
  }
  return nat_mul_slow(heap, a, b, interrupt);
}
/// a / 0 = 0 (jets.md D-02).
inline JetResult nat_div(gc::Heap& heap, Value a, Value b, Interrupt interrupt) {
  if (a.is_small() && b.is_small()) {
    return done(small_nat(b.word == 0 ? 0 : a.small() / b.small()));
  }
  return nat_div_slow(heap, a, b, interrupt);
}
/// a mod 0 = a (jets.md D-03).
inline JetResult nat_mod(gc::Heap& heap, Value a, Value b, Interrupt interrupt) {
  if (a.is_small() && b.is_small()) {
    return done(b.word == 0 ? a : small_nat(a.small() % b.small()));
  }
  return nat_mod_slow(heap, a, b, interrupt);
}
/// v * 2^count.
JetResult nat_lsh(gc::Heap& heap, Value v, Value count);
/// 2^count.
inline JetResult nat_bex(gc::Heap& heap, Value count) {
  return nat_lsh(heap, small_nat(1), count);
}
JetResult nat_pow(gc::Heap& heap, Value a, Value exponent, Interrupt interrupt);

}  // namespace plan::vm
