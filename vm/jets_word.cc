// vm/jets_word.cc: arithmetic modulo 2^32 and 2^64. Operands are taken modulo first.
#include "vm/jets_leaf.h"

#include <bit>

namespace plan::vm {
namespace {

enum class Order : uint8_t { kSecondFirst, kFirstSecond };

template <uint64_t kBits>
constexpr uint64_t mask_of = kBits == 64 ? ~uint64_t{0} : (uint64_t{1} << (kBits % 64)) - 1;

/// A binary operation on words: `op(a, b)` of the operands modulo 2^bits, modulo 2^bits again.
template <uint64_t kBits, Order kOrder = Order::kSecondFirst, typename Op>
JetResult word_op(JetCall& c, Op op) {
  PLAN_NEED(c.args[kOrder == Order::kSecondFirst ? 1 : 0]);
  PLAN_NEED(c.args[kOrder == Order::kSecondFirst ? 0 : 1]);
  const uint64_t result =
      op(low_word(c.args[0]) & mask_of<kBits>, low_word(c.args[1]) & mask_of<kBits>);
  return done(gc::make_nat(c.heap, result & mask_of<kBits>));
}

/// As word_op, where an operand that is 0 modulo 2^bits makes the result 0 and leaves the other
/// operand alone; kFirst is the index of the operand that is looked at first.
template <uint64_t kBits, int kFirst, typename Op>
JetResult word_op_unless_zero(JetCall& c, Op op) {
  PLAN_NEED(c.args[kFirst]);
  if ((low_word(c.args[kFirst]) & mask_of<kBits>) == 0) return done(small_nat(0));
  PLAN_NEED(c.args[1 - kFirst]);
  const uint64_t result =
      op(low_word(c.args[0]) & mask_of<kBits>, low_word(c.args[1]) & mask_of<kBits>);
  return done(gc::make_nat(c.heap, result & mask_of<kBits>));
}

template <uint64_t kBits>
JetResult word_cast(JetCall& c) {
  PLAN_NEED(c.args[0]);
  return done(gc::make_nat(c.heap, low_word(c.args[0]) & mask_of<kBits>));
}
template <uint64_t kBits>
JetResult word_add(JetCall& c) {
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return a + b; });
}
template <uint64_t kBits>
JetResult word_sub(JetCall& c) {  // D-13: wraps the casts, as upstream does
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return a - b; });
}
template <uint64_t kBits>
JetResult word_mul(JetCall& c) {
  return word_op_unless_zero<kBits, 1>(c, [](uint64_t a, uint64_t b) { return a * b; });
}
template <uint64_t kBits>
JetResult word_div(JetCall& c) {  // D-03
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; });
}
template <uint64_t kBits>
JetResult word_and(JetCall& c) {
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return a & b; });
}
template <uint64_t kBits>
JetResult word_or(JetCall& c) {
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return a | b; });
}
template <uint64_t kBits>
JetResult word_xor(JetCall& c) {
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return a ^ b; });
}
template <uint64_t kBits>
JetResult word_lsh(JetCall& c) {
  return word_op_unless_zero<kBits, 0>(
      c, [](uint64_t a, uint64_t b) { return b < kBits ? a << b : 0; });
}
template <uint64_t kBits>
JetResult word_rsh(JetCall& c) {
  return word_op<kBits>(c, [](uint64_t a, uint64_t b) { return b < kBits ? a >> b : 0; });
}
/// Counts are taken modulo the width, as upstream does (D-14).
template <uint64_t kBits>
uint64_t rotate_left(uint64_t a, uint64_t count) {
  count %= kBits;
  return count == 0 ? a : (a << count) | (a >> (kBits - count));
}
template <uint64_t kBits>
JetResult word_ror(JetCall& c) {
  return word_op<kBits, Order::kFirstSecond>(
      c, [](uint64_t a, uint64_t b) { return rotate_left<kBits>(a, kBits - b % kBits); });
}
template <uint64_t kBits>
JetResult word_rol(JetCall& c) {
  return word_op<kBits>(c, rotate_left<kBits>);
}

}  // namespace

JetResult jet_w32(JetCall& c) {
  return word_cast<32>(c);
}
JetResult jet_add32(JetCall& c) {
  return word_add<32>(c);
}
JetResult jet_sub32(JetCall& c) {
  return word_sub<32>(c);
}
JetResult jet_mul32(JetCall& c) {
  return word_mul<32>(c);
}
JetResult jet_div32(JetCall& c) {
  return word_div<32>(c);
}
JetResult jet_and32(JetCall& c) {
  return word_and<32>(c);
}
JetResult jet_or32(JetCall& c) {
  return word_or<32>(c);
}
JetResult jet_xor32(JetCall& c) {
  return word_xor<32>(c);
}
JetResult jet_lsh32(JetCall& c) {
  return word_lsh<32>(c);
}
JetResult jet_rsh32(JetCall& c) {
  return word_rsh<32>(c);
}
JetResult jet_ror32(JetCall& c) {
  return word_ror<32>(c);
}
JetResult jet_rol32(JetCall& c) {
  return word_rol<32>(c);
}

JetResult jet_w64(JetCall& c) {
  return word_cast<64>(c);
}
JetResult jet_add64(JetCall& c) {
  return word_add<64>(c);
}
JetResult jet_sub64(JetCall& c) {
  return word_sub<64>(c);
}
JetResult jet_mul64(JetCall& c) {
  return word_mul<64>(c);
}
JetResult jet_div64(JetCall& c) {
  return word_div<64>(c);
}
JetResult jet_and64(JetCall& c) {
  return word_and<64>(c);
}
JetResult jet_or64(JetCall& c) {
  return word_or<64>(c);
}
JetResult jet_xor64(JetCall& c) {
  return word_xor<64>(c);
}
JetResult jet_lsh64(JetCall& c) {
  return word_lsh<64>(c);
}
JetResult jet_rsh64(JetCall& c) {
  return word_rsh<64>(c);
}
JetResult jet_ror64(JetCall& c) {
  return word_ror<64>(c);
}
JetResult jet_rol64(JetCall& c) {
  return word_rol<64>(c);
}

// Two's complement. The quotient is rounded down, as upstream does; the law truncates (D-15).
JetResult jet_i_div64(JetCall& c) {
  return word_op<64, Order::kFirstSecond>(c, [](uint64_t a, uint64_t b) -> uint64_t {
    if (b == 0) return 0;  // D-03
    const bool negative_a = a >> 63 != 0;
    const bool negative_b = b >> 63 != 0;
    const uint64_t size_a = negative_a ? 0 - a : a;
    const uint64_t size_b = negative_b ? 0 - b : b;
    const uint64_t quotient = size_a / size_b;
    if (negative_a == negative_b) return quotient;
    return 0 - quotient - (size_a % size_b != 0 ? 1 : 0);
  });
}

}  // namespace plan::vm
