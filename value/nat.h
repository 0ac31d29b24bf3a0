// value/nat.h: arithmetic of natural numbers on spans of 64-bit limbs, over GMP's mpn layer.
//
// A number is its limbs, least significant first, without zero limbs on top; 0 has none. The caller
// supplies the space of a result, and gets back how many limbs of it count.
//
// Long work  : multiply, divide and power poll `interrupt` often enough to stop within 100 ms; a
//              stopped call answers nothing and leaves its result space in any state. GMP itself
//              cannot be stopped, so it only ever sees pieces of bounded size.
// Overlap    : result space must not overlap an operand, except where said.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace plan::nat {

using Limbs = std::span<const uint64_t>;
/// Raised by whoever wants long work to stop; null means never.
using Interrupt = const std::atomic<bool>*;

inline bool is_interrupted(Interrupt interrupt) {
  return interrupt != nullptr && interrupt->load(std::memory_order_relaxed);
}

/// `size` without the zero limbs on top.
inline size_t trimmed(const uint64_t* limbs, size_t size) {
  while (size > 0 && limbs[size - 1] == 0) --size;
  return size;
}
inline Limbs trimmed(Limbs a) {
  return a.first(trimmed(a.data(), a.size()));
}

/// -1, 0, 1.
int compare(Limbs a, Limbs b);
uint64_t bit_length(Limbs a);
uint64_t popcount(Limbs a);
bool test_bit(Limbs a, uint64_t index);
bool is_power_of_two(Limbs a);

/// a + b; space max(sizes) + 1. `r` may be an operand.
size_t add(uint64_t* r, Limbs a, Limbs b);
/// a - b, or 0 if that is negative; space a.size(). `r` may be an operand.
size_t subtract(uint64_t* r, Limbs a, Limbs b);
/// Space min(sizes), max(sizes), max(sizes). `r` may be an operand.
size_t bit_and(uint64_t* r, Limbs a, Limbs b);
size_t bit_or(uint64_t* r, Limbs a, Limbs b);
size_t bit_xor(uint64_t* r, Limbs a, Limbs b);

/// Limbs of a * 2^count, exactly. `a` is not 0; the size must not overflow 64 bits.
uint64_t shift_left_size(Limbs a, uint64_t count);
/// a * 2^count; space shift_left_size(a, count), all of which is used. `a` is not 0.
size_t shift_left(uint64_t* r, Limbs a, uint64_t count);
/// a / 2^count; space a.size() - min(a.size(), count / 64).
size_t shift_right(uint64_t* r, Limbs a, uint64_t count);
/// a mod 2^count; space min(a.size(), ceil(count / 64)). `r` may be `a`.
size_t low_bits(uint64_t* r, Limbs a, uint64_t count);

/// a * b; space a.size() + b.size().
std::optional<size_t> multiply(uint64_t* r, Limbs a, Limbs b, Interrupt interrupt);

struct DivideSizes {
  size_t quotient = 0;
  size_t remainder = 0;
};
/// Quotient (space max(1, a.size() - b.size() + 1)) and remainder (space max(a.size(), b.size()))
/// of a / b; b is not 0.
std::optional<DivideSizes> divide(uint64_t* q, uint64_t* r, Limbs a, Limbs b, Interrupt interrupt);

/// Upper bound of the limbs of a^exponent; saturates at 2^63. `a` is not 0.
uint64_t power_size(Limbs a, uint64_t exponent);
/// a^exponent; space power_size(a, exponent), which the caller has found acceptable. `a` is not 0.
std::optional<size_t> power(uint64_t* r, Limbs a, uint64_t exponent, Interrupt interrupt);

}  // namespace plan::nat
